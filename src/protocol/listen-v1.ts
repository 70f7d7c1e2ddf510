import { fallback, object, type InferOutput } from 'valibot'
import { channelIndex, confidence, flag, list, maybe, message, number, optionalText, seconds, text } from './fields.ts'

const word = object({
  word: text,
  start: seconds,
  end: seconds,
  confidence,
  language: optionalText,
  speaker: maybe(number(0, 10_000)),
  punctuated_word: optionalText,
})

const results = message('Results', {
  channel_index: channelIndex,
  duration: seconds,
  start: seconds,
  is_final: flag,
  speech_final: flag,
  from_finalize: flag,
  channel: object({
    alternatives: list(
      object({
        transcript: text,
        confidence,
        // A broken word list must not cost the text: the fold falls back to the transcript.
        words: fallback(list(word, 10_000), []),
      }),
      20,
    ),
  }),
  entities: maybe(
    list(
      object({
        label: text,
        value: text,
        raw_value: optionalText,
        confidence,
        start_word: number(0),
        end_word: number(0),
      }),
      1000,
    ),
  ),
  metadata: maybe(object({ request_id: optionalText })),
})

/** Message schemas of `/v1/listen`. Source: protocol reference, section 2.4. */
export const listenV1Schemas = {
  Results: results,
  Metadata: message('Metadata', { request_id: optionalText, sha256: optionalText, duration: maybe(seconds) }),
  // -1 says that the words had been settled before (section 2.4).
  UtteranceEnd: message('UtteranceEnd', { channel: channelIndex, last_word_end: number(-1) }),
  SpeechStarted: message('SpeechStarted', { channel: channelIndex, timestamp: seconds }),
  Error: message('Error', { variant: optionalText, code: optionalText, description: optionalText }),
  ConfigureSuccess: message('ConfigureSuccess', { keyterms: maybe(list(text, 10_000)) }),
  ConfigureFailure: message('ConfigureFailure', { code: optionalText, description: optionalText }),
}

/** A transcription result as it is on the wire. */
export type ListenV1Results = InferOutput<typeof results>
/** Any known message of `/v1/listen`. */
export type ListenV1Message = InferOutput<(typeof listenV1Schemas)[keyof typeof listenV1Schemas]>

/** A value of a query parameter: lists become repeated parameters; `undefined` and `null` are left out. */
export type QueryValue = string | number | boolean | null | undefined | readonly (string | number | boolean)[]

/** Query parameters of `/v1/listen`, in camel case. Source: protocol reference, section 2.1. */
export interface ListenV1Parameters {
  /** For example `'nova-3'`. @default 'nova-3' */
  model?: string | undefined
  /** BCP-47 tag, or `'multi'`. */
  language?: string | undefined
  /** Punctuation, capitals and readable numbers. */
  smartFormat?: boolean | undefined
  /** Text while it is still being recognised. @default true */
  interimResults?: boolean | undefined
  /** Milliseconds of silence that end a phrase, or `false`. */
  endpointing?: number | false | undefined
  /** Milliseconds without a word that end an utterance; 1000 to 5000. */
  utteranceEndMs?: number | undefined
  /** Tells when speech is heard. */
  vadEvents?: boolean | undefined
  /** Punctuation and capitals. */
  punctuate?: boolean | undefined
  /** Digits instead of number words. */
  numerals?: boolean | undefined
  /** Spoken punctuation ("comma") becomes punctuation. */
  dictation?: boolean | undefined
  /** Masks profanity. */
  profanityFilter?: boolean | undefined
  /** What to black out, for example `'pci'` or `['ssn', 'numbers']`. */
  redact?: string | boolean | readonly string[] | undefined
  /** `find:replace` pairs. */
  replace?: string | readonly string[] | undefined
  /** Phrases to look for. */
  search?: string | readonly string[] | undefined
  /** Words to expect (Nova-3 and Flux). */
  keyterm?: string | readonly string[] | undefined
  /** Words to boost, `word:boost` (before Nova-3). */
  keywords?: string | readonly string[] | undefined
  /** Tells speakers apart. */
  diarize?: boolean | undefined
  /** Tells speakers apart with this model: `'latest'` or `'v1'`. */
  diarizeModel?: string | undefined
  /** Marks names, numbers and other entities. */
  detectEntities?: boolean | undefined
  /** One transcript per channel. */
  multichannel?: boolean | undefined
  /** Number of channels; only with raw audio. Set by the library. */
  channels?: number | undefined
  /** Encoding; only with raw audio. Set by the library. */
  encoding?: string | undefined
  /** Sample rate in hertz; only with raw audio. Set by the library. */
  sampleRate?: number | undefined
  /** `key:value` pairs echoed in the metadata. */
  extra?: string | readonly string[] | undefined
  /** Labels for usage reports. */
  tag?: string | readonly string[] | undefined
  /** Results go to this address instead. */
  callback?: string | undefined
  /** Method for `callback`. */
  callbackMethod?: string | undefined
  /** Keeps the audio out of the service's model improvement program. */
  mipOptOut?: boolean | undefined
  /** Version of the model. */
  version?: string | undefined
}

/** The names in {@link ListenV1Parameters}; what is not named here reaches the service only through `parameters`. */
export const LISTEN_V1_PARAMETERS =
  'model language smartFormat interimResults endpointing utteranceEndMs vadEvents punctuate numerals dictation profanityFilter redact replace search keyterm keywords diarize diarizeModel detectEntities multichannel channels encoding sampleRate extra tag callback callbackMethod mipOptOut version'.split(
    ' ',
  )

/** Keeps a `/v1/listen` socket open while no audio flows. */
export const KEEP_ALIVE = '{"type":"KeepAlive"}'
/** Asks for everything buffered, as a final result. */
export const FINALIZE = '{"type":"Finalize"}'
/** Asks for the remaining results and the close. */
export const CLOSE_STREAM = '{"type":"CloseStream"}'

type Doubt = readonly [isGiven: (query: Readonly<Record<string, QueryValue>>) => unknown, what: string]

const isNova3 = ({ model }: Readonly<Record<string, QueryValue>>): boolean => /^nova-3/.test(String(model))

/** What `/v1/listen` is known to refuse at the handshake, as of October 2026. Source: protocol reference, sections 1.3 and 2.1. */
const DOUBTS: readonly Doubt[] = [
  [(query) => isNova3(query) && query.keywords != null, 'keywords are refused by nova-3: use keyterm'],
  [(query) => !isNova3(query) && query.keyterm != null, 'keyterm needs nova-3: use keywords'],
  [({ keywords }) => Array.isArray(keywords) && keywords.length > 100, 'keywords may be 100 at the most'],
  [
    ({ diarize, diarize_model: model }) => diarize != null && model != null,
    'diarize and diarize_model exclude each other: leave diarize out',
  ],
  [({ diarize_model: model }) => model === 'v2', 'diarize_model v2 is not for live audio: use latest'],
  [
    ({ utterance_end_ms: end, interim_results: interim }) => end != null && (interim === false || interim === 'false'),
    'utterance_end_ms needs interim_results',
  ],
  [
    ({ utterance_end_ms: end }) => end != null && !(Number(end) >= 1000 && Number(end) <= 5000),
    'utterance_end_ms must be 1000 to 5000',
  ],
  [
    ({ language, model }) => language === 'multi' && !/^nova-[23]/.test(String(model)),
    'the language multi needs nova-3 or nova-2',
  ],
  [({ model }) => /^whisper/.test(String(model)), 'whisper does not hear live audio: use nova-3'],
  ...['summarize', 'topics', 'intents'].map((name): Doubt => [
    (query) => query[name] != null && query[name] !== false,
    `${name} is not for live audio: leave it out`,
  ]),
]

/**
 * Says what the service would refuse in a query of `/v1/listen`; empty when nothing is known against it.
 *
 * @param query - Parameters under their wire names.
 */
export const listenV1Complaints = (query: Readonly<Record<string, QueryValue>>): string[] =>
  DOUBTS.flatMap(([isGiven, what]) => (isGiven(query) ? what : []))
