import type { AudioSource, AudioSourceHandlers, AudioSourceInfo } from '../audio/ports.ts'
import { DeepgramError } from '../errors.ts'
import { createScope, type Scope } from '../scope.ts'
import { captureError } from './capture-errors.ts'
import { microphonePermission, openMicrophone, type CaptureOptions } from './microphone.ts'
import { createTrackLevel, type TrackLevel } from './track-level.ts'

/** What a recorder can record. */
export type RecorderInput = 'microphone' | MediaStream | MediaStreamTrack

const CANDIDATES = [
  'audio/webm;codecs=opus',
  'audio/ogg;codecs=opus',
  'audio/mp4;codecs=opus',
  'audio/mp4;codecs=mp4a.40.2',
  'audio/mp4',
]

// Browsers throttle the poll of a hidden page; then the recorder itself must hand over, in larger pieces.
const SAFETY_TIMESLICE_MS = 1000
// Without an answer to the permission query: a microphone that was allowed before is open within this time.
const PROMPT_GUESS_MS = 500

/** The container types to try, best first; an empty string leaves the choice to the browser. */
export function recorderTypes(format: CaptureOptions['format'] = 'auto'): string[] {
  const wanted = CANDIDATES.filter((type) => format === 'auto' || type.startsWith('audio/' + format))
  const known = wanted.filter((type) => MediaRecorder.isTypeSupported(type))
  return format === 'auto' ? [...known, ''] : known
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
  let level: TrackLevel | null = null

  const release = (): void => {
    handlers = track = recording = level = null
    scope?.dispose()
    scope = null
  }

  async function start(to: AudioSourceHandlers, signal: AbortSignal): Promise<AudioSourceInfo> {
    release()
    const current = createScope()
    scope = current
    handlers = to
    signal.addEventListener('abort', release, { once: true })
    current.add(() => signal.removeEventListener('abort', release))
    try {
      // Nothing may be awaited before the microphone is asked for.
      const opening = openInput(input, capture, current)
      if (input === 'microphone') void announcePrompt(current, opening)
      track = await opening
      watchTrack(track, current)
      return restart()
    } catch (error) {
      if (scope === current) release()
      throw error
    }
  }

  async function announcePrompt(current: Scope, opening: Promise<unknown>): Promise<void> {
    let isOpen = false
    const settled = (): void => {
      isOpen = true
    }
    opening.then(settled, settled)
    const announce = (): void => {
      if (!isOpen && !current.isDisposed) handlers?.onPrompt?.()
    }
    const permission = await microphonePermission()
    if (permission === 'prompt') announce()
    else if (permission === 'unknown') current.timeout(announce, PROMPT_GUESS_MS)
  }

  function watchTrack(input: MediaStreamTrack, current: Scope): void {
    current.listen(input, 'ended', () => finish(sourceEnded(input)))
    current.listen(input, 'mute', () => handlers?.onMuted?.(true))
    current.listen(input, 'unmute', () => handlers?.onMuted?.(false))
  }

  const sourceEnded = ({ label }: MediaStreamTrack): DeepgramError | undefined =>
    input === 'microphone'
      ? new DeepgramError(
          'source-ended',
          'The microphone went away; nothing more can be heard from it; reconnect it or choose another, then start again.',
          { retryable: true, details: { device: label } },
        )
      : undefined

  /** Begins to record the open track; what recorded it before is cut off. */
  function restart(): AudioSourceInfo {
    recording?.scope.dispose()
    const from = track!
    const next = startRecording(new MediaStream([from]), capture, {
      onChunk: (chunk) => handlers?.onChunk(chunk),
      onError: () => finish(captureError('device-busy')),
    })
    recording = next
    scope?.add(() => next.scope.dispose())
    return {
      format: { kind: 'container', mimeType: next.recorder.mimeType },
      label: from.label,
      settings: { ...from.getSettings() },
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
    start: start,
    restart,
    stop,
    abort: release,
    pause() {
      if (recording?.recorder.state !== 'recording') return
      recording.recorder.requestData()
      recording.recorder.pause()
    },
    resume() {
      if (recording?.recorder.state === 'paused') recording.recorder.resume()
    },
    getLevel() {
      if (!level && track && scope) {
        level = createTrackLevel(track)
        scope.add(level.dispose)
      }
      return level?.get() ?? 0
    },
  }
}

/** One run of a `MediaRecorder`. */
interface Recording {
  readonly recorder: MediaRecorder
  /** Cuts it off; nothing is handed over afterwards. */
  readonly scope: Scope
  /** Resolves when everything was handed over, or it was cut off. */
  readonly stopped: Promise<void>
}

function startRecording(
  stream: MediaStream,
  capture: CaptureOptions,
  { onChunk, onError }: { onChunk: (chunk: Blob) => void; onError: () => void },
): Recording {
  const recorder = startRecorder(stream, capture)
  const scope = createScope()
  const stopped = new Promise<void>((resolve) => {
    scope.add(resolve)
    recorder.onstop = () => resolve()
  })
  recorder.ondataavailable = ({ data }) => {
    if (data.size > 0) onChunk(data)
  }
  recorder.onerror = onError
  scope.add(() => {
    // Detached first: the last chunk of a dead recorder must not reach the next stream (a second header).
    recorder.ondataavailable = recorder.onerror = recorder.onstop = null
    if (recorder.state !== 'inactive') recorder.stop()
  })
  if (isPolled(recorder.mimeType)) {
    const poll = setInterval(() => {
      if (recorder.state === 'recording') recorder.requestData()
    }, capture.chunkMs ?? 20)
    scope.add(() => clearInterval(poll))
  }
  return { recorder, scope, stopped }
}

// Safari's MP4 comes in fragments of a second; asking oftener yields empty chunks only.
const isPolled = (mimeType: string): boolean => !mimeType.startsWith('audio/mp4')

async function openInput(input: RecorderInput, capture: CaptureOptions, scope: Scope): Promise<MediaStreamTrack> {
  if (typeof MediaRecorder === 'undefined') throw captureError('unsupported')
  const lease = input === 'microphone' ? await openMicrophone(capture, scope.signal) : null
  if (lease) scope.add(lease.release)
  const track =
    lease?.stream.getAudioTracks()[0] ??
    (input instanceof MediaStreamTrack ? input : input instanceof MediaStream ? input.getAudioTracks()[0] : undefined)
  if (track?.readyState === 'live') return track
  throw new DeepgramError(
    'source-ended',
    'The audio source has no live audio track; there is nothing to listen to; pass a stream whose track has not ended.',
  )
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
