import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ListenV1Message } from '../../src/protocol/listen-v1.ts'
import { foldListenV1 } from '../../src/transcript/fold-listen-v1.ts'
import { joinTexts } from '../../src/transcript/join.ts'
import { holdInterims, INITIAL_TRANSCRIPT_STATE, settleRest } from '../../src/transcript/transcript.ts'
import { final, foldAll, interim, utteranceEnd } from '../unit/transcript/support.ts'

const words = fc.array(fc.constantFrom('one', 'two,', 'three.', 'four', '五', '六'), { maxLength: 4 })

/** Consecutive windows of one channel: their final, and the interims the service might send before it. */
const windows = fc.array(
  fc.record({
    text: words.map((list) => list.join(' ')),
    tenths: fc.integer({ min: 1, max: 50 }),
    speechFinal: fc.boolean(),
    repeats: fc.integer({ min: 0, max: 2 }),
    interims: fc.array(
      fc.record({ text: words.map((list) => list.join(' ')), part: fc.double({ min: 0.1, max: 1, noNaN: true }) }),
      {
        maxLength: 3,
      },
    ),
    utteranceEnd: fc.option(fc.integer({ min: -1, max: 200 })),
  }),
  { maxLength: 8 },
)

function play(list: typeof windows extends fc.Arbitrary<infer T> ? T : never) {
  const finals: ListenV1Message[] = []
  const all: ListenV1Message[] = []
  let at = 0
  for (const window of list) {
    const end = at + window.tenths / 10
    for (const { text, part } of window.interims) all.push(interim(at, at + (end - at) * part, text))
    const message = final(at, end, window.text, { speechFinal: window.speechFinal })
    finals.push(message)
    for (let i = 0; i <= window.repeats; i++) all.push(message)
    // An interim of what is settled: too late.
    for (const { text, part } of window.interims) all.push(interim(at, at + (end - at) * part, text))
    if (window.utteranceEnd !== null) all.push(utteranceEnd(window.utteranceEnd < 0 ? -1 : window.utteranceEnd / 10))
    at = end
  }
  return { finals, all }
}

it('pain 11: the settled text equals the finals, whatever interims and repeats lie between them', () => {
  fc.assert(
    fc.property(windows, (list) => {
      const { finals, all } = play(list)
      const state = foldAll(all)
      expect(state.transcript.text).toBe(joinTexts(list.map(({ text }) => text).filter(Boolean)))
      expect(state.transcript.text).toBe(foldAll(finals).transcript.text)
      expect(state.transcript.text).toBe(joinTexts(state.transcript.segments.map(({ text }) => text)))
    }),
  )
})

it('the text never shrinks, segments are only appended, ids are unique, times never fall', () => {
  fc.assert(
    fc.property(windows, (list) => {
      let state = INITIAL_TRANSCRIPT_STATE
      for (const message of play(list).all) {
        const next = foldListenV1(state, message)
        const { transcript: before } = state
        const { transcript } = next
        expect(transcript.text.startsWith(before.text)).toBe(true)
        before.segments.forEach((segment, i) => expect(transcript.segments[i]).toBe(segment))
        before.utterances.forEach((utterance, i) => expect(transcript.utterances[i]).toBe(utterance))
        state = next
      }
      const { segments, utterances } = settleRest(state).transcript
      const ids = [...segments, ...utterances].map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      segments.forEach(({ start, end }, i) => {
        expect(end).toBeGreaterThanOrEqual(start)
        if (i) expect(start).toBeGreaterThanOrEqual(segments[i - 1]!.start - 0.001)
      })
      // Every segment is in exactly one utterance.
      expect(utterances.flatMap(({ segmentIds }) => segmentIds)).toEqual(segments.map(({ id }) => id))
    }),
  )
})

it('a line lost anywhere, and heard again from the last settled word on, changes no word', () => {
  fc.assert(
    fc.property(windows, fc.nat(), (list, seed) => {
      const { all } = play(list)
      const cut = all.length ? seed % all.length : 0
      const before = holdInterims(foldAll(all.slice(0, cut)))
      // The replay brings everything again, as an overlap at its widest.
      expect(foldAll(all, before).transcript.text).toBe(foldAll(all).transcript.text)
    }),
  )
})

/** Windows of two channels whose words are all different, with what the service may send about them. */
const anyMessages = fc
  .array(
    fc.record({
      channel: fc.constantFrom(0, 1),
      words: fc.integer({ min: 0, max: 4 }),
      tenths: fc.integer({ min: 1, max: 40 }),
      speechFinal: fc.boolean(),
      interims: fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { maxLength: 3 }),
      isRepeated: fc.boolean(),
      ends: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map((list) => {
    const at = [0, 0]
    return list.flatMap(({ channel, words: count, tenths, speechFinal, interims, isRepeated, ends }, index) => {
      const start = at[channel]!
      const end = (at[channel] = start + tenths / 10)
      const text = Array.from({ length: count }, (_, i) => `w${index}x${i}`).join(' ')
      const options = { channel: [channel, 2] as const }
      const message = final(start, end, text, { ...options, speechFinal })
      return [
        ...interims.map((part) => interim(start, start + (end - start) * part, text, options)),
        message,
        ...(isRepeated ? [message] : []),
        ...(ends ? [utteranceEnd(end, channel)] : []),
      ]
    })
  })

it('in whatever order messages come, nothing settled shrinks, repeats or depends on what is not', () => {
  const anyOrder = anyMessages.chain((messages) =>
    fc.shuffledSubarray(messages.length ? [...messages.keys()] : [0], { minLength: 0 }).map((order) =>
      // Some are missing, and some come twice.
      [...order, ...order.slice(0, 3)].flatMap((index) => messages[index] ?? []),
    ),
  )
  fc.assert(
    fc.property(anyOrder, (messages) => {
      let state = INITIAL_TRANSCRIPT_STATE
      for (const message of messages) {
        const next = foldListenV1(state, message)
        expect(next.transcript.text.startsWith(state.transcript.text)).toBe(true)
        expect(next.transcript.segments.slice(0, state.transcript.segments.length)).toEqual(state.transcript.segments)
        state = next
      }
      const { text, segments } = state.transcript
      const said = text.split(' ').filter(Boolean)
      expect(new Set(said).size).toBe(said.length)
      for (const channel of [0, 1]) {
        const starts = segments.flatMap((segment) =>
          segment.channel === channel ? segment.words.map(({ start }) => start) : [],
        )
        expect(starts).toEqual(starts.toSorted((a, b) => a - b))
      }
      const finals = messages.filter((message) => message.type !== 'Results' || message.is_final)
      expect(foldAll(finals).transcript.segments.map((segment) => segment.text)).toEqual(
        segments.map((segment) => segment.text),
      )
      expect(foldAll(finals).transcript.utterances).toEqual(state.transcript.utterances)
    }),
  )
})
