import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeMessage } from '../../src/protocol/decode.ts'
import { listenV1Schemas } from '../../src/protocol/listen-v1.ts'
import { speakV1Schemas } from '../../src/protocol/speak-v1.ts'
import { foldListenV1 } from '../../src/transcript/fold-listen-v1.ts'
import { INITIAL_TRANSCRIPT_STATE } from '../../src/transcript/transcript.ts'

const types = [...Object.keys(listenV1Schemas), ...Object.keys(speakV1Schemas), '__proto__', 'constructor', 'New']
const number = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -1, 1e308, -0))
const loose = (inner: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 8, arbitrary: inner },
    fc.json().map((json) => JSON.parse(json) as unknown),
  )
const word = fc.record(
  { word: loose(fc.string()), start: loose(number), end: loose(number), confidence: loose(number) },
  { requiredKeys: [] },
)
const message = fc.record(
  {
    type: loose(fc.constantFrom(...types)),
    channel_index: loose(fc.array(number, { maxLength: 3 })),
    start: loose(number),
    duration: loose(number),
    is_final: loose(fc.boolean()),
    speech_final: loose(fc.boolean()),
    channel: loose(
      fc.oneof(
        fc.array(number, { maxLength: 2 }),
        fc.record({
          alternatives: loose(
            fc.array(fc.record({ transcript: loose(fc.string()), words: loose(fc.array(word, { maxLength: 3 })) }), {
              maxLength: 2,
            }),
          ),
        }),
      ),
    ),
    last_word_end: loose(number),
    timestamp: loose(number),
  },
  { requiredKeys: [] },
)

it('neither decode nor the fold throws, whatever arrives', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          message.map((value) => JSON.stringify(value)),
          fc.string(),
          fc.json(),
        ),
        { maxLength: 12 },
      ),
      (frames) => {
        let state = INITIAL_TRANSCRIPT_STATE
        for (const frame of frames) {
          decodeMessage(frame, speakV1Schemas)
          const decoded = decodeMessage(frame, listenV1Schemas)
          if (decoded.kind === 'message') state = foldListenV1(state, decoded.message)
        }
        expect(typeof state.transcript.text).toBe('string')
        expect(Object.keys(Object.prototype)).toEqual([])
      },
    ),
    { numRuns: 500 },
  )
})
