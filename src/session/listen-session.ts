import type { AudioChunk, AudioSource, AudioSourceInfo } from '../audio/ports.ts'
import { DeepgramError, abortedError } from '../errors.ts'
import { decodeMessage } from '../protocol/decode.ts'
import { pickParameters } from '../protocol/endpoint.ts'
import {
  CLOSE_STREAM,
  FINALIZE,
  KEEP_ALIVE,
  LISTEN_V1_PARAMETERS,
  listenV1Schemas,
  type ListenV1Parameters,
  type QueryValue,
} from '../protocol/listen-v1.ts'
import { createScope, type Scope } from '../scope.ts'
import { warnOnce } from '../socket/credential.ts'
import { createDeepgramSocket, type AttemptRecord, type DeepgramSocket } from '../socket/deepgram-socket.ts'
import { createKeepAlive } from '../socket/keep-alive.ts'
import type { ConnectionOptions, LogEvent } from '../socket/options.ts'
import { foldListenV1 } from '../transcript/fold-listen-v1.ts'
import {
  beginStream,
  clearTranscript,
  closeUtterance,
  EMPTY_TRANSCRIPT,
  holdInterims,
  INITIAL_TRANSCRIPT_STATE,
  settleLost,
  settleRest,
  type ChannelState,
  type Segment,
  type Transcript,
  type TranscriptState,
  type Utterance,
} from '../transcript/transcript.ts'
import type { ListenStatus } from './status.ts'
import { callSafely, createReadonlyStore, type ReadonlyStore } from './store.ts'
import { createUplink, type Uplink } from './uplink.ts'

/** Where audio comes from; `S` is what the environment can turn into a source besides an {@link AudioSource}. */
export interface ListenSessionOptions<S = never> extends ConnectionOptions, ListenV1Parameters {
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
  /** Called once for each settled segment, in order. */
  onFinal?: ((segment: Segment) => void) | undefined
  /** Called once for each closed utterance, in order. */
  onUtterance?: ((utterance: Utterance) => void) | undefined
  /** Called when the session fails. */
  onError?: ((error: DeepgramError) => void) | undefined
}

/** Something that did not end the session, but that a person may want to know. */
export interface ListenWarning {
  /** Which. */
  readonly code: 'drain-timeout' | 'input-muted' | 'audio-lost' | 'service'
  /** What happened and what it means. */
  readonly message: string
}

/** What a listen session shows. */
export interface ListenState {
  /** What the session is doing. */
  readonly status: ListenStatus
  /** Set exactly when `status` is `'error'`. */
  readonly error: DeepgramError | null
  /** Everything heard so far. */
  readonly transcript: Transcript
  /** Whether sound is being recorded; true before the connection is open, so that the speaker can be told to speak. */
  readonly isCapturing: boolean
  /** Name of the device or track that is heard, by the browser's words; empty where unknown. */
  readonly deviceLabel: string
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
   * Begins to listen; call it in a click. Resolves when sound is recorded and the line is open.
   * A second call while it starts or listens returns the same promise.
   *
   * @throws DeepgramError as a rejection, with any code; TypeError for misused options.
   */
  readonly start: () => Promise<void>
  /** Ends after the last word: last chunk, CloseStream, drain; resolves with everything heard. Never rejects. */
  readonly stop: () => Promise<Transcript>
  /** Ends at once. What was heard stays. */
  readonly abort: () => void
  /** Lets no audio leave; the line is kept. */
  readonly pause: () => void
  /** Goes on after `pause()`. */
  readonly resume: () => void
  /** Asks for everything said so far as a final segment; `null` when there is none within a second. */
  readonly finalize: () => Promise<Segment | null>
  /** Forgets the transcript; the timeline and the ids go on. */
  readonly clear: () => void
  /** Chooses the microphone; while listening, changes over to it without losing the transcript. */
  readonly setDevice: (deviceId: string | undefined) => Promise<void>
  /** Facts for a support ticket. */
  readonly diagnostics: () => ListenDiagnostics
  /** Momentary input level, linear 0…1. Cheap. */
  readonly getLevel: () => number
}

/** What a session needs of its environment. */
export interface ListenDependencies<S> {
  /** Makes an audio source of what the options name. Opens nothing. */
  readonly createSource: (source: S | AudioSource | undefined, deviceId: string | undefined) => AudioSource
  /** Runs a function before the next picture is drawn; returns its undo. @default a timer of 16 ms */
  schedule?: (run: () => void) => () => void
  /** Whether the device believes that it has a network. */
  isOnline?: () => boolean
}

interface Run {
  readonly scope: Scope
  /** Replaced when another device is chosen. */
  source: AudioSource
  readonly socket: DeepgramSocket
  readonly uplink: Uplink
  readonly startedAt: number
  readonly started: Promise<void>
  resolveStarted(): void
  rejectStarted(error: unknown): void
  info: AudioSourceInfo | null
  isPrompting: boolean
  isOpen: boolean
  hasOpened: boolean
  stopped: Promise<Transcript> | null
  /** While draining: the line was lost before the service had finished. */
  onLost: (() => void) | null
  /** There is no line any more. */
  down(): void
}

const FINALIZE_TIMEOUT_MS = 1000

const toSettledMs = ({ settledEnd }: ChannelState): number => settledEnd * 1000

const defaultSchedule = (run: () => void): (() => void) => {
  const timer = setTimeout(run, 16)
  return () => clearTimeout(timer)
}

/**
 * Creates a live transcription session for `/v1/listen`.
 *
 * @param getOptions - Called at each start, at each connection attempt, and for each callback.
 */
export function createListenSession<S = never>(
  getOptions: () => ListenSessionOptions<S>,
  { createSource, schedule = defaultSchedule, isOnline }: ListenDependencies<S>,
): ListenSession {
  const initial: ListenState = {
    status: 'idle',
    error: null,
    transcript: EMPTY_TRANSCRIPT,
    isCapturing: false,
    deviceLabel: '',
    warning: null,
  }
  const [store, set] = createReadonlyStore(initial)
  let text: TranscriptState = INITIAL_TRANSCRIPT_STATE
  let run: Run | null = null
  let isPaused = false
  let deviceId: string | undefined
  let cancelPublish: (() => void) | null = null
  let finalizing: { promise: Promise<Segment | null>; settle(segment: Segment | null): void } | null = null
  let cancelUtteranceTimer: (() => void) | null = null
  let lastRun: Run | null = null
  let streams = 0
  /** Changes with every `stop()` and `abort()`, which take back a start that still waits for the end before. */
  let stops = 0
  /** Where the current run begins on the session's timeline. */
  let timelineMs = 0
  const requestIds: string[] = []
  const messages = { known: 0, unknown: 0, invalid: 0 }
  const latency: { captureMs: number | null; openMs: number | null; firstWordMs: number | null } = {
    captureMs: null,
    openMs: null,
    firstWordMs: null,
  }

  const log = (level: LogEvent['level'], event: string, data: LogEvent['data'] = {}): void =>
    callSafely(getOptions().logger, { level, event, purpose: 'listen', at: Date.now(), data })

  function publish(): void {
    cancelPublish?.()
    cancelPublish = null
    set({ transcript: text.transcript })
  }

  function refresh(change: Partial<ListenState> = {}): void {
    const status: ListenStatus = !run
      ? 'idle'
      : run.stopped
        ? 'stopping'
        : run.isPrompting
          ? 'requesting-permission'
          : !run.info || !run.hasOpened
            ? 'connecting'
            : isPaused
              ? 'paused'
              : run.isOpen
                ? 'listening'
                : 'reconnecting'
    set({
      status,
      error: null,
      isCapturing: run?.info != null && !isPaused && !run.stopped,
      deviceLabel: run?.info?.label ?? '',
      ...change,
    })
  }

  /** Takes the next state of the text, and tells what became settled or closed by it. */
  function advance(next: TranscriptState): void {
    if (next === text) return
    const { segments, utterances } = text.transcript
    text = next
    const newSegments = next.transcript.segments.slice(segments.length)
    const newUtterances = next.transcript.utterances.slice(utterances.length)
    if (newSegments.length + newUtterances.length === 0) {
      // Unfinished text is worth one update per picture.
      cancelPublish ??= schedule(publish)
      return
    }
    publish()
    for (const segment of newSegments) callSafely(getOptions().onFinal, segment)
    for (const utterance of newUtterances) callSafely(getOptions().onUtterance, utterance)
  }

  function release(current: Run): void {
    current.scope.dispose()
    if (run === current) run = null
    lastRun = current
    isPaused = false
    finalizing?.settle(null)
    cancelUtteranceTimer?.()
    cancelUtteranceTimer = null
    advance(settleRest(text))
    publish()
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
    release(current)
    current.rejectStarted(error)
    // A callback may have started anew.
    if (run) return
    refresh({ status: 'error', error })
    callSafely(getOptions().onError, error)
  }

  function onMessage(current: Run, frame: string): void {
    const decoded = decodeMessage(frame, listenV1Schemas)
    if (decoded.kind !== 'message') {
      messages[decoded.kind]++
      if (decoded.kind === 'invalid' && messages.invalid === 1) {
        log('warn', 'message-invalid', { reason: decoded.reason, type: decoded.type })
      }
      return
    }
    messages.known++
    const { message } = decoded
    const before = text.transcript.segments.length
    advance(foldListenV1(text, message))
    switch (message.type) {
      case 'Results':
        noteRequest(message.metadata?.request_id)
        if (text.transcript.text || text.transcript.interim) latency.firstWordMs ??= Date.now() - current.startedAt
        if (message.is_final) current.uplink.acknowledge(settledMs(message.channel_index[1] ?? 1) - timelineMs)
        if (message.from_finalize) finalizing?.settle(text.transcript.segments.slice(before).at(-1) ?? null)
        watchUtterance(message.channel.alternatives[0]?.transcript)
        break
      case 'Metadata':
        noteRequest(message.request_id)
        break
      case 'Error':
      case 'ConfigureFailure':
        warn(
          'service',
          `The service did not accept a message (${message.code ?? message.type}); transcription goes on.`,
        )
    }
  }

  function noteRequest(id: string | undefined): void {
    if (id && requestIds.at(-1) !== id) requestIds.push(id.slice(0, 64))
    if (requestIds.length > 50) requestIds.shift()
  }

  /** Up to where every channel is settled, in milliseconds on the timeline. */
  function settledMs(channelCount: number): number {
    const channels = Object.values(text.channels)
    return channels.length < channelCount ? 0 : Math.min(...channels.map(toSettledMs))
  }

  /** The last resort where neither `speech_final` nor `UtteranceEnd` comes. Empty results go on in silence. */
  function watchUtterance(words: string | undefined): void {
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

  function query(current: Pick<Run, 'info' | 'source'>): Record<string, QueryValue> {
    const options = getOptions()
    const format = current.info?.format ?? current.source.format
    const named = pickParameters(options, LISTEN_V1_PARAMETERS)
    named.model ??= 'nova-3'
    named.interim_results ??= true
    const all = { ...named, ...options.parameters }
    if (format?.kind === 'raw') {
      return { ...all, encoding: format.encoding, sample_rate: format.sampleRate, channels: format.channels }
    }
    // With a container they make the service read its bytes as raw samples: no words come back, and no error.
    const { encoding, sample_rate: sampleRate, channels, ...rest } = all
    if ((encoding ?? sampleRate ?? channels) != null) {
      warnOnce(
        'encoding, sampleRate and channels are left out: recorded audio is a container that says so itself; with them the service would hear noise.',
      )
    }
    return rest
  }

  function hints(all: Readonly<Record<string, QueryValue>>): string[] {
    const model = String(all.model)
    const found: string[] = []
    if (/^nova-3/.test(model) && all.keywords != null) found.push('keywords are refused by nova-3: use keyterm')
    if (!/^(nova-3|flux-)/.test(model) && all.keyterm != null) found.push('keyterm needs nova-3: use keywords')
    if (all.diarize != null && all.diarize_model != null) found.push('diarize and diarize_model exclude each other')
    if (all.utterance_end_ms != null && all.interim_results === false) {
      found.push('utterance_end_ms needs interim_results')
    }
    for (const hint of found) warnOnce(`${hint}.`)
    return found
  }

  function begin(): Run {
    const options = getOptions()
    const scope = createScope()
    const source = createSource(options.source, deviceId)
    let resolveStarted!: () => void
    let rejectStarted!: (error: unknown) => void
    const started = new Promise<void>((resolve, reject) => {
      resolveStarted = resolve
      rejectStarted = reject
    })
    // The failure is in the state too: who ignores the promise is not punished for it.
    started.catch(() => {})
    const keepAlive = createKeepAlive(() => socket.send(KEEP_ALIVE))
    const uplink = createUplink({
      bufferMs: options.bufferMs ?? 60_000,
      catchUpRate: options.catchUpRate ?? 1.25,
      send(chunk) {
        keepAlive.touch()
        return socket.send(chunk as Blob | Uint8Array<ArrayBuffer>)
      },
      onStream(startMs) {
        text = beginStream(text, streams++, (timelineMs + startMs) / 1000)
      },
      onLoss(startMs, endMs) {
        const seconds = (endMs - startMs) / 1000
        advance(settleLost(holdInterims(text), (timelineMs + endMs) / 1000))
        log('warn', 'audio-lost', { startMs, endMs })
        warn('audio-lost', `${seconds.toFixed(1)} s of audio were lost with the connection; those words are missing.`)
      },
      onUnspliceable() {
        void restartSource(current, true)
      },
    })
    const socket: DeepgramSocket = createDeepgramSocket({
      purpose: 'listen',
      getOptions,
      getAddress() {
        const all = query(current)
        return { path: '/v1/listen', query: all, hints: hints(all) }
      },
      onOpen() {
        latency.openMs ??= Date.now() - current.startedAt
        current.isOpen = current.hasOpened = true
        keepAlive.start()
        uplink.open()
        settleStart(current)
      },
      onText: (frame) => onMessage(current, frame),
      onDown() {
        current.down()
        advance(holdInterims(text))
        finalizing?.settle(null)
        current.onLost?.()
        refresh()
      },
      onEnd(error, isCutShort) {
        if (error) {
          fail(current, error)
        } else {
          if (isCutShort) warnOfDrain()
          current.scope.dispose()
        }
      },
      shouldRetry(error) {
        // The service did not like a stream that was put together anew: once more, with a fresh recorder.
        if (error.code !== 'invalid-audio' || !uplink.isReplaying) return false
        uplink.giveUpSplicing()
        return true
      },
      ...(isOnline && { isOnline }),
    })
    const current: Run = {
      scope,
      source,
      socket,
      uplink,
      startedAt: Date.now(),
      started,
      resolveStarted,
      rejectStarted,
      info: null,
      isPrompting: false,
      isOpen: false,
      hasOpened: false,
      stopped: null,
      onLost: null,
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

  function settleStart(current: Run): void {
    refresh()
    if (current.info && current.isOpen) current.resolveStarted()
  }

  /** Starts the source of a run. Whatever needs the user's click happens before this returns. */
  async function startSource(current: Run): Promise<void> {
    const { source, socket, uplink, scope } = current
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
          if (run !== current || current.source !== source) return
          latency.captureMs ??= Date.now() - current.startedAt
          if (isPaused && !source.pause) return
          if (early) early.push(chunk)
          else uplink.push(chunk)
        },
        onMuted(muted) {
          if (run !== current) return
          if (muted) {
            warn('input-muted', 'The microphone was muted outside of this page; only silence is heard.')
          } else if (store.getState().warning?.code === 'input-muted') {
            set({ warning: null })
          }
        },
        onEnded(error) {
          if (run !== current || current.source !== source) return
          if (current.stopped) return
          if (error) fail(current, error)
          else if (early) isEnded = true
          else void stop()
        },
      },
      scope.signal,
    )
    if (run !== current || current.source !== source) return
    if (current.stopped) {
      source.abort()
      return
    }
    current.isPrompting = false
    beginStreamOf(current, info)
    if (isPaused) source.pause?.()
    for (const chunk of early) uplink.push(chunk)
    early = null
    socket.connect()
    settleStart(current)
    if (isEnded) void stop()
  }

  function beginStreamOf(current: Run, info: AudioSourceInfo): void {
    current.info = info
    if (current.uplink.begin(info.format)) return
    current.socket.replace(
      new DeepgramError(
        'connection-lost',
        'The new input cannot go on in the old stream; a new connection is made for it; nothing needs to be done.',
        { retryable: true },
      ),
    )
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
        return
      }
      current.source.abort()
      source = createSource(getOptions().source, deviceId)
      current.source = source
      await startSource(current)
    } catch (error) {
      // One that was given up for the next, or for the end, has nothing to say.
      if (!current.stopped && (!source || source === current.source)) fail(current, error)
    }
  }

  function warn(code: ListenWarning['code'], message: string): void {
    set({ warning: { code, message } })
  }

  const warnOfDrain = (): void =>
    warn('drain-timeout', 'The service did not finish in time; the last words may be missing or unfinished.')

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
    latency.captureMs = latency.openMs = latency.firstWordMs = null
    refresh({ warning: null })
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
        warnOfDrain()
        scope.dispose()
      },
      timeoutMs + Math.min(uplink.unacknowledgedMs, 60_000),
    )
    await Promise.race([stopSource(source), over])
    while (!scope.isDisposed) {
      await Promise.race([sendRest(), over])
      // Cut off before the service had finished: the rest is sent again over the next line.
      const lost = new Promise<void>((resolve) => (current.onLost = resolve))
      if (socket.send(CLOSE_STREAM)) socket.drain(timeoutMs)
      await Promise.race([lost, over])
    }
    forget()
    if (run === current) {
      release(current)
      refresh()
      current.rejectStarted(abortedError('Starting to listen'))
    }
    return text.transcript

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
      source.abort()
    }
  }

  function abort(): void {
    const current = run
    stops++
    if (!current) return
    release(current)
    refresh()
    current.rejectStarted(abortedError('Starting to listen'))
  }

  return {
    ...store,
    start,
    stop,
    abort,
    pause() {
      if (!run?.info || run.stopped || isPaused) return
      isPaused = true
      run.source.pause?.()
      refresh()
    },
    resume() {
      if (!run || !isPaused) return
      isPaused = false
      run.source.resume?.()
      refresh()
    },
    finalize() {
      if (finalizing) return finalizing.promise
      if (!run?.isOpen || !run.socket.send(FINALIZE)) return Promise.resolve(null)
      const { scope } = run
      let settle!: (segment: Segment | null) => void
      const promise = new Promise<Segment | null>((resolve) => {
        const forget = scope.timeout(() => settle(null), FINALIZE_TIMEOUT_MS)
        settle = (segment) => {
          forget()
          finalizing = null
          resolve(segment)
        }
      })
      finalizing = { promise, settle }
      return promise
    },
    clear() {
      text = clearTranscript(text)
      publish()
    },
    async setDevice(id) {
      deviceId = id
      const current = run
      if (!current?.info || current.stopped) return
      await stopSource(current.source)
      await current.uplink.parsed()
      if (run === current) await restartSource(current)
    },
    diagnostics() {
      const { status, error } = store.getState()
      const { info, uplink, socket } = run ?? lastRun ?? {}
      return {
        status,
        errorCode: error?.code ?? null,
        attempts: socket?.attempts.map((attempt) => ({ ...attempt })) ?? [],
        requestIds: [...requestIds],
        format: info ? (info.format.kind === 'raw' ? info.format.encoding : info.format.mimeType) : '',
        settings: { ...info?.settings },
        framesSent: uplink?.framesSent ?? 0,
        bytesSent: uplink?.bytesSent ?? 0,
        secondsRecorded: (uplink?.positionMs ?? 0) / 1000,
        messages: { ...messages },
        latency: { ...latency },
      }
    },
    getLevel: () => run?.source.getLevel?.() ?? 0,
  }
}
