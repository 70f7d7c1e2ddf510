import type {
  AudioChunk,
  AudioSource,
  AudioSourceInfo,
  CapturePreset,
  InputChoice,
  InputState,
  InputWarning,
} from '../audio/ports.ts'
import { DeepgramError, abortedError, type DeepgramErrorCode } from '../errors.ts'
import { decodeMessage } from '../protocol/decode.ts'
import { encodeQuery, isFluxModel, pickParameters } from '../protocol/endpoint.ts'
import type { ListenV1Parameters, QueryValue } from '../protocol/listen-v1.ts'
import type { ListenV2Parameters } from '../protocol/listen-v2.ts'
import { createScope, type Scope } from '../scope.ts'
import {
  checkOptions,
  checkParameters,
  DURATION,
  FLAG,
  FUNCTION,
  LIMIT,
  numberFrom,
  type OptionRules,
} from '../socket/check-options.ts'
import { createAllowance } from '../socket/allowance.ts'
import { warnOnce } from '../socket/credential.ts'
import { createDeepgramSocket, type AttemptRecord, type DeepgramSocket } from '../socket/deepgram-socket.ts'
import { createKeepAlive } from '../socket/keep-alive.ts'
import type { ConnectionOptions, LogEvent } from '../socket/options.ts'
import {
  beginTurnStream,
  endTurn,
  INITIAL_TURN_STATE,
  type Turn,
  type TurnEvent,
  type TurnState,
} from '../transcript/fold-listen-v2.ts'
import { joinTexts } from '../transcript/join.ts'
import { toArray } from '../transcript/log.ts'
import {
  addGap,
  beginStream,
  changesSince,
  channelOf,
  clearTranscript,
  closeUtterance,
  EMPTY_TRANSCRIPT,
  holdInterims,
  INITIAL_TRANSCRIPT_STATE,
  letGo,
  settleLost,
  settleRest,
  type ChannelState,
  type Gap,
  type Segment,
  type Transcript,
  type TranscriptState,
  type Utterance,
} from '../transcript/transcript.ts'
import { createAudioDigester, type AudioDigest, type AudioDigester } from './audio-digest.ts'
import { createHandOver, type HandOver } from './hand-over.ts'
import type { ListenSettings, ListenWire, WireQuery } from './listen-wire.ts'
import { listenV1 } from './listen-wire-v1.ts'
import { listenV2 } from './listen-wire-v2.ts'
import type { ListenStatus } from './status.ts'
import { callSafely, createReadonlyStore, type ReadonlyStore } from './store.ts'
import { createUplink, type Uplink } from './uplink.ts'

/** Where audio comes from; `S` is what the environment can turn into a source besides an {@link AudioSource}. */
export interface ListenSessionOptions<S = never> extends ConnectionOptions, ListenV1Parameters, ListenV2Parameters {
  /** What to listen to. A stream, a track or a source stays its owner's. @default 'microphone' */
  source?: S | AudioSource | undefined
  /** Parameters under their wire names, passed through as they are. They win over the named ones. */
  parameters?: Readonly<Record<string, QueryValue>> | undefined
  /** Milliseconds that `stop()` waits for the last words. @default 5000 */
  drainTimeoutMs?: number | undefined
  /** Milliseconds of audio kept until results acknowledge it; what is older is lost when the line drops. @default 60000 */
  bufferMs?: number | undefined
  /** How much faster than real time audio is sent again after a drop, 1 to 1.25. @default 1.25 */
  catchUpRate?: number | undefined
  /** Milliseconds without a word after which an utterance is closed though the service said nothing. @default 3000 */
  utteranceTimeoutMs?: number | undefined
  /** Stops after so many milliseconds without a word, pauses included; a warning tells it 15 s before. Default: never. */
  idleTimeoutMs?: number | undefined
  /** Stops so many milliseconds after `start()`; a warning tells it 15 s before. Default: never. */
  maxDurationMs?: number | undefined
  /**
   * Compares the SHA-256 of the audio that was sent with that of the audio which the service says it received, at the end
   * of each connection: `diagnostics().audioDigest` tells, and the warning `audio-altered` if they differ. Its code is
   * loaded when it is asked for. Flux says nothing about it.
   *
   * @default false
   */
  digestAudio?: boolean | undefined
  /** Called once for each settled segment, in order. */
  onFinal?: ((segment: Segment) => void) | undefined
  /** Called once for each closed utterance, in order. */
  onUtterance?: ((utterance: Utterance) => void) | undefined
  /** Called for every event of a turn, in order; only with a `flux-` model. */
  onTurn?: ((event: TurnEvent) => void) | undefined
  /** Called when the session fails. */
  onError?: ((error: DeepgramError) => void) | undefined
}

/** Something that did not end the session, but that a person may want to know. */
export interface ListenWarning {
  /** Which. */
  readonly code:
    | 'drain-timeout'
    | 'input-muted'
    | InputWarning
    | 'audio-lost'
    | 'audio-altered'
    | 'service'
    | 'congested'
    | 'ending-soon'
    | 'options-refused'
    | 'idle-timeout'
    | 'max-duration'
  /** What happened and what it means. */
  readonly message: string
  /** The device concerned, by the browser's words. */
  readonly device?: string
}

/** The device that is heard. */
export interface ActiveDevice {
  /** As in `useAudioDevices`. */
  readonly deviceId: string
  /** Its name, by the browser's words. */
  readonly label: string
}

/** What a listen session shows. */
export interface ListenState {
  /** What the session is doing. */
  readonly status: ListenStatus
  /** Set exactly when `status` is `'error'`. */
  readonly error: DeepgramError | null
  /** Everything heard so far. */
  readonly transcript: Transcript
  /**
   * Whether sound is being recorded; true before the connection is open, so that the speaker can be told to speak. A microphone
   * that is open may take a second to yield anything: it is true from the first sound on that will be sent.
   */
  readonly isCapturing: boolean
  /** Name of the device or track that is heard, by the browser's words; empty where unknown. */
  readonly deviceLabel: string
  /**
   * How the input is doing; `'off'` when nothing is open. While it is `'disabled'` the status is `'paused'`, while it is
   * `'recovering'` or `'waiting-for-device'` the status is `'reconnecting'`, and no audio leaves.
   */
  readonly input: 'off' | InputState
  /** The device that is really heard, as the live track tells; `null` when nothing is open or it is no device. */
  readonly activeDevice: ActiveDevice | null
  /** The device that was asked for, by `setDevice()` or the options; `undefined` is the system's default. */
  readonly selectedDevice: string | undefined
  /** The track's settings as the browser really applied them: `echoCancellation`, `sampleRate` and others. */
  readonly settings: Readonly<Record<string, unknown>>
  /** What is recorded: for example `audio/webm;codecs=opus`, or `linear16`; empty when nothing is open. */
  readonly recorderType: string
  /** The turn that is being heard; `null` without a `flux-` model. */
  readonly turn: Turn | null
  /**
   * Where speech was last noticed to begin, in seconds on the session's timeline, before any word of it is known; `null`
   * before. Needs `vadEvents`, which a `flux-` model does not have.
   */
  readonly speechStart: number | null
  /** The latest thing worth knowing that did not end the session. */
  readonly warning: ListenWarning | null
}

/** Facts about a session, safe to paste into a ticket: no credential, no transcript. */
export interface ListenDiagnostics {
  /** What the session is doing. */
  readonly status: ListenStatus
  /** Code of the error it ended with. */
  readonly errorCode: string | null
  /** The last connection attempts, newest last. */
  readonly attempts: readonly Readonly<AttemptRecord>[]
  /** The service's ids of the requests, newest last. */
  readonly requestIds: readonly string[]
  /** What is recorded, for example `audio/webm;codecs=opus`. */
  readonly format: string
  /** The processing settings really applied, where the browser tells. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Frames of audio handed to the socket. */
  readonly framesSent: number
  /** Bytes of audio handed to the socket. */
  readonly bytesSent: number
  /** Seconds of audio recorded. */
  readonly secondsRecorded: number
  /** Seconds of audio handed to the socket, what was sent again included. */
  readonly secondsStreamed: number
  /** The audio of the last connection that was brought to its end; `null` without the option `digestAudio`. */
  readonly audioDigest: AudioDigest | null
  /** Messages of the service, counted. */
  readonly messages: {
    readonly known: number
    readonly unknown: number
    /** Dropped because their shape was wrong. */
    readonly invalid: number
  }
  /** Milliseconds from `start()` to the first recorded audio, the open line and the first word; `null` before. */
  readonly latency: {
    readonly captureMs: number | null
    readonly openMs: number | null
    readonly firstWordMs: number | null
  }
}

/** A live transcription: a read-only store plus verbs. It does nothing until `start()`. */
export interface ListenSession extends ReadonlyStore<ListenState> {
  /**
   * Begins to listen; call it in a click. Resolves when the input and the line are open; `isCapturing` tells of the first sound.
   * A second call while it starts or listens returns the same promise.
   *
   * @throws DeepgramError as a rejection, with any code; TypeError for misused options.
   */
  readonly start: () => Promise<void>
  /** Ends after the last word: last chunk, CloseStream, drain; resolves with everything heard. Never rejects. */
  readonly stop: () => Promise<Transcript>
  /** Ends at once. What was heard stays. */
  readonly abort: () => void
  /** Lets no audio leave; the line is kept. Called while it starts, it starts paused: ready, but not heard. */
  readonly pause: () => void
  /** Goes on after `pause()`. */
  readonly resume: () => void
  /** Asks for everything said so far as a final segment; `null` when there is none within a second. */
  readonly finalize: () => Promise<Segment | null>
  /**
   * Changes settings in mid-stream; they are set again on every later connection of this run. Resolves with whether the
   * service took them; `false` also without a line, without an answer in 5 s, and while ten others wait for one.
   *
   * @throws TypeError as a rejection, for a setting that `/v2/listen` is known to refuse.
   */
  readonly configure: (settings: ListenSettings) => Promise<boolean>
  /**
   * Goes on with the parameters that the options hold now, such as another language or model: what was said so far is finished on
   * the line in use, then a new line takes over, in the same transcript; what is said meanwhile is heard there. Calls in quick
   * succession are one, and options that ask for nothing else change nothing. Without a session that runs it has nothing to do.
   *
   * Resolves when the new line is open. A change of generation (a `flux-` model) keeps the recorder and its format. A
   * container that cannot go on over another line, as MP4, begins anew, and may lose the tenth of a second between the two.
   *
   * @throws DeepgramError as a rejection when the new line could not be made; the session goes on with the parameters it had.
   */
  readonly applyOptions: () => Promise<void>
  /** Forgets the transcript; the timeline and the ids go on. */
  readonly clear: () => void
  /**
   * Chooses the microphone; while listening, changes over to it without losing the transcript. One that is not there any
   * more is replaced by another, which `activeDevice` and a warning tell.
   *
   * @throws DeepgramError as a rejection, with the codes of the microphone; the one before is then heard on.
   */
  readonly setDevice: (deviceId: string | undefined) => Promise<void>
  /**
   * Chooses how the browser processes the microphone, over the options; while listening, capture alone begins anew.
   *
   * @throws DeepgramError as `setDevice` does.
   */
  readonly setPreset: (preset: CapturePreset | undefined) => Promise<void>
  /** Facts for a support ticket. */
  readonly diagnostics: () => ListenDiagnostics
  /** Momentary input level, linear 0…1. Cheap. */
  readonly getLevel: () => number
}

/** What a session needs of its environment. */
export interface ListenDependencies<S> {
  /** Makes an audio source of what the options name. Opens nothing. */
  readonly createSource: (source: S | AudioSource | undefined, choice: InputChoice) => AudioSource
  /** Runs a function before the next picture is drawn; returns its undo. @default a timer of 16 ms */
  schedule?: (run: () => void) => () => void
  /** Whether the device believes that it has a network. */
  isOnline?: () => boolean
  /** Tells what happens to the page while a session runs; returns its undo. */
  watchPage?: (tell: (event: PageEvent) => void) => () => void
  /** Tells when what led to an error is out of the way; returns its undo. */
  watchRemedy?: (error: DeepgramError, tell: () => void) => () => void
}

/**
 * Something that happens to a page: the network comes or goes, it is looked at again, it is left; a moment (`'tick'`) of a
 * page whose own timers may rest.
 */
export type PageEvent = 'online' | 'offline' | 'visible' | 'left' | 'tick'

/** Why no audio leaves. */
type Hold = 'caller' | 'input'

/** What a line is asked for with. */
interface Address {
  readonly wire: ListenWire
  readonly query: WireQuery
}

interface Run {
  readonly scope: Scope
  /** How the line in use is spoken to. */
  wire: ListenWire
  /** What the line in use, or the one being made, was asked for with. */
  address: Address | null
  /** What is asked for in place of what the options say, because that was refused. */
  fallback: Address | null
  /** What the line before a hand-over was asked for with. */
  before: Address | null
  readonly handOver: HandOver
  /** Whether the line is finishing, for another to take over. */
  isLeaving: boolean
  /** Up to where only the line that is finishing has the audio. */
  leftMs: number
  /** Replaced when another device is chosen. */
  source: AudioSource
  readonly socket: DeepgramSocket
  readonly uplink: Uplink
  readonly startedAt: number
  /** Where it begins on the session's timeline. */
  readonly beganMs: number
  readonly started: Promise<void>
  resolveStarted(): void
  rejectStarted(error: unknown): void
  info: AudioSourceInfo | null
  /** Whether the input has yielded anything since it was opened. */
  isYielding: boolean
  input: InputState
  device: ActiveDevice | null
  isPrompting: boolean
  isOpen: boolean
  hasOpened: boolean
  stopped: Promise<Transcript> | null
  /** Milliseconds of audio sent since the service last said anything. */
  unheardMs: number
  /** When the service last said anything. */
  heardAt: number
  /** Lines on which audio went out and nothing came back, until the first result of the run. */
  deafLines: number
  hasHeard: boolean
  /** When audio or a KeepAlive last went out. */
  sentAt: number
  /** When the last word came. */
  wordAt: number
  recordedBytes: number
  readonly digester: AudioDigester | null
  /** Resolves when what was to be compared is compared. */
  compared: Promise<void> | null
  /** Settings the service took in mid-stream. */
  settings: ListenSettings
  /** When the line in use was opened. */
  openedAt: number
  /** Whether the line in use has said anything about audio. */
  isAnswered: boolean
  /** Lines in a row that carried a container put together anew, and answered nothing. */
  unanswered: number
  /** Tells the service, and ourselves, that we are awake. */
  ping(): void
  /** The same, if it is due. */
  tick(): void
  /** Up to where the service is asked for everything when a pause begins. */
  heldMs: number
  /** Undoes what keeps a pause where the service has no KeepAlive. */
  endHold: (() => void) | null
  /** Sends the silence that is due, where that is what keeps a pause. */
  fillHold: (() => void) | null
  /** While draining: the line was lost before the service had finished. */
  onLost: (() => void) | null
  /** Whether it ends though not everything was heard. */
  isGivenUp: boolean
  /** There is no line any more. */
  down(): void
}

const OPTIONS: OptionRules = [
  [DURATION, 'drainTimeoutMs bufferMs utteranceTimeoutMs'],
  [LIMIT, 'idleTimeoutMs maxDurationMs'],
  [numberFrom(1, 1.25), 'catchUpRate'],
  [FLAG, 'digestAudio'],
  [FUNCTION, 'onFinal onUtterance onTurn onError'],
]

const FINALIZE_TIMEOUT_MS = 1000
const CONFIGURE_TIMEOUT_MS = 5000
/** The service refuses more that wait for an answer. */
const MAX_CONFIGURING = 10
/** Results come about once a second of audio, in silence too. */
const SILENT_LINE_MS = 7000
/** How long a second line is given, when nothing was ever understood. */
const DEAF_LINE_MS = 4000
/** Asked for the rest, the service says it within a second or so; who says nothing for so long may not have been asked. */
const SILENT_DRAIN_MS = 2000
/** Less than this is not worth another line: where a recording ends is known to a packet. */
const REST_MS = 250
/** The service closes a line that was quiet for so long: who could not send was asleep. */
const ASLEEP_MS = 15_000
/** Lag at which it is told, and at which the line is given up. */
const CONGESTED_MS = 3000
const STUCK_MS = 30_000
/** A line that lived shorter had no time to answer. */
const ANSWER_MS = 3000
/** One that answers nothing may be dead; so many in a row, each with a stream put together anew, say that it cannot be read. */
const MAX_UNANSWERED = 2
const DEAD_LINE = 'The connection is dead, though nobody closed it'
/** Results may be a day ahead of the audio that was sent: a script in a test has times of its own, and sends none. */
const AHEAD_MS = 86_400_000
/**
 * What is settled is kept for good, so its amount is bounded by what speech can be the cause of: at once as much as eight hours
 * bring, from a test or a replay, and then as much as twenty people who talk all the time. A segment costs 8 (it has a row
 * on the page), a word 1, and its message 1 for each 100 UTF-16 units.
 */
const SETTLED_AT_ONCE = 500_000
const SETTLED_PER_SECOND = 200
/** A limit is told so long before. */
const NOTICE_MS = 15_000

/** Something asked of the service. */
interface Question<T> {
  readonly promise: Promise<T>
  settle(answer: T): void
}

/** @param otherwise - The answer when none comes in time. */
function ask<T>(scope: Scope, timeoutMs: number, otherwise: T, onSettled: () => void): Question<T> {
  let settle!: (answer: T) => void
  const promise = new Promise<T>((resolve) => {
    const forget = scope.timeout(() => settle(otherwise), timeoutMs)
    settle = (answer) => {
      forget()
      onSettled()
      resolve(answer)
    }
  })
  return { promise, settle }
}

const toSeconds = (ms: number): string => (ms / 1000).toFixed(1)

const toSettledMs = ({ settledEnd }: ChannelState): number => settledEnd * 1000

const NO_SETTINGS = Object.freeze({})

const costOf = (segments: readonly Segment[], frame: string): number =>
  segments.reduce((sum, { words }) => sum + 8 + words.length, segments.length && frame.length / 100)

const nameOf = ({ format }: AudioSourceInfo): string => (format.kind === 'raw' ? format.encoding : format.mimeType)

const isLost = (input: InputState): boolean => /^(recovering|waiting)/.test(input)

const defaultSchedule = (run: () => void): (() => void) => {
  const timer = setTimeout(run, 16)
  return () => clearTimeout(timer)
}

/**
 * Creates a live transcription session: for `/v2/listen` with a model whose name begins with `flux-`, else for `/v1/listen`.
 *
 * @param getOptions - Called at each start, at each connection attempt, and for each callback.
 */
export function createListenSession<S = never>(
  getOptions: () => ListenSessionOptions<S>,
  { createSource, schedule = defaultSchedule, isOnline, watchPage, watchRemedy }: ListenDependencies<S>,
): ListenSession {
  const initial: ListenState = {
    status: 'idle',
    error: null,
    transcript: EMPTY_TRANSCRIPT,
    isCapturing: false,
    deviceLabel: '',
    input: 'off',
    activeDevice: null,
    selectedDevice: undefined,
    settings: NO_SETTINGS,
    recorderType: '',
    turn: null,
    speechStart: null,
    warning: null,
  }
  const [store, set] = createReadonlyStore(initial)
  let text: TranscriptState = INITIAL_TRANSCRIPT_STATE
  let turns: TurnState = INITIAL_TURN_STATE
  let run: Run | null = null
  const holds = new Set<Hold>()
  let choice: InputChoice = {}
  let forgetRemedy: (() => void) | undefined
  let cancelPublish: (() => void) | null = null
  let finalizing: Question<Segment | null> | null = null
  /** Not answered yet, in the order in which they were asked. */
  const configuring = new Set<Question<boolean>>()
  let cancelUtteranceTimer: (() => void) | null = null
  let lastRun: Run | null = null
  let streams = 0
  /** Changes with every `stop()` and `abort()`, which take back a start that still waits for the end before. */
  let stops = 0
  /** Where the current run begins on the session's timeline. */
  let timelineMs = 0
  let audioDigest: AudioDigest | null = null
  const settling = createAllowance(SETTLED_AT_ONCE, SETTLED_PER_SECOND)
  /** Twenty people come to twenty updates in a second. */
  const publishing = createAllowance(1000, 60)
  const requestIds: string[] = []
  const messages = { known: 0, unknown: 0, invalid: 0 }
  const latency: { captureMs: number | null; openMs: number | null; firstWordMs: number | null } = {
    captureMs: null,
    openMs: null,
    firstWordMs: null,
  }

  const log = (level: LogEvent['level'], event: string, data: LogEvent['data'] = {}, code?: DeepgramErrorCode): void =>
    callSafely(getOptions().logger, { level, event, purpose: 'listen', at: Date.now(), ...(code && { code }), data })

  function publish(): void {
    cancelPublish?.()
    cancelPublish = null
    set({ transcript: text.transcript })
  }

  const isHeld = (): boolean => holds.size > 0

  /** The line was let go for the time of a pause. */
  const isLetGo = ({ endHold, fillHold }: Run): boolean => endHold !== null && fillHold === null

  function refresh(change: Partial<ListenState> = {}): void {
    const status: ListenStatus = !run
      ? 'idle'
      : run.stopped
        ? 'stopping'
        : run.isPrompting
          ? 'requesting-permission'
          : !run.info || !(run.hasOpened || isLetGo(run))
            ? 'connecting'
            : holds.has('caller') || run.input === 'disabled'
              ? 'paused'
              : run.isOpen && !isHeld()
                ? 'listening'
                : 'reconnecting'
    const info = run?.info
    set({
      status,
      error: null,
      isCapturing: info != null && run?.isYielding === true && !isHeld() && !run.stopped,
      deviceLabel: info?.label ?? '',
      input: info && run ? run.input : 'off',
      activeDevice: run && !isLost(run.input) ? run.device : null,
      selectedDevice: 'deviceId' in choice ? choice.deviceId : info?.selectedDevice,
      settings: info?.settings ?? NO_SETTINGS,
      recorderType: info ? nameOf(info) : '',
      ...change,
    })
  }

  /** Takes the next state of the text, and tells what became settled or closed by it. */
  function advance(next: TranscriptState): void {
    if (next === text) return
    const { segments, utterances } = changesSince(next, text)
    const isGap = next.gaps !== text.gaps
    text = next
    const isNews = isGap || segments.length + utterances.length > 0
    // Unfinished text is worth one update per picture; so is settled text that comes faster than anybody speaks.
    if (isNews && !publishing.take()) publish()
    else cancelPublish ??= schedule(publish)
    for (const segment of segments) callSafely(getOptions().onFinal, segment)
    for (const utterance of utterances) callSafely(getOptions().onUtterance, utterance)
  }

  /** Marks what will not be heard. What was understood of it before is kept. */
  function lose(startMs: number, endMs: number, reason: Gap['reason'], durationMs = endMs - startMs): void {
    const [start, end] = [startMs / 1000, endMs / 1000]
    const rest = end > start ? settleLost(holdInterims(text), end) : text
    advance(addGap(rest, { start, end, duration: durationMs / 1000, reason }))
    log('warn', 'audio-lost', { startMs, endMs, durationMs, reason })
  }

  function release(current: Run): void {
    current.scope.dispose()
    if (run === current) run = null
    lastRun = current
    holds.clear()
    giveUpQuestions()
    cancelUtteranceTimer?.()
    cancelUtteranceTimer = null
    if (current.wire === listenV2) turnTo(endTurn(turns))
    advance(settleRest(text))
    const settledMs = Math.max(current.beganMs, ...Object.values(text.channels).map(toSettledMs))
    if (current.isGivenUp && timelineMs - settledMs > 100) lose(settledMs, timelineMs, 'given-up')
    publish()
  }

  function giveUpQuestions(): void {
    finalizing?.settle(null)
    for (const question of configuring) question.settle(false)
  }

  function fail(current: Run, cause: unknown): void {
    if (run !== current) return
    const error =
      cause instanceof DeepgramError
        ? cause
        : new DeepgramError(
            'source-ended',
            'The audio source failed; nothing more can be heard from it; see `cause` for what it said, and start again.',
            { cause },
          )
    current.isGivenUp = true
    release(current)
    current.rejectStarted(error)
    // A callback may have started anew.
    if (run) return
    refresh({ status: 'error', error })
    forgetRemedy = watchRemedy?.(error, () => {
      if (store.getState().error === error) refresh()
    })
    callSafely(getOptions().onError, error)
  }

  function onMessage(current: Run, frame: string): void {
    const { wire, uplink, socket } = current
    current.unheardMs = 0
    current.heardAt = Date.now()
    const decoded = decodeMessage(frame, wire.schemas)
    if (decoded.kind === 'unknown') messages.unknown++
    if (decoded.kind === 'invalid') noteInvalid(decoded.reason, decoded.type)
    if (decoded.kind !== 'message') return
    const before = text
    const heard = wire.read(decoded.message as never, text, turns)
    if (heard.isOld) {
      noteInvalid('order', decoded.message.type)
      return
    }
    // Nothing is heard that was not sent; whoever believed it would take all that comes after it for old.
    if ((heard.until ?? 0) * 1000 > uplink.streamedMs + AHEAD_MS) {
      noteInvalid('time', decoded.message.type)
      return
    }
    const cost = costOf(changesSince(heard.text, before).segments, frame)
    if (cost && settling.take(cost)) {
      socket.replace(
        new DeepgramError(
          'service-error',
          'The server sends more text than speech can be the cause of; it is not kept, for the page to stay alive; check baseUrl, and try again.',
          { retryable: true },
        ),
        true,
      )
      return
    }
    messages.known++
    noteRequest(heard.requestId)
    if (heard.sha256) current.compared = compareAudio(current, heard.sha256)
    if (heard.words !== undefined) current.hasHeard = true
    if (heard.words) {
      current.wordAt = Date.now()
      latency.firstWordMs ??= current.wordAt - current.startedAt
      unwarn('ending-soon')
    }
    if (heard.speechStart !== undefined) set({ speechStart: heard.speechStart })
    advance(heard.text)
    // A callback may have ended it.
    if (run === current && heard.turn) turnTo(heard.turn, before)
    if (run !== current) return
    // What the line that is let go of had heard half is not settled by it.
    const most = current.isLeaving && !current.leftMs ? channelOf(text, 0).settledEnd : Infinity
    if (heard.settledEnd) {
      uplink.acknowledge(Math.min(heard.settledEnd, most) * 1000 - timelineMs)
      current.socket.progress()
    }
    if (heard.isFinalized) {
      if (current.endHold) uplink.acknowledge(current.heldMs)
      finalizing?.settle(changesSince(heard.text, before).segments.at(-1) ?? null)
    }
    if (heard.isConfigured !== undefined)
      for (const first of [...configuring].slice(0, 1)) first.settle(heard.isConfigured)
    if (heard.words !== undefined) {
      current.isAnswered = true
      watchUtterance(heard.words)
    }
    if (heard.complaint) {
      warn('service', `The service did not accept a message (${heard.complaint}); transcription goes on.`)
    }
    if (heard.fatal) {
      socket.replace(
        new DeepgramError(
          'service-error',
          `The service ended the session (${heard.fatal}); nothing more arrives over it; try again.`,
          { retryable: heard.fatal !== 'UNPARSABLE_CLIENT_MESSAGE' },
        ),
      )
    }
  }

  async function compareAudio({ digester }: Run, received: string): Promise<void> {
    const digest = await digester?.compare(received)
    if (!digest) return
    audioDigest = digest
    if (!digest.isSame) {
      log('warn', 'audio-altered', { sent: digest.sent, received })
      warn('audio-altered', 'The service received other audio than was sent; the text may be of something else.')
    }
  }

  function noteInvalid(reason: string, type: string | undefined): void {
    // Once: a service that sends one sends many.
    if (messages.invalid++ === 0) log('warn', 'message-invalid', { reason, type })
  }

  /** What was settled of a turn when a line was lost is not heard again, but it is part of the turn. */
  function turnTo(next: TurnState, before = text): void {
    const { index } = turns.turn
    const settled = toArray(channelOf(before, 0).open).map((segment) => segment.text)
    const whole = <T extends Turn>(turn: T): T =>
      settled.length && turn.index === index ? { ...turn, text: joinTexts([...settled, turn.text]) } : turn
    turns = next
    set({ turn: whole(next.turn) })
    for (const event of next.events) callSafely(getOptions().onTurn, whole(event))
  }

  function noteRequest(id: string | undefined): void {
    if (id && requestIds.at(-1) !== id) requestIds.push(id.slice(0, 64))
    if (requestIds.length > 50) requestIds.shift()
  }

  /** Something goes out: if nothing could for long, or nothing comes back, the line is dead, though no close tells so. */
  function watchLine(current: Run, isAudio: boolean): void {
    const now = Date.now()
    const gapMs = now - current.sentAt
    current.sentAt = now
    const { interimResults, callback } = getOptions()
    if (isAudio && !callback) current.unheardMs += Math.min(Math.max(gapMs, 0), 1000)
    if (gapMs > ASLEEP_MS) {
      replaceSoon(current, DEAD_LINE, isHeld() ? 0 : gapMs)
      return
    }
    const isDeaf = !current.hasHeard && current.deafLines > 0
    if (current.unheardMs < (interimResults === false ? 3 : 1) * (isDeaf ? DEAF_LINE_MS : SILENT_LINE_MS)) return
    if (!current.hasHeard && ++current.deafLines > 1 && current.source.fallBack) {
      current.unheardMs = 0
      current.scope.timeout(() => fallBack(current), 0)
      return
    }
    replaceSoon(current, DEAD_LINE)
  }

  /** The service makes nothing of what is recorded: the next format, if there is one. */
  function fallBack(current: Run): void {
    log('warn', 'format-unusable', { type: current.info ? nameOf(current.info) : '' })
    if (current.source.fallBack?.()) return
    fail(
      current,
      new DeepgramError(
        'invalid-audio',
        `The service makes nothing of the audio, on two connections; no words can come; leave capture.format to 'auto', or take 'pcm'.`,
      ),
    )
  }

  /** A line is lost: was it because the service cannot read what was put together anew? */
  function watchReplay(current: Run): void {
    const { uplink, info } = current
    if (current.isAnswered || !uplink.isReplaying || info?.format.kind !== 'container') current.unanswered = 0
    else if (Date.now() - current.openedAt >= ANSWER_MS && ++current.unanswered >= MAX_UNANSWERED)
      giveUpSplicing(current)
  }

  /** Once: from now on every new line gets a recording of its own. */
  function giveUpSplicing({ uplink }: Run): void {
    uplink.giveUpSplicing()
    log('warn', 'replay-refused')
  }

  /** More is recorded than the network takes. */
  function watchLag(current: Run): void {
    const { socket, uplink, recordedBytes } = current
    const lagMs = (socket.bufferedAmount * uplink.positionMs) / recordedBytes
    if (lagMs > STUCK_MS) replaceSoon(current, 'The network takes too little')
    if (lagMs > CONGESTED_MS) {
      warn('congested', `The network is too slow for the audio; the text comes ${toSeconds(lagMs)} s late.`)
    } else if (lagMs < 1000) {
      unwarn('congested')
    }
  }

  /** Not in the midst of sending: what is being sent belongs to the line that is given up. */
  function replaceSoon(current: Run, what: string, sleptMs = 0): void {
    current.unheardMs = 0
    current.scope.timeout(() => {
      if (sleptMs) {
        warn('audio-lost', `Nothing was heard for ${toSeconds(sleptMs)} s: the device or the page was asleep.`)
        // Where times are only known by the clock, the new recording will tell it.
        const at = timelineMs + current.uplink.positionMs
        if (current.uplink.canContinue) lose(at, at, 'asleep', sleptMs)
      }
      replace(current, what)
    }, 0)
  }

  function replace({ socket }: Run, what: string): void {
    socket.replace(
      new DeepgramError(
        'connection-lost',
        `${what}; what is said meanwhile is kept, and sent over a new connection; nothing needs to be done.`,
        { retryable: true, details: { causes: [what] } },
      ),
    )
  }

  /** Ends what was forgotten, after telling so. */
  function watchLimits(current: Run): void {
    if (current.stopped) return
    const { idleTimeoutMs = Infinity, maxDurationMs = Infinity } = getOptions()
    const now = Date.now()
    const idleLeft = current.wordAt + idleTimeoutMs - now
    const left = Math.min(idleLeft, current.startedAt + maxDurationMs - now)
    if (left === Infinity) return
    const why = left === idleLeft ? 'nothing was said for long' : 'the longest time is over'
    if (left <= 0) {
      warn(left === idleLeft ? 'idle-timeout' : 'max-duration', `Listening has ended: ${why}.`)
      void stop()
      return
    }
    if (left <= NOTICE_MS) warn('ending-soon', `Listening ends in ${toSeconds(left)} s: ${why}.`)
    current.scope.timeout(() => watchLimits(current), left > NOTICE_MS ? left - NOTICE_MS : left)
  }

  /** The last resort where neither `speech_final` nor `UtteranceEnd` comes. Empty results go on in silence. */
  function watchUtterance(words: string): void {
    if (words) {
      cancelUtteranceTimer?.()
      cancelUtteranceTimer = null
    }
    const open = Object.entries(text.channels).filter(([, channel]) => channel.open.length > 0 && !channel.interim)
    if (!open.length || !run || cancelUtteranceTimer) return
    cancelUtteranceTimer = run.scope.timeout(() => {
      cancelUtteranceTimer = null
      for (const [channel] of open) advance(closeUtterance(text, +channel, 'timeout'))
    }, getOptions().utteranceTimeoutMs ?? 3000)
  }

  const wireOf = (): ListenWire => (isFluxModel(getOptions().model) ? listenV2 : listenV1)

  const keyOf = ({ wire, query }: Address): string => `${wire.path}?${encodeQuery(query)}`

  const addressOf = (current: Run): Address => {
    const wire = wireOf()
    return { wire, query: query(current, wire) }
  }

  function query({ info, source }: Run, wire: ListenWire): WireQuery {
    const options = getOptions()
    const format = info?.format ?? source.format
    const named = pickParameters(options, wire.parameters)
    named.model ??= 'nova-3'
    const { encoding, sample_rate: sampleRate, channels, ...rest } = { ...named, ...options.parameters }
    if (format?.kind === 'raw') return wire.complete(rest, format)
    // With a container they make the service read its bytes as raw samples: no words come back, and no error.
    if ((encoding ?? sampleRate ?? channels) != null) {
      warnOnce(
        'encoding, sampleRate and channels are left out: recorded audio is a container that says so itself; with them the service would hear noise.',
      )
    }
    return wire.complete(rest, undefined)
  }

  function begin(): Run {
    const options = getOptions()
    const wire = isFluxModel(options.model) ? listenV2 : listenV1
    checkOptions(options, OPTIONS)
    checkParameters(options, wire.parameters)
    const scope = createScope()
    const source = createSource(options.source, choice)
    let resolveStarted!: () => void
    let rejectStarted!: (error: unknown) => void
    const started = new Promise<void>((resolve, reject) => {
      resolveStarted = resolve
      rejectStarted = reject
    })
    // The failure is in the state too: who ignores the promise is not punished for it.
    started.catch(() => {})
    const ping = (): void => {
      watchLine(current, false)
      if (!current.wire.keepAlive) return
      socket.send(current.wire.keepAlive)
      // A source may fall silent without delivering silence, as a stream out of Web Audio does in Chromium: then nothing else
      // ends what was said before.
      if (!isHeld() && Object.values(text.channels).some(({ interim }) => interim)) socket.send(current.wire.finalize)
    }
    const keepAlive = createKeepAlive(ping)
    const digester = options.digestAudio ? createAudioDigester() : null
    const uplink = createUplink({
      bufferMs: options.bufferMs ?? 60_000,
      // The service closes on who sends faster, and who sends slower never catches up.
      catchUpRate: Math.min(1.25, Math.max(1, options.catchUpRate ?? 1.25)),
      send(chunk) {
        keepAlive.touch()
        watchLine(current, true)
        if (!socket.send(chunk as Blob | Uint8Array<ArrayBuffer>)) return false
        digester?.add(chunk)
        return true
      },
      onStream(startMs) {
        text = beginStream(text, streams++, (timelineMs + startMs) / 1000)
        turns = beginTurnStream(turns)
        // The rest of it has been settled.
        if (turns.isHeld) turns = { ...turns, turn: { ...turns.turn, text: channelOf(text, 0).interim?.text ?? '' } }
      },
      onLoss(startMs, endMs, reason) {
        lose(timelineMs + startMs, timelineMs + endMs, reason)
        warn(
          'audio-lost',
          `${toSeconds(endMs - startMs)} s of audio were lost with the connection; those words are missing.`,
        )
      },
      onUnspliceable() {
        void restartSource(current, true)
      },
    })
    const handOver = createHandOver({
      scope,
      wanted: () => keyOf(addressOf(current)),
      used: () => (current.address && !current.stopped ? keyOf(current.address) : null),
      leave: () => leave(current),
      connect: () => socket.connect(),
      retreat(error) {
        current.fallback = current.before
        log('warn', 'options-refused', {}, error.code)
        warn('options-refused', 'The service did not take the new options; transcription goes on with those before.')
        socket.connect()
      },
    })
    const socket: DeepgramSocket = createDeepgramSocket({
      purpose: 'listen',
      getOptions,
      getAddress() {
        const { wire, query } = (current.address = current.fallback ?? addressOf(current))
        speakTo(current, wire)
        const hints = wire.doubts(query)
        for (const hint of hints) warnOnce(`${hint}.`)
        return { path: wire.path, query, hints }
      },
      onOpen() {
        latency.openMs ??= Date.now() - current.startedAt
        current.isOpen = current.hasOpened = true
        current.isAnswered = false
        current.sentAt = current.openedAt = Date.now()
        current.unheardMs = 0
        digester?.begin()
        keepAlive.start()
        if (Object.keys(current.settings).length) socket.send(current.wire.configure(current.settings))
        uplink.open()
        settleStart(current)
        handOver.opened()
      },
      onText: (frame) => onMessage(current, frame),
      onDown() {
        const { wire, isLeaving } = current
        watchReplay(current)
        advance(holdInterims(text))
        if (wire.lost) {
          advance(wire.lost(text))
          uplink.acknowledge(toSettledMs(channelOf(text, 0)) - timelineMs)
        }
        current.down()
        giveUpQuestions()
        current.onLost?.()
        if (isLeaving) {
          left(current, true)
          // The new line is a first attempt, whatever became of the old one.
          socket.close()
          socket.connect()
        }
        refresh()
      },
      onEnd(error, isCutShort) {
        if (handOver.ended(error)) {
          left(current, isCutShort)
          current.down()
          refresh()
        } else if (error) {
          fail(current, error)
        } else {
          if (isCutShort) warnOfDrain(current)
          current.scope.dispose()
        }
      },
      shouldRetry(error) {
        // The service did not like a stream that was put together anew: once more, with a fresh recorder.
        if (error.code !== 'invalid-audio') return false
        if (!uplink.isReplaying) return !current.hasHeard && current.source.fallBack?.() === true
        giveUpSplicing(current)
        return true
      },
      ...(isOnline && { isOnline }),
    })
    const current: Run = {
      scope,
      wire: wireOf(),
      address: null,
      fallback: null,
      before: null,
      handOver,
      isLeaving: false,
      leftMs: 0,
      source,
      socket,
      uplink,
      startedAt: Date.now(),
      beganMs: timelineMs,
      started,
      resolveStarted,
      rejectStarted,
      info: null,
      isYielding: false,
      input: 'live',
      device: null,
      isPrompting: false,
      isOpen: false,
      hasOpened: false,
      stopped: null,
      unheardMs: 0,
      heardAt: 0,
      deafLines: 0,
      hasHeard: false,
      sentAt: 0,
      wordAt: Date.now(),
      recordedBytes: 0,
      digester,
      compared: null,
      settings: {},
      openedAt: 0,
      isAnswered: false,
      unanswered: 0,
      ping,
      tick() {
        current.fillHold?.()
        keepAlive.check()
      },
      heldMs: 0,
      endHold: null,
      fillHold: null,
      onLost: null,
      isGivenUp: false,
      down() {
        current.isOpen = false
        keepAlive.stop()
        uplink.down()
      },
    }
    scope.add(() => uplink.dispose())
    scope.add(() => {
      timelineMs = Math.max(timelineMs + uplink.positionMs, ...Object.values(text.channels).map(toSettledMs))
    })
    scope.add(keepAlive.stop)
    scope.add(() => socket.close())
    scope.add(() => current.source.abort())
    return current
  }

  /** Lets go of the line in use, or of the attempt to make one. */
  function leave(current: Run): void {
    const { socket, uplink, wire, handOver } = current
    current.before = current.address
    current.fallback = null
    if (socket.state === 'idle' || socket.state === 'ended') {
      // Nobody is to be relieved: the next line is made with the options of its own moment.
      current.address = null
      handOver.opened()
    } else if (current.isOpen && wire.close.every((message) => socket.send(message))) {
      const isLost = !uplink.canContinue
      if (!isLost) text = letGo(text, (timelineMs + uplink.sentMs) / 1000)
      uplink.leave()
      current.isLeaving = true
      current.leftMs = isLost ? uplink.positionMs : 0
      current.down()
      socket.drain(getOptions().drainTimeoutMs ?? 5000)
      if (isLost) void restartSource(current, true)
    } else {
      current.down()
      socket.close()
      socket.connect()
    }
    refresh()
  }

  /** The line that was let go of has ended: with everything answered, or cut short. */
  function left(current: Run, isCutShort = false): void {
    if (!current.isLeaving) return
    current.isLeaving = false
    advance(holdInterims(text))
    const settledMs = Math.max(current.beganMs, ...Object.values(text.channels).map(toSettledMs))
    const endMs = current.beganMs + current.leftMs
    if (isCutShort && endMs - settledMs > 100) lose(settledMs, endMs, 'new-recording')
  }

  /** The next line may be of the other generation. */
  function speakTo(current: Run, wire: ListenWire): void {
    if (wire === current.wire) return
    if (current.wire === listenV2) turnTo(endTurn(turns))
    current.wire = wire
    current.settings = {}
    set({ turn: null })
  }

  function onPage(current: Run, event: PageEvent): void {
    // The page may be kept and shown again, but its microphone and its line will not have lived on.
    if (event === 'left') abort()
    else if (event === 'tick') current.tick()
    else if (event === 'offline') replace(current, 'The device is offline')
    else if (current.isOpen) current.ping()
    else current.socket.retryNow()
  }

  function settleStart(current: Run): void {
    refresh()
    if (current.info && (current.isOpen || isLetGo(current))) current.resolveStarted()
  }

  /** Starts the source of a run. Whatever needs the user's click happens before this returns. */
  async function startSource(current: Run): Promise<void> {
    const { source, socket, uplink, scope } = current
    const { format: expected } = source
    const isOurs = (): boolean => run === current && current.source === source
    // A source may deliver, and even end, before it says what it delivers.
    let early: AudioChunk[] | null = []
    let isEnded = false
    const info = await source.start(
      {
        onPrompt() {
          // A line held open while somebody thinks about the question would only time out.
          if (run !== current || current.info) return
          current.isPrompting = true
          current.hasOpened = false
          socket.close()
          current.down()
          refresh()
        },
        onChunk(chunk: AudioChunk) {
          if (!isOurs()) return
          latency.captureMs ??= Date.now() - current.startedAt
          if (!current.isYielding) {
            current.isYielding = true
            if (current.info) refresh()
          }
          if (isHeld() && !source.pause) return
          current.recordedBytes += 'size' in chunk ? chunk.size : chunk.byteLength
          if (early) early.push(chunk)
          else uplink.push(chunk)
          watchLag(current)
        },
        onMuted(muted) {
          if (isOurs()) onInput(current, muted ? 'muted' : 'live')
        },
        onEnded(error) {
          if (!isOurs() || current.stopped) return
          if (error) fail(current, error)
          else if (early) isEnded = true
          else void stop()
        },
        onInput(state) {
          if (isOurs()) onInput(current, state)
        },
        onWarning(code, message, device) {
          if (!isOurs()) return
          if (message) warn(code, message, device)
          else unwarn(code)
        },
        async onReplaced(replacement) {
          await uplink.parsed()
          if (!isOurs() || current.stopped) return
          beginStreamOf(current, replacement)
          refresh()
        },
      },
      scope.signal,
    )
    if (!isOurs()) return
    if (current.stopped) {
      source.abort()
      return
    }
    current.isPrompting = false
    if (expected && expected.kind !== info.format.kind) {
      // The line was opened for what this is not.
      socket.close()
      current.down()
    }
    beginStreamOf(current, info)
    if (isHeld()) {
      source.pause?.()
      if (current.wire.keepAlive === null && !current.endHold) holdLine(current)
    }
    for (const chunk of early) uplink.push(chunk)
    early = null
    if (!isLetGo(current)) socket.connect()
    settleStart(current)
    if (isEnded) void stop()
  }

  function beginStreamOf(current: Run, info: AudioSourceInfo): void {
    current.info = info
    const { deviceId } = info.settings ?? {}
    current.device = typeof deviceId === 'string' ? { deviceId, label: info.label } : null
    for (const note of info.notes ?? []) warnOnce(note)
    if (current.uplink.begin(info.format)) return
    replace(current, 'The new input cannot go on in the old stream')
  }

  /** Begins a new stream, with its own header: on the same input where the source can do that. */
  async function restartSource(current: Run, isSameInput = false): Promise<void> {
    // After `stop()` nothing may be recorded any more.
    if (current.stopped) return
    let source: AudioSource | undefined
    try {
      const info = isSameInput ? current.source.restart?.() : undefined
      if (info) {
        beginStreamOf(current, info)
        if (isHeld()) current.source.pause?.()
        return
      }
      current.source.abort()
      source = createSource(getOptions().source, choice)
      current.source = source
      current.isYielding = false
      await startSource(current)
    } catch (error) {
      // One that was given up for the next, or for the end, has nothing to say.
      if (!current.stopped && (!source || source === current.source)) fail(current, error)
    }
  }

  /** The input went, came back, or was switched off or on by the application. */
  function onInput(current: Run, state: InputState): void {
    current.input = state
    if (isLost(state)) current.isYielding = false
    if (state === 'muted') {
      warn('input-muted', 'The microphone was muted outside of this page; only silence is heard.')
    } else {
      unwarn('input-muted')
    }
    setHold('input', isLost(state) || state === 'disabled')
  }

  /** Lets no audio leave for as long as there is a reason. */
  function setHold(why: Hold, isOn: boolean): void {
    const current = run
    if (!current || current.stopped) return
    const wasHeld = isHeld()
    if (isOn) holds.add(why)
    else holds.delete(why)
    if (!wasHeld && isHeld()) {
      if (current.info) current.source.pause?.()
      current.uplink.hold(true)
      if (current.info && current.wire.keepAlive === null) holdLine(current)
    } else if (wasHeld && !isHeld()) {
      current.endHold?.()
      current.endHold = current.fillHold = null
      current.uplink.hold(false)
      current.source.resume?.()
    }
    refresh()
  }

  function warn(code: ListenWarning['code'], message: string, device?: string): void {
    if (store.getState().warning?.message === message) return
    set({ warning: { code, message, ...(device && { device }) } })
  }

  function unwarn(code: ListenWarning['code']): void {
    if (store.getState().warning?.code === code) set({ warning: null })
  }

  function warnOfDrain(current: Run): void {
    current.isGivenUp = true
    warn('drain-timeout', 'The service did not finish in time; the last words may be missing or unfinished.')
  }

  function start(): Promise<void> {
    if (run?.stopped) {
      // The teardown before comes first; then a new recorder and a new socket.
      const mine = stops
      const started = run.stopped.then(() => {
        if (mine !== stops) throw abortedError('Starting to listen')
        return start()
      })
      started.catch(() => {})
      return started
    }
    if (run) return run.started
    let current: Run
    try {
      current = begin()
      current.socket.check()
    } catch (error) {
      if (error instanceof DeepgramError) {
        set({ status: 'error', error })
        callSafely(getOptions().onError, error)
      }
      const refused = Promise.reject(error)
      // It is in the state too. A misuse is not: it must not pass unseen.
      if (error instanceof DeepgramError) refused.catch(() => {})
      return refused
    }
    run = current
    forgetRemedy?.()
    latency.captureMs = latency.openMs = latency.firstWordMs = null
    refresh({ warning: null, turn: null })
    if (watchPage) current.scope.add(watchPage((event) => onPage(current, event)))
    const { revoked } = getOptions()
    if (revoked) current.scope.listen(revoked, 'abort', abort)
    watchLimits(current)
    startSource(current).catch((error: unknown) => fail(current, error))
    // Beside the microphone, so that neither waits for the other; a raw format has to be known first.
    if (current.source.format && run === current && !current.isPrompting) current.socket.connect()
    return current.started
  }

  function stop(): Promise<Transcript> {
    const current = run
    stops++
    if (!current) return Promise.resolve(text.transcript)
    if (!current.info) {
      abort()
      return Promise.resolve(text.transcript)
    }
    current.endHold?.()
    current.stopped ??= drain(current)
    refresh()
    return current.stopped
  }

  async function drain(current: Run): Promise<Transcript> {
    const { socket, uplink, source, scope } = current
    const timeoutMs = getOptions().drainTimeoutMs ?? 5000
    const over = new Promise<void>((resolve) => scope.add(resolve))
    // What is still to be sent again after a drop takes its time at the service's pace.
    const forget = scope.timeout(
      () => {
        warnOfDrain(current)
        scope.dispose()
      },
      timeoutMs + Math.min(uplink.unacknowledgedMs, 60_000),
    )
    await Promise.race([stopSource(source), over])
    // Nothing is recorded any more: where times are only known by the clock, it stands still.
    uplink.hold(true)
    while (!scope.isDisposed) {
      await Promise.race([sendRest(), over])
      // Cut off before the service had finished: the rest is sent again over the next line.
      const lost = new Promise<void>((resolve) => (current.onLost = resolve))
      let forgetSilence: (() => void) | undefined
      if (current.wire.close.every((message) => socket.send(message))) {
        socket.drain(timeoutMs)
        forgetSilence = watchSilence(Date.now())
      }
      await Promise.race([lost, over])
      forgetSilence?.()
    }
    if (current.compared) await current.compared
    forget()
    if (run === current) {
      release(current)
      refresh()
      current.rejectStarted(abortedError('Starting to listen'))
    }
    return text.transcript

    /** A line that is dead, though nobody closed it, answers nothing: what it did not acknowledge is sent again over another. */
    function watchSilence(askedAt: number): () => void {
      const silentMs = Math.max(SILENT_DRAIN_MS, timeoutMs / 2)
      let forget: () => void
      const look = (): void => {
        const leftMs = Math.max(askedAt, current.heardAt) + silentMs - Date.now()
        if (leftMs > 0) {
          forget = scope.timeout(look, leftMs)
          return
        }
        const { reconnect, callback } = getOptions()
        if (reconnect === false || callback || !uplink.canContinue || uplink.unacknowledgedMs < REST_MS) return
        replace(current, DEAD_LINE)
        // Where no other can be opened, it is given up when it would have been anyway.
        scope.timeout(() => {
          if (current.isOpen) return
          warnOfDrain(current)
          scope.dispose()
        }, timeoutMs - silentMs)
      }
      look()
      return () => forget()
    }

    async function sendRest(): Promise<void> {
      while (!scope.isDisposed) {
        await uplink.flushed()
        if (current.isOpen || scope.isDisposed) return
        await new Promise<void>((resolve) => scope.timeout(resolve, 50))
      }
    }
  }

  /** A source that cannot be stopped must not keep the words before from being told. */
  async function stopSource(source: AudioSource): Promise<void> {
    try {
      await source.stop()
    } catch {
      try {
        source.abort()
      } catch {
        // One that can neither be stopped nor aborted is left behind.
      }
    }
  }

  function abort(): void {
    const current = run
    stops++
    forgetRemedy?.()
    if (!current) return
    release(current)
    refresh()
    current.rejectStarted(abortedError('Starting to listen'))
  }

  function finalize(): Promise<Segment | null> {
    if (finalizing) return finalizing.promise
    if (!run?.isOpen || !run.socket.send(run.wire.finalize)) return Promise.resolve(null)
    finalizing = ask<Segment | null>(run.scope, FINALIZE_TIMEOUT_MS, null, () => (finalizing = null))
    return finalizing.promise
  }

  async function configure(settings: ListenSettings): Promise<boolean> {
    const current = run
    const frame = current?.wire.configure(settings)
    if (!current?.isOpen || !frame || configuring.size >= MAX_CONFIGURING || !current.socket.send(frame)) return false
    const question = ask(current.scope, CONFIGURE_TIMEOUT_MS, false, () => configuring.delete(question))
    configuring.add(question)
    const isTaken = await question.promise
    if (isTaken) {
      const features = { ...current.settings.features, ...settings.features }
      current.settings = { ...current.settings, ...settings, ...(Object.keys(features).length && { features }) }
    }
    return isTaken
  }

  async function choose(next: InputChoice): Promise<void> {
    const before = choice
    choice = next
    const current = run
    if (!current?.info || current.stopped) {
      set({ selectedDevice: next.deviceId })
      return
    }
    refresh()
    if (current.source.setInput) {
      try {
        await current.source.setInput(next)
      } catch (error) {
        if (choice === next) choice = before
        if (run === current) refresh()
        throw error
      }
      return
    }
    await stopSource(current.source)
    await current.uplink.parsed()
    if (run === current) await restartSource(current)
  }

  /** Without a KeepAlive only audio holds a line: silence where that can be made, else the line is let go. */
  function holdLine(current: Run): void {
    const { info, uplink, socket, scope } = current
    if (info?.format.kind === 'raw') {
      const { encoding, sampleRate, channels } = info.format
      const isWide = encoding === 'linear16'
      const size = Math.round(sampleRate / 10) * channels * (isWide ? 2 : 1)
      const silence = isWide ? 0 : encoding === 'mulaw' ? 0xff : 0xd5
      let filledAt = Date.now()
      // Timers of a hidden page come late; then it is more at a time, up to what a sleep may have made of it.
      current.fillHold = () => {
        const count = Math.min(100, Math.floor((Date.now() - filledAt) / 100))
        for (let i = 0; i < count; i++) uplink.push(new Uint8Array(size).fill(silence))
        filledAt = count < 100 ? filledAt + count * 100 : Date.now()
      }
      const timer = setInterval(current.fillHold, 100)
      current.endHold = scope.add(() => clearInterval(timer))
      return
    }
    current.endHold = () => socket.connect()
    // How long the last packet of a WebM stream is shows only when the next one comes.
    current.heldMs = uplink.positionMs - (/webm/.test(info?.format.mimeType ?? '') ? 100 : 0)
    void finalize().then(() => {
      if (run !== current || !isHeld() || current.stopped) return
      socket.close()
      current.down()
      refresh()
    })
  }

  return {
    ...store,
    start,
    stop,
    abort,
    pause: () => setHold('caller', true),
    resume: () => setHold('caller', false),
    finalize,
    configure,
    applyOptions: () => run?.handOver.apply() ?? Promise.resolve(),
    clear() {
      text = clearTranscript(text)
      publish()
    },
    setDevice: (deviceId) => choose({ ...choice, deviceId }),
    setPreset: (preset) => choose({ ...choice, preset }),
    diagnostics() {
      const { status, error } = store.getState()
      const { info, uplink, socket } = run ?? lastRun ?? {}
      return {
        status,
        errorCode: error?.code ?? null,
        attempts: socket?.attempts.map((attempt) => ({ ...attempt })) ?? [],
        requestIds: [...requestIds],
        format: info ? nameOf(info) : '',
        settings: { ...info?.settings },
        framesSent: uplink?.framesSent ?? 0,
        bytesSent: uplink?.bytesSent ?? 0,
        secondsRecorded: (uplink?.positionMs ?? 0) / 1000,
        secondsStreamed: (uplink?.streamedMs ?? 0) / 1000,
        audioDigest,
        messages: { ...messages },
        latency: { ...latency },
      }
    },
    getLevel: () => run?.source.getLevel?.() ?? 0,
  }
}
