// A page under a Content-Security-Policy: tells what becomes of a capture in it.
import { createPcmSource, type PcmCaptureOptions } from '../../../src/capture/pcm-source.ts'
import { DeepgramError } from '../../../src/errors.ts'

/** What the page offers to the test around it. */
export interface PolicedPage {
  /** Captures a few chunks of the microphone; tells `captured`, or the code and message of the error. */
  capture: (options: PcmCaptureOptions) => Promise<string>
  /** What the policy refused, as the page was told. */
  violations: string[]
}

const page = globalThis as unknown as PolicedPage
page.violations = []
document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => page.violations.push(violatedDirective))
page.capture = async (options) => {
  const source = createPcmSource('microphone', options)
  try {
    await new Promise<void>((resolve, reject) => {
      const handlers = { onChunk: () => resolve(), onEnded: reject }
      source.start(handlers, new AbortController().signal).catch(reject)
    })
    await source.stop()
    return 'captured'
  } catch (error) {
    return error instanceof DeepgramError ? `${error.code}: ${error.message}` : String(error)
  }
}
