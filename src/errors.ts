/** Every `code` a {@link DeepgramError} can carry. Codes are stable; messages may be reworded. */
export type DeepgramErrorCode =
  | 'unsafe-api-key'
  | 'invalid-token'
  | 'token-failed'
  | 'token-timeout'
  | 'token-unreachable'
  | 'handshake-failed'
  | 'subprotocol-mismatch'
  | 'connect-timeout'
  | 'connection-lost'
  | 'reconnect-exhausted'
  | 'invalid-audio'
  | 'no-audio-timeout'
  | 'service-error'
  | 'rate-limited'
  | 'payment-required'
  | 'text-too-long'
  | 'permission-denied'
  | 'permission-dismissed'
  | 'policy-blocked'
  | 'device-not-found'
  | 'device-busy'
  | 'constraints'
  | 'insecure-context'
  | 'insecure-url'
  | 'unsupported'
  | 'source-ended'
  | 'playback-blocked'
  | 'playback-failed'
  | 'revoked'
  | 'reply-failed'
  | 'aborted'

/** What is known about the circumstances of a {@link DeepgramError}. Never holds a credential or transcript text. */
export interface DeepgramErrorDetails {
  /** The address that was asked for, without credentials. */
  url?: string
  /** Which connection attempt failed; the first is 1. */
  attempt?: number
  /** Milliseconds from the start of the attempt to the failure. */
  elapsedMs?: number
  /** WebSocket close code. */
  closeCode?: number
  /** WebSocket close reason, shortened. */
  closeReason?: string
  /** The service's id of the request, for a support ticket. */
  requestId?: string
  /** HTTP status, where one was seen (a token route). */
  status?: number
  /** The `error.code` a token route answered with. */
  serverCode?: string
  /** The likely causes, the likeliest first. */
  causes?: readonly string[]
  /** Milliseconds to wait before another try, where the other side named one. */
  retryAfterMs?: number
  /** The device concerned, by the name the browser shows. */
  device?: string
}

/** How a {@link DeepgramError} is made. */
export interface DeepgramErrorOptions {
  /** Whether the same call may succeed later. @default false */
  retryable?: boolean
  /** The original failure. It is kept off enumeration, so that serialising the error does not serialise it. */
  cause?: unknown
  /** The circumstances. @default {} */
  details?: DeepgramErrorDetails
}

/**
 * Everything that can go wrong for a careful caller.
 *
 * `message` has three clauses: what happened, why it matters, what to do. It holds no credential and no transcript.
 */
export class DeepgramError extends Error {
  /** Always `'DeepgramError'`. */
  override readonly name = 'DeepgramError'
  /** What went wrong, for code. */
  readonly code: DeepgramErrorCode
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean
  /** The circumstances. */
  readonly details: Readonly<DeepgramErrorDetails>

  constructor(code: DeepgramErrorCode, message: string, options: DeepgramErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.details = Object.freeze({ ...options.details })
  }

  /** The error as plain data; safe to log. */
  toJSON(): {
    name: string
    code: DeepgramErrorCode
    message: string
    retryable: boolean
    details: DeepgramErrorDetails
  } {
    const { name, code, message, retryable, details } = this
    return { name, code, message, retryable, details }
  }
}

/** Makes an `aborted` error: the caller, or an unmount, ended the operation. */
export const abortedError = (what: string): DeepgramError =>
  new DeepgramError('aborted', `${what} was aborted; nothing was kept open; start again when wanted.`)
