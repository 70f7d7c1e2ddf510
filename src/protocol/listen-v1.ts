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
