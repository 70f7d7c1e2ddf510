import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeWav } from '../../src/audio/pcm.ts'
import { createStreamDecoder } from '../../src/testing/audio-decoder.ts'

const webm = new Uint8Array(readFileSync(new URL('../fixtures/audio/fox.webm', import.meta.url)))
const wav = encodeWav(new Float32Array(300), { sampleRate: 8000 })

/** Bytes that are something, and bytes that only look so. */
const stream = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(fc.constantFrom('OggS', 'RIFF', 'fLaC', '\x1a\x45\xdf\xa3'), fc.uint8Array({ maxLength: 200 }))
    .map(([magic, rest]) => Uint8Array.of(...Buffer.from(magic, 'latin1'), ...rest)),
  fc
    .tuple(fc.constantFrom(webm.subarray(0, 3000), wav), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 10 }))
    .map(([bytes, changes]) => {
      const damaged = bytes.slice()
      for (const [place, value] of changes) damaged[place % damaged.length] = value
      return damaged
    }),
)
const format = fc.option(
  fc.record({
    encoding: fc.constantFrom('linear16', 'mulaw', 'alaw', 'opus', 'ogg-opus', 'nonsense'),
    sampleRate: fc.constantFrom(8000, 48000),
    channels: fc.integer({ min: 1, max: 4 }),
  }),
  { nil: null },
)

async function run(
  bytes: Uint8Array,
  places: readonly number[],
  format: Parameters<typeof createStreamDecoder>[0]['format'],
) {
  const log: string[] = []
  let frames = 0
  const decoder = createStreamDecoder({
    format,
    opus: ({ channels }) => ({
      decode: (packet) => Array.from({ length: channels }, () => new Float32Array(packet.length)),
      free() {},
    }),
    onAudio(channels, rate) {
      expect(new Set(channels.map(({ length }) => length)).size).toBe(1)
      if (log.length === 0) log.push(`${channels.length} at ${rate}`)
      expect(log.at(-1)).not.toMatch(/invalid/)
      frames += channels[0]!.length
    },
    onInvalid: (why) => log.push(`invalid: ${why}`),
  })
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  await Promise.all(cuts.slice(1).map((end, i) => decoder.push(bytes.subarray(cuts[i], end))))
  await decoder.end()
  return [...log, frames]
}

describe('the stream decoder', () => {
  it('never throws, tells what is invalid once and last, and hears the same however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.array(fc.nat(), { maxLength: 30 }), format, async (bytes, places, format) => {
        const whole = await run(bytes, [], format)
        const split = await run(bytes, places, format)
        expect(whole.filter((entry) => `${entry}`.startsWith('invalid')).length).toBeLessThan(2)
        expect(split).toEqual(whole)
      }),
      { numRuns: 400 },
    )
  })
})
