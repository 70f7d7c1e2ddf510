import { describe, expect, it } from 'vitest'
import { createLevelFollower, peakOf, rmsOf, samplesOfBytes } from '../../../src/audio/level.ts'

describe('level', () => {
  it('measures a full-scale sine at 0.707 and a square at 1', () => {
    const sine = Float32Array.from({ length: 4800 }, (_, i) => Math.sin((2 * Math.PI * i) / 48))
    expect(rmsOf(sine)).toBeCloseTo(Math.SQRT1_2, 4)
    expect(peakOf(sine)).toBeCloseTo(1, 4)
    expect(rmsOf(sine.map(Math.sign).map((x) => x || 1))).toBe(1)
  })

  it('is 0 for no samples', () => {
    expect(rmsOf([])).toBe(0)
    expect(peakOf([])).toBe(0)
  })

  it('finds the peak of a negative half-wave', () => {
    expect(peakOf([0.1, -0.8, 0.3])).toBe(0.8)
  })

  it('takes an analyser’s 128 as silence', () => {
    expect(rmsOf(samplesOfBytes(Uint8Array.of(128, 128)))).toBe(0)
    expect(peakOf(samplesOfBytes(Uint8Array.of(0, 192)))).toBe(1)
  })

  it('rises faster than it falls', () => {
    const follower = createLevelFollower(10, 150)
    expect(follower.push(1, 10)).toBeCloseTo(1 - Math.exp(-1), 6)
    const high = follower.push(1, 1000)
    expect(follower.push(0, 10)).toBeGreaterThan(high * 0.9)
  })

  it('shows the same after the same time, however often it is asked', () => {
    const [once, often] = [createLevelFollower(), createLevelFollower()]
    for (const follower of [once, often]) follower.push(1, 1000)
    once.push(0.2, 96)
    for (let i = 0; i < 12; i++) often.push(0.2, 8)
    expect(often.level).toBeCloseTo(once.level, 9)
  })

  it('stays between 0 and 1 and recovers from what is no number', () => {
    const follower = createLevelFollower()
    expect(follower.push(7, 1e6)).toBeLessThanOrEqual(1)
    expect(follower.push(NaN, 1e6)).toBe(0)
    expect(follower.push(0.5, 1e6)).toBeCloseTo(0.5, 6)
  })
})
