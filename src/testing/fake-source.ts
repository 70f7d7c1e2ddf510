import { encodeAlaw, encodeMulaw } from '../audio/companding.ts'
import { encodeLinear16 } from '../audio/pcm.ts'
import type { AudioSource, AudioSourceHandlers, RawFormat } from '../audio/ports.ts'
import { type EmulatorClock, platformClock } from './ports.ts'
import { createStopwatch } from './stopwatch.ts'
import { encodeToneSpeech } from './tone-speech.ts'

/** What a fake source yields, and when. */
export interface FakeAudioSourceOptions {
  /** Spoken as tone speech, from the first start on. @default '' */
  text?: string
  /** Mono samples to yield instead of `text`, at `sampleRate`. */
  samples?: Float32Array
  /** Of the chunks. @default 'linear16' */
  encoding?: RawFormat['encoding']
  /** Hertz, 8000 or more. @default 16_000 */
  sampleRate?: number
  /** How often every sample is repeated, interleaved. @default 1 */
  channels?: number
  /** Milliseconds of audio in a chunk. @default 20 */
  chunkMs?: number
  /** Milliseconds of silence before the text. @default 0 */
  leadingSilenceMs?: number
  /** What follows the text: silence until the source is stopped, as from a microphone, or its natural end. @default 'silence' */
  then?: 'silence' | 'end'
  /** `'realtime'` follows the clock; `'manual'` yields only by {@link FakeAudioSource.advance}. @default 'realtime' */
  pace?: 'realtime' | 'manual'
  /** Where it takes its time from. @default the platform's */
  clock?: EmulatorClock
}

/** An {@link AudioSource} without a device: raw chunks of tone speech. */
export interface FakeAudioSource extends AudioSource {
  readonly format: RawFormat
  /** Whether it is between start and stop. */
  readonly isRunning: boolean
  /** How often it was started. */
  readonly starts: number
  /** Seconds of audio yielded since the first start. */
  readonly position: number
  /** Yields `ms` milliseconds of audio now, in chunks. */
  advance(ms: number): void
  /** Yields these bytes now, as one chunk. */
  emit(bytes: Uint8Array<ArrayBuffer>): void
  /** Tells that the input was muted or came back. */
  mute(isMuted: boolean): void
  /** Ends by itself, as an unplugged device does. */
  end(error?: Error): void
}

const encoders = { linear16: encodeLinear16, mulaw: encodeMulaw, alaw: encodeAlaw }

/**
 * Creates a source for tests and stories. Nothing starts before `start()`.
 *
 * Its audio goes on where it was when it is started again; what passes while it is paused is not heard.
 */
export function createFakeAudioSource(options: FakeAudioSourceOptions = {}): FakeAudioSource {
  const { encoding = 'linear16', sampleRate = 16_000, channels = 1, chunkMs = 20, clock = platformClock } = options
  const format: RawFormat = { kind: 'raw', encoding, sampleRate, channels }
  const speech = options.samples ?? encodeToneSpeech(options.text ?? '', { sampleRate }).samples
  const speechStart = Math.round(((options.leadingSilenceMs ?? 0) / 1000) * sampleRate)
  const chunkFrames = Math.max(1, Math.round((chunkMs / 1000) * sampleRate))
  const ticker = createStopwatch(clock, tick)
  let handlers: AudioSourceHandlers | null = null
  let isPaused = false
  let starts = 0
  let frame = 0
  let runStart = { at: 0, frame: 0 }
  let level = 0

  const hasEnded = (): boolean => options.then === 'end' && frame >= speechStart + speech.length

  function takeChunk(frames: number): Uint8Array<ArrayBuffer> {
    const samples = new Float32Array(frames * channels)
    level = 0
    for (let i = 0; i < samples.length; i++) {
      samples[i] = speech[frame + Math.floor(i / channels) - speechStart] ?? 0
      level = Math.max(level, Math.abs(samples[i]!))
    }
    frame += frames
    return encoders[encoding](samples)
  }

  function yieldFrames(count: number): void {
    for (let left = count; left > 0 && handlers !== null && !hasEnded(); left -= chunkFrames) {
      handlers.onChunk(takeChunk(Math.min(chunkFrames, left)))
    }
    if (handlers !== null && hasEnded()) end()
  }

  function tick(): void {
    const due = runStart.frame + ((clock.now() - runStart.at) / 1000) * sampleRate
    yieldFrames(Math.floor((due - frame) / chunkFrames) * chunkFrames)
    if (handlers !== null && !isPaused) ticker.start(chunkMs)
  }

  function run(): void {
    runStart = { at: clock.now(), frame }
    if (options.pace !== 'manual') ticker.start(chunkMs)
  }

  function halt(): void {
    ticker.stop()
    handlers = null
    level = 0
  }

  function end(error?: Error): void {
    const { onEnded } = handlers ?? {}
    halt()
    onEnded?.(error)
  }

  return {
    format,
    get isRunning() {
      return handlers !== null
    },
    get starts() {
      return starts
    },
    get position() {
      return frame / sampleRate
    },
    start(to) {
      starts++
      handlers = to
      isPaused = false
      run()
      return Promise.resolve({ format, label: 'Tone speech' })
    },
    stop() {
      halt()
      return Promise.resolve()
    },
    abort: halt,
    pause() {
      isPaused = true
      ticker.stop()
    },
    resume() {
      if (!isPaused) return
      isPaused = false
      if (handlers !== null) run()
    },
    getLevel: () => level,
    advance(ms) {
      if (!isPaused) yieldFrames(Math.round((ms / 1000) * sampleRate))
    },
    emit(bytes) {
      handlers?.onChunk(bytes)
    },
    mute(isMuted) {
      handlers?.onMuted?.(isMuted)
    },
    end,
  }
}
