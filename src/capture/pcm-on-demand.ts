import type { AudioSource } from '../audio/ports.ts'
import type { CaptureOptions } from './microphone.ts'

/**
 * Creates a source like `createPcmSource`, whose code is loaded when it is started: most pages record containers and need
 * not carry it. The track is its owner's.
 */
export function createPcmSourceOnDemand(track: MediaStreamTrack, capture: CaptureOptions): AudioSource {
  let source: AudioSource | null = null
  return {
    async start(handlers, signal) {
      const { createPcmSource } = await import('./pcm-source.ts')
      source = createPcmSource(track, capture)
      return source.start(handlers, signal)
    },
    stop: async () => source?.stop(),
    abort: () => source?.abort(),
    pause: () => source?.pause?.(),
    resume: () => source?.resume?.(),
    getLevel: () => source?.getLevel?.() ?? 0,
  }
}
