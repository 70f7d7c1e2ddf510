import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../../src/audio/pcm.ts'
import { createResampler } from '../../../src/audio/resampler.ts'

const tone = (hertz: number, rate: number, frames: number) =>
  Float32Array.from({ length: frames }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate))

function convert(input: Float32Array, from: number, to: number, lengths: readonly number[] = []): Float32Array {
  const resampler = createResampler(from, to)
  let at = 0
  const parts = lengths.map((length) => resampler.push(input.subarray(at, (at += length))))
  parts.push(resampler.push(input.subarray(at)), resampler.flush())
  return new Float32Array(concatBytes(parts.map((part) => new Uint8Array(part.buffer))).buffer)
}

test('any chunking gives the same samples', () => {
  const input = tone(700, 24_000, 3_000)
  const whole = convert(input, 24_000, 44_100)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 20 }), (lengths) => {
      expect(convert(input, 24_000, 44_100, lengths)).toEqual(whole)
    }),
    { numRuns: 30 },
  )
})

describe.each([
  [24_000, 44_100],
  [24_000, 48_000],
  [8_000, 48_000],
  [16_000, 44_100],
  [48_000, 44_100],
])('from %i to %i Hz', (from, to) => {
  test('keeps length, pitch, phase and loudness', () => {
    const output = convert(tone(1_000, from, from), from, to)
    expect(output).toHaveLength(to)
    const expected = tone(1_000, to, to)
    let worst = 0
    for (let i = 1_000; i < to - 1_000; i++) worst = Math.max(worst, Math.abs(output[i]! - expected[i]!))
    expect(worst).toBeLessThan(0.001)
  })

  test('keeps a constant signal constant', () => {
    const output = convert(new Float32Array(from / 10).fill(0.5), from, to)
    for (const value of output.subarray(500, -500)) expect(value).toBeCloseTo(0.5, 5)
  })
})
