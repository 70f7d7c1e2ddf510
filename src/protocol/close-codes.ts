import type { DeepgramErrorCode } from '../errors.ts'

/** What a WebSocket close means for the one who wants the line to stay. */
export interface CloseMeaning {
  readonly code: DeepgramErrorCode
  /** Whether a new connection may fare better. */
  readonly retryable: boolean
  /** A routine end by the service (a session limit, an idle limit): reconnect without counting it as a failure. */
  readonly isRoutine?: boolean
  /** What happened, as a clause. */
  readonly what: string
  /** What to do, as a clause. */
  readonly todo: string
}

type Row = [pattern: RegExp, code: DeepgramErrorCode, retryable: boolean, what: string, todo: string, isRoutine?: true]

/** The first row whose pattern is found in the code and the reason holds. */
const ROWS: readonly Row[] = [
  [/data-?0001/i, 'rate-limited', true, 'too much text was sent within a minute', 'slow down and try again'],
  [/big-?000|^1009/i, 'text-too-long', false, 'a message was too long', 'send shorter pieces'],
  [
    /data-?0000|^100[38]/i,
    'invalid-audio',
    false,
    'the service could not read what was sent',
    'leave encoding and sampleRate out, or try another capture.format',
  ],
  [
    /net-?0000/i,
    'no-audio-timeout',
    true,
    'the service could make nothing of what was sent',
    'check the audio and its format, and try again',
  ],
  [
    /net-?000[12]|no_audio_timeout/i,
    'no-audio-timeout',
    true,
    'the service received nothing for too long',
    'check the microphone and try again',
    true,
  ],
  [/net-?000[34]/i, 'connection-lost', true, 'the session reached a time limit', 'try again', true],
  [/^101[123]/, 'service-error', true, 'of a fault of the service', 'try again'],
  [/^/, 'connection-lost', true, 'the connection was cut', 'check the network and try again'],
]

/**
 * Reads a close code and its reason. The service names the case inside the reason, sometimes as a tag (`DATA-0000`),
 * sometimes as a link (`dpgr.am/net0001`). Source: protocol reference, sections 2.6 and 4.1.
 */
export function closeMeaning(closeCode: number, reason: string): CloseMeaning {
  const [, code, retryable, what, todo, isRoutine = false] = ROWS.find(([pattern]) =>
    pattern.test(`${closeCode} ${reason}`),
  )!
  return { code, retryable, what, todo, isRoutine }
}
