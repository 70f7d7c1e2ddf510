import { float, toWireJson, type WireValue } from './wire-json.ts'

/** One word, as an ear hands it over. */
export interface HeardWord {
  /** As spoken, with punctuation and capitals. */
  text: string
  /** Seconds of the stream's audio. */
  start: number
  /** Seconds. */
  end: number
  /** 0…1. */
  confidence: number
  speaker?: number | undefined
  language?: string | undefined
  /** What interim results show instead; the empty string leaves the word out of them. */
  interim?: string | undefined
}

/** The model that answers, as messages name it. */
export interface ModelInfo {
  uuid: string
  name: string
  version: string
  arch: string
}

/** What one `Results` is made of. */
export interface ResultsContent {
  channel: number
  channels: number
  start: number
  duration: number
  isFinal: boolean
  speechFinal: boolean
  fromFinalize: boolean
  words: readonly HeardWord[]
  requestId: string
  model: ModelInfo
  isPunctuated: boolean
  isDiarized: boolean
  isMultilingual: boolean
  detectsEntities: boolean
  search: readonly string[]
}

const diarizeModelUuid = 'e1a6b0a5-0a8e-4e0f-8c52-3a3a1c2f7d10'

/** The model's internal name for the name asked for (section 5.1 of the protocol). */
export function modelInfo(model: string): ModelInfo {
  if (model.startsWith('nova-3')) {
    const variant = model.slice('nova-3-'.length) || 'general'
    const uuid = '40bd3654-e622-47c4-a111-63a61b23bfe8'
    return { uuid, name: `${variant}-nova-3`, version: '2025-04-17.21547', arch: 'nova-3' }
  }
  if (model.startsWith('nova-2')) {
    const variant = model.slice('nova-2-'.length) || 'general'
    const uuid = '7e3b5bdf-85ed-4fd2-9f7a-7721bbcad97b'
    return { uuid, name: `2-${variant}-nova`, version: '2024-02-07.20824', arch: 'nova-2' }
  }
  const arch = /^(nova|enhanced)/.exec(model)?.[0] ?? 'base'
  const name = model.replace(/^(nova|enhanced|base)-?/, '') || 'general'
  return { uuid: '1ed36bac-f71c-4f3f-a31f-02fd6525c489', name, version: '2022-01-05.0', arch }
}

/** A word without capitals and surrounding punctuation, as `word` carries it. */
export function bareWord(text: string): string {
  const lower = text.toLowerCase()
  return lower.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '') || lower
}

/** Prints a `Results`, key order as on the wire. */
export function resultsMessage(content: ResultsContent): string {
  const { isFinal, model } = content
  const words = content.words.flatMap((word) => {
    const text = isFinal ? word.text : (word.interim ?? word.text)
    return text === '' ? [] : [{ ...word, text }]
  })
  const shown = words.map((word) => (content.isPunctuated ? word.text : bareWord(word.text)))
  const languages = content.isMultilingual ? [...new Set(words.map((word) => word.language ?? 'en'))] : undefined
  const confidence = words.length === 0 ? 0 : median(words.map((word) => word.confidence))
  const alternative: WireValue = {
    transcript: shown.join(' '),
    confidence: float(confidence),
    languages,
    words: words.map((word) => wireWord(word, content)),
  }
  return toWireJson({
    type: 'Results',
    channel_index: [content.channel, content.channels],
    duration: float(content.duration),
    start: float(content.start),
    is_final: isFinal,
    speech_final: content.speechFinal,
    channel: {
      alternatives: [alternative],
      search: content.search.length === 0 ? undefined : content.search.map((phrase) => searchHits(phrase, words)),
    },
    metadata: {
      request_id: content.requestId,
      model_info: { name: model.name, version: model.version, arch: model.arch },
      model_uuid: model.uuid,
      diarize_info: content.isDiarized ? { model_uuid: diarizeModelUuid, arch: 'v1' } : undefined,
    },
    from_finalize: content.fromFinalize,
    // The emulator knows no entities; the key alone is what the option promises.
    entities: content.detectsEntities && isFinal ? [] : undefined,
  })
}

function wireWord(word: HeardWord, content: ResultsContent): WireValue {
  return {
    word: bareWord(word.text),
    start: float(word.start),
    end: float(word.end),
    confidence: float(word.confidence),
    language: content.isMultilingual ? (word.language ?? 'en') : undefined,
    speaker: content.isDiarized ? (word.speaker ?? 0) : undefined,
    punctuated_word: content.isPunctuated ? word.text : undefined,
  }
}

function searchHits(phrase: string, words: readonly HeardWord[]): WireValue {
  const wanted = phrase.toLowerCase().split(/\s+/).filter(Boolean)
  const hits: WireValue[] = []
  for (let i = 0; wanted.length > 0 && i + wanted.length <= words.length; i++) {
    const found = words.slice(i, i + wanted.length)
    if (!found.every((word, k) => bareWord(word.text) === wanted[k])) continue
    hits.push({
      confidence: float(median(found.map((word) => word.confidence))),
      start: float(found[0]!.start),
      end: float(found.at(-1)!.end),
      snippet: found.map((word) => bareWord(word.text)).join(' '),
    })
  }
  return { query: phrase, hits }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!
}

/** Prints a `Metadata`, sent once, right before the close. */
export function metadataMessage(content: {
  requestId: string
  sha256: string
  createdAt: number
  duration: number
  channels: number
  /** null when no audio was processed. */
  model: ModelInfo | null
}): string {
  const { model } = content
  return toWireJson({
    type: 'Metadata',
    transaction_key: 'deprecated',
    request_id: content.requestId,
    sha256: content.sha256,
    created: new Date(content.createdAt).toISOString(),
    duration: float(content.duration),
    channels: content.channels,
    models: model === null ? undefined : [model.uuid],
    model_info:
      model === null ? undefined : { [model.uuid]: { name: model.name, version: model.version, arch: model.arch } },
  })
}

/** Prints an `UtteranceEnd`. */
export function utteranceEndMessage(channel: number, channels: number, lastWordEnd: number): string {
  return toWireJson({ type: 'UtteranceEnd', channel: [channel, channels], last_word_end: float(lastWordEnd) })
}

/** Prints a `SpeechStarted`. */
export function speechStartedMessage(channel: number, channels: number, timestamp: number): string {
  return toWireJson({ type: 'SpeechStarted', channel: [channel, channels], timestamp: float(timestamp) })
}

/** Prints an `Error`; the stream goes on. */
export function errorMessage(content: {
  variant: string
  description: string
  message?: string
  code?: string
}): string {
  const { variant, description, message, code } = content
  return toWireJson({ type: 'Error', variant, description, message, code })
}

/** Prints a `ConfigureSuccess`; `keyterms` only if the list was replaced. */
export function configureSuccessMessage(requestId: string, keyterms: readonly string[] | undefined): string {
  return toWireJson({ type: 'ConfigureSuccess', request_id: requestId, keyterms })
}

/** Prints a `ConfigureFailure`. */
export function configureFailureMessage(requestId: string, code: string, description: string): string {
  return toWireJson({ type: 'ConfigureFailure', request_id: requestId, code, description })
}
