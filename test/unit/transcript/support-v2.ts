import { decodeMessage } from '../../../src/protocol/decode.ts'
import { listenV2Schemas, type ListenV2Message } from '../../../src/protocol/listen-v2.ts'
import { foldListenV2, foldTurn, INITIAL_TURN_STATE, type TurnState } from '../../../src/transcript/fold-listen-v2.ts'
import { INITIAL_TRANSCRIPT_STATE, type TranscriptState } from '../../../src/transcript/transcript.ts'

/** A message as the service would print it, seen by `decode`. */
export function read(value: object): ListenV2Message {
  const decoded = decodeMessage(JSON.stringify(value), listenV2Schemas)
  if (decoded.kind !== 'message') throw new Error(`${decoded.kind}: ${JSON.stringify(value)}`)
  return decoded.message
}

interface InfoOptions {
  turn?: number
  /** Default: the words of the text share the last part of the window, 0.3 s each. */
  words?: readonly { word: string; start?: number; end?: number }[]
  confidence?: number
  trigger?: string
  languages?: readonly string[]
  sequence?: number
}

/** A `TurnInfo`; the text's words stand 0.3 s each from `start + 0.1` on, as far as the window reaches. */
export function info(event: string, start: number, end: number, text: string, options: InfoOptions = {}) {
  const parts = text.split(' ').filter(Boolean)
  const length = Math.min(0.3, (end - start) / Math.max(1, parts.length))
  const words = parts.map((word, i) => ({ word, start: start + i * length, end: start + (i + 1) * length }))
  return read({
    type: 'TurnInfo',
    request_id: '019f4c80-a061-72f2-9780-89f9950b1adb',
    event,
    turn_index: options.turn ?? 0,
    audio_window_start: Math.fround(start),
    audio_window_end: Math.fround(end),
    transcript: text,
    words: (options.words ?? words).map((word) => ({ confidence: 0.9, ...word })),
    end_of_turn_confidence: options.confidence ?? 0.1,
    ...(options.trigger !== undefined && { trigger: options.trigger }),
    ...(options.languages && { languages: options.languages }),
    ...(options.sequence !== undefined && { sequence_id: options.sequence }),
  })
}

export const foldAll = (
  messages: readonly ListenV2Message[],
  state: TranscriptState = INITIAL_TRANSCRIPT_STATE,
): TranscriptState => messages.reduce(foldListenV2, state)

/** Folds turns, and lists what happened as `[type, index, text]`. */
export function foldTurns(messages: readonly ListenV2Message[], initial: TurnState = INITIAL_TURN_STATE) {
  let state = initial
  const events: [string, number, string][] = []
  for (const message of messages) {
    state = foldTurn(state, message)
    for (const { type, index, text } of state.events) events.push([type, index, text])
  }
  return { state, turn: state.turn, events, marks: events.filter(([type]) => type !== 'update') }
}
