import { decodeAlaw, decodeMulaw } from '../audio/companding.ts'
import { createSampleAligner, decodeLinear16, encodeWav } from '../audio/pcm.ts'
import type { AudioSink, AudioSinkHandlers, PcmFormat } from '../audio/ports.ts'
import { type EmulatorClock, platformClock } from './ports.ts'
import { createStopwatch } from './stopwatch.ts'

/** How a fake sink plays. */
export interface FakeAudioSinkOptions {
  /** Whether sound is refused until {@link FakeAudioSink.allow}, as without a user gesture. @default false */
  isBlocked?: boolean
  /** Where it takes its time from. @default the platform's */
  clock?: EmulatorClock
}

/** An {@link AudioSink} without a loudspeaker: plays on a clock, and remembers what was heard. */
export interface FakeAudioSink extends AudioSink {
  /** The samples of the current stream heard so far, those of a stream that was stopped included until the next start. */
  getHeard(): Float32Array<ArrayBuffer>
  /** The loudness set last. */
  readonly volume: number
  /** What the loudness is multiplied by. */
  readonly ducked: number
  /** The device set last. */
  readonly outputDevice: string
  /** How often a stream was started. */
  readonly starts: number
  /** Ends the refusal of sound, as the user's gesture does. */
  allow(): void
  /** Fails, as a device that is lost does. */
  fail(error: Error): void
}

const decoders = { linear16: decodeLinear16, mulaw: decodeMulaw, alaw: decodeAlaw }
const progressMs = 100

/** Creates a sink for tests. It has no cushion: what is written is heard from the next task on. */
export function createFakeAudioSink({
  isBlocked = false,
  clock = platformClock,
}: FakeAudioSinkOptions = {}): FakeAudioSink {
  const runsDry = createStopwatch(clock, onDry)
  const progress = createStopwatch(clock, onProgress)
  let handlers: AudioSinkHandlers | null = null
  let format: PcmFormat = { encoding: 'linear16', sampleRate: 24_000 }
  let aligner = createSampleAligner(2)
  let samples: number[] = []
  let heardFrames = 0
  let playingSince: number | null = null
  let isPaused = false
  let isFlushed = false
  let isEnded = false
  let isRecording = false
  let underruns = 0
  let starts = 0
  let volume = 1
  let ducked = 1
  let outputDevice = ''

  function playedFrames(): number {
    if (playingSince === null) return heardFrames
    const elapsed = ((clock.now() - playingSince) / 1000) * format.sampleRate
    return Math.min(samples.length, heardFrames + Math.floor(elapsed))
  }

  /** Lets the clock of the stream run, stand still, or run to a new end. */
  function update(): void {
    const played = playedFrames()
    const wasPlaying = playingSince !== null
    const plays = handlers !== null && !isPaused && !isBlocked && played < samples.length
    // While it goes on playing its start stays: counting from anew would lose a fraction of a frame each time.
    if (!(plays && wasPlaying)) {
      heardFrames = played
      playingSince = plays ? clock.now() : null
    }
    if (plays) runsDry.start(((samples.length - played) / format.sampleRate) * 1000)
    else runsDry.stop()
    if (plays && !wasPlaying) {
      progress.start(progressMs)
      handlers?.onAudible(true)
    } else if (!plays && wasPlaying) {
      progress.stop()
      if (!(isEnded && played === samples.length)) handlers?.onAudible(false)
    }
  }

  function onDry(): void {
    // Timers are whole milliseconds; the last samples may be a fraction away.
    heardFrames = samples.length
    if (!isEnded && !isFlushed) underruns++
    update()
    drainIfOver()
  }

  function drainIfOver(): void {
    if (!isEnded || handlers === null || playedFrames() < samples.length) return
    const to = handlers
    halt()
    to.onDrained()
  }

  function onProgress(): void {
    progress.start(progressMs)
    handlers?.onProgress()
  }

  function halt(): void {
    heardFrames = playedFrames()
    playingSince = null
    handlers = null
    runsDry.stop()
    progress.stop()
  }

  return {
    get receivedFrames() {
      return samples.length
    },
    get underruns() {
      return underruns
    },
    get volume() {
      return volume
    },
    get ducked() {
      return ducked
    },
    get outputDevice() {
      return outputDevice
    },
    get starts() {
      return starts
    },
    start(streamFormat, to, options = {}) {
      halt()
      starts++
      format = streamFormat
      handlers = to
      aligner = createSampleAligner(format.encoding === 'linear16' ? 2 : 1)
      samples = []
      heardFrames = 0
      isPaused = isFlushed = isEnded = false
      isRecording = options.recording === true
      if (isBlocked) to.onBlocked(true)
    },
    write(bytes) {
      for (const sample of decoders[format.encoding](aligner.push(bytes))) samples.push(sample)
      isFlushed = false
      // In the next task, as a loudspeaker is never as quick as the call.
      if (playingSince === null) clock.setTimeout(update, 0)
      else update()
    },
    flush() {
      isFlushed = true
    },
    end() {
      isEnded = true
      clock.setTimeout(drainIfOver, 0)
    },
    truncate(frame) {
      samples.length = Math.max(Math.min(frame, samples.length), playedFrames())
      update()
    },
    stop: halt,
    pause() {
      isPaused = true
      update()
    },
    resume() {
      isPaused = false
      update()
    },
    getPlayedFrames: playedFrames,
    getLevel: () => (playingSince === null ? 0 : Math.abs(samples[playedFrames()] ?? 0) * volume * ducked),
    setVolume(next) {
      volume = next
    },
    duck(factor) {
      ducked = factor
    },
    setOutputDevice(deviceId) {
      outputDevice = deviceId
      return Promise.resolve()
    },
    canSetOutputDevice: () => true,
    unlock: () => Promise.resolve(!isBlocked),
    getRecording() {
      return isRecording ? encodeWav(Float32Array.from(samples), { sampleRate: format.sampleRate }) : null
    },
    destroy: halt,
    getHeard: () => Float32Array.from(samples.slice(0, playedFrames())),
    allow() {
      isBlocked = false
      handlers?.onBlocked(false)
      update()
    },
    fail(error) {
      const to = handlers
      halt()
      to?.onError(error)
    },
  }
}
