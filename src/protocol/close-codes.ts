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

const meaning = (
  code: DeepgramErrorCode,
  retryable: boolean,
  what: string,
  todo: string,
  isRoutine = false,
): CloseMeaning => ({ code, retryable, what, todo, isRoutine })

/**
 * Reads a close code and its reason. The service names the case inside the reason, sometimes as a tag (`DATA-0000`),
 * sometimes as a link (`dpgr.am/net0001`). Source: protocol reference, sections 2.6 and 4.1.
 */
export function closeMeaning(closeCode: number, reason: string): CloseMeaning {
  const tag = /(data|net|big|message)-?(\d{4})/i.exec(reason)
  const name = tag ? `${tag[1]?.toUpperCase()}-${tag[2]}` : reason.includes('no_audio_timeout') ? 'NET-0002' : ''
  if (name === 'DATA-0001') {
    return meaning('rate-limited', true, 'too many characters were sent within a minute', 'slow down and try again')
  }
  if (name === 'BIG-0001' || name === 'BIG-0000' || closeCode === 1009) {
    return meaning('text-too-long', false, 'a message was longer than the service takes', 'send shorter pieces')
  }
  if (name === 'DATA-0000' || closeCode === 1003 || closeCode === 1008) {
    return meaning(
      'invalid-audio',
      false,
      'the service could not read what was sent',
      'leave `encoding` and `sampleRate` out for recorded audio, and try another `capture.format`',
    )
  }
  if (name === 'NET-0000') {
    return meaning(
      'no-audio-timeout',
      true,
      'the service could transcribe nothing of what was sent',
      'check that audio in a supported format is flowing',
    )
  }
  if (name === 'NET-0001' || name === 'NET-0002') {
    return meaning(
      'no-audio-timeout',
      true,
      'the service received nothing for too long',
      'check that the microphone delivers audio',
      true,
    )
  }
  if (name === 'NET-0003') {
    return meaning('connection-lost', true, 'the session reached its time limit', 'connect again', true)
  }
  if (closeCode === 1011 || closeCode === 1012 || closeCode === 1013) {
    return meaning('service-error', true, 'the service ended the session because of a fault of its own', 'try again')
  }
  return meaning('connection-lost', true, 'the connection was cut', 'check the network and try again')
}
