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
export function captureError(code: CaptureCode, cause?: unknown, hint?: string): DeepgramError {
  const [what, todo, isFinal] = MESSAGES[code]
  return new DeepgramError(code, `${what}; nothing can be heard; ${hint ?? todo}.`, { cause, retryable: !isFinal })
}

/** Nobody answers a question within this time: the browser has refused without asking. */
const UNASKED_MS = 150

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
  if (!code) return null
  // Some browsers take the whole interface away from a frame that may not use it.
  const isFramed = code === 'unsupported' && globalThis.parent !== undefined && globalThis.parent !== globalThis.self
  return captureError(
    code,
    undefined,
    isFramed
      ? 'if the page is shown in a frame, add allow="microphone" to the iframe; else use a current browser'
      : undefined,
  )
}

function isPolicyBlocked(): boolean {
  const { permissionsPolicy, featurePolicy } = (globalThis.document ?? {}) as unknown as Record<
    string,
    { allowsFeature?(name: string): boolean } | undefined
  >
  return (permissionsPolicy ?? featurePolicy)?.allowsFeature?.('microphone') === false
}

/**
 * Turns a rejection of `getUserMedia` into a DeepgramError with a stable code.
 *
 * @param permission - The state of the permission after the rejection.
 * @param elapsedMs - How long the answer took.
 */
export function toCaptureError(
  cause: unknown,
  permission: PermissionState | 'unknown' = 'unknown',
  elapsedMs = Infinity,
): DeepgramError {
  if (cause instanceof DeepgramError) return cause
  const { name, message } = cause as Error
  if (name !== 'NotAllowedError') return captureError(CODES[name] ?? 'unsupported', cause)
  if (isPolicyBlocked()) return captureError('policy-blocked', cause)
  if (/system/i.test(message)) {
    return captureError('permission-denied', cause, 'allow this browser the microphone in the system settings')
  }
  if (/dismiss/i.test(message)) return captureError('permission-dismissed', cause)
  // It would still ask: so nobody has said no.
  if (permission === 'prompt') {
    return elapsedMs < UNASKED_MS
      ? captureError(
          'permission-denied',
          cause,
          'the browser did not even ask: call start() in a click, and before any await',
        )
      : captureError('permission-dismissed', cause)
  }
  return captureError('permission-denied', cause)
}
