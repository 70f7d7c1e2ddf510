import type { AudioSource } from './audio/ports.ts'
import { isOnline, watchPage } from './browser-page.ts'
import { captureUnsupported } from './capture/capture-errors.ts'
import { createCaptureSource, type CaptureMemory } from './capture/capture-source.ts'
import type { CaptureOptions } from './capture/microphone.ts'
import type { RecorderInput } from './capture/recorder-source.ts'
import type { DeepgramErrorCode } from './errors.ts'
import { isFluxModel } from './protocol/endpoint.ts'
import { createScope, type Dispose } from './scope.ts'
import { checkOptions, FLAG, numberFrom, OBJECT, TEXT, type OptionRules } from './socket/check-options.ts'
import {
  createListenSession,
  type ListenSession,
  type ListenSessionOptions,
  type PageEvent,
} from './session/listen-session.ts'

/** Options of a listen session in a browser. */
export interface ListenOptions extends ListenSessionOptions<RecorderInput> {
  /** How the microphone, stream or track is recorded. */
  capture?: CaptureOptions | undefined
  /** Keeps the screen from going dark while it listens, where the browser can. @default false */
  wakeLock?: boolean | undefined
}

const INPUT: OptionRules = [
  [OBJECT, 'capture'],
  [FLAG, 'wakeLock'],
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
  [['voice-chat, dictation or raw', (value) => /^(voice-chat|dictation|raw)$/.test(String(value))], 'preset'],
  [numberFrom(0), 'noInputMs'],
  [['auto, webm, ogg, mp4 or pcm', (value) => /^(auto|webm|ogg|mp4|pcm)$/.test(String(value))], 'format'],
]

/**
 * Creates a listen session that records with the browser's own means. It does nothing until `start()`.
 *
 * @param getOptions - Called at each start, at each connection attempt, and for each callback.
 */
export function createBrowserListenSession(getOptions: () => ListenOptions): ListenSession {
  const memory: CaptureMemory = {}
  const session: ListenSession = createListenSession<RecorderInput>(getOptions, {
    createSource(source = 'microphone', choice) {
      const { capture, model, wakeLock } = getOptions()
      checkOptions({ source, capture, wakeLock }, INPUT)
      checkOptions(capture ?? {}, CAPTURE, 'capture.')
      if (isAudioSource(source)) return source
      return createCaptureSource(source, () => getOptions().capture ?? {}, choice, isFluxModel(model), memory)
    },
    schedule: beforeNextPicture,
    isOnline,
    watchPage: (tell) => stayAwake(session, getOptions, tell),
    watchRemedy: (error, tell) =>
      // What has no remedy on the page, or none that it is told of, needs no watching.
      /^(permission-|device-|constraints|source-)/.test(error.code)
        ? onDemand(async () => (await import('./capture/remedy.ts')).watchRemedy(error, tell))
        : () => {},
  })
  return session
}

/** Why this browser, or this page, cannot listen to a microphone; `null` when it can. Does not touch the microphone. */
export function listenUnsupportedReason(): DeepgramErrorCode | null {
  const canRecord = typeof MediaRecorder !== 'undefined' || typeof AudioWorkletNode !== 'undefined'
  if (!canRecord && globalThis.isSecureContext !== false) return 'unsupported'
  return captureUnsupported()?.code ?? null
}

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

/** Watches the page, and keeps it from falling asleep where that was asked for, or the line depends on it. */
function stayAwake(session: ListenSession, getOptions: () => ListenOptions, tell: (event: PageEvent) => void): Dispose {
  const scope = createScope()
  if (!globalThis.document) return scope.dispose
  // A page that is hidden while no audio flows has nothing but its timers to keep the line, and browsers slow those down.
  let stopClock: Dispose | undefined
  const update = (): void => {
    const isQuiet = document.visibilityState !== 'visible' && !session.getState().isCapturing
    if (isQuiet) {
      stopClock ??= scope.add(
        onDemand(async () => (await import('./capture/background-clock.ts')).startBackgroundClock(() => tell('tick'))),
      )
    } else {
      stopClock?.()
      stopClock = undefined
    }
  }
  scope.add(watchPage(tell))
  scope.listen(document, 'visibilitychange', () => {
    update()
    if (document.visibilityState !== 'visible') tell('tick')
  })
  scope.add(session.subscribe(update))
  if (getOptions().wakeLock) {
    scope.add(onDemand(async () => (await import('./capture/wake-lock.ts')).keepScreenAwake()))
  }
  return scope.dispose
}

/** Begins something whose code has to be loaded; it may be undone before it is there. */
function onDemand(begin: () => Promise<Dispose>): Dispose {
  const scope = createScope()
  begin().then(
    (undo) => scope.add(undo),
    () => {
      // Without it everything else goes on.
    },
  )
  return scope.dispose
}
