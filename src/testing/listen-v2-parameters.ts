import type { StreamFormat } from './audio-decoder.ts'
import { type QueryReader, readQuery, refuseQuery } from './endpoint.ts'
import { countKeytermTokens, keytermTokenLimit } from './listen-v1-parameters.ts'
import type { TurnSettings } from './listen-v2-messages.ts'
import { invalidParameter, refuse, type Refusal } from './refusal.ts'

/** The parameters of a Listen v2 connection that change what the emulator does. */
export interface ListenV2Parameters {
  model: string
  /** null: a container that describes itself. */
  format: StreamFormat | null
  settings: TurnSettings
}

const models = ['flux-general-en', 'flux-general-multi'] as const
const encodings = ['linear16', 'linear32', 'mulaw', 'alaw', 'opus', 'ogg-opus'] as const
const sampleRates = ['8000', '16000', '24000', '44100', '48000'] as const
const languages = ['en', 'es', 'fr', 'de', 'hi', 'ru', 'pt', 'ja', 'it', 'nl']

// What Listen v1 takes and this endpoint does not (section 3.1 of the protocol). Others are ignored.
const notAccepted = [
  'language',
  'smart_format',
  'punctuate',
  'diarize',
  'diarize_model',
  'multichannel',
  'channels',
  'interim_results',
  'endpointing',
  'utterance_end_ms',
  'vad_events',
]

/** At most so many key terms. */
export const keytermLimit = 100

/** Why thresholds cannot hold together, or null. */
export function thresholdComplaint({ eotThreshold, eagerEotThreshold, eotTimeoutMs }: TurnSettings): string | null {
  const isInside = (value: number, least: number, most: number): boolean => value >= least && value <= most
  if (!isInside(eotThreshold, 0.5, 1)) return 'eot_threshold must be between 0.5 and 1.0'
  if (eagerEotThreshold !== null && !isInside(eagerEotThreshold, 0.3, 0.9)) {
    return 'eager_eot_threshold must be between 0.3 and 0.9'
  }
  if (!Number.isInteger(eotTimeoutMs) || !isInside(eotTimeoutMs, 500, 60_000)) {
    return 'eot_timeout_ms must be between 500 and 60000'
  }
  if (eagerEotThreshold !== null && eagerEotThreshold > eotThreshold) {
    return 'eager_eot_threshold must be less than or equal to eot_threshold'
  }
  return null
}

/** Why language hints cannot hold for a model, or null. */
export function hintComplaint(model: string, hints: readonly string[]): string | null {
  if (hints.length === 0) return null
  if (model !== 'flux-general-multi') return `language_hint is not supported for model ${model}`
  // A regional form falls back to its language.
  const unknown = hints.find((hint) => !languages.includes(hint.split('-')[0]!.toLowerCase()))
  return unknown === undefined ? null : `language_hint \`${unknown}\` is not supported for model ${model}`
}

/** Reads and checks the query of `/v2/listen`. */
export function readListenV2Parameters(query: URLSearchParams): ListenV2Parameters | Refusal {
  return readQuery(query, (reader) => {
    const model = reader.oneOf('model', models) ?? refuseQuery(invalidParameter('missing field `model`'))
    const unknown = notAccepted.find((name) => reader.has(name))
    if (unknown !== undefined) refuseQuery(invalidParameter(`unknown field \`${unknown}\``))
    reader.flag('mip_opt_out')
    reader.oneOf('redact', ['numbers', 'aggressive_numbers'])
    const settings: TurnSettings = {
      eotThreshold: reader.number('eot_threshold', 0.5, 1) ?? 0.7,
      eagerEotThreshold: reader.number('eager_eot_threshold', 0.3, 0.9) ?? null,
      eotTimeoutMs: reader.integer('eot_timeout_ms', 500, 60_000) ?? 5000,
      keyterms: readKeyterms(reader),
      languageHints: reader.all('language_hint'),
      numerals: reader.flag('numerals'),
      profanityFilter: reader.flag('profanity_filter'),
    }
    const complaint = thresholdComplaint(settings) ?? hintComplaint(model, settings.languageHints)
    if (complaint !== null) refuseQuery(refuse(400, 'INVALID_PARAMETER', complaint))
    return { model, format: readFormat(reader), settings }
  })
}

function readKeyterms(reader: QueryReader): readonly string[] {
  const keyterms = reader.all('keyterm')
  if (keyterms.length > keytermLimit) refuseQuery(invalidParameter(`at most ${keytermLimit} \`keyterm\` are allowed`))
  if (countKeytermTokens(keyterms) > keytermTokenLimit) {
    refuseQuery(refuse(400, 'Bad Request', `Keyterm limit exceeded. The maximum is ${keytermTokenLimit} tokens.`))
  }
  return keyterms
}

function readFormat(reader: QueryReader): StreamFormat | null {
  const encoding = reader.oneOf('encoding', encodings)
  const sampleRate = reader.oneOf('sample_rate', sampleRates)
  if (encoding === undefined) return null
  if (sampleRate === undefined) return refuseQuery(invalidParameter('`sample_rate` is required with `encoding`'))
  return { encoding, sampleRate: Number(sampleRate), channels: 1 }
}
