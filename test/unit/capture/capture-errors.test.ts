import { afterEach, describe, expect, it, vi } from 'vitest'
import { captureUnsupported, toCaptureError } from '../../../src/capture/capture-errors.ts'
import { listenUnsupportedReason } from '../../../src/browser-listen.ts'

afterEach(() => vi.unstubAllGlobals())

const refusal = (name: string, message = ''): DOMException => new DOMException(message, name)
const forbids = (feature: string) => ({ allowsFeature: (name: string) => name !== feature })

describe('a microphone that is refused', () => {
  it.each<[string, string, PermissionState | 'unknown', number, string, RegExp]>([
    ['NotAllowedError', 'Permission denied', 'denied', 900, 'permission-denied', /address bar/],
    ['NotAllowedError', 'Permission denied', 'denied', 3, 'permission-denied', /address bar/],
    ['NotAllowedError', 'Permission denied by system', 'granted', 3, 'permission-denied', /system settings/],
    ['NotAllowedError', 'Permission dismissed', 'prompt', 900, 'permission-dismissed', /choose Allow/],
    // Firefox and Safari have one sentence for everything.
    ['NotAllowedError', 'The request is not allowed', 'prompt', 900, 'permission-dismissed', /choose Allow/],
    ['NotAllowedError', 'The request is not allowed', 'prompt', 3, 'permission-denied', /did not even ask.*click/],
    ['NotAllowedError', 'The request is not allowed', 'unknown', 3, 'permission-denied', /address bar/],
    ['SecurityError', '', 'unknown', 3, 'policy-blocked', /allow="microphone"/],
    ['NotFoundError', 'Requested device not found', 'granted', 3, 'device-not-found', /connect one/],
    ['NotReadableError', 'Could not start audio source', 'granted', 3, 'device-busy', /other programs/],
    ['AbortError', '', 'granted', 3, 'device-busy', /other programs/],
    ['OverconstrainedError', '', 'granted', 3, 'constraints', /choose another/],
    ['TypeError', '', 'granted', 3, 'unsupported', /current one/],
  ])('pain 25: %s, “%s”, permission %s after %i ms is %s', (name, message, permission, elapsedMs, code, advice) => {
    const cause = refusal(name, message)
    const error = toCaptureError(cause, permission, elapsedMs)
    expect(error).toMatchObject({ code, cause })
    expect(error.message).toMatch(advice)
    expect(error.message).toMatch(/^[^;]+; nothing can be heard; [^;]+\.$/)
    expect(error.message).not.toContain(message || 'DOMException')
  })

  it('pain 52: a refusal without a question has its own hint', () => {
    const cause = refusal('NotAllowedError', 'The request is not allowed by the user agent')
    expect(toCaptureError(cause, 'prompt', 2).message).toContain('call start() in a click, and before any await')
    expect(toCaptureError(cause, 'prompt', 2000).message).not.toContain('await')
  })

  it('pain 65: a policy that can be read is named, with what is to be added', () => {
    vi.stubGlobal('document', { permissionsPolicy: forbids('microphone') })
    const error = toCaptureError(refusal('NotAllowedError', 'Permission denied'), 'denied', 2)
    expect(error).toMatchObject({ code: 'policy-blocked', retryable: false })
    expect(error.message).toMatch(/allow="microphone".*microphone=\(self\).*Permissions-Policy/)
    vi.stubGlobal('document', { featurePolicy: forbids('camera') })
    expect(toCaptureError(refusal('NotAllowedError'), 'denied', 2).code).toBe('permission-denied')
  })
})

describe('a page that cannot ask', () => {
  /** Stands for an interface that is there; nothing is made of it. */
  const present = (): void => {}
  const working = { mediaDevices: { getUserMedia: () => Promise.reject(new Error('not asked')) } }

  it.each([
    ['over plain http', { isSecureContext: false, navigator: {} }, 'insecure-context', /over https/],
    ['without the interface', { isSecureContext: true, navigator: {} }, 'unsupported', /current one/],
    [
      'in a frame without it',
      { isSecureContext: true, navigator: {}, self: {}, parent: {} },
      'unsupported',
      /frame, add allow="microphone"/,
    ],
    [
      'under a policy',
      { isSecureContext: true, navigator: working, document: { permissionsPolicy: forbids('microphone') } },
      'policy-blocked',
      /allow="microphone"/,
    ],
  ])('pain 25, pain 37, pain 65: %s it says so before anything is asked', (_, page, code, advice) => {
    for (const [name, value] of Object.entries(page)) vi.stubGlobal(name, value)
    vi.stubGlobal('MediaRecorder', present)
    const error = captureUnsupported()
    expect(error).toMatchObject({ code, retryable: false })
    expect(error?.message).toMatch(advice)
    expect(listenUnsupportedReason()).toBe(code)
  })

  it('pain 37: without a recorder and without worklets it is unsupported, with either it is not', () => {
    vi.stubGlobal('isSecureContext', true)
    vi.stubGlobal('navigator', working)
    expect(listenUnsupportedReason()).toBe('unsupported')
    vi.stubGlobal('AudioWorkletNode', present)
    expect(listenUnsupportedReason()).toBeNull()
    vi.stubGlobal('AudioWorkletNode', undefined)
    vi.stubGlobal('MediaRecorder', present)
    expect(listenUnsupportedReason()).toBeNull()
  })
})
