import { maybe, message, optionalText, whole } from './fields.ts'

const sequence = { sequence_id: maybe(whole(1e9)) }
const complaint = { code: optionalText, description: optionalText }

/** Message schemas of `/v1/speak`. Source: protocol reference, section 4.1. */
export const speakV1Schemas = {
  Metadata: message('Metadata', { request_id: optionalText, model_name: optionalText }),
  Flushed: message('Flushed', sequence),
  Cleared: message('Cleared', sequence),
  // The specification and the live service name these fields differently (section 9, row 1): both are read.
  Warning: message('Warning', { ...complaint, warn_code: optionalText, warn_msg: optionalText }),
  Error: message('Error', { ...complaint, err_code: optionalText, err_msg: optionalText }),
}

/** Query parameters of `/v1/speak`, in camel case. Source: protocol reference, section 4.1. */
export interface SpeakV1Parameters {
  /** The voice. @default 'aura-2-thalia-en' */
  model?: string | undefined
  /** How samples travel. @default 'linear16' */
  encoding?: 'linear16' | 'mulaw' | 'alaw' | undefined
  /** Hertz. linear16: 8000, 16000, 24000, 32000, 48000; mulaw and alaw: 8000, 16000. @default 24000, or 8000 */
  sampleRate?: number | undefined
  /** Rate of speech, 0.7 to 1.5. @default 1 */
  speed?: number | undefined
  /** Keeps the text out of the service's model improvement program. */
  mipOptOut?: boolean | undefined
}

/** The names in {@link SpeakV1Parameters}. */
export const SPEAK_V1_PARAMETERS = 'model encoding sampleRate speed mipOptOut'.split(' ')

/** Appends text to what will be spoken. */
export const encodeSpeak = (text: string): string => JSON.stringify({ type: 'Speak', text })
/** Asks for the audio of everything appended so far. */
export const FLUSH = '{"type":"Flush"}'
/** Drops text and audio not yet sent. */
export const CLEAR = '{"type":"Clear"}'
/** Ends the session. */
export const CLOSE = '{"type":"Close"}'
