import { describe, expect, it } from 'vitest'
import {
  createSampleAligner,
  decodeLinear16,
  encodeLinear16,
  encodeWav,
  readWavHeader,
} from '../../../src/audio/pcm.ts'

const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

describe('linear16', () => {
  it('writes little-endian, and gives every 16-bit value back', () => {
    expect([...encodeLinear16(Float32Array.of(1 / 32768, -1, 0.5))]).toEqual([1, 0, 0x00, 0x80, 0x00, 0x40])
    const all = Float32Array.from({ length: 65536 }, (_, i) => (i - 32768) / 32768)
    expect(decodeLinear16(encodeLinear16(all))).toEqual(all)
  })

  it('clips beyond full scale instead of wrapping round', () => {
    expect([...decodeLinear16(encodeLinear16(Float32Array.of(1.5, -1.5, Infinity, NaN)))]).toEqual([
      32767 / 32768,
      -1,
      32767 / 32768,
      0,
    ])
  })

  it('pain 53: reads a view at an odd offset of its buffer', () => {
    const bytes = Uint8Array.of(99, 0x00, 0x40, 0x00, 0xc0, 99)
    expect([...decodeLinear16(bytes.subarray(1, 5))]).toEqual([0.5, -0.5])
  })
})

describe('the sample aligner', () => {
  it('pain 53: carries an odd byte over to the next frame', () => {
    const aligner = createSampleAligner()
    expect([...aligner.push(Uint8Array.of(1, 2, 3))]).toEqual([1, 2])
    expect([...aligner.push(new Uint8Array(0))]).toEqual([])
    expect([...aligner.push(Uint8Array.of(4))]).toEqual([3, 4])
    expect([...aligner.push(Uint8Array.of(5, 6))]).toEqual([5, 6])
  })

  it('keeps no hold of the frame that it was given', () => {
    const aligner = createSampleAligner()
    const frame = Uint8Array.of(1, 2, 3)
    aligner.push(frame)
    frame.fill(0)
    expect([...aligner.push(Uint8Array.of(4))]).toEqual([3, 4])
  })

  it('forgets the odd byte when the stream begins anew', () => {
    const aligner = createSampleAligner()
    aligner.push(Uint8Array.of(1))
    expect(aligner.reset()).toBe(1)
    expect([...aligner.push(Uint8Array.of(2, 3))]).toEqual([2, 3])
  })

  it('keeps the channels of a frame together', () => {
    const aligner = createSampleAligner(4)
    expect(aligner.push(new Uint8Array(6)).length).toBe(4)
    expect(aligner.push(new Uint8Array(2)).length).toBe(4)
  })
})

describe('WAV', () => {
  it('writes the header that the format’s description asks for', () => {
    const wav = encodeWav(Float32Array.of(0.5, -0.5), { sampleRate: 24000 })
    expect([...wav]).toEqual([
      ...ascii('RIFF'),
      ...[40, 0, 0, 0],
      ...ascii('WAVEfmt '),
      ...[16, 0, 0, 0, 1, 0, 1, 0],
      ...[0xc0, 0x5d, 0, 0, 0x80, 0xbb, 0, 0, 2, 0, 16, 0],
      ...ascii('data'),
      ...[4, 0, 0, 0],
      ...[0x00, 0x40, 0x00, 0xc0],
    ])
  })

  it('reads back what it wrote, for each encoding', () => {
    for (const encoding of ['linear16', 'mulaw', 'alaw'] as const)
      expect(readWavHeader(encodeWav(new Uint8Array(6), { sampleRate: 8000, channels: 2, encoding }))).toEqual({
        byteLength: 44,
        encoding,
        sampleRate: 8000,
        channels: 2,
        dataByteLength: 6,
      })
  })

  it('pads samples of an odd length, and does not count the padding', () => {
    const wav = encodeWav(new Uint8Array(3), { sampleRate: 8000, encoding: 'mulaw' })
    expect(wav.length).toBe(48)
    expect(readWavHeader(wav)?.dataByteLength).toBe(3)
  })

  const stream = join(
    ...[ascii('RIFF'), Uint8Array.of(255, 255, 255, 255), ascii('WAVEfmt '), Uint8Array.of(16, 0, 0, 0)],
    Uint8Array.of(1, 0, 1, 0, 0x80, 0xbb, 0, 0, 0, 0x77, 1, 0, 2, 0, 16, 0),
    ...[ascii('LIST'), Uint8Array.of(5, 0, 0, 0), ascii('INFOx'), Uint8Array.of(0)],
    ...[ascii('data'), Uint8Array.of(255, 255, 255, 255)],
  )

  it('skips a LIST chunk, and knows a streamed header’s length as unknown', () => {
    expect(readWavHeader(stream)).toEqual({
      byteLength: stream.length,
      encoding: 'linear16',
      sampleRate: 48000,
      channels: 1,
      dataByteLength: null,
    })
  })

  it('asks for more at every split of a header', () => {
    for (let length = 0; length < stream.length; length++)
      expect(readWavHeader(stream.subarray(0, length))).toBeUndefined()
  })

  it('reads a header in a view at an odd offset', () => {
    expect(readWavHeader(join(Uint8Array.of(7), stream).subarray(1))?.sampleRate).toBe(48000)
  })

  it('says at the first wrong byte that something is no WAV', () => {
    expect(readWavHeader(Uint8Array.of(0x52, 0x49, 0))).toBeNull()
    expect(readWavHeader(ascii('RIFF....AVI '))).toBeNull()
  })

  it('names no encoding for float samples', () => {
    const float = stream.slice()
    float[20] = 3
    expect(readWavHeader(float)?.encoding).toBeNull()
  })
})
