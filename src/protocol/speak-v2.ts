import { object } from 'valibot'
import { list, maybe, message, number, optionalText, text } from './fields.ts'

/** Milliseconds or characters. Nothing that is needed hangs on one: it may be missing or wrong without harm. */
const amount = maybe(number(0, 1e12))
const complaint = { code: optionalText, description: optionalText }

/** What the service says of a turn at its end. */
const account = {
  speech_id: optionalText,
  audio_duration_ms: amount,
  input_character_count: amount,
  billable_character_count: amount,
  controls_applied: maybe(
    object({ pronunciations_applied: amount, breaks_applied: amount, pronunciation_warnings: amount }),
  ),
}

/** Message schemas of `/v2/speak`. Source: protocol reference, section 4.2. */
export const speakV2Schemas = {
  Connected: message('Connected', {
    request_id: optionalText,
    model_name: optionalText,
    model_version: optionalText,
    model_uuids: maybe(list(text, 100)),
  }),
  SpeechStarted: message('SpeechStarted', { speech_id: optionalText }),
  Flushed: message('Flushed', { speech_id: optionalText }),
  SpeechMetadata: message('SpeechMetadata', account),
  SpeechInterrupted: message('SpeechInterrupted', {
    audio_played_ms: amount,
    text_spoken: optionalText,
    text_remaining: optionalText,
    metadata: maybe(object(account)),
  }),
  ConfigureSuccess: message('ConfigureSuccess', { applied: maybe(object({ speed: amount })) }),
  ConfigureFailure: message('ConfigureFailure', { ...complaint, field: optionalText, value: maybe(number()) }),
  Warning: message('Warning', complaint),
  Error: message('Error', complaint),
  SessionMetadata: message('SessionMetadata', {
    total_audio_duration_ms: amount,
    total_input_character_count: amount,
    total_billable_character_count: amount,
  }),
}

/** Query parameters of `/v2/speak` (Flux TTS), in camel case. Source: protocol reference, section 4.2. */
export interface SpeakV2Parameters {
  /** The voice, `'flux-{voice}-{language}'`, for example `'flux-alexis-en'`. */
  model?: string | undefined
  /** How samples travel. @default 'linear16' */
  encoding?: 'linear16' | 'mulaw' | 'alaw' | undefined
  /** Hertz. linear16: 8000, 16000, 24000, 32000, 44100, 48000; mulaw and alaw: 8000, 16000. @default 24000, or 8000 */
  sampleRate?: number | undefined
  /** Rate of speech, 0.5 to 1.5 in steps of 0.05. @default 1 */
  speed?: number | undefined
  /** From -2 (calm) to 2 (lively), whole numbers; fixed for a connection. @default 0 */
  expressivity?: number | undefined
  /** Keeps the text out of the service's model improvement program. */
  mipOptOut?: boolean | undefined
  /** Labels for usage reports. */
  tag?: string | readonly string[] | undefined
}

/** The names in {@link SpeakV2Parameters}; the service refuses a handshake with any other. */
export const SPEAK_V2_PARAMETERS = 'model encoding sampleRate speed expressivity mipOptOut tag'.split(' ')

/** What is wrong with a rate of speech; `undefined` when nothing is. */
export const speedComplaint = (speed: number): string | undefined =>
  // 0.05 has no exact binary form: 1.15 * 20 is 23 but for the last bit.
  speed >= 0.5 && speed <= 1.5 && Math.abs(speed * 20 - Math.round(speed * 20)) < 1e-6
    ? undefined
    : 'speed must be a number from 0.5 to 1.5 in steps of 0.05.'

/** Says what the service would refuse in the parameters of `/v2/speak`; empty when nothing is known against them. */
export function speakV2Complaints({ speed, expressivity }: SpeakV2Parameters): string[] {
  const found = [
    speed === undefined ? undefined : speedComplaint(speed),
    expressivity === undefined || [-2, -1, 0, 1, 2].includes(expressivity)
      ? undefined
      : 'expressivity must be -2, -1, 0, 1 or 2.',
  ]
  return found.filter((complaint) => complaint !== undefined)
}

// Spelled as on `/v1/speak`. Here `Speak` begins a turn or appends to the open one, `Flush` ends the turn's text, and
// `Close` lets what is queued be spoken first.
export { CLOSE, encodeSpeak, FLUSH } from './speak-v1.ts'

/**
 * Cancels the active turn.
 *
 * @param playedMs - Milliseconds of the connection's audio that were heard, in all; greater than at the last time.
 * Without it the service does not say which part of the text was heard.
 * @throws TypeError when `playedMs` is no number from 0 on.
 */
export function encodeInterrupt(playedMs?: number): string {
  if (playedMs !== undefined && !(playedMs >= 0 && playedMs < Infinity)) {
    throw new TypeError('playedMs must be a number of milliseconds, 0 or more.')
  }
  const offset = playedMs === undefined ? undefined : { type: 'time_ms', value: playedMs }
  return JSON.stringify({ type: 'Interrupt', playback_offset: offset })
}

/**
 * Changes the rate of speech, from the next segment of text on.
 *
 * @param settings - `speed`: 0.5 to 1.5 in steps of 0.05; without it everything stays as it is.
 * @throws TypeError naming the setting the service would refuse.
 */
export function encodeSpeakV2Configure({ speed }: { speed?: number | undefined }): string {
  const complaint = speed === undefined ? undefined : speedComplaint(speed)
  if (complaint) throw new TypeError(complaint)
  return JSON.stringify({ type: 'Configure', speed })
}
