import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../src/audio/pcm.ts'
import { createWebmReader, writeCluster, type WebmBlock } from '../../src/audio/webm.ts'
import { cut, places } from '../support/cut-bytes.ts'
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz.ts'

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/audio/${name}`, import.meta.url)))

/** Blocks as a text: comparing thousands of arrays number by number takes a minute. */
const spell = (blocks: readonly WebmBlock[], startTime = 0) =>
  blocks
    .map(({ time, bytes, track, keyframe }) => [time - startTime, track, keyframe, Buffer.from(bytes).toString('hex')])
    .join('\n')

describe('any bytes, cut anywhere', () => {
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
        // A whole recording each: what is read, not how much, is what the long run is for.
        { numRuns: Math.min(fuzzRuns(40), 2_000) },
      )
    }
  })

  it(
    'a WebM stream cut at any byte leaves header and tail that hold exactly the blocks after the cut',
    () => {
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
    },
    FUZZ_TIMEOUT_MS,
  )

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
      { numRuns: fuzzRuns(300) },
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
