import type { AudioSource, AudioSourceHandlers, AudioSourceInfo } from '../audio/ports.ts'
import { abortedError, DeepgramError } from '../errors.ts'
import { createScope, type Scope } from '../scope.ts'
import { captureError } from './capture-errors.ts'
import { forgetMicrophone, type CaptureOptions } from './microphone.ts'
import { isMeasuring, measureLevel } from './track-level.ts'

export type CaptureFormat = NonNullable<CaptureOptions['format']>

/** One recording of one track. */
export interface Take {
  readonly track: MediaStreamTrack
  readonly source: AudioSource
  readonly info: AudioSourceInfo
  /** How many chunks it has delivered. */
  readonly count: number
  /** Ends with the recording; gives the microphone back. */
  readonly scope: Scope
}

/** A capture that is watched over. */
export interface Supervised {
  /** Ends with the capture. */
  readonly scope: Scope
  readonly isMicrophone: boolean
  /** Whether the format was named by the application. */
  readonly isPinned: boolean
  /** The container types that can be recorded, best first. */
  readonly types: readonly string[]
  /** What is wanted now. */
  readonly getCapture: () => CaptureOptions
  readonly setFormat: (format: CaptureFormat) => void
  /** What is recorded now; `null` while there is nothing to record. */
  readonly getTake: () => Take | null
  /** Opens what is wanted, and begins to record it; its audio is held back. */
  readonly begin: () => Promise<Take>
  /** From now on this is what is recorded. */
  readonly adopt: (take: Take) => void
  /** Hands over its audio. */
  readonly flow: (take: Take) => void
  readonly isPaused: () => boolean
  readonly tell: () => Partial<AudioSourceHandlers>
  readonly end: (error: Error) => void
}

/** What can be done with a capture that is watched over. */
export interface Supervision {
  /** Goes over to what is wanted now. What was heard goes on until the new recording runs, and if that fails. */
  readonly changeOver: () => Promise<void>
  /** The service makes nothing of what is recorded: goes over to the next format. */
  readonly fallBack: () => void
  /** The microphone is gone. */
  readonly lost: (take: Take) => void
  /** The application has switched off its track. */
  readonly switchedOff: () => void
}

/** A device that is plugged in is told several times. */
const DEBOUNCE_MS = 250
/** Nobody tells that a busy device is free again. */
const RETRY_MS = 3_000
/** A call that is over gives the microphone back within this time, or not at all (iOS). */
const UNMUTE_GRACE_MS = 1_000
/** A recorder that has delivered nothing by then never will (WebKitGTK). */
const NOTHING_MS = 4_000
const LOOK_MS = 250
const SWITCH_POLL_MS = 20
const NO_INPUT_MS = 5_000

const FAMILIES = ['webm', 'ogg', 'mp4'] as const

/** Watches over a capture until its scope ends: loss and return of devices, calls, silence, recorders without output. */
export function supervise(capture: Supervised): Supervision {
  const { scope, isMicrophone, getCapture, getTake, tell } = capture
  let isRecovering = false
  let isWaiting = false
  let changes = 0
  let changing: Promise<void> = Promise.resolve()

  function changeOver(): Promise<void> {
    const mine = ++changes
    changing = changing.catch(ignore).then(async () => {
      // A later wish takes its place.
      if (mine === changes) await changeNow()
    })
    return changing
  }

  async function changeNow(): Promise<void> {
    if (scope.isDisposed) throw abortedError('Capturing')
    let before = getTake()
    const retire = async (): Promise<void> => {
      await before?.source.stop()
      before?.scope.dispose()
      before = null
    }
    const goesFirst = isMicrophone && allowsOneMicrophone()
    if (goesFirst) await retire()
    let next: Take
    try {
      next = await capture.begin()
    } catch (error) {
      // The one before is gone for nothing: it is asked for again.
      if (goesFirst) scope.timeout(recoverSoon, 0)
      throw error
    }
    // Its last chunk belongs to the stream before.
    await retire()
    if (scope.isDisposed) throw abortedError('Capturing')
    capture.adopt(next)
    const { onInput, onReplaced } = tell()
    onInput?.(next.track.muted ? 'muted' : 'live')
    await onReplaced?.(next.info)
    if (scope.isDisposed) throw abortedError('Capturing')
    capture.flow(next)
    compare(next)
  }

  /** Tells when another device is heard than the one that was chosen. */
  function compare({ info, track }: Take): void {
    const { onWarning } = tell()
    onWarning?.('device-lost', null)
    const isOther = info.selectedDevice && info.selectedDevice !== info.settings?.['deviceId']
    onWarning?.(
      'device-changed',
      isOther ? `The chosen microphone is not there; ${nameOf(track)} is heard in its place.` : null,
      nameOf(track),
    )
  }

  function fallBack(): void {
    const { format } = getTake()?.info ?? {}
    if (format?.kind !== 'container') return
    const types = [...capture.types]
    const used = FAMILIES.findIndex((family) => format.mimeType.startsWith('audio/' + family))
    const next = FAMILIES.slice(used + 1).find((family) => types.some((type) => type.startsWith('audio/' + family)))
    capture.setFormat(next ?? 'pcm')
    tell().onWarning?.(
      'format-changed',
      `Nothing came of the audio as ${format.mimeType || 'it was recorded'}; another format is tried.`,
    )
    changeOver().catch((error: unknown) => capture.end(error as Error))
  }

  const recoverSoon = (): void => void recover()

  async function recover(lost?: Take): Promise<void> {
    if (isRecovering || scope.isDisposed) return
    isRecovering = true
    if (!isWaiting) tell().onInput?.('recovering')
    if (lost) {
      tell().onWarning?.(
        'device-lost',
        `${nameOf(lost.track)} went away; nothing is heard until it is back or another one is there.`,
        nameOf(lost.track),
      )
    }
    try {
      await changeOver()
      isWaiting = false
    } catch (error) {
      if (scope.isDisposed) return
      const { code } = error as DeepgramError
      // A page that nobody sees may not ask (iOS); what it is told then means nothing.
      if (!/^(device-|constraints)/.test(code) && document.visibilityState === 'visible') {
        capture.end(error as Error)
        return
      }
      if (!isWaiting) tell().onInput?.('waiting-for-device')
      isWaiting = true
      scope.timeout(look, RETRY_MS)
    } finally {
      isRecovering = false
    }
  }

  const look = (): void => {
    lookAtDevices().catch(ignore)
  }

  async function lookAtDevices(): Promise<void> {
    const devices = await listMicrophones()
    if (scope.isDisposed) return
    if (isWaiting) {
      if (devices.length && document.visibilityState === 'visible') void recover()
      else scope.timeout(look, RETRY_MS)
      return
    }
    const take = getTake()
    const { deviceId: selected } = getCapture()
    const before = systemDefault
    systemDefault = defaultOf(devices) ?? before
    const isOther = selected
      ? take?.info.settings?.['deviceId'] !== selected && devices.some(({ deviceId }) => deviceId === selected)
      : systemDefault !== before
    if (take && isOther) renew(take)
  }

  /** Another microphone in place of one that is still there. If there is none, the one that is there is kept. */
  function renew({ track }: Take): void {
    forgetMicrophone(track)
    changeOver().catch(ignore)
  }

  let systemDefault: string | undefined
  if (isMicrophone) {
    listMicrophones().then((devices) => (systemDefault ??= defaultOf(devices)), ignore)
    let forget: (() => void) | undefined
    scope.listen(navigator.mediaDevices, 'devicechange', () => {
      forget?.()
      forget = scope.timeout(look, DEBOUNCE_MS)
    })
    scope.listen(document, 'visibilitychange', () => {
      if (document.visibilityState !== 'visible') return
      if (isWaiting) void recover()
      scope.timeout(() => {
        const take = getTake()
        if (take && (take.track.muted || take.track.readyState === 'ended')) renew(take)
      }, UNMUTE_GRACE_MS)
    })
  }

  if (isMicrophone) watchSound(capture, fallBack)
  const first = getTake()
  if (first) compare(first)

  let isOff = false
  return {
    changeOver,
    fallBack,
    lost: (take) => void recover(take),
    switchedOff() {
      if (isOff || scope.isDisposed) return
      isOff = true
      tell().onInput?.('disabled')
      const timer = setInterval(() => {
        if (!getTake()?.track.enabled) return
        isOff = false
        forget()
        tell().onInput?.('live')
      }, SWITCH_POLL_MS)
      const forget = scope.add(() => clearInterval(timer))
    },
  }
}

/** Notices a microphone of digital silence, and a recorder that delivers nothing. */
function watchSound(
  { scope, isPinned, getCapture, getTake, isPaused, tell, end }: Supervised,
  fallBack: () => void,
): void {
  let watched: Take | null = null
  let own = createScope()
  /** The momentary level; `null` where it is not known. */
  let getLevel: () => number | null = () => null
  let begunAt = 0
  let silentSince = 0
  let hasHeard = false
  let isTold = false

  const say = (silent: Take | null): void => {
    if (isTold === (silent !== null)) return
    isTold = silent !== null
    tell().onWarning?.(
      'no-input',
      silent &&
        `Nothing comes from ${nameOf(silent.track)}, not even noise; it may be muted by a switch, or another one is meant.`,
      silent ? nameOf(silent.track) : undefined,
    )
  }

  function watch(take: Take | null): void {
    watched = take
    own.dispose()
    own = createScope()
    hasHeard = false
    begunAt = silentSince = Date.now()
    say(null)
    if (!take) return
    const { source, track, info } = take
    if (info.format.kind === 'raw') {
      getLevel = () => source.getLevel?.() ?? null
    } else {
      const measure = measureLevel(track, own)
      getLevel = () => (isMeasuring() ? measure() : null)
    }
  }

  const timer = setInterval(() => {
    const take = getTake()
    if (take !== watched) watch(take)
    const now = Date.now()
    if (!take || isPaused() || take.track.muted || !take.track.enabled) {
      begunAt = silentSince = now
      return
    }
    if (take.count === 0 && now - begunAt > NOTHING_MS) {
      begunAt = now
      if (isPinned || take.info.format.kind === 'raw') end(captureError('unsupported'))
      else fallBack()
      return
    }
    const level = getLevel()
    if (level !== 0) {
      silentSince = now
      hasHeard ||= level !== null
      say(null)
      return
    }
    const { noInputMs = NO_INPUT_MS } = getCapture()
    if (now - silentSince >= noInputMs * (hasHeard ? 3 : 1)) say(take)
  }, LOOK_MS)
  scope.add(() => {
    clearInterval(timer)
    own.dispose()
  })
}

const nameOf = ({ label }: MediaStreamTrack): string => (label ? `“${label}”` : 'the microphone')

/** On iOS the second microphone that is opened silences the first: there the old one has to go before. */
function allowsOneMicrophone(): boolean {
  const { userAgent, platform, maxTouchPoints } = navigator
  // An iPad says that it is a Mac.
  return /iPhone|iPad|iPod/.test(userAgent) || (platform === 'MacIntel' && maxTouchPoints > 1)
}

const listMicrophones = async (): Promise<MediaDeviceInfo[]> =>
  (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'audioinput')

/** Chromium lists the system's choice as a device of its own, in the group of the one that it stands for. */
const defaultOf = (devices: readonly MediaDeviceInfo[]): string | undefined =>
  devices.find(({ deviceId }) => deviceId === 'default')?.groupId

function ignore(): void {
  // What is heard goes on.
}
