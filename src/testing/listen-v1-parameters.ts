import type { StreamFormat } from './audio-decoder.ts'
import { type QueryReader, readQuery, refuseQuery } from './endpoint.ts'
import { invalidParameter, refuse, type Refusal } from './refusal.ts'

/** The parameters of a Listen v1 connection that change what the emulator does. */
export interface ListenV1Parameters {
  model: string
  language: string
  /** null: a container that describes itself. */
  format: StreamFormat | null
  multichannel: boolean
  interimResults: boolean
  /** Milliseconds of silence; false switches it off. */
  endpointingMs: number | false
  /** Milliseconds; null is off. */
  utteranceEndMs: number | null
  vadEvents: boolean
  isPunctuated: boolean
  isDiarized: boolean
  detectsEntities: boolean
  search: readonly string[]
  keyterms: readonly string[]
}

const encodings = [
  'linear16',
  'linear32',
  'flac',
  'alaw',
  'mulaw',
  'amr-nb',
  'amr-wb',
  'opus',
  'ogg-opus',
  'speex',
  'g729',
] as const

const flags = ['numerals', 'profanity_filter', 'mip_opt_out', 'filler_words', 'no_delay'] as const

// Section 5.1 of the protocol; a custom model is named by its UUID.
const knownModel =
  /^(nova-3(-(general|medical|pharma))?|nova-2(-(general|meeting|phonecall|finance|conversationalai|voicemail|video|medical|drivethru|automotive|atc))?|nova(-(general|phonecall|medical))?|enhanced(-(general|meeting|phonecall|finance))?|base|general|meeting|phonecall|finance|conversationalai|voicemail|video|custom|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

const noSuchCombination = refuse(400, 'Bad Request', 'Bad Request: No such model/language/tier combination found.')

/** At most so many tokens of key terms; the emulator counts words and hyphenated parts. */
export const keytermTokenLimit = 500

/** Counts the tokens of a list of key terms, roughly. */
export function countKeytermTokens(keyterms: readonly string[]): number {
  return keyterms
    .join(' ')
    .split(/[\s-]+/)
    .filter(Boolean).length
}

/** Whether a model takes `keyterm` rather than `keywords`. */
export function takesKeyterms(model: string): boolean {
  return model.startsWith('nova-3')
}

/** Reads and checks the query of `/v1/listen`. Unknown parameters are ignored, unknown values are refused. */
export function readListenV1Parameters(query: URLSearchParams): ListenV1Parameters | Refusal {
  return readQuery(query, (reader) => {
    const model = reader.text('model') ?? 'base'
    const language = reader.text('language') ?? 'en'
    checkModel(model, language)
    checkFeatures(reader, model)
    const isDiarized = readDiarization(reader)
    const detectsEntities = reader.flag('detect_entities')
    const punctuating = ['punctuate', 'smart_format', 'dictation'].filter((name) => reader.flag(name))
    return {
      model,
      language,
      format: readFormat(reader),
      multichannel: reader.flag('multichannel'),
      interimResults: reader.flag('interim_results'),
      endpointingMs: readEndpointing(reader),
      utteranceEndMs: reader.integer('utterance_end_ms', 1000, Number.MAX_SAFE_INTEGER) ?? null,
      vadEvents: reader.flag('vad_events'),
      isPunctuated: punctuating.length > 0 || detectsEntities,
      isDiarized,
      detectsEntities,
      search: reader.all('search'),
      keyterms: reader.all('keyterm'),
    }
  })
}

function checkModel(model: string, language: string): void {
  // The live service says 403, not 400, to a misspelt model name here (section 1.3).
  if (!knownModel.test(model)) {
    refuseQuery(refuse(403, 'INSUFFICIENT_PERMISSIONS', 'Project does not have access to the requested model.'))
  }
  if (language === 'multi') {
    if (!/^nova-(2|3)(-general|-medical)?$/.test(model)) refuseQuery(noSuchCombination)
    return
  }
  if (!/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language)) refuseQuery(noSuchCombination)
  const isEnglishOnly = /^nova-2-(?!general)|^nova-3-(medical|pharma)/.test(model)
  if (isEnglishOnly && language.split('-')[0] !== 'en') refuseQuery(noSuchCombination)
}

function checkFeatures(reader: QueryReader, model: string): void {
  for (const name of flags) reader.flag(name)
  const isAsked = (name: string): boolean => reader.has(name) && reader.text(name) !== 'false'
  if (isAsked('summarize')) refuseQuery(refuse(400, 'Bad Request', 'Summarization is not available for streaming.'))
  if (isAsked('topics') || isAsked('intents')) {
    refuseQuery(refuse(403, 'UNAUTHORIZED_FEATURES_REQUESTED', 'Topics and intents are not available for streaming.'))
  }
  if (takesKeyterms(model) && reader.all('keywords').some((keyword) => keyword !== '')) {
    refuseQuery(refuse(400, 'Bad Request', 'Keywords are not supported for Nova-3. Please use `keyterm` instead.'))
  }
  if (reader.all('keywords').length > 100) refuseQuery(invalidParameter('at most 100 `keywords` are allowed'))
  const keyterms = reader.all('keyterm')
  if (keyterms.length > 0 && !takesKeyterms(model)) {
    refuseQuery(refuse(400, 'Bad Request', '`keyterm` is only supported for Nova-3 and Flux.'))
  }
  if (countKeytermTokens(keyterms) > keytermTokenLimit) {
    refuseQuery(refuse(400, 'Bad Request', `Keyterm limit exceeded. The maximum is ${keytermTokenLimit} tokens.`))
  }
  const callback = reader.text('callback')
  if (callback !== undefined && !URL.canParse(callback)) {
    refuseQuery(refuse(400, 'INVALID_QUERY_PARAMETER', 'Invalid callback url.'))
  }
  reader.oneOf('callback_method', ['POST', 'GET', 'PUT', 'DELETE'])
}

function readDiarization(reader: QueryReader): boolean {
  const diarize = reader.flag('diarize')
  const model = reader.oneOf('diarize_model', ['latest', 'v1'])
  if (reader.has('diarize') && model !== undefined) {
    refuseQuery(invalidParameter('`diarize` and `diarize_model` cannot be used together'))
  }
  return diarize || model !== undefined
}

function readEndpointing(reader: QueryReader): number | false {
  const value = reader.text('endpointing')
  if (value === 'false') return false
  if (value === 'true') return 10
  return reader.integer('endpointing', 0, Number.MAX_SAFE_INTEGER) ?? 10
}

function readFormat(reader: QueryReader): StreamFormat | null {
  const encoding = reader.oneOf('encoding', encodings)
  const sampleRate = reader.integer('sample_rate', 1, 384_000)
  const channels = reader.integer('channels', 1, 20) ?? 1
  if (encoding === undefined) return null
  if (sampleRate === undefined) return refuseQuery(invalidParameter('`sample_rate` is required with `encoding`'))
  const required = { 'amr-nb': 8000, 'amr-wb': 16_000 }[encoding as string]
  if (required !== undefined && sampleRate !== required) {
    refuseQuery(invalidParameter(`\`sample_rate\` must be ${required} for \`${encoding}\``))
  }
  return { encoding, sampleRate, channels }
}
