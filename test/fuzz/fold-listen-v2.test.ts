import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ListenV2Message } from '../../src/protocol/listen-v2.ts'
import {
  beginTurnStream,
  foldListenV2,
  foldTurn,
  INITIAL_TURN_STATE,
  type TurnState,
} from '../../src/transcript/fold-listen-v2.ts'
import { joinTexts } from '../../src/transcript/join.ts'
import {
  beginStream,
  channelOf,
  holdInterims,
  INITIAL_TRANSCRIPT_STATE,
  settleRest,
} from '../../src/transcript/transcript.ts'
import { foldAll, info } from '../unit/transcript/support-v2.ts'

const text = fc
  .array(fc.constantFrom('one', 'two,', 'three.', 'four', '五', '六'), { maxLength: 4 })
  .map((list) => list.join(' '))
const names = ['Update', 'StartOfTurn', 'EagerEndOfTurn', 'TurnResumed', 'Unheard']

/** Turns one after another: their end, and whatever the service may say before it. */
const turns = fc.array(
  fc.record({
    silenceTenths: fc.integer({ min: 0, max: 100 }),
    tenths: fc.integer({ min: 1, max: 50 }),
    text,
    before: fc.array(
      fc.record({ event: fc.constantFrom(...names), text, part: fc.double({ min: 0.1, max: 1, noNaN: true }) }),
      {
        maxLength: 5,
      },
    ),
    repeats: fc.integer({ min: 0, max: 2 }),
    hasTimes: fc.boolean(),
  }),
  { maxLength: 6 },
)
type Turns = typeof turns extends fc.Arbitrary<infer T> ? T : never

function play(list: Turns) {
  const ends: ListenV2Message[] = []
  const all: ListenV2Message[] = []
  let start = 0
  let sequence = 1
  list.forEach((turn, index) => {
    const speech = start + turn.silenceTenths / 10
    const end = speech + turn.tenths / 10
    const say = (event: string, at: number, said: string): ListenV2Message => {
      const parts = said.split(' ').filter(Boolean)
      const length = (at - speech) / Math.max(1, parts.length)
      const words = parts.map((word, i) =>
        turn.hasTimes ? { word, start: speech + i * length, end: speech + (i + 1) * length } : { word },
      )
      return info(event, start, at, said, { turn: index, words, sequence: sequence++ })
    }
    if (turn.silenceTenths > 0) all.push(say('Update', speech, ''))
    const parts = turn.before.toSorted((a, b) => a.part - b.part)
    const before = parts.map(({ event, text: said, part }) => say(event, speech + (end - speech) * part, said))
    const last = say('EndOfTurn', end, turn.text)
    ends.push(last)
    all.push(...before, ...Array.from({ length: turn.repeats + 1 }, () => last), ...before)
    start = end
  })
  return { ends, all }
}

it('the settled text is that of the ends, whatever updates, repeats and late messages lie between them', () => {
  fc.assert(
    fc.property(turns, (list) => {
      const { ends, all } = play(list)
      const { transcript } = foldAll(all)
      expect(transcript.text).toBe(joinTexts(list.map((turn) => turn.text).filter(Boolean)))
      expect(transcript.text).toBe(foldAll(ends).transcript.text)
      expect(transcript.utterances.map((utterance) => utterance.text)).toEqual(
        list.map((turn) => turn.text).filter(Boolean),
      )
      expect(transcript.interim).toBeNull()
    }),
  )
})

it('the text never shrinks, segments are only appended, nothing settles twice, times never fall', () => {
  fc.assert(
    fc.property(turns, fc.nat(), (list, cut) => {
      const { all } = play(list)
      let state = INITIAL_TRANSCRIPT_STATE
      for (const message of all.slice(0, all.length ? cut % all.length : 0)) {
        const next = foldListenV2(state, message)
        const { transcript: before } = state
        expect(next.transcript.text.startsWith(before.text)).toBe(true)
        before.segments.forEach((segment, i) => expect(next.transcript.segments[i]).toBe(segment))
        before.utterances.forEach((utterance, i) => expect(next.transcript.utterances[i]).toBe(utterance))
        expect(channelOf(next, 0).settledEnd).toBeGreaterThanOrEqual(channelOf(state, 0).settledEnd)
        expect(foldListenV2(next, message).transcript).toEqual(next.transcript)
        state = next
      }
      const { segments, utterances } = settleRest(state).transcript
      expect(utterances.flatMap(({ segmentIds }) => segmentIds)).toEqual(segments.map(({ id }) => id))
      segments.forEach(({ start, end, words }, i) => {
        expect(end).toBeGreaterThanOrEqual(start)
        if (i) expect(start).toBeGreaterThanOrEqual(segments[i - 1]!.end - 0.002)
        for (const word of words) expect(word.end).toBeGreaterThanOrEqual(word.start)
      })
    }),
  )
})

it('a line that drops anywhere and begins again at what is settled loses no word and repeats none', () => {
  fc.assert(
    fc.property(turns, fc.nat(), (list, cut) => {
      const timed = list.map((turn) => ({ ...turn, hasTimes: true, repeats: 0 }))
      const { all } = play(timed)
      const count = all.length ? cut % all.length : 0
      const before = holdInterims(foldAll(all.slice(0, count)))
      // What the service has not settled is heard again: the same turns, in a stream whose time 0 is the settled end.
      const offset = Math.max(0, channelOf(before, 0).settledEnd)
      const again: ListenV2Message[] = []
      let sequence = 1
      for (const message of play(timed).ends) {
        if (message.type !== 'TurnInfo' || message.audio_window_end <= offset + 0.002) continue
        again.push({
          ...message,
          turn_index: again.length,
          audio_window_start: Math.max(0, message.audio_window_start - offset),
          audio_window_end: message.audio_window_end - offset,
          words: message.words.map((word) => ({ ...word, start: word.start! - offset, end: word.end! - offset })),
          sequence_id: sequence++,
        })
      }
      const state = again.reduce(foldListenV2, beginStream(before, 1, offset))
      expect(state.transcript.text).toBe(joinTexts(list.map((turn) => turn.text).filter(Boolean)))
    }),
  )
})

it('turn events keep their order for any messages, over any reconnection', () => {
  const any = fc.record({
    event: fc.constantFrom(...names, 'EndOfTurn'),
    turn: fc.nat({ max: 3 }),
    sequence: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
    text,
    reconnects: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), (list) => {
      let state: TurnState = INITIAL_TURN_STATE
      const started = new Set<number>()
      const ended = new Set<number>()
      let isEager = false
      list.forEach(({ event, turn, sequence, text: said, reconnects }, i) => {
        if (reconnects) state = beginTurnStream(state)
        const before = state.turn.index
        state = foldTurn(state, info(event, i, i + 1, said, { turn, ...(sequence !== undefined && { sequence }) }))
        expect(state.turn.index).toBeGreaterThanOrEqual(before)
        for (const { type, index } of state.events) {
          expect(ended.has(index)).toBe(false)
          if (type === 'start') expect(started.has(index)).toBe(false)
          if (type === 'resumed') expect(isEager).toBe(true)
          if (type === 'start') started.add(index)
          if (type === 'end') ended.add(index)
          isEager = type === 'eager-end' || (isEager && type === 'update' && index === before)
        }
      })
    }),
  )
})
