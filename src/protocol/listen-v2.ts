import { custom, fallback, object, type InferOutput } from 'valibot'
import { confidence, isNumber, list, maybe, message, number, optionalText, seconds, text, whole } from './fields.ts'
import type { QueryValue } from './listen-v1.ts'

const count = whole(1e9)
const optionalSeconds = maybe(seconds)
const optionalNumber = maybe(number())
const optionalFlag = maybe(custom<boolean>((value) => typeof value === 'boolean'))
const optionalTexts = maybe(list(text, 1000))

/** What every message of this generation may carry; only its type and its place in the sequence are certain. */
const common = { request_id: optionalText, sequence_id: maybe(count) }
const complaint = { ...common, code: optionalText, description: optionalText }

const turnInfo = message('TurnInfo', {
  ...common,
  // An open set: what an event does not say is still told by the text and the window.
  event: custom<string>((value) => typeof value === 'string' && value.length <= 64),
  turn_index: count,
  audio_window_start: seconds,
  audio_window_end: seconds,
  transcript: text,
  // A broken word list must not cost the text: the fold falls back to the transcript.
  words: fallback(list(object({ word: text, confidence, start: optionalSeconds, end: optionalSeconds }), 10_000), []),
  end_of_turn_confidence: confidence,
  trigger: optionalText,
  languages: optionalTexts,
  languages_hinted: optionalTexts,
})

/** Message schemas of `/v2/listen`. Source: protocol reference, section 3.3. */
export const listenV2Schemas = {
  Connected: message('Connected', common),
  TurnInfo: turnInfo,
  ConfigureSuccess: message('ConfigureSuccess', {
    ...common,
    thresholds: maybe(
      object({
        eot_threshold: optionalNumber,
        eager_eot_threshold: optionalNumber,
        eot_timeout_ms: optionalNumber,
      }),
    ),
    keyterms: optionalTexts,
    language_hints: optionalTexts,
    numerals: optionalFlag,
    profanity_filter: optionalFlag,
  }),
  ConfigureFailure: message('ConfigureFailure', complaint),
  Warning: message('Warning', complaint),
  Error: message('Error', complaint),
}

/** The state of a turn as it is on the wire. */
export type ListenV2TurnInfo = InferOutput<typeof turnInfo>
/** Any known message of `/v2/listen`. */
export type ListenV2Message = InferOutput<(typeof listenV2Schemas)[keyof typeof listenV2Schemas]>

/** Query parameters of `/v2/listen` (Flux), in camel case. Source: protocol reference, section 3.1. */
export interface ListenV2Parameters {
  /** `'flux-general-en'` or `'flux-general-multi'`. */
  model?: string | undefined
  /** Confidence that ends a turn, 0.5 to 1; 1 leaves the ending to `forceEndTurn` and the time-out. @default 0.7 */
  eotThreshold?: number | undefined
  /** Confidence that tells an eager end of turn, 0.3 to 0.9, at most `eotThreshold`. Default: no eager ends. */
  eagerEotThreshold?: number | undefined
  /** Milliseconds of silence, in audio time, that end a turn anyway; 500 to 60000. @default 5000 */
  eotTimeoutMs?: number | undefined
  /** Words to expect, at most 100. */
  keyterm?: string | readonly string[] | undefined
  /** Languages to expect, as codes; `flux-general-multi` only. */
  languageHint?: string | readonly string[] | undefined
  /** Masks profanity. */
  profanityFilter?: boolean | undefined
  /** Digits instead of number words. */
  numerals?: boolean | undefined
  /** What to black out: `'numbers'` or `'aggressive_numbers'`. */
  redact?: string | boolean | readonly string[] | undefined
  /** Keeps the audio out of the service's model improvement program. */
  mipOptOut?: boolean | undefined
  /** Labels for usage reports. */
  tag?: string | readonly string[] | undefined
  /** Encoding; only with raw audio. Set by the library. */
  encoding?: string | undefined
  /** Sample rate in hertz; only with raw audio. Set by the library. */
  sampleRate?: number | undefined
}

/** The names in {@link ListenV2Parameters}; the service refuses the others of `/v1/listen`, so they are not sent. */
export const LISTEN_V2_PARAMETERS =
  'model eotThreshold eagerEotThreshold eotTimeoutMs keyterm languageHint profanityFilter numerals redact mipOptOut tag encoding sampleRate'.split(
    ' ',
  )

/** Asks for the remaining updates and the close; no end of turn comes. */
export { CLOSE_STREAM } from './listen-v1.ts'
/** Ends the turn now; without one the service warns and ignores it. */
export const FORCE_END_TURN = '{"type":"ForceEndTurn"}'

/** What can be changed in the middle of a `/v2/listen` stream; what is left out stays as it is. */
export interface ListenV2Settings {
  /** See {@link ListenV2Parameters.eotThreshold}. */
  eotThreshold?: number | undefined
  /** See {@link ListenV2Parameters.eagerEotThreshold}. */
  eagerEotThreshold?: number | undefined
  /** See {@link ListenV2Parameters.eotTimeoutMs}. */
  eotTimeoutMs?: number | undefined
  /** Replaces the key terms, at most 100; `[]` clears them. */
  keyterms?: readonly string[] | undefined
  /** Replaces the language hints; `[]` clears them. `flux-general-multi` only. */
  languageHints?: readonly string[] | undefined
  /** Digits instead of number words. */
  numerals?: boolean | undefined
}

const LIMITS = { eotThreshold: [0.5, 1], eagerEotThreshold: [0.3, 0.9], eotTimeoutMs: [500, 60_000] } as const

function thresholdComplaints(given: { readonly [name in keyof typeof LIMITS]?: unknown }, highest: number): string[] {
  const found = []
  for (const [name, [least, most]] of Object.entries(LIMITS)) {
    const value = given[name as keyof typeof LIMITS]
    const isWhole = name === 'eotTimeoutMs'
    if (value !== undefined && !(isNumber(value, least, most) && (!isWhole || Number.isInteger(value)))) {
      found.push(`${name} must be a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}.`)
    }
  }
  if (((given.eagerEotThreshold as number) ?? 0) > ((given.eotThreshold as number) ?? highest)) {
    found.push('eagerEotThreshold must not be greater than eotThreshold.')
  }
  return found
}

/** What `/v1/listen` takes and this generation does not (protocol reference, 3.1). */
const FOREIGN =
  'language smart_format punctuate diarize diarize_model multichannel channels interim_results endpointing utterance_end_ms vad_events keywords'.split(
    ' ',
  )

const toNumber = (value: QueryValue): number | undefined => (value == null ? undefined : Number(value))

/**
 * Says what the service would refuse in a query of `/v2/listen`; empty when nothing is known against it.
 *
 * @param query - Parameters under their wire names.
 */
export function listenV2Complaints(query: Readonly<Record<string, QueryValue>>): string[] {
  const found = thresholdComplaints(
    {
      eotThreshold: toNumber(query.eot_threshold),
      eagerEotThreshold: toNumber(query.eager_eot_threshold),
      eotTimeoutMs: toNumber(query.eot_timeout_ms),
    },
    0.7,
  )
  if (query.language_hint != null && query.model !== 'flux-general-multi') {
    found.push('languageHint needs the model flux-general-multi.')
  }
  const strange = FOREIGN.filter((name) => query[name] != null)
  if (strange.length)
    found.push(`${strange.join(', ')} ${strange.length > 1 ? 'are' : 'is'} refused by Flux: leave out.`)
  return found
}

/**
 * Writes a `Configure` message.
 *
 * A threshold that contradicts one set before is not noticed here: the service answers it with `ConfigureFailure`.
 *
 * @throws TypeError naming the setting that is out of its range or of a wrong type.
 */
export function encodeListenV2Configure(settings: ListenV2Settings): string {
  const { eotThreshold, eagerEotThreshold, eotTimeoutMs, keyterms, languageHints, numerals } = settings
  const found = thresholdComplaints(settings, 1)
  for (const [name, list] of Object.entries({ keyterms, languageHints })) {
    const isFine = (list: unknown): boolean =>
      Array.isArray(list) &&
      list.length <= 100 &&
      list.every((item: unknown) => typeof item === 'string' && item.trim() !== '')
    if (list !== undefined && !isFine(list)) {
      found.push(`${name} must be an array of at most 100 texts, none of them empty.`)
    }
  }
  if (numerals !== undefined && typeof numerals !== 'boolean') found.push('numerals must be true or false.')
  if (found[0]) throw new TypeError(found[0])
  return JSON.stringify({
    type: 'Configure',
    thresholds:
      (eotThreshold ?? eagerEotThreshold ?? eotTimeoutMs) === undefined
        ? undefined
        : { eot_threshold: eotThreshold, eager_eot_threshold: eagerEotThreshold, eot_timeout_ms: eotTimeoutMs },
    keyterms,
    language_hints: languageHints,
    numerals,
  })
}
