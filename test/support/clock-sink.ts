import { decodePcm } from '../../src/audio/pcm-stream.ts'
import { concatBytes } from '../../src/audio/pcm.ts'
import type { AudioSink, AudioSinkHandlers, PcmFormat } from '../../src/audio/ports.ts'

/** An {@link AudioSink} that plays by the wall clock (or the test's fake one) into memory. */
export interface ClockSink extends AudioSink {
  /** Samples that were heard, per stream, oldest first. */
  readonly heard: readonly Float32Array[]
  /** Frames of the stream under way, by their place in it. */
  samples(from: number, to: number): Float32Array
  /** What the loudness is multiplied by. */
  readonly ducked: number
  /** Every call, by name. */
  readonly calls: readonly string[]
  /** Refuses sound, as a page without a gesture does. */
  setBlocked(isBlocked: boolean): void
}

const STEP_MS = 10

/**
 * Creates a sink that plays what it is given at once and exactly at its rate.
 *
 * @param haste - So many times as fast, for texts that would take hours.
 */
export function createClockSink(haste = 1): ClockSink {
  const streams: Float32Array[] = []
  const calls: string[] = []
  let handlers: AudioSinkHandlers | null = null
  let format: PcmFormat = { encoding: 'linear16', sampleRate: 24_000 }
  let bytes = new Uint8Array(0)
  let length = 0
  let played = 0
  let isEnded = false
  let isPaused = false
  let isAudible = false
  let isBlocked = false
  let isComplete = false
  let underruns = 0
  let ducked = 1
  let timer: ReturnType<typeof setInterval> | undefined
  let ticks = 0

  const width = () => (format.encoding === 'linear16' ? 2 : 1)
  const received = () => Math.floor(length / width())

  function close() {
    if (handlers) streams.push(decodePcm(bytes.slice(0, played * width()), format.encoding))
    handlers = null
    isAudible = false
    clearInterval(timer)
  }

  function step() {
    if (!handlers || isPaused || isBlocked) return
    const before = played
    played = Math.min(received(), played + (haste * format.sampleRate * STEP_MS) / 1000)
    const hasSound = played > before
    if (isEnded && played === received() && !hasSound) {
      const { onDrained } = handlers
      close()
      onDrained()
      return
    }
    if (hasSound !== isAudible) {
      isAudible = hasSound
      if (!hasSound && !isComplete) underruns++
      handlers.onAudible(isAudible)
    }
    if (hasSound && ++ticks % 10 === 0) handlers?.onProgress()
  }

  const sink: ClockSink = {
    heard: streams,
    calls,
    get ducked() {
      return ducked
    },
    samples: (from, to) => decodePcm(bytes.slice(from * width(), to * width()), format.encoding),
    setBlocked(value) {
      isBlocked = value
      handlers?.onBlocked(value)
    },
    get receivedFrames() {
      return received()
    },
    get underruns() {
      return underruns
    },
    start(nextFormat, nextHandlers) {
      calls.push('start')
      close()
      format = nextFormat
      handlers = nextHandlers
      bytes = new Uint8Array(1 << 20)
      length = 0
      played = 0
      isEnded = isPaused = isComplete = false
      timer = setInterval(step, STEP_MS)
      if (isBlocked) nextHandlers.onBlocked(true)
    },
    write(more) {
      if (!handlers) throw new Error('a frame was written to a sink that plays nothing')
      isComplete = false
      if (length + more.length > bytes.length) bytes = concatBytes([bytes, new Uint8Array(bytes.length + more.length)])
      bytes.set(more, length)
      length += more.length
    },
    flush() {
      isComplete = true
    },
    end() {
      calls.push('end')
      isEnded = isComplete = true
    },
    truncate(frame) {
      calls.push('truncate')
      length = Math.max(played, Math.min(frame, received())) * width()
      isComplete = true
    },
    stop() {
      calls.push('stop')
      close()
    },
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
    },
    getPlayedFrames: () => played,
    getLevel: () => (isAudible ? 0.1 : 0),
    setVolume(volume) {
      calls.push(`volume ${volume}`)
    },
    duck(factor) {
      ducked = factor
      calls.push(`duck ${factor}`)
    },
    setOutputDevice: () => Promise.resolve(),
    canSetOutputDevice: () => true,
    unlock: () => Promise.resolve(!isBlocked),
    getRecording: () => null,
    destroy() {
      calls.push('destroy')
      close()
    },
  }
  return sink
}
