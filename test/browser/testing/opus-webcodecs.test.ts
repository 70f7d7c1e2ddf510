import { describe, expect, it } from 'vitest'
import { createStreamDecoder, type OpusFactory } from '../../../src/testing/audio-decoder.ts'
import { createNodeOpusDecoder } from '../../../src/testing/opus-node.ts'
import { createWebCodecsOpusDecoder } from '../../../src/testing/opus-webcodecs.ts'
import { createToneSpeechRecogniser } from '../../../src/testing/tone-speech.ts'
import foxUrl from '../../fixtures/audio/fox.webm?url'

async function hear(opus: OpusFactory) {
  const bytes = new Uint8Array(await (await fetch(foxUrl)).arrayBuffer())
  const recogniser = createToneSpeechRecogniser({ sampleRate: 48000 })
  const decoder = createStreamDecoder({
    format: null,
    opus,
    onAudio: ([samples]) => recogniser.push(samples!),
    onInvalid(why) {
      throw new Error(why)
    },
  })
  // No packet may wait for the next one: each push resolves when its audio was handed over.
  for (let at = 0; at < bytes.length; at += 700) await decoder.push(bytes.subarray(at, at + 700))
  await decoder.end()
  decoder.free()
  recogniser.flush()
  return recogniser
}

describe('Opus by WebCodecs', () => {
  it('hears the words that the WebAssembly decoder hears, at the same times', async () => {
    const [native, wasm] = [await hear(createWebCodecsOpusDecoder), await hear(createNodeOpusDecoder)]
    expect(native.words.map(({ text }) => text).join(' ')).toBe('the quick brown fox jumps over the lazy dog')
    expect(native.position).toBeCloseTo(wasm.position, 6)
    native.words.forEach(({ start, end }, i) => {
      expect(Math.abs(start - wasm.words[i]!.start)).toBeLessThan(0.005)
      expect(Math.abs(end - wasm.words[i]!.end)).toBeLessThan(0.005)
    })
  })

  it('goes on after a damaged packet, and is quiet once freed', async () => {
    const decoder = await createWebCodecsOpusDecoder({ channels: 1, preSkip: 0 })
    // A code-3 packet that claims 48 frames: more than Opus allows.
    await decoder.decode(Uint8Array.of(0x7b, 0x30))
    // Two frames of silence in one packet of 40 ms.
    const [samples] = await decoder.decode(Uint8Array.of(0xf9, 0xff, 0xfe, 0xff, 0xfe))
    expect(samples!.length).toBe(1920)
    decoder.free()
    decoder.free()
    expect(await decoder.decode(Uint8Array.of(0xf8, 0xff, 0xfe))).toEqual([])
  })
})
