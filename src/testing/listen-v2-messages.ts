import { double, float, toWireJson, type WireValue } from './wire-json.ts'

/** One word of a turn. */
export interface TurnWord {
  /** Punctuated and cased. */
  text: string
  /** Seconds of the stream's audio. */
  start: number
  /** Seconds. */
  end: number
  /** 0…1. */
  confidence: number
  language?: string | undefined
}

/** The events of a turn. */
export type TurnEventName = 'StartOfTurn' | 'Update' | 'EagerEndOfTurn' | 'TurnResumed' | 'EndOfTurn'

/** What one `TurnInfo` is made of. */
export interface TurnInfoContent {
  event: TurnEventName
  turnIndex: number
  /** Seconds. */
  windowStart: number
  /** Seconds. */
  windowEnd: number
  words: readonly TurnWord[]
  /** 0…1. */
  confidence: number
  /** On every `EndOfTurn`, on no other event. */
  trigger?: 'model' | 'manual' | 'timeout' | undefined
}

/** The settings in force. */
export interface TurnSettings {
  eotThreshold: number
  /** null: no eager ends. */
  eagerEotThreshold: number | null
  eotTimeoutMs: number
  keyterms: readonly string[]
  languageHints: readonly string[]
  numerals: boolean
  profanityFilter: boolean
}

/** Prints the messages of one socket; each takes the next number of the one sequence. */
export interface TurnPrinter {
  connected(): string
  turnInfo(content: TurnInfoContent): string
  configureSuccess(settings: TurnSettings): string
  configureFailure(code: string, description: string): string
  warning(code: string, description: string): string
  error(code: string, description: string): string
}

const fourDecimals = (value: number): WireValue => float(Math.round(value * 1e4) / 1e4)

/** Creates the printer of a connection; `isMultilingual` adds the language fields. */
export function createTurnPrinter(
  requestId: string,
  isMultilingual: boolean,
  hints: () => readonly string[],
): TurnPrinter {
  let nextId = 0
  const print = (message: Record<string, WireValue | undefined>): string =>
    toWireJson({ ...message, sequence_id: nextId++ })
  const complain = (type: string, code: string, description: string): string =>
    print({ type, request_id: requestId, code, description })

  return {
    connected: () => print({ type: 'Connected', request_id: requestId }),
    turnInfo: ({ event, turnIndex, windowStart, windowEnd, words, confidence, trigger }) =>
      print({
        type: 'TurnInfo',
        request_id: requestId,
        event,
        turn_index: turnIndex,
        audio_window_start: float(windowStart),
        audio_window_end: float(windowEnd),
        transcript: words.map((word) => word.text).join(' '),
        words: words.map((word) => ({
          word: word.text,
          confidence: fourDecimals(word.confidence),
          start: double(word.start),
          end: double(word.end),
        })),
        end_of_turn_confidence: fourDecimals(confidence),
        trigger,
        languages: isMultilingual ? byFrequency(words.map((word) => word.language ?? 'en')) : undefined,
        languages_hinted: isMultilingual ? hints() : undefined,
      }),
    configureSuccess: (settings) =>
      print({
        type: 'ConfigureSuccess',
        request_id: requestId,
        thresholds: {
          eot_threshold: settings.eotThreshold,
          eager_eot_threshold: settings.eagerEotThreshold ?? undefined,
          eot_timeout_ms: settings.eotTimeoutMs,
        },
        keyterms: settings.keyterms,
        language_hints: isMultilingual ? settings.languageHints : undefined,
        // Neither is in a schema; the first was recorded, the second is documented since September 2026.
        profanity_filter: settings.profanityFilter,
        numerals: settings.numerals,
      }),
    configureFailure: (code, description) => complain('ConfigureFailure', code, description),
    warning: (code, description) => complain('Warning', code, description),
    // Without a request id, as the schema has it.
    error: (code, description) => print({ type: 'Error', code, description }),
  }
}

function byFrequency(languages: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const language of languages) counts.set(language, (counts.get(language) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1]).map(([language]) => language)
}
