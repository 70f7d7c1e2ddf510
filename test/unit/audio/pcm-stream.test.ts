import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPcmStream, decodePcm } from '../../../src/audio/pcm-stream.ts'
import { concatBytes, encodeWav } from '../../../src/audio/pcm.ts'
import type { PcmFormat } from '../../../src/audio/ports.ts'

const format: PcmFormat = { encoding: 'linear16', sampleRate: 24_000 }
const speech = Uint8Array.from({ length: 4_000 }, (_, i) => (i * 37) % 251)

function read(messages: Iterable<Uint8Array>, of = format): Uint8Array {
  const stream = createPcmStream(of)
  const parts = Array.from(messages, (message) => stream.push(message).slice())
  return concatBytes([...parts, stream.flush()])
}

test('pain 53: any split of the bytes gives the same samples, views at odd offsets and empty messages included', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }), (lengths) => {
      let at = 0
      const messages = lengths.map((length) => {
        const message = concatBytes([new Uint8Array(1), speech.subarray(at, (at += length)), new Uint8Array(1)])
        return message.subarray(1, message.length - 1)
      })
      expect(read([...messages, speech.subarray(at)])).toEqual(speech)
    }),
  )
})

test('pain 53: mu-law and A-law bytes are samples of their own', () => {
  for (const encoding of ['mulaw', 'alaw'] as const) {
    expect(read([speech.subarray(0, 7), speech.subarray(7)], { encoding, sampleRate: 8_000 })).toEqual(speech)
    expect(decodePcm(speech, encoding)).toHaveLength(speech.length)
  }
})

test('pain 41: a header once, in every message, or split over two, is left out, with what follows the data', () => {
  const wav = encodeWav(speech, format)
  const endless = wav.slice()
  endless.fill(0xff, 40, 44)
  const half = encodeWav(speech.subarray(0, 2_000), format)
  const other = encodeWav(speech.subarray(2_000), format)
  const list = concatBytes([new TextEncoder().encode('LIST'), Uint8Array.of(4, 0, 0, 0), new Uint8Array(4)])
  for (const messages of [
    [wav],
    [endless],
    [half, other],
    [wav.subarray(0, 1), wav.subarray(1, 30), wav.subarray(30)],
    [concatBytes([wav.subarray(0, 12), list, wav.subarray(12)])],
    [concatBytes([half, list]), other],
  ]) {
    expect(read(messages)).toEqual(speech)
  }
})

test('sound that begins like a header is sound', () => {
  const letters = new TextEncoder().encode('RIFFRAFF and more of it...')
  expect(read([letters])).toEqual(letters)
  expect(read([Uint8Array.of(0x52), Uint8Array.of(0x49)])).toEqual(Uint8Array.of(0x52, 0x49))
})

test('pain 42: a header of another rate, encoding or channel count is refused', () => {
  for (const wav of [
    encodeWav(speech, { sampleRate: 48_000 }),
    encodeWav(speech, { sampleRate: 24_000, channels: 2 }),
    encodeWav(speech, { sampleRate: 24_000, encoding: 'mulaw' }),
  ]) {
    expect(() => createPcmStream(format).push(wav)).toThrow(expect.objectContaining({ code: 'playback-failed' }))
  }
})

test('a remainder of one line never reaches the next', () => {
  const stream = createPcmStream(format)
  stream.push(speech.subarray(0, 3))
  stream.reset()
  expect(stream.push(speech.subarray(0, 4))).toEqual(speech.subarray(0, 4))
})
