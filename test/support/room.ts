import { encodeLinear16 } from '../../src/audio/pcm.ts'
import type { AudioSource, AudioSourceHandlers } from '../../src/audio/ports.ts'
import { encodeToneSpeech } from '../../src/testing/tone-speech.ts'
import type { ClockSink } from './clock-sink.ts'

/** A room with a loudspeaker, a microphone and somebody in it, by the (faked) clock. */
export interface Room {
  /** Hears both. */
  readonly microphone: AudioSource
  /** Somebody says this now, after what is still being said; returns how many milliseconds it takes. */
  say(text: string): number
}

const RATE = 16_000
const STEP_MS = 20
const STEP = (RATE * STEP_MS) / 1000

/**
 * Creates a room. The loudspeaker must play at 16 kHz.
 *
 * @param echo - How loud the microphone hears the loudspeaker, 0…1.
 */
export function createRoom(loudspeaker: ClockSink, echo: number): Room {
  let said = new Float32Array(0)
  let saidAt = 0
  let handlers: AudioSourceHandlers | null = null
  let timer: ReturnType<typeof setInterval> | undefined
  let isPaused = false
  let stream = 0
  let played = 0

  function step(): void {
    const chunk = new Float32Array(STEP)
    const starts = loudspeaker.calls.filter((call) => call === 'start').length
    if (starts !== stream) played = 0
    stream = starts
    const to = loudspeaker.getPlayedFrames()
    const sound = loudspeaker.samples(played, to)
    played = to
    for (let i = 0; i < STEP; i++) {
      chunk[i] = (said[saidAt + i] ?? 0) + (sound[i] ?? 0) * echo * loudspeaker.ducked
    }
    saidAt += STEP
    if (!isPaused) handlers?.onChunk(encodeLinear16(chunk))
  }

  const format = { kind: 'raw', encoding: 'linear16', sampleRate: RATE, channels: 1 } as const
  const end = (): void => {
    handlers = null
    clearInterval(timer)
  }
  return {
    microphone: {
      format,
      start(to) {
        handlers = to
        isPaused = false
        timer = setInterval(step, STEP_MS)
        return Promise.resolve({ format, label: 'Room' })
      },
      stop: async () => end(),
      abort: end,
      pause() {
        isPaused = true
      },
      resume() {
        isPaused = false
      },
    },
    say(text) {
      const { samples } = encodeToneSpeech(text, { sampleRate: RATE })
      const rest = said.slice(saidAt)
      const next = new Float32Array(rest.length + samples.length)
      next.set(rest)
      next.set(samples, rest.length)
      said = next
      saidAt = 0
      return (next.length / RATE) * 1000
    },
  }
}
