import { abortedError } from '../errors.ts'
import { captureUnsupported, toCaptureError } from './capture-errors.ts'

/** How the microphone is captured. Changes take effect at the next start. */
export interface CaptureOptions {
  /** Milliseconds between two looks for recorded audio; smaller is sooner. @default 20 */
  chunkMs?: number | undefined
  /** Bit rate asked of the recorder. @default 32000 */
  bitsPerSecond?: number | undefined
  /** Which container to record; `'auto'` takes the best that the browser has. @default 'auto' */
  format?: 'auto' | 'webm' | 'ogg' | 'mp4' | undefined
  /** Which microphone, by the id that `useAudioDevices` gives. Without it the system's default. */
  deviceId?: string | undefined
  /** Takes the page's own sound out of the recording. @default true */
  echoCancellation?: boolean | undefined
  /** Takes steady noise out of the recording. @default true */
  noiseSuppression?: boolean | undefined
  /** Evens out loud and quiet. @default true */
  autoGainControl?: boolean | undefined
}

/** A user's share of a microphone. */
export interface MicrophoneLease {
  readonly stream: MediaStream
  /** Gives the share back; the last one ends the track. Harmless when called twice. */
  readonly release: () => void
}

interface SharedMicrophone {
  users: number
  readonly stream: Promise<MediaStream>
}

// One table per page, found through the page's own object, so that two copies of a module state are impossible to mix up.
const shared = new WeakMap<MediaDevices, Map<string, SharedMicrophone>>()

const stopTracks = (stream: MediaStream): void => {
  for (const track of stream.getTracks()) track.stop()
}

function constraintsOf(capture: CaptureOptions): MediaTrackConstraints {
  const { deviceId, echoCancellation = true, noiseSuppression = true, autoGainControl = true } = capture
  return {
    ...(deviceId && { deviceId: { exact: deviceId } }),
    echoCancellation,
    noiseSuppression,
    autoGainControl,
    channelCount: { ideal: 1 },
  }
}

/**
 * Opens the microphone, or shares the one already open with the same constraints.
 *
 * `getUserMedia` is called before this returns: WebKit refuses it once the user's click is over. A grant that comes
 * after the abort is given back at once.
 *
 * @throws DeepgramError as a rejection: `permission-denied`, `permission-dismissed`, `policy-blocked`,
 * `device-not-found`, `device-busy`, `constraints`, `insecure-context`, `unsupported`, `aborted`.
 */
export function openMicrophone(capture: CaptureOptions, signal: AbortSignal): Promise<MicrophoneLease> {
  const problem = captureUnsupported()
  if (problem) return Promise.reject(problem)
  const { mediaDevices } = navigator
  const open = shared.get(mediaDevices) ?? new Map<string, SharedMicrophone>()
  shared.set(mediaDevices, open)
  const constraints = constraintsOf(capture)
  const key = JSON.stringify(constraints)
  const microphone = open.get(key) ?? { users: 0, stream: mediaDevices.getUserMedia({ audio: constraints }) }
  open.set(key, microphone)
  microphone.users++

  let isReleased = false
  const release = (): void => {
    if (isReleased) return
    isReleased = true
    if (--microphone.users > 0) return
    if (open.get(key) === microphone) open.delete(key)
    microphone.stream.then(stopTracks, () => {})
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      release()
      reject(abortedError('Opening the microphone'))
    }
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    microphone.stream.then(
      (stream) => {
        signal.removeEventListener('abort', abort)
        if (isReleased) return
        // A track that ended must not be handed to the next one who asks.
        stream.getAudioTracks()[0]?.addEventListener('ended', () => {
          if (open.get(key) === microphone) open.delete(key)
        })
        resolve({ stream, release })
      },
      (cause: unknown) => {
        signal.removeEventListener('abort', abort)
        release()
        reject(toCaptureError(cause))
      },
    )
  })
}

/** Tells whether the browser is going to ask the user; `'unknown'` where that cannot be read. Never prompts. */
export async function microphonePermission(): Promise<PermissionState | 'unknown'> {
  try {
    return (await navigator.permissions.query({ name: 'microphone' })).state
  } catch {
    // Firefox before 132 does not know the name and throws a TypeError.
    return 'unknown'
  }
}
