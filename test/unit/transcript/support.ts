import { decodeMessage } from '../../../src/protocol/decode.ts'
import { listenV1Schemas, type ListenV1Message } from '../../../src/protocol/listen-v1.ts'
import { foldListenV1 } from '../../../src/transcript/fold-listen-v1.ts'
import { INITIAL_TRANSCRIPT_STATE, type TranscriptState } from '../../../src/transcript/transcript.ts'

interface ResultOptions {
  /** Words, or text whose words share the time evenly. */
  words?: readonly { text: string; start: number; end: number; speaker?: number; language?: string }[]
  speechFinal?: boolean
  fromFinalize?: boolean
  channel?: readonly [index: number, count: number]
  entities?: readonly object[]
}

/** A message as the service would print it, seen by `decode`. */
export function read(value: object): ListenV1Message {
  const decoded = decodeMessage(JSON.stringify(value), listenV1Schemas)
  if (decoded.kind !== 'message') throw new Error(`${decoded.kind}: ${JSON.stringify(value)}`)
  return decoded.message
}

function results(isFinal: boolean, start: number, end: number, text: string, options: ResultOptions): ListenV1Message {
  const { speechFinal = false, fromFinalize = false, channel = [0, 1], entities } = options
  const parts = text.split(' ').filter(Boolean)
  const length = (end - start) / Math.max(1, parts.length)
  const words =
    options.words ?? parts.map((part, i) => ({ text: part, start: start + i * length, end: start + (i + 1) * length }))
  return read({
    type: 'Results',
    channel_index: channel,
    start: Math.fround(start),
    duration: Math.fround(end - start),
    is_final: isFinal,
    speech_final: speechFinal,
    from_finalize: fromFinalize,
    entities,
    channel: {
      alternatives: [
        {
          transcript: text,
          confidence: 0.9,
          words: words.map(({ text: word, ...rest }) => ({
            word: word.toLowerCase(),
            punctuated_word: word,
            confidence: 0.9,
            ...rest,
            start: Math.fround(rest.start),
            end: Math.fround(rest.end),
          })),
        },
      ],
    },
  })
}

export const final = (start: number, end: number, text: string, options: ResultOptions = {}): ListenV1Message =>
  results(true, start, end, text, options)

export const interim = (start: number, end: number, text: string, options: ResultOptions = {}): ListenV1Message =>
  results(false, start, end, text, options)

export const utteranceEnd = (lastWordEnd: number, channel = 0): ListenV1Message =>
  read({ type: 'UtteranceEnd', channel: [channel, 1], last_word_end: lastWordEnd })

export const foldAll = (
  messages: readonly ListenV1Message[],
  state: TranscriptState = INITIAL_TRANSCRIPT_STATE,
): TranscriptState => messages.reduce(foldListenV1, state)
