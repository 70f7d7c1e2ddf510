import { encodePcm16 } from './tone-pcm.ts'
import type { AudioSource, AudioSourceHandlers } from '../../src/audio/ports.ts'

/** A source that speaks a text in tone speech, in real (or faked) time, as linear16. */
export interface ToneSource extends AudioSource {
  readonly starts: number
  readonly isRunning: boolean
  /** Ends by itself, as a device that is unplugged does. */
  end(error?: Error): void
}

/** Creates a source that speaks `text`, then stays silent. */
export function createToneSource(text: string, { sampleRate = 16_000, chunkMs = 20 } = {}): ToneSource {
  const bytes = encodePcm16(text, sampleRate)
  const chunkBytes = (sampleRate * chunkMs * 2) / 1000
  const format = { kind: 'raw', encoding: 'linear16', sampleRate, channels: 1 } as const
  let timer: ReturnType<typeof setInterval> | undefined
  let handlers: AudioSourceHandlers | null = null
  let at = 0
  let starts = 0
  let isPaused = false
  const end = (): void => {
    clearInterval(timer)
    timer = undefined
    handlers = null
  }
  return {
    format,
    get starts() {
      return starts
    },
    get isRunning() {
      return timer !== undefined
    },
    start(to) {
      starts++
      handlers = to
      timer = setInterval(() => {
        if (isPaused) return
        const chunk = new Uint8Array(chunkBytes)
        chunk.set(bytes.subarray(at, at + chunkBytes))
        at += chunkBytes
        handlers?.onChunk(chunk)
      }, chunkMs)
      return Promise.resolve({ format, label: 'Tone speech' })
    },
    stop() {
      end()
      return Promise.resolve()
    },
    abort: end,
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
    },
    end(error) {
      const { onEnded } = handlers ?? {}
      end()
      onEnded?.(error)
    },
  }
}
