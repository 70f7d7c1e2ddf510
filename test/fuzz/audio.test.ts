import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from '../../src/audio/companding.ts'
import { concatBytes, createSampleAligner, decodeLinear16, encodeLinear16 } from '../../src/audio/pcm.ts'
import { createWebmReader, writeCluster, type WebmBlock } from '../../src/audio/webm.ts'

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/audio/${name}`, import.meta.url)))

/** Cuts bytes at these places, each piece in a buffer of its own at an odd offset. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return sorted.slice(1).map((end, i) => {
    const piece = bytes.subarray(sorted[i], end)
    const roomy = new Uint8Array(piece.length + 3)
    roomy.set(piece, 1)
    return roomy.subarray(1, 1 + piece.length)
  })
}

/** Blocks as a text: comparing thousands of arrays number by number takes a minute. */
const spell = (blocks: readonly WebmBlock[], startTime = 0) =>
  blocks
    .map(({ time, bytes, track, keyframe }) => [time - startTime, track, keyframe, Buffer.from(bytes).toString('hex')])
    .join('\n')

const places = fc.array(fc.nat(), { maxLength: 60 })
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

  it('a WebM stream gives the same blocks whatever the chunks', () => {
    for (const name of ['fox.webm', 'timeslice.webm']) {
      const bytes = fixture(name)
      const whole = createWebmReader()
      const blocks = whole.push(bytes)
      const byOne = createWebmReader()
      expect(spell(Array.from(bytes, (_, i) => byOne.push(bytes.subarray(i, i + 1))).flat())).toBe(spell(blocks))
      fc.assert(
        fc.property(places, (at) => {
          const reader = createWebmReader()
          expect(spell(cut(bytes, at).flatMap((chunk) => reader.push(chunk)))).toBe(spell(blocks))
          expect([reader.header, reader.isBroken]).toEqual([whole.header, false])
        }),
        { numRuns: 40 },
      )
    }
  })

  it('a WebM stream cut at any byte leaves header and tail that hold exactly the blocks after the cut', () => {
    const bytes = fixture('timeslice.webm')
    const all = createWebmReader().push(bytes)
    for (let at = 0; at <= bytes.length; at += 3) {
      const reader = createWebmReader()
      const before = reader.push(bytes.subarray(0, at))
      const after = reader.push(bytes.subarray(at))
      expect(spell([...before, ...after])).toBe(spell(all))
      if (!after.length) continue
      const startTime = after[0]!.time
      const again = createWebmReader()
      const spliced = concatBytes([reader.header!, writeCluster(after, { startTime })])
      expect(spell(again.push(spliced))).toBe(spell(after, startTime))
    }
  })

  it('whatever the bytes, the WebM reader throws nothing and ends what it calls broken', () => {
    const bytes = fixture('fox.webm').subarray(0, 2000)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }).map((changes) => {
            const damaged = bytes.slice()
            for (const [place, value] of changes) damaged[place % damaged.length] = value
            return damaged
          }),
        ),
        places,
        (damaged, at) => {
          const [whole, split] = [createWebmReader(), createWebmReader()]
          const blocks = whole.push(damaged)
          expect(spell(cut(damaged, at).flatMap((chunk) => split.push(chunk)))).toBe(spell(blocks))
          expect([split.failure, split.header]).toEqual([whole.failure, whole.header])
          if (whole.isBroken) expect(whole.push(bytes)).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('re-timed blocks of any times come back as they were', () => {
    const header = createWebmReader()
    header.push(fixture('fox.webm'))
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            gap: fc.nat(50_000),
            bytes: fc.uint8Array({ maxLength: 50 }),
            track: fc.integer({ min: 1, max: 126 }),
            keyframe: fc.boolean(),
          }),
        ),
        fc.nat(1e9),
        (given, startTime) => {
          let time = startTime
          const blocks = given.map(({ gap, ...block }) => ({
            ...block,
            bytes: block.bytes.slice(),
            time: (time += gap),
          }))
          const read = createWebmReader().push(concatBytes([header.header!, writeCluster(blocks, { startTime })]))
          expect(spell(read)).toBe(spell(blocks, startTime))
        },
      ),
    )
  })
})
