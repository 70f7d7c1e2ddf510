import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { closeMeaning } from '../../src/protocol/close-codes.ts'
import { decodeMessage } from '../../src/protocol/decode.ts'
import { listenV1Schemas, type ListenV1Results } from '../../src/protocol/listen-v1.ts'
import { foldListenV1 } from '../../src/transcript/fold-listen-v1.ts'
import { INITIAL_TRANSCRIPT_STATE } from '../../src/transcript/transcript.ts'

const folder = new URL('../../../shared/wire-samples/', import.meta.url)
const isHere = existsSync(folder)
const sample = (name: string) => readFileSync(new URL(`listen-v1-${name}.json`, folder), 'utf8')
const names = isHere ? readdirSync(folder).flatMap((file) => /^listen-v1-(.+)\.json$/.exec(file)?.[1] ?? []) : []

/** What the fold must make of each recorded message, starting from nothing. */
const expected: Record<string, object | 'nothing'> = {
  configuresuccess: 'nothing',
  'error-configure-keyterms-not-supported': 'nothing',
  'error-schemaerror-unknown-field': 'nothing',
  'metadata-after-closestream-no-audio': 'nothing',
  'metadata-after-timeout': 'nothing',
  'metadata-no-audio': 'nothing',
  'results-interim-empty': 'nothing',
  speechstarted: 'nothing',
  utteranceend: 'nothing',
  'results-interim-words': {
    text: '',
    segments: [],
    interim: { text: 'This is the', start: 12.08, isProvisional: false },
  },
  'results-final-docs-nova2': {
    text: 'Tell me more about this.',
    interim: null,
    segments: [{ id: 's1', start: 6.0699997, end: 7.2699995, channel: 0, isProvisional: false, streamIndex: 0 }],
    utterances: [{ text: 'Tell me more about this.', source: 'speech-final' }],
  },
  'results-final-not-speech-final': {
    text: "I guess we'll see what the output is at the end, but hopefully, it works.",
    segments: [{ start: 21.869999 }],
    utterances: [],
  },
  'results-final-speech-final': {
    text: 'This is the Oh, no. I meant all then.',
    segments: [{ start: 14.08 }],
    utterances: [{ source: 'speech-final' }],
  },
  'results-multichannel-0-of-2': {
    text: 'thank you for calling martha flores how may i assist you',
    segments: [{ channel: 0 }],
  },
  'results-multichannel-1-of-2': {
    text: "hello i'd like to order flowers and i think you have what i'm looking for",
    segments: [{ channel: 1 }],
  },
}

/** The documentation prints the two multichannel samples without their `type`. */
const asFrame = (name: string) =>
  name.includes('multichannel') ? sample(name).replace('{', '{"type":"Results",') : sample(name)

describe.skipIf(!isHere)('recorded messages of /v1/listen (skipped where ../shared/wire-samples is absent)', () => {
  const messages = names.filter((name) => !name.startsWith('close-'))

  it('there is an expectation for every recording, and a recording for every expectation', () => {
    expect(messages.toSorted()).toEqual(Object.keys(expected).toSorted())
  })

  it.each(messages)('%s passes decode and the fold with the expected result', (name) => {
    const decoded = decodeMessage(asFrame(name), listenV1Schemas)
    expect(decoded.kind).toBe('message')
    if (decoded.kind !== 'message') return
    expect(decoded.message.type).toBe((JSON.parse(asFrame(name)) as { type: string }).type)
    const state = foldListenV1(INITIAL_TRANSCRIPT_STATE, decoded.message)
    const want = expected[name]
    if (want === 'nothing') expect(state).toBe(INITIAL_TRANSCRIPT_STATE)
    else expect(state.transcript).toMatchObject(want!)
  })

  it.each(messages.filter((name) => name.startsWith('results')))('%s loses no word and no time on the way', (name) => {
    const wire = JSON.parse(asFrame(name)) as ListenV1Results
    const decoded = decodeMessage(asFrame(name), listenV1Schemas)
    if (decoded.kind !== 'message') throw new Error(decoded.kind)
    const { segments, interim } = foldListenV1(INITIAL_TRANSCRIPT_STATE, decoded.message).transcript
    const words = [...segments.flatMap((segment) => segment.words), ...(interim?.words ?? [])]
    expect(words.map(({ text, start, end, confidence }) => [text, start, end, confidence])).toEqual(
      wire.channel.alternatives[0]!.words.map((word) => [
        word.punctuated_word ?? word.word,
        word.start,
        word.end,
        word.confidence,
      ]),
    )
  })

  it('the final revises the interim of the same window', () => {
    const state = ['results-interim-words', 'results-final-speech-final'].reduce((before, name) => {
      const decoded = decodeMessage(sample(name), listenV1Schemas)
      return decoded.kind === 'message' ? foldListenV1(before, decoded.message) : before
    }, INITIAL_TRANSCRIPT_STATE)
    expect(state.transcript).toMatchObject({ text: 'This is the Oh, no. I meant all then.', interim: null })
  })

  it('the recorded close is a routine end', () => {
    const { code, reason } = JSON.parse(sample('close-1011-net0001')) as { code: number; reason: string }
    expect(closeMeaning(code, reason)).toMatchObject({ code: 'no-audio-timeout', retryable: true, isRoutine: true })
  })
})
