import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, vi } from 'vitest'
import type { ListenV1Message } from '../../../src/protocol/listen-v1.ts'
import { foldListenV1 } from '../../../src/transcript/fold-listen-v1.ts'
import { append, createLog, toArray } from '../../../src/transcript/log.ts'
import { INITIAL_TRANSCRIPT_STATE, type TranscriptState, type Word } from '../../../src/transcript/transcript.ts'
import { final, interim, utteranceEnd } from './support.ts'

/** A message of which nothing is shared with the one before, as if it had just been decoded. */
const say = (i: number, isFinal = true): ListenV1Message =>
  (isFinal ? final : interim)(i * 3, i * 3 + 3, `these are the words of sentence ${i}`, { speechFinal: i % 4 === 3 })

function grow(count: number, state = INITIAL_TRANSCRIPT_STATE, from = 0): TranscriptState {
  for (let i = from; i < from + count; i++) {
    state = foldListenV1(state, say(i, false))
    state = foldListenV1(state, say(i))
    if (i % 4 === 2) state = foldListenV1(state, utteranceEnd(i * 3 + 3))
  }
  return state
}

it('pain 40: neither a final nor an interim copies what was heard before, ten thousand segments long', () => {
  let state = grow(10_000)
  const { items } = state.segments
  const heard = state.transcript.segments
  const copies = vi.spyOn(Array.prototype, 'slice')
  const next = say(10_000, false)
  const rest = say(10_000)
  copies.mockClear()
  state = foldListenV1(state, next)
  // Who shows the settled text has nothing to do.
  expect(state.transcript.segments).toBe(heard)
  state = foldListenV1(state, rest)
  const longest = Math.max(0, ...copies.mock.contexts.map((list) => (list as unknown[]).length))
  copies.mockRestore()
  expect(longest).toBeLessThan(20)
  expect(state.segments.items).toBe(items)
  expect(heard).toHaveLength(10_000)
  expect(state.transcript.segments).toHaveLength(10_001)
  expect(state.transcript.segments).toBe(state.transcript.segments)
  expect(state.transcript.segments[9_999]).toBe(heard[9_999])
  expect(state.transcript.utterances).toHaveLength(5000)
})

it('pain 40: the forty-thousandth segment costs what the first ones did', () => {
  const cost = (from: number, before: TranscriptState): [number, TranscriptState] => {
    const started = performance.now()
    const after = grow(1000, before, from)
    return [performance.now() - started, after]
  }
  const best = (from: number, before: TranscriptState): [number, TranscriptState] => {
    const times: number[] = []
    let state = before
    for (let i = 0; i < 4; i++) {
      const [ms, after] = cost(from + i * 1000, state)
      times.push(ms)
      state = after
    }
    return [Math.min(...times), state]
  }
  const [early, state] = best(0, INITIAL_TRANSCRIPT_STATE)
  const [late] = best(40_000, grow(36_000, state, 4000))
  // With a copy for each it was thirty times as much.
  expect(late / early).toBeLessThan(5)
}, 60_000)

it('memory grows with the text alone: less than a kilobyte for a segment beyond its words', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const count = 20_000
  const measure = <T>(make: () => T): [number, T] => {
    const before = heap()
    const made = make()
    return [(heap() - before) / count, made]
  }
  // The words and the text alone, as they must be kept anyway.
  const [bare, words] = measure(() =>
    Array.from({ length: count }, (_, i) => {
      const { transcript } = foldListenV1(INITIAL_TRANSCRIPT_STATE, say(i))
      return [transcript.text, transcript.segments[0]!.words] as [string, readonly Word[]]
    }),
  )
  const [first, half] = measure(() => grow(count))
  const [second, whole] = measure(() => grow(count, half, count))
  expect(words).toHaveLength(count)
  expect(whole.segments.length).toBe(2 * count)
  expect(first - bare).toBeLessThan(1000)
  expect(second - bare).toBeLessThan(1000)
  expect(second / first).toBeLessThan(1.25)
}, 60_000)

it('two that go on from the same list do not see what the other adds', () => {
  const one = append(createLog(['a']), ['b'])
  const left = append(one, ['left'])
  const right = append(one, ['right'])
  expect([toArray(one), toArray(left), toArray(right)]).toEqual([
    ['a', 'b'],
    ['a', 'b', 'left'],
    ['a', 'b', 'right'],
  ])
  expect(append(left, [])).toBe(left)
})
