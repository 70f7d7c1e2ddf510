import type { AudioSource } from '../audio/ports.ts'
import type { CaptureInput } from './input.ts'
import { openMicrophone, type CaptureOptions } from './microphone.ts'

/**
 * Creates a source like `createPcmSource`, whose code is loaded when it is started: most pages record containers and need
 * not carry it. The microphone is asked for before `start()` returns, while the code is on its way.
 */
export function createPcmSourceOnDemand(input: CaptureInput, capture: CaptureOptions): AudioSource {
  let source: AudioSource | null = null
  const open: AudioSource = {
    format: { kind: 'raw', encoding: 'linear16', sampleRate: capture.sampleRate ?? 16_000, channels: 1 },
    async start(handlers, signal) {
      // The source itself asks for the same microphone a moment later, and shares this one.
      const opening = input === 'microphone' ? openMicrophone(capture, signal as AbortSignal) : undefined
      try {
        const { createPcmSource } = await import('./pcm-source.ts')
        source = createPcmSource(input, capture)
        return await source.start(handlers, signal)
      } finally {
        opening?.then(
          ({ release }) => release(),
          // The source fails with the same error, or was never asked.
          () => {},
        )
      }
    },
    stop: async () => source?.stop(),
    abort: () => source?.abort(),
    pause: () => source?.pause?.(),
    resume: () => source?.resume?.(),
    getLevel: () => source?.getLevel?.() ?? 0,
  }
  return open
}
