import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeMessage } from '../../src/protocol/decode.ts'
import { listenV1Schemas } from '../../src/protocol/listen-v1.ts'
import { listenV2Schemas } from '../../src/protocol/listen-v2.ts'
import { speakV1Schemas } from '../../src/protocol/speak-v1.ts'
import { speakV2Schemas } from '../../src/protocol/speak-v2.ts'
import { foldListenV1 } from '../../src/transcript/fold-listen-v1.ts'
import { foldListenV2, foldTurn, INITIAL_TURN_STATE } from '../../src/transcript/fold-listen-v2.ts'
import { INITIAL_TRANSCRIPT_STATE, settleRest, type Transcript } from '../../src/transcript/transcript.ts'
import { fuzzRuns } from '../support/fuzz.ts'

const endpoints = [listenV1Schemas, listenV2Schemas, speakV1Schemas, speakV2Schemas]
const types = [...endpoints.flatMap((schemas) => Object.keys(schemas)), '__proto__', 'constructor', 'toString', 'New']
const number = fc.oneof(fc.double(), fc.nat(20), fc.constantFrom(0, -1, 1e308, -0, 1e7, 2 ** 53))

/** Mostly what it should be, now and then anything that JSON can hold. */
const loose = (inner: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 8, arbitrary: inner },
    fc.json().map((json) => JSON.parse(json) as unknown),
  )
const optional = <T>(fields: Record<string, fc.Arbitrary<T>>) => fc.record(fields, { requiredKeys: [] })

const word = optional({
  word: loose(fc.string()),
  punctuated_word: loose(fc.string()),
  start: loose(number),
  end: loose(number),
  confidence: loose(number),
  speaker: loose(number),
  language: loose(fc.string()),
})
const words = loose(fc.array(word, { maxLength: 3 }))
const message = optional({
  type: loose(fc.constantFrom(...types)),
  channel_index: loose(fc.array(number, { maxLength: 3 })),
  start: loose(number),
  duration: loose(number),
  is_final: loose(fc.boolean()),
  speech_final: loose(fc.boolean()),
  from_finalize: loose(fc.boolean()),
  channel: loose(
    fc.oneof(
      fc.array(number, { maxLength: 2 }),
      fc.record({
        alternatives: loose(fc.array(fc.record({ transcript: loose(fc.string()), words }), { maxLength: 2 })),
      }),
    ),
  ),
  last_word_end: loose(number),
  timestamp: loose(number),
  request_id: loose(fc.string()),
  sequence_id: loose(fc.nat(20)),
  event: loose(fc.constantFrom('Update', 'StartOfTurn', 'EagerEndOfTurn', 'TurnResumed', 'EndOfTurn', 'constructor')),
  turn_index: loose(fc.nat(5)),
  audio_window_start: loose(fc.nat(20)),
  audio_window_end: loose(fc.nat(20)),
  transcript: loose(fc.string()),
  words,
  end_of_turn_confidence: loose(number),
  languages: loose(fc.array(fc.string(), { maxLength: 2 })),
  code: loose(fc.string()),
  audio_duration_ms: loose(number),
  audio_played_ms: loose(number),
  text_spoken: loose(fc.string()),
})
const frame = fc.oneof(
  { weight: 4, arbitrary: message.map((value) => JSON.stringify(value)) },
  // Cut off anywhere.
  fc.tuple(message, fc.nat()).map(([value, at]) => {
    const text = JSON.stringify(value)
    return text.slice(0, at % (text.length + 1))
  }),
  // A key that is an accessor on every object, given twice.
  message.map((value) => `{"__proto__":${JSON.stringify(value)},${JSON.stringify(value).slice(1)}`),
  fc.string({ unit: 'binary' }),
  fc.json(),
)

/** Settled text only grows, and its elements keep their identity. */
function expectGrown(after: Transcript, before: Transcript): void {
  expect(after.text.startsWith(before.text)).toBe(true)
  expect(after.segments.slice(0, before.segments.length)).toEqual(before.segments)
  expect(after.segments.length).toBeGreaterThanOrEqual(before.segments.length)
}

it('neither decode nor the folds throw, harm what is settled or touch a prototype, whatever arrives', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
      let first = INITIAL_TRANSCRIPT_STATE
      let second = INITIAL_TRANSCRIPT_STATE
      let turn = INITIAL_TURN_STATE
      for (const text of frames) {
        for (const schemas of endpoints) {
          const decoded = decodeMessage(text, schemas)
          if (decoded.kind !== 'message') continue
          // What comes out is a plain object of known fields.
          expect(Object.getPrototypeOf(decoded.message)).toBe(Object.prototype)
          expect(Object.hasOwn(decoded.message, '__proto__')).toBe(false)
        }
        const one = decodeMessage(text, listenV1Schemas)
        if (one.kind === 'message') {
          const before = first
          first = foldListenV1(first, one.message)
          expectGrown(first.transcript, before.transcript)
        }
        const two = decodeMessage(text, listenV2Schemas)
        if (two.kind === 'message') {
          const before = second
          second = foldListenV2(second, two.message)
          turn = foldTurn(turn, two.message)
          expectGrown(second.transcript, before.transcript)
        }
      }
      for (const state of [first, second]) {
        const { segments } = settleRest(state).transcript
        for (const { start, end } of segments)
          expect([Number.isFinite(start), Number.isFinite(end)]).toEqual([true, true])
        expect(new Set(segments.map(({ id }) => id)).size).toBe(segments.length)
      }
      expect(Object.keys(Object.prototype)).toEqual([])
    }),
    { numRuns: fuzzRuns(500) },
  )
})
