import { platformClock } from './ports.ts'
import { createFakeAudioContextClass } from './fake-audio-context.ts'
import { createFakeMediaRecorderClass } from './fake-recorder.ts'

/**
 * What a request for the microphone meets. `'ask'` waits for {@link FakeMedia.answer}, as for a person; `'dismissed'` is a
 * question that was closed without an answer.
 */
export type FakeMicrophoneAnswer = 'granted' | 'denied' | 'dismissed' | 'missing' | 'busy' | 'ask'

/** What the fake browser has. */
export interface FakeMediaOptions {
  /** What a request for the microphone meets. @default 'granted' */
  microphone?: FakeMicrophoneAnswer
  /** Names of the microphones that are plugged in. @default ['Fake microphone'] */
  devices?: readonly string[]
  /**
   * `'allowed'` plays at once; `'after-gesture'` refuses sound until a pointer or a key is pressed on the page; `'real'` leaves
   * the browser's own Web Audio alone.
   *
   * @default 'allowed'
   */
  sound?: 'allowed' | 'after-gesture' | 'real'
  /** How much faster than the clock sound is played, so that a test need not wait for it. @default 1 */
  soundSpeed?: number
}

/** The fake parts of a browser, in place until {@link FakeMedia.uninstall}. */
export interface FakeMedia {
  /** What the next request for the microphone meets. */
  microphone: FakeMicrophoneAnswer
  /** How often the microphone was asked for. */
  readonly requests: number
  /** Tracks that are live: the browser shows its sign of recording while there is one. */
  readonly openMicrophones: number
  /** Answers every question that waits since `'ask'`, and those to come. */
  answer(answer: Exclude<FakeMicrophoneAnswer, 'ask'>): void
  /** A microphone is plugged in. */
  plugIn(label: string): void
  /** A microphone is pulled out: its tracks end by themselves. */
  unplug(label: string): void
  /** The system mutes or unmutes every open microphone. */
  mute(isMuted: boolean): void
  /** Puts everything back as it was, and ends every track. */
  uninstall(): void
}

type Refusal = Exclude<FakeMicrophoneAnswer, 'granted' | 'ask'>

// By name and words as Chromium has them.
const REFUSALS: Record<Refusal, [message: string, name: string]> = {
  denied: ['Permission denied', 'NotAllowedError'],
  dismissed: ['Permission dismissed', 'NotAllowedError'],
  missing: ['Requested device not found', 'NotFoundError'],
  busy: ['Could not start audio source', 'NotReadableError'],
}

const PERMISSIONS: Record<FakeMicrophoneAnswer, PermissionState> = {
  granted: 'granted',
  denied: 'denied',
  dismissed: 'prompt',
  ask: 'prompt',
  missing: 'granted',
  busy: 'granted',
}

const idOf = (label: string): string => `fake-${label.toLowerCase().replace(/\W+/g, '-')}`

/**
 * Gives a page without a microphone and a loudspeaker both: `getUserMedia`, the list of devices, the permission,
 * `MediaRecorder` (WebM with Opus, silence) and Web Audio, for tests in jsdom, happy-dom or a browser.
 *
 * What is recorded says nothing: let the emulator hear a `script`, or make it hear with `emulator.sockets[0].say()`. What is
 * played takes its time, and is heard by nobody.
 *
 * @throws Error where there is no `navigator`: a plain Node test has no page.
 */
export function installFakeMedia(options: FakeMediaOptions = {}): FakeMedia {
  const { sound = 'allowed', soundSpeed = 1 } = options
  const navigator = globalThis.navigator as Navigator | undefined
  if (!navigator) throw new Error('There is no navigator: run the test in jsdom, happy-dom or a browser.')
  let microphone = options.microphone ?? 'granted'
  let labels = [...(options.devices ?? ['Fake microphone'])]
  let requests = 0
  const open = new Set<FakeTrack>()
  const waiting: (() => void)[] = []
  const permission = Object.assign(new EventTarget(), { name: 'microphone' })
  Object.defineProperty(permission, 'state', { get: () => PERMISSIONS[microphone] })

  class FakeTrack extends EventTarget {
    readonly kind = 'audio'
    readonly id = `fake-track-${requests}`
    enabled = true
    muted = false
    readyState: 'live' | 'ended' = 'live'
    readonly label: string
    readonly constraints: MediaTrackConstraints
    constructor(label: string, constraints: MediaTrackConstraints) {
      super()
      this.label = label
      this.constraints = constraints
      open.add(this)
    }
    stop(): void {
      this.readyState = 'ended'
      open.delete(this)
    }
    getSettings(): MediaTrackSettings {
      const { echoCancellation, noiseSuppression, autoGainControl } = this.constraints as Record<string, boolean>
      return {
        deviceId: idOf(this.label),
        channelCount: 1,
        sampleRate: 48_000,
        ...(echoCancellation !== undefined && { echoCancellation }),
        ...(noiseSuppression !== undefined && { noiseSuppression }),
        ...(autoGainControl !== undefined && { autoGainControl }),
      }
    }
    clone(): FakeTrack {
      return new FakeTrack(this.label, this.constraints)
    }
  }

  class FakeStream extends EventTarget {
    readonly #tracks: FakeTrack[]
    constructor(tracks: readonly FakeTrack[] = []) {
      super()
      this.#tracks = [...tracks]
    }
    get active(): boolean {
      return this.#tracks.some(({ readyState }) => readyState === 'live')
    }
    getTracks(): FakeTrack[] {
      return [...this.#tracks]
    }
    getAudioTracks(): FakeTrack[] {
      return this.getTracks()
    }
  }

  async function getUserMedia({ audio }: MediaStreamConstraints = {}): Promise<FakeStream> {
    requests++
    const constraints = typeof audio === 'object' ? audio : {}
    // The answer is given later than the question, even where nobody has to be asked.
    await Promise.resolve()
    if (microphone === 'ask') await new Promise<void>((resolve) => waiting.push(resolve))
    if (microphone !== 'granted' && microphone !== 'ask') throw new DOMException(...REFUSALS[microphone])
    if (!labels.length) throw new DOMException(...REFUSALS.missing)
    const { exact } = (constraints.deviceId ?? {}) as ConstrainDOMStringParameters
    const label = exact === undefined ? labels[0] : labels.find((each) => idOf(each) === exact)
    if (label === undefined) throw new DOMException('', 'OverconstrainedError')
    return new FakeStream([new FakeTrack(label, constraints)])
  }

  const mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia,
    // Names are kept back until the microphone was allowed and used once.
    enumerateDevices: async () =>
      labels.map((label) => ({
        kind: 'audioinput',
        groupId: '',
        ...(requests && PERMISSIONS[microphone] === 'granted'
          ? { deviceId: idOf(label), label }
          : { deviceId: '', label: '' }),
      })),
    getSupportedConstraints: () => ({ deviceId: true, echoCancellation: true }),
  })

  const undo = [
    replace(navigator, 'mediaDevices', mediaDevices),
    replace(navigator, 'permissions', { query: async () => permission }),
    replace(globalThis, 'MediaStream', FakeStream),
    replace(globalThis, 'MediaStreamTrack', FakeTrack),
    replace(globalThis, 'MediaRecorder', createFakeMediaRecorderClass(platformClock)),
  ]
  if (sound !== 'real') {
    const Context = createFakeAudioContextClass({
      clock: platformClock,
      speed: soundSpeed,
      needsGesture: sound === 'after-gesture',
    })
    undo.push(replace(globalThis, 'AudioContext', Context))
  }

  const changed = (): void => void mediaDevices.dispatchEvent(new Event('devicechange'))
  return {
    get microphone() {
      return microphone
    },
    set microphone(next) {
      microphone = next
      permission.dispatchEvent(new Event('change'))
    },
    get requests() {
      return requests
    },
    get openMicrophones() {
      return open.size
    },
    answer(answer) {
      this.microphone = answer
      for (const go of waiting.splice(0)) go()
    },
    plugIn(label) {
      labels = [...labels, label]
      changed()
    },
    unplug(label) {
      labels = labels.filter((each) => each !== label)
      for (const track of [...open].filter((each) => each.label === label)) {
        track.stop()
        track.dispatchEvent(new Event('ended'))
      }
      changed()
    },
    mute(isMuted) {
      for (const track of open) {
        track.muted = isMuted
        track.dispatchEvent(new Event(isMuted ? 'mute' : 'unmute'))
      }
    },
    uninstall() {
      for (const track of [...open]) track.stop()
      for (const restore of undo.splice(0)) restore()
    },
  }
}

/** Puts a value in place of another one, and returns the way back. */
function replace(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, { configurable: true, writable: true, value })
  return () => {
    if (before) Object.defineProperty(target, name, before)
    else Reflect.deleteProperty(target, name)
  }
}
