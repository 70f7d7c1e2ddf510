import { describe, expect, it } from 'vitest'
import { rmsOf } from '../../../src/audio/level.ts'
import { createResampler } from '../../../src/audio/resampler.ts'
import { frequencyOf } from '../../support/pcm-tone.ts'

/** A tone as a device at `rate` gives it, in chunks of 20 ms, resampled to 16 kHz. */
function capture(hertz: number, rate: number, seconds: number): number[] {
  const resampler = createResampler(rate, 16_000)
  const output: number[] = []
  const length = Math.ceil(rate / 50)
  for (let at = 0; at < rate * seconds; at += length) {
    const frames = Math.min(length, rate * seconds - at)
    const chunk = Float32Array.from({ length: frames }, (_, i) => Math.sin((2 * Math.PI * hertz * (at + i)) / rate))
    for (const sample of resampler.push(chunk)) output.push(sample)
  }
  output.push(...resampler.flush())
  return output
}

describe.each([48_000, 44_100])('a device at %i Hz, resampled to 16,000', (rate) => {
  it('pain 58: a minute stays a minute to the frame, and 1 kHz stays 1 kHz', () => {
    const samples = capture(1000, rate, 60)
    expect(samples).toHaveLength(960_000)
    expect(frequencyOf(samples, 16_000) / 1000).toBeCloseTo(1, 5)
  })

  it.each([8_500, 9_000, 12_000, 15_000, 17_000, 20_000])(
    'pain 58: a tone of %i Hz leaves no alias above −50 dB',
    (hertz) => {
      const level = rmsOf(capture(hertz, rate, 1).slice(800, -800))
      expect(20 * Math.log10(level / Math.SQRT1_2)).toBeLessThan(-50)
    },
  )

  it.each([100, 1_000, 3_400, 6_500])('pain 58: a tone of %i Hz keeps its loudness within 0.1 dB', (hertz) => {
    const level = rmsOf(capture(hertz, rate, 1).slice(800, -800))
    expect(Math.abs(20 * Math.log10(level / Math.SQRT1_2))).toBeLessThan(0.1)
  })
})
