import { DeepgramError, type DeepgramErrorCode } from '../errors.ts'

type CaptureCode = Extract<
  DeepgramErrorCode,
  | 'permission-denied'
  | 'permission-dismissed'
  | 'policy-blocked'
  | 'device-not-found'
  | 'device-busy'
  | 'constraints'
  | 'insecure-context'
  | 'unsupported'
>

/** What happened, what to do, and whether that is beyond the one who sits before the page. */
const MESSAGES: Readonly<Record<CaptureCode, [what: string, todo: string, isFinal?: true]>> = {
  'permission-denied': [
    'The microphone was denied',
    'allow it in the address bar or the system settings, and try again',
  ],
  'permission-dismissed': ['The question for the microphone was not answered', 'try again and choose Allow'],
  'policy-blocked': [
    'A permissions policy forbids the microphone',
    'add allow="microphone" to the iframe, or microphone=(self) to the Permissions-Policy header',
    true,
  ],
  'device-not-found': ['No microphone was found', 'connect one, or choose another'],
  'device-busy': ['The microphone cannot be read', 'close other programs that use it, or reconnect it, and try again'],
  constraints: ['No microphone fits what was asked for', 'choose another, or ask for less'],
  'insecure-context': ['This page is not secure', 'serve it over https', true],
  unsupported: ['This browser cannot record', 'use a current one, outside of embedded views', true],
}

/** Makes the error of a known capture problem. */
export function captureError(code: CaptureCode, cause?: unknown): DeepgramError {
  const [what, todo, isFinal] = MESSAGES[code]
  return new DeepgramError(code, `${what}; nothing can be heard; ${todo}.`, { cause, retryable: !isFinal })
}

// A `NotAllowedError` is told apart below.
const CODES: Readonly<Record<string, CaptureCode>> = {
  SecurityError: 'policy-blocked',
  NotFoundError: 'device-not-found',
  NotReadableError: 'device-busy',
  AbortError: 'device-busy',
  OverconstrainedError: 'constraints',
}

/** Why the microphone cannot even be asked for here; `null` when it can. Does not touch the microphone. */
export function captureUnsupported(): DeepgramError | null {
  const code = !globalThis.navigator?.mediaDevices?.getUserMedia
    ? globalThis.isSecureContext === false
      ? 'insecure-context'
      : 'unsupported'
    : isPolicyBlocked() && 'policy-blocked'
  return code ? captureError(code) : null
}

function isPolicyBlocked(): boolean {
  const { permissionsPolicy, featurePolicy } = (globalThis.document ?? {}) as unknown as Record<
    string,
    { allowsFeature?(name: string): boolean } | undefined
  >
  return (permissionsPolicy ?? featurePolicy)?.allowsFeature?.('microphone') === false
}

/** Turns a rejection of `getUserMedia` into a DeepgramError with a stable code. */
export function toCaptureError(cause: unknown): DeepgramError {
  if (cause instanceof DeepgramError) return cause
  const { name, message } = cause as Error
  const code =
    name !== 'NotAllowedError'
      ? CODES[name]
      : isPolicyBlocked()
        ? 'policy-blocked'
        : /dismiss/i.test(message)
          ? 'permission-dismissed'
          : 'permission-denied'
  return captureError(code ?? 'unsupported', cause)
}
