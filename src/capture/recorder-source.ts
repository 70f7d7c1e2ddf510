import type { AudioSource, AudioSourceHandlers, AudioSourceInfo } from '../audio/ports.ts'
import type { DeepgramError } from '../errors.ts'
import { createScope, type Dispose, type Scope } from '../scope.ts'
import { captureError } from './capture-errors.ts'
import { openInput, type CaptureInput } from './input.ts'
import type { CaptureOptions } from './microphone.ts'
import { measureLevel } from './track-level.ts'

/** What a recorder can record. */
export type RecorderInput = CaptureInput

const CANDIDATES = [
  'audio/webm;codecs=opus',
  'audio/ogg;codecs=opus',
  'audio/mp4;codecs=opus',
  'audio/mp4;codecs=mp4a.40.2',
  'audio/mp4',
]

// Browsers throttle the poll of a hidden page; then the recorder itself must hand over, in larger pieces.
const SAFETY_TIMESLICE_MS = 1000

/**
 * The container types to try, best first; an empty string leaves the choice to the browser.
 *
 * @param isFlux - Leaves out MP4, which Flux does not read, and with it the browser's own choice.
 */
export function recorderTypes(format: CaptureOptions['format'] = 'auto', isFlux = false): string[] {
  const isAuto = format === 'auto'
  const known = CANDIDATES.filter(
    (type) =>
      (isAuto ? !isFlux || !/mp4/.test(type) : type.startsWith('audio/' + format)) &&
      MediaRecorder.isTypeSupported(type),
  )
  return isAuto && !isFlux ? [...known, ''] : known
}

/**
 * Creates a source that records with `MediaRecorder`. It opens nothing before `start()`.
 *
 * The microphone is opened and closed by the source; a stream or a track stays its owner's, and is never stopped.
 * Each start is a new recorder, so a new container with its own header.
 *
 * `start()` rejects with the codes of the microphone, `unsupported` when the browser records no usable container, or
 * `source-ended` when the given track is over.
 */
export function createRecorderSource(input: RecorderInput, capture: CaptureOptions = {}): AudioSource {
  let scope: Scope | null = null
  let recording: Recording | null = null
  let track: MediaStreamTrack | null = null
  let handlers: AudioSourceHandlers | null = null
  let level: (() => number) | null = null

  const release = (): void => {
    handlers = track = recording = level = null
    scope?.dispose()
    scope = null
  }

  async function start(to: AudioSourceHandlers, signal: AbortSignal): Promise<AudioSourceInfo> {
    release()
    const current = (scope = createScope())
    handlers = to
    current.listen(signal, 'abort', release)
    try {
      if (typeof MediaRecorder === 'undefined') throw captureError('unsupported')
      // Nothing may be awaited before the microphone is asked for.
      track = await openInput(input, capture, current, to, finish)
      return restart()
    } catch (error) {
      if (scope === current) release()
      throw error
    }
  }

  /** Begins to record the open track; what recorded it before is cut off. */
  function restart(): AudioSourceInfo {
    const from = track!
    recording?.cutOff()
    const recorder = startRecorder(new MediaStream([from]), capture)
    recorder.ondataavailable = ({ data }) => {
      if (data.size > 0) handlers?.onChunk(data)
    }
    recorder.onerror = () => finish(captureError('device-busy'))
    // Safari's MP4 comes in fragments of a second; asking oftener yields empty chunks only.
    const poll = recorder.mimeType.startsWith('audio/mp4')
      ? undefined
      : setInterval(() => {
          if (recorder.state === 'recording') recorder.requestData()
        }, capture.chunkMs ?? 20)
    let ended!: () => void
    const stopped = new Promise<void>((resolve) => (ended = resolve))
    recorder.onstop = ended
    const cutOff = scope!.add(() => {
      clearInterval(poll)
      // Detached first: the last chunk of a dead recorder must not reach the next stream (a second header).
      recorder.ondataavailable = recorder.onerror = recorder.onstop = null
      if (recorder.state !== 'inactive') recorder.stop()
      ended()
    })
    recording = { recorder, cutOff, stopped }
    return {
      format: { kind: 'container', mimeType: recorder.mimeType },
      label: from.label,
      settings: { ...from.getSettings() },
      ...(poll === undefined &&
        (capture.chunkMs ?? Infinity) < SAFETY_TIMESLICE_MS && {
          notes: [
            `This browser records MP4, whose fragments are a second long: chunkMs below ${SAFETY_TIMESLICE_MS} is not met; take capture.format 'pcm' for the least delay.`,
          ],
        }),
    }
  }

  function finish(error?: DeepgramError): void {
    const { onEnded } = handlers ?? {}
    void stop().then(() => onEnded?.(error))
  }

  async function stop(): Promise<void> {
    const ending = recording
    if (ending && ending.recorder.state !== 'inactive') ending.recorder.stop()
    // A recorder whose track has ended is inactive before it has handed over the rest.
    await ending?.stopped
    if (recording === ending) release()
  }

  return {
    format: { kind: 'container', mimeType: '' },
    start,
    restart,
    stop,
    abort: release,
    pause() {
      const { recorder } = recording ?? {}
      if (recorder?.state !== 'recording') return
      recorder.requestData()
      recorder.pause()
    },
    resume() {
      const { recorder } = recording ?? {}
      if (recorder?.state === 'paused') recorder.resume()
    },
    getLevel() {
      if (recording?.recorder.state === 'paused') return 0
      if (track && scope) level ??= measureLevel(track, scope)
      return level?.() ?? 0
    },
  }
}

/** One run of a `MediaRecorder`. */
interface Recording {
  readonly recorder: MediaRecorder
  /** Nothing is handed over afterwards. */
  readonly cutOff: Dispose
  /** Resolves when everything was handed over, or it was cut off. */
  readonly stopped: Promise<void>
}

function startRecorder(stream: MediaStream, capture: CaptureOptions): MediaRecorder {
  let cause: unknown
  for (const type of recorderTypes(capture.format)) {
    try {
      const recorder = new MediaRecorder(stream, {
        ...(type && { mimeType: type }),
        audioBitsPerSecond: capture.bitsPerSecond ?? 32_000,
      })
      recorder.start(SAFETY_TIMESLICE_MS)
      return recorder
    } catch (error) {
      // Browsers may claim a type and then refuse it: the next one may do.
      cause = error
    }
  }
  throw captureError('unsupported', cause)
}
