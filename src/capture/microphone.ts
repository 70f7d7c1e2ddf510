import type { CapturePreset } from '../audio/ports.ts'
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
   * reads; when the service makes nothing of it, the next one is tried, and samples last. `'pcm'` takes samples, for the
   * least delay. A container that is named is recorded, or nothing is.
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
  /**
   * How the browser processes the sound: `'voice-chat'` turns on all three of the options below; `'dictation'` evens the
   * loudness alone, for one who speaks near the microphone while nothing is played; `'raw'` turns all three off.
   *
   * @default 'voice-chat'
   */
  preset?: CapturePreset | undefined
  /** Takes the page's own sound out of the recording. @default by `preset` */
  echoCancellation?: boolean | undefined
  /** Takes steady noise out of the recording. @default by `preset` */
  noiseSuppression?: boolean | undefined
  /** Evens out loud and quiet. @default by `preset` */
  autoGainControl?: boolean | undefined
  /**
   * Milliseconds of digital silence (not even noise) from the start after which a `no-input` warning names the device; three
   * times as long once something was heard, because noise gates make silence between words. `Infinity`: never.
   *
   * @default 5000
   */
  noInputMs?: number | undefined
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
  track?: MediaStreamTrack | undefined
}

/** Open microphones, or those that are being opened, by what was asked for. */
const shared = new Map<string, SharedMicrophone>()

/** What is asked of the browser. A setting of its own wins over the preset. */
function constraintsOf(capture: CaptureOptions): MediaTrackConstraints {
  const { deviceId, preset = 'voice-chat' } = capture
  const isVoiceChat = preset === 'voice-chat'
  const { echoCancellation = isVoiceChat, noiseSuppression = isVoiceChat, autoGainControl = preset !== 'raw' } = capture
  return {
    ...(deviceId && { deviceId: { exact: deviceId } }),
    echoCancellation,
    noiseSuppression,
    autoGainControl,
    channelCount: { ideal: 1 },
  }
}

/** Asks for the microphone; one that is not there any more is wished for only. */
async function ask(audio: MediaTrackConstraints, deviceId: string | undefined): Promise<MediaStream> {
  const { mediaDevices } = navigator
  try {
    return await mediaDevices.getUserMedia({ audio })
  } catch (error) {
    if (!deviceId || (error as Error).name !== 'OverconstrainedError') throw error
    return mediaDevices.getUserMedia({ audio: { ...audio, deviceId: { ideal: deviceId } } })
  }
}

/**
 * Opens the microphone, or shares the one already open with the same constraints.
 *
 * `getUserMedia` is called before this returns: WebKit refuses it once the user's click is over. A grant that comes
 * after the abort is given back at once. A chosen device that is not there is replaced by the browser's choice.
 *
 * @throws DeepgramError as a rejection: `permission-denied`, `permission-dismissed`, `policy-blocked`,
 * `device-not-found`, `device-busy`, `constraints`, `insecure-context`, `unsupported`, `aborted`.
 */
export async function openMicrophone(capture: CaptureOptions, signal: AbortSignal): Promise<MicrophoneLease> {
  const problem = captureUnsupported()
  if (problem) throw problem
  const audio = constraintsOf(capture)
  const key = JSON.stringify(audio)
  const unclaim = claimAudioSession('play-and-record')
  const askedAt = Date.now()
  const microphone: SharedMicrophone = shared.get(key) ?? { users: 0, stream: ask(audio, capture.deviceId) }
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
    microphone.track = stream.getAudioTracks()[0]
    // A track that ended must not be handed to the next one who asks.
    microphone.track?.addEventListener('ended', forget)
    return { stream, release }
  } catch (cause) {
    release()
    throw toCaptureError(cause, await microphonePermission(), Date.now() - askedAt)
  }
}

/** Whoever asks next gets a microphone of its own, though this one is still open: it is deaf, or not the one meant. */
export function forgetMicrophone(track: MediaStreamTrack): void {
  for (const [key, microphone] of shared) if (microphone.track === track) shared.delete(key)
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
