import { describe, expect, it } from 'vitest'
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from '../../../src/audio/companding.ts'

// The decoder output values of ITU-T G.711, positive half, from the smallest: per segment the first value and the step.
// Table 2a (mu-law) counts in units of 1/8192 of full scale (14 bits), table 1a (A-law) in units of 1/4096 (13 bits).
const segments = (rows: readonly (readonly [first: number, step: number])[]) =>
  rows.flatMap(([first, step]) => Array.from({ length: 16 }, (_, i) => first + i * step))
const mulawValues = segments([
  [0, 2],
  [33, 4],
  [99, 8],
  [231, 16],
  [495, 32],
  [1023, 64],
  [2079, 128],
  [4191, 256],
])
const alawValues = segments([
  [1, 2],
  [33, 2],
  [66, 4],
  [132, 8],
  [264, 16],
  [528, 32],
  [1056, 64],
  [2112, 128],
])

/** mu-law: all bits inverted; the sign bit is 1 for positive. */
const mulawCode = (index: number, isPositive: boolean) => (isPositive ? 0xff : 0x7f) - index
/** A-law: even bits inverted; the sign bit is 1 for positive. */
const alawCode = (index: number, isPositive: boolean) => ((isPositive ? 0x80 : 0) | index) ^ 0x55

describe('G.711', () => {
  it('pain 53: decodes every mu-law code to the value of the standard, not as linear samples', () => {
    mulawValues.forEach((value, index) => {
      expect(decodeMulaw(Uint8Array.of(mulawCode(index, true)))[0]).toBe(value / 8192)
      expect(decodeMulaw(Uint8Array.of(mulawCode(index, false)))[0]).toBeCloseTo(-value / 8192, 12)
    })
    expect(mulawValues.at(-1)).toBe(8031)
  })

  it('pain 53: decodes every A-law code to the value of the standard, not as linear samples', () => {
    alawValues.forEach((value, index) => {
      expect(decodeAlaw(Uint8Array.of(alawCode(index, true)))[0]).toBe(value / 4096)
      expect(decodeAlaw(Uint8Array.of(alawCode(index, false)))[0]).toBe(-value / 4096)
    })
    expect(alawValues.at(-1)).toBe(4032)
  })

  it('changes at the decision values of the standard', () => {
    // Table 2a: 8031 stands for 7903 to 8159, 4191 for 4063 to 4319, 33 for 31 to 35, 2 for 1 to 3, 0 for 0 to 1.
    const mulaw = (value: number) => mulawValues[0xff - encodeMulaw(Float32Array.of(value / 8192))[0]!]
    expect([7904, 7902, 4064, 4062, 32, 30, 1.5, 0.5].map(mulaw)).toEqual([8031, 7775, 4191, 3999, 33, 30, 2, 0])
    // Table 1a: 4032 stands for 3968 to 4096, 2112 for 2048 to 2176, 33 for 32 to 34, 1 for 0 to 2.
    const alaw = (value: number) => alawValues[(encodeAlaw(Float32Array.of(value / 4096))[0]! ^ 0x55) & 0x7f]
    expect([3969, 3967, 2049, 2047, 32.5, 31.5, 1.5].map(alaw)).toEqual([4032, 3904, 2112, 2016, 33, 31, 1])
  })

  it('gives each code back after decoding and encoding', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code)
    expect([...encodeAlaw(decodeAlaw(codes))]).toEqual([...codes])
    // Negative zero is the one value that mu-law writes in two ways.
    expect([...encodeMulaw(decodeMulaw(codes))].filter((code, i) => code !== codes[i])).toEqual([0xff])
  })

  it('clips what is louder than full scale', () => {
    const loud = Float32Array.of(3, -3)
    expect([...decodeMulaw(encodeMulaw(loud))]).toEqual([8031 / 8192, -8031 / 8192])
    expect([...decodeAlaw(encodeAlaw(loud))]).toEqual([4032 / 4096, -4032 / 4096])
  })

  it('reads the bytes of a view, not of its buffer', () => {
    const bytes = Uint8Array.of(1, 2, 0xff, 0x80, 3)
    expect([...decodeMulaw(bytes.subarray(2, 4))]).toEqual([0, 8031 / 8192])
  })
})
