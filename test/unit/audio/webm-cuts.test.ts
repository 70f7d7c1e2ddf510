import { readFileSync } from 'node:fs'
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny'
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../../src/audio/pcm.ts'
import { createWebmReader, writeCluster, type WebmBlock } from '../../../src/audio/webm.ts'
import { createNodeOpusDecoder } from '../../../src/testing/opus-node.ts'

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../../fixtures/audio/${name}`, import.meta.url)))

/** Recordings of Chromium, without and with a timeslice, and of Firefox. */
describe.each(['fox.webm', 'timeslice.webm', 'firefox.webm'])('%s, cut at every byte', (name) => {
  const bytes = fixture(name)
  const reader = createWebmReader()
  const blocks = reader.push(bytes)
  const header = reader.header!

  it('gives each block once, before the cut or after it', () => {
    const isSame = (a: WebmBlock, b: WebmBlock) => a.time === b.time && Buffer.compare(a.bytes, b.bytes) === 0
    const seen = new Set<number>()
    for (let cut = 0; cut <= bytes.length; cut++) {
      const cutReader = createWebmReader()
      const before = cutReader.push(bytes.subarray(0, cut))
      const after = cutReader.push(bytes.subarray(cut))
      if (before.length + after.length !== blocks.length) throw new Error(`${cut}: a block is missing or too many`)
      if (!after.every((block, i) => isSame(block, blocks[before.length + i]!))) throw new Error(`${cut}: other blocks`)
      if (Buffer.compare(cutReader.header!, header)) throw new Error(`${cut}: another header`)
      seen.add(before.length)
    }
    // Between any two blocks a cut has fallen.
    expect(seen.size).toBe(blocks.length + 1)
  }, 60_000)

  it('decodes from any cut on: other readers find exactly the blocks after it, from zero, and hear all of them', async () => {
    for (let cut = 0; cut < blocks.length; cut++) {
      const kept = blocks.slice(cut)
      const startTime = kept[0]!.time
      const spliced = concatBytes([header, writeCluster(kept, { startTime })])
      const input = new Input({ source: new BufferSource(spliced), formats: ALL_FORMATS })
      const track = (await input.getPrimaryAudioTrack())!
      const packets: { time: number; bytes: Uint8Array }[] = []
      for await (const packet of new EncodedPacketSink(track).packets())
        packets.push({ time: Math.round(packet.timestamp * 1000), bytes: packet.data })
      expect(packets.map(({ time }) => time)).toEqual(kept.map(({ time }) => time - startTime))
      expect(packets.every((packet, i) => Buffer.compare(packet.bytes, kept[i]!.bytes) === 0)).toBe(true)
      if (cut % 7) continue
      const decoder = await createNodeOpusDecoder({ channels: await track.getNumberOfChannels(), preSkip: 0 })
      const heard: number[] = []
      for (const packet of packets) heard.push((await decoder.decode(packet.bytes))[0]!.length / 48)
      decoder.free()
      // Each packet sounds until the next one begins.
      const lasts = kept.slice(1).map(({ time }, i) => time - kept[i]!.time)
      lasts.forEach((ms, i) => expect(Math.abs(heard[i]! - ms)).toBeLessThanOrEqual(20))
      expect(heard.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(kept.at(-1)!.time - startTime)
    }
  }, 60_000)
})
