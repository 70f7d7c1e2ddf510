import type { AudioSource } from './audio/ports.ts'
import { isOnline, watchPage } from './browser-page.ts'
import { captureUnsupported } from './capture/capture-errors.ts'
import type { CaptureOptions } from './capture/microphone.ts'
import { createPcmSourceOnDemand } from './capture/pcm-on-demand.ts'
import { createRecorderSource, recorderTypes, type RecorderInput } from './capture/recorder-source.ts'
import type { DeepgramErrorCode } from './errors.ts'
import { isFluxModel } from './protocol/endpoint.ts'
import { checkOptions, FLAG, numberFrom, OBJECT, TEXT, type OptionRules } from './socket/check-options.ts'
import { createListenSession, type ListenSession, type ListenSessionOptions } from './session/listen-session.ts'

/** Options of a listen session in a browser. */
export interface ListenOptions extends ListenSessionOptions<RecorderInput> {
  /** How the microphone, stream or track is recorded. */
  capture?: CaptureOptions | undefined
}

const INPUT: OptionRules = [
  [OBJECT, 'capture'],
  [
    [
      "'microphone', a MediaStream, a MediaStreamTrack or an AudioSource",
      (value) => value === 'microphone' || OBJECT[1](value),
    ],
    'source',
  ],
]
const CAPTURE: OptionRules = [
  [numberFrom(1, 60_000), 'chunkMs'],
  [numberFrom(1), 'bitsPerSecond'],
  [numberFrom(8_000, 48_000), 'sampleRate'],
  [TEXT, 'deviceId'],
  [FLAG, 'echoCancellation noiseSuppression autoGainControl'],
  [['auto, webm, ogg, mp4 or pcm', (value) => /^(auto|webm|ogg|mp4|pcm)$/.test(String(value))], 'format'],
]

/**
 * Creates a listen session that records with the browser's own means. It does nothing until `start()`.
 *
 * @param getOptions - Called at each start, at each connection attempt, and for each callback.
 */
export function createBrowserListenSession(getOptions: () => ListenOptions): ListenSession {
  return createListenSession(getOptions, {
    createSource(source = 'microphone', deviceId) {
      const { capture: wanted, model } = getOptions()
      checkOptions({ source, capture: wanted }, INPUT)
      checkOptions(wanted ?? {}, CAPTURE, 'capture.')
      if (isAudioSource(source)) return source
      const capture = { ...wanted, deviceId: deviceId ?? wanted?.deviceId }
      const { format = 'auto' } = capture
      const isPcm = format === 'pcm' || (format === 'auto' && !recordsUsably(isFluxModel(model)))
      return isPcm ? createPcmSourceOnDemand(source, capture) : createRecorderSource(source, capture)
    },
    schedule: beforeNextPicture,
    isOnline,
    watchPage,
  })
}

/** Why this browser, or this page, cannot listen to a microphone; `null` when it can. Does not touch the microphone. */
export function listenUnsupportedReason(): DeepgramErrorCode | null {
  const canRecord = typeof MediaRecorder !== 'undefined' || typeof AudioWorkletNode !== 'undefined'
  if (!canRecord && globalThis.isSecureContext !== false) return 'unsupported'
  return captureUnsupported()?.code ?? null
}

/**
 * Whether the browser claims to record a container that the service reads. Flux reads no MP4; and WebKitGTK has a recorder
 * that may have no container at all, because its multiplexers are packages of the system.
 */
const recordsUsably = (isFlux: boolean): boolean =>
  typeof MediaRecorder !== 'undefined' && (isFlux ? /webm|ogg/ : /./).test(recorderTypes().join(''))

const isAudioSource = (source: RecorderInput | AudioSource): source is AudioSource =>
  typeof source === 'object' && 'start' in source

/** Pictures are not drawn while a page is hidden; a timer then takes their place. */
function beforeNextPicture(run: () => void): () => void {
  if (globalThis.document?.visibilityState === 'visible') {
    const frame = requestAnimationFrame(run)
    return () => cancelAnimationFrame(frame)
  }
  const timer = setTimeout(run, 16)
  return () => clearTimeout(timer)
}
