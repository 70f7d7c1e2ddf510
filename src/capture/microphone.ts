import { claimAudioSession } from '../audio-session.ts'
import { untilAborted } from '../scope.ts'
import { captureUnsupported, toCaptureError } from './capture-errors.ts'

/** How the microphone is captured. Changes take effect at the next start. */
export interface CaptureOptions {
  /** Milliseconds between two looks for recorded audio; smaller is sooner. @default 20 */
  chunkMs?: number | undefined
  /** Bit rate asked of the recorder. @default 32000 */
  bitsPerSecond?: number | undefined
  /**
   * What to record: `'auto'` takes the best container that the browser has, and samples where it has none that the service
   * reads; `'pcm'` takes samples, for the least delay.
   *
   * @default 'auto'
   */
  format?: 'auto' | 'webm' | 'ogg' | 'mp4' | 'pcm' | undefined
  /** Hertz of samples, whatever the device's own rate. Only for samples. @default 16000 */
  sampleRate?: number | undefined
  /**
   * Where the page serves a copy of `dist/pcm-worklet.js`, for a Content-Security-Policy without `blob:`. Only for samples.
   *
   * @default none: the program is loaded from a `blob:` or `data:` address
   */
  workletUrl?: string | URL | undefined
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

/** Open microphones, or those that are being opened, by what was asked for. */
const shared = new Map<string, SharedMicrophone>()

/**
 * Opens the microphone, or shares the one already open with the same constraints.
 *
 * `getUserMedia` is called before this returns: WebKit refuses it once the user's click is over. A grant that comes
 * after the abort is given back at once.
 *
 * @throws DeepgramError as a rejection: `permission-denied`, `permission-dismissed`, `policy-blocked`,
 * `device-not-found`, `device-busy`, `constraints`, `insecure-context`, `unsupported`, `aborted`.
 */
export async function openMicrophone(capture: CaptureOptions, signal: AbortSignal): Promise<MicrophoneLease> {
  const problem = captureUnsupported()
  if (problem) throw problem
  const { deviceId, echoCancellation = true, noiseSuppression = true, autoGainControl = true } = capture
  const audio = {
    ...(deviceId && { deviceId: { exact: deviceId } }),
    echoCancellation,
    noiseSuppression,
    autoGainControl,
    channelCount: { ideal: 1 },
  }
  const key = JSON.stringify(audio)
  const unclaim = claimAudioSession('play-and-record')
  const microphone = shared.get(key) ?? { users: 0, stream: navigator.mediaDevices.getUserMedia({ audio }) }
  shared.set(key, microphone)
  microphone.users++

  const forget = (): void => {
    if (shared.get(key) === microphone) shared.delete(key)
  }
  let isReleased = false
  const release = (): void => {
    if (isReleased) return
    isReleased = true
    unclaim()
    if (--microphone.users > 0) return
    forget()
    microphone.stream.then(
      (stream) => stream.getTracks().forEach((track) => track.stop()),
      () => {},
    )
  }
  try {
    const stream = await untilAborted(microphone.stream, signal, 'Opening the microphone')
    // A track that ended must not be handed to the next one who asks.
    stream.getAudioTracks()[0]?.addEventListener('ended', forget)
    return { stream, release }
  } catch (cause) {
    release()
    throw toCaptureError(cause)
  }
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
