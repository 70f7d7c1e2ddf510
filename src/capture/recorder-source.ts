import type { AudioSource, AudioSourceHandlers, AudioSourceInfo } from '../audio/ports.ts'
import { DeepgramError } from '../errors.ts'
import { createScope, type Scope } from '../scope.ts'
import { captureError } from './capture-errors.ts'
import { microphonePermission, openMicrophone, type CaptureOptions } from './microphone.ts'

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
  let recorder: MediaRecorder | null = null
  let handlers: AudioSourceHandlers | null = null

  const release = (): void => {
    handlers = null
    recorder = null
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
      const track = await opening
      return record(track, current)
    } catch (error) {
      if (scope === current) release()
      throw error
    }
  }

  async function announcePrompt(current: Scope, opening: Promise<unknown>): Promise<void> {
    let isOpen = false
    opening.then(
      () => (isOpen = true),
      () => (isOpen = true),
    )
    const announce = (): void => {
      if (!isOpen && !current.isDisposed) handlers?.onPrompt?.()
    }
    const permission = await microphonePermission()
    if (permission === 'prompt') announce()
    else if (permission === 'unknown') current.timeout(announce, PROMPT_GUESS_MS)
  }

  function record(track: MediaStreamTrack, current: Scope): AudioSourceInfo {
    const started = startRecorder(new MediaStream([track]), capture)
    recorder = started
    started.ondataavailable = ({ data }) => {
      if (data.size > 0) handlers?.onChunk(data)
    }
    started.onerror = () => {
      finish(captureError('device-busy'))
    }
    current.add(() => {
      // Detached first: the last chunk of a dead recorder must not reach the next stream (a second header).
      started.ondataavailable = started.onerror = started.onstop = null
      if (started.state !== 'inactive') started.stop()
    })
    if (isPolled(started.mimeType)) {
      const poll = setInterval(() => {
        if (started.state === 'recording') started.requestData()
      }, capture.chunkMs ?? 20)
      current.add(() => clearInterval(poll))
    }
    current.listen(track, 'ended', () =>
      finish(
        input === 'microphone'
          ? new DeepgramError(
              'source-ended',
              'The microphone went away; nothing more can be heard from it; reconnect it or choose another, then start again.',
              { retryable: true, details: { device: track.label } },
            )
          : undefined,
      ),
    )
    current.listen(track, 'mute', () => handlers?.onMuted?.(true))
    current.listen(track, 'unmute', () => handlers?.onMuted?.(false))
    return {
      format: { kind: 'container', mimeType: started.mimeType },
      label: track.label,
      settings: { ...track.getSettings() },
    }
  }

  function finish(error?: DeepgramError): void {
    const { onEnded } = handlers ?? {}
    void stop().then(() => onEnded?.(error))
  }

  async function stop(): Promise<void> {
    const running = recorder
    if (running && running.state !== 'inactive') {
      await new Promise<void>((resolve) => {
        running.onstop = () => resolve()
        // `dataavailable` with the rest comes before `stop`.
        running.stop()
      })
    }
    if (recorder === running) release()
  }

  return {
    format: { kind: 'container', mimeType: '' },
    start: start,
    stop,
    abort: release,
    pause() {
      if (recorder?.state !== 'recording') return
      recorder.requestData()
      recorder.pause()
    },
    resume() {
      if (recorder?.state === 'paused') recorder.resume()
    },
  }
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
