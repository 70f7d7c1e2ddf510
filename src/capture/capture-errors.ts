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

const MESSAGES: Readonly<Record<CaptureCode, string>> = {
  'permission-denied':
    'The browser or the system denied the microphone; nothing can be heard without it; allow the microphone for this site in the address bar or the system settings, then try again.',
  'permission-dismissed':
    'The question for the microphone was closed without an answer; nothing can be heard without it; try again and choose Allow.',
  'policy-blocked':
    'A permissions policy keeps this page from using the microphone; nothing can be heard here; add allow="microphone" to the iframe, or microphone=(self) to the Permissions-Policy header.',
  'device-not-found':
    'No microphone was found; nothing can be heard without one; connect one, or choose another device.',
  'device-busy':
    'The microphone could not be read; another program may hold it; close that program or reconnect the microphone, then try again.',
  constraints:
    'No microphone fits what was asked for (device or settings); recording did not start; choose another device or drop the constraint.',
  'insecure-context':
    'This page is not secure (https or localhost); browsers give it no microphone; serve it over https.',
  unsupported:
    'This browser cannot record audio; nothing can be heard here; use a current browser, and open the page outside of embedded views.',
}

/** Makes the error of a known capture problem. */
export const captureError = (code: CaptureCode, cause?: unknown): DeepgramError =>
  new DeepgramError(code, MESSAGES[code], {
    cause,
    retryable: code !== 'unsupported' && code !== 'insecure-context' && code !== 'policy-blocked',
  })

const CODES: Readonly<Record<string, CaptureCode>> = {
  NotAllowedError: 'permission-denied',
  PermissionDeniedError: 'permission-denied',
  SecurityError: 'policy-blocked',
  NotFoundError: 'device-not-found',
  DevicesNotFoundError: 'device-not-found',
  NotReadableError: 'device-busy',
  TrackStartError: 'device-busy',
  AbortError: 'device-busy',
  OverconstrainedError: 'constraints',
  ConstraintNotSatisfiedError: 'constraints',
}

/** Why the microphone cannot even be asked for here; `null` when it can. Does not touch the microphone. */
export function captureUnsupported(): DeepgramError | null {
  if (typeof navigator === 'undefined' || !navigator.mediaDevices?.getUserMedia) {
    return captureError(globalThis.isSecureContext === false ? 'insecure-context' : 'unsupported')
  }
  return isPolicyBlocked() ? captureError('policy-blocked') : null
}

function isPolicyBlocked(): boolean {
  const { permissionsPolicy, featurePolicy } = globalThis.document as unknown as Record<
    string,
    { allowsFeature?(name: string): boolean } | undefined
  >
  return (permissionsPolicy ?? featurePolicy)?.allowsFeature?.('microphone') === false
}

/** Turns a rejection of `getUserMedia` into a DeepgramError with a stable code. */
export function toCaptureError(cause: unknown): DeepgramError {
  if (cause instanceof DeepgramError) return cause
  const { name = '', message = '' } = cause as { name?: string; message?: string }
  let code = CODES[name] ?? 'unsupported'
  if (code === 'permission-denied') {
    if (typeof document !== 'undefined' && isPolicyBlocked()) code = 'policy-blocked'
    else if (/dismiss/i.test(message)) code = 'permission-dismissed'
  }
  return captureError(code, cause)
}
