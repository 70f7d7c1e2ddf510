import type { EmulatorClock } from './ports.ts'
import type { Random } from './random.ts'
import { createStopwatch } from './stopwatch.ts'

/** How fast audio leaves: like the service (faster than real time), in real time, or so many times real time. */
export type SpeechPace = 'burst' | 'realtime' | number

/** How {@link createSpeechStream} sends. */
export interface SpeechStreamOptions {
  clock: EmulatorClock
  random: Random
  pace: SpeechPace
  /** Up to so many random milliseconds more per frame. */
  jitterMs: number
  /** Milliseconds from a job to its first audio, when nothing else is being spoken. */
  firstAudioMs: number
  /** Least and most bytes of a frame; each frame draws its own length, whole samples or not. */
  frameBytes: readonly [least: number, most: number]
  bytesPerSecond: number
  send: (bytes: Uint8Array) => void
}

/** Sends audio in uneven frames, one job after another. */
export interface SpeechStream {
  /**
   * Queues audio, made when its turn comes; `onDone` runs after its last frame. `askedAt` is when the wait for the first
   * audio began; default: now.
   */
  add(makeAudio: () => Uint8Array, onDone: () => void, askedAt?: number): void
  /** Drops everything queued. A frame that is under way already is still sent. */
  clear(): void
  /** Stops for good. */
  stop(): void
  /** Seconds of audio sent. */
  readonly sentSeconds: number
}

interface Job {
  makeAudio: () => Uint8Array
  onDone: () => void
  askedAt: number
}

const burstSpeed = 8

/** Creates a stream. */
export function createSpeechStream(options: SpeechStreamOptions): SpeechStream {
  const { clock, random, bytesPerSecond } = options
  const speed = options.pace === 'burst' ? burstSpeed : options.pace === 'realtime' ? 1 : options.pace
  const [least, most] = options.frameBytes
  const timer = createStopwatch(clock, run)
  let jobs: Job[] = []
  let audio: Uint8Array | null = null
  let offset = 0
  let startedAt = 0
  let freeAt = 0
  let lastDue = 0
  let sentBytes = 0

  const elapsedMs = (bytes: number): number => (bytes / bytesPerSecond / speed) * 1000

  function sendFrame(): void {
    const length = Math.max(1, Math.round(least + (most - least) * random()))
    const frame = audio!.slice(offset, offset + length)
    offset += frame.length
    sentBytes += frame.length
    options.send(frame)
  }

  function begin(): void {
    const job = jobs[0]
    if (job === undefined || audio !== null) return
    audio = job.makeAudio()
    offset = 0
    const soonest = audio.length === 0 ? clock.now() : Math.max(freeAt, job.askedAt + options.firstAudioMs)
    startedAt = Math.max(soonest, clock.now())
    lastDue = startedAt
    timer.start(startedAt - clock.now())
  }

  function run(): void {
    while (audio !== null && offset < audio.length) {
      sendFrame()
      // What is sent may be what a fault waits for, and then this stream has been stopped.
      if (!(audio as Uint8Array | null) || offset >= audio.length) break
      lastDue = Math.max(lastDue, startedAt + elapsedMs(offset) + options.jitterMs * random())
      if (lastDue > clock.now()) return timer.start(lastDue - clock.now())
    }
    if (audio === null) return
    freeAt = startedAt + elapsedMs(audio.length)
    audio = null
    jobs.shift()!.onDone()
    begin()
  }

  return {
    add(makeAudio, onDone, askedAt = clock.now()) {
      jobs.push({ makeAudio, onDone, askedAt })
      begin()
    },
    clear() {
      timer.stop()
      if (audio !== null && offset > 0 && offset < audio.length) sendFrame()
      jobs = []
      audio = null
    },
    stop() {
      timer.stop()
      jobs = []
      audio = null
    },
    get sentSeconds() {
      return sentBytes / bytesPerSecond
    },
  }
}
