import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from '../../src/audio/companding.ts'
import { createSampleAligner, decodeLinear16, encodeLinear16 } from '../../src/audio/pcm.ts'
import { cut, places } from '../support/cut-bytes.ts'

const floats = fc.array(fc.double({ min: -1, max: 1, noNaN: true })).map((values) => Float32Array.from(values))

describe('any bytes, cut anywhere', () => {
  it('pain 53: any split of a byte stream, with empty frames and odd offsets, gives the same samples', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), places, fc.constantFrom(2, 4), (bytes, at, size) => {
        const aligner = createSampleAligner(size)
        const frames = cut(bytes, at).map((frame) => aligner.push(frame))
        expect(frames.every((frame) => frame.length % size === 0)).toBe(true)
        const heard = frames.flatMap((frame) => [...decodeLinear16(frame)])
        expect(heard).toEqual([...decodeLinear16(bytes.subarray(0, bytes.length - (bytes.length % size)))])
      }),
    )
  })

  it('PCM there and back is within one step', () => {
    fc.assert(
      fc.property(floats, (samples) => {
        decodeLinear16(encodeLinear16(samples)).forEach((value, i) =>
          expect(Math.abs(value - samples[i]!)).toBeLessThanOrEqual(1 / 32768),
        )
      }),
    )
  })

  it('mu-law and A-law there and back are within half a step of the segment', () => {
    fc.assert(
      fc.property(floats, (samples) => {
        const [mulaw, alaw] = [decodeMulaw(encodeMulaw(samples)), decodeAlaw(encodeAlaw(samples))]
        samples.forEach((sample, i) => {
          // Half a step is at most 4 in 95 (mu-law, where its third segment begins), and 1/4096 in the innermost segments.
          const error = Math.max(Math.abs(sample) / 23.7, 1 / 4096) + 1e-6
          expect(Math.abs(mulaw[i]! - sample)).toBeLessThanOrEqual(error)
          expect(Math.abs(alaw[i]! - sample)).toBeLessThanOrEqual(error)
        })
      }),
    )
  })
})
