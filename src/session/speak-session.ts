import type { AudioSink, PcmFormat } from '../audio/ports.ts'
import { DeepgramError } from '../errors.ts'
import type { QueryValue } from '../protocol/listen-v1.ts'
import { isFluxModel } from '../protocol/endpoint.ts'
import type { SpeakV1Parameters } from '../protocol/speak-v1.ts'
import type { SpeakV2Parameters } from '../protocol/speak-v2.ts'
import {
  checkOptions,
  checkParameters,
  DURATION,
  FLAG,
  FUNCTION,
  numberFrom,
  TEXT,
  type OptionRules,
} from '../socket/check-options.ts'
import { checkConnection, type AttemptRecord } from '../socket/deepgram-socket.ts'
import type { ConnectionOptions } from '../socket/options.ts'
import { createPacer } from '../text/pacer.ts'
import { cutLength, isSpeakable, sentenceEnd, settledLength } from '../text/segment.ts'
import { pageCoordinator, type Coordinator } from './coordination.ts'
import type { PageEvent } from './listen-session.ts'
import { createSpeakLine, pageLines, type LinePool, type LineUser, type SpeakLine } from './speak-line.ts'
import { speakV1 } from './speak-wire-v1.ts'
import { createSpeakV2 } from './speak-wire-v2.ts'
import type { SpeakWire } from './speak-wire.ts'
import type { SpeakStatus } from './status.ts'
import { callSafely, createReadonlyStore, type ReadonlyStore } from './store.ts'

/** Options of a speak session; read when `speak()` is called. */
export interface SpeakOptions extends ConnectionOptions, SpeakV1Parameters, SpeakV2Parameters {
  /** Further query parameters, spelled as on the wire. */
  parameters?: Readonly<Record<string, QueryValue>> | undefined
  /**
   * What becomes of whoever else speaks on the page: `true` stops it; `'queue'` waits until all is said, one's own text
   * before included; `false`, or `'mix'`, lets it speak at the same time.
   *
   * @default true
   */
  exclusive?: boolean | 'queue' | 'mix' | undefined
  /** Keeps the audio of the utterance for `download()`. @default false */
  recording?: boolean | undefined
  /**
   * Makes text fit for a voice; called with whole sentences, a code block in one piece. `toSpeakable` reads Markdown,
   * links, code and emoji as they are meant.
   *
   * @default false
   */
  prepare?: ((text: string) => string) | false | undefined
  /**
   * Milliseconds that the connection stays open after the last word, for the next one, whoever speaks it: sessions of one
   * page with the same voice and the same credentials share it.
   *
   * @default 10000
   */
  idleMs?: number | undefined
  /** Called with the error of an utterance, besides the rejection and the state. */
  onError?: ((error: DeepgramError) => void) | undefined
}

/** What can be spoken. A stream is grouped by sentences as it comes; `createTextStream` makes one to push into. */
export type SpeakInput = string | AsyncIterable<string> | ReadableStream<string>

/** How an utterance ended. */
export interface SpeakResult {
  /** `ended`: heard to the last sample. `replaced`: another utterance took its place. */
  readonly reason: 'ended' | 'stopped' | 'replaced'
  /** Seconds of its audio that were heard. */
  readonly playedSeconds: number
  /** The part of the text that was heard; see {@link UtteranceState.spokenText}. */
  readonly spokenText: string
  /**
   * Of a Flux voice that was stopped while the service was at a text: the part of that text which was heard, as the
   * service says. A text is sent a few sentences at a time; `finished` waits up to 3 seconds for the answer, and
   * without one this is `undefined`.
   */
  readonly textSpoken?: string | undefined
  /** The rest of that text, as the service says. */
  readonly textRemaining?: string | undefined
}

/** A text on its way to the ear. */
export interface Utterance {
  /** Unique within the session, never reused. */
  readonly id: string
  /**
   * Settles once, when the last sample was heard or the utterance was stopped. Rejects with a DeepgramError; nobody
   * needs to listen.
   */
  readonly finished: Promise<SpeakResult>
}

/** The utterance being heard. */
export interface UtteranceState {
  /** Unique within the session, never reused. */
  readonly id: string
  /** The text as it is spoken, as far as it is known. */
  readonly text: string
  /**
   * The beginning of `text` that was heard, in whole words. The service gives no times with the audio, so within a
   * sentence it is proportional to the time heard.
   */
  readonly spokenText: string
  /** Seconds heard. */
  readonly playedSeconds: number
  /** Seconds in all; `null` until the last of the audio has arrived. */
  readonly durationSeconds: number | null
}

/** State of a {@link SpeakSession}. */
export interface SpeakState {
  /** What the session is doing. */
  readonly status: SpeakStatus
  /** Set exactly when the status is `'error'`. */
  readonly error: DeepgramError | null
  /** The utterance being heard, or waited for. */
  readonly utterance: UtteranceState | null
}

/** Facts for a ticket; no credential, no text. */
export interface SpeakDiagnostics {
  /** The last connection attempts. */
  readonly attempts: readonly AttemptRecord[]
  /** The service's ids of the last connections. */
  readonly requestIds: readonly string[]
  /** How often sound ran out in the middle of a text. */
  readonly underruns: number
  /** How often the service was asked for the audio of a text. */
  readonly flushes: number
  /** How many of these it refused, and was asked again. */
  readonly refusedFlushes: number
  /** Codes of the service's last warnings. */
  readonly warnings: readonly string[]
  /** Messages of the service, counted. */
  readonly messages: {
    readonly known: number
    readonly unknown: number
    /** Dropped because their shape was wrong, or because they were repeats. */
    readonly invalid: number
  }
  /** Milliseconds from `speak()`, or the end of the text before it, to the first audio of the last text; `null` without any. */
  readonly firstAudioMs: number | null
  /** The same to its first audible sample. */
  readonly firstSoundMs: number | null
}

/** A read-only store of what is spoken, and the verbs. Creating one opens nothing. */
export interface SpeakSession extends ReadonlyStore<SpeakState> {
  /**
   * Speaks a text of any length. Call it in a click, the browser wants a gesture before the first sound.
   *
   * @param options - `queue: true` waits for what this session is speaking, which is otherwise replaced; `signal` stops it.
   * @throws TypeError for misused arguments and options. Every other failure rejects `finished`.
   */
  readonly speak: (input: SpeakInput, options?: { queue?: boolean; signal?: AbortSignal }) => Utterance
  /**
   * Opens the connection now, so that the next text does not wait for it. Unused it is closed after `idleMs`. What
   * goes wrong is told by the next `speak()`.
   *
   * @throws TypeError for misused options.
   */
  readonly connect: () => void
  /** Silence, after a fade of a few milliseconds; the queue is emptied. */
  readonly stop: () => void
  /** Falls silent, keeping its place to the sample. */
  readonly pause: () => void
  /** Goes on with the next sample. */
  readonly resume: () => void
  /**
   * Sets the loudness, without a click.
   *
   * @param volume - 0…1, from the next moment on and for later utterances.
   */
  readonly setVolume: (volume: number) => void
  /**
   * Lowers the voice for a while, without a click: multiplies the loudness.
   *
   * @param factor - 0…1; 1 takes it back.
   */
  readonly duck: (factor: number) => void
  /**
   * Sets the rate of speech for later texts; of a Flux voice, which needs no new connection for it, from the next sentences on.
   *
   * @param speed - A Flux voice: 0.5 to 1.5 in steps of 0.05; an Aura voice: 0.7 to 1.5.
   * @throws TypeError for anything else.
   */
  readonly setSpeed: (speed: number) => void
  /** Moves the sound. Rejects with `unsupported`, `device-not-found` or `permission-denied`. */
  readonly setOutputDevice: (deviceId: string) => Promise<void>
  /** Whether this browser lets the loudspeaker be chosen. Opens nothing; on a server it is `false`. */
  readonly canSetOutputDevice: () => boolean
  /** Call it in a gesture, to be allowed to speak later without one. Resolves with whether sound is allowed. */
  readonly unlock: () => Promise<boolean>
  /** Seconds of the current utterance heard so far; pulled, for smooth displays. */
  readonly getPlayedSeconds: () => number
  /** Momentary level of the voice, 0…1; pulled, for meters. */
  readonly getLevel: () => number
  /** The last utterance as a WAV file; `null` unless the option `recording` was set. */
  readonly download: () => Blob | null
  /** Facts for a support ticket. */
  readonly diagnostics: () => SpeakDiagnostics
  /** Stops, and gives back every socket, context and timer. It may be used again. */
  readonly destroy: () => void
}

/** What a speak session needs from outside. */
export interface SpeakSessionDeps {
  /** Makes the way to the loudspeaker; called once, when it is first needed. */
  createSink(): AudioSink
  /** @default the page's */
  coordinator?: Coordinator | undefined
  /** @default the page's */
  lines?: LinePool | undefined
  /** Tells what happens to the page, until the function it returns is called. */
  watchPage?: ((tell: (event: PageEvent) => void) => () => void) | undefined
  /** Whether the device believes that it has a network. */
  isOnline?: (() => boolean) | undefined
}

interface Group {
  /** Where it ends in the job's text. */
  to: number
  /** Where its audio ends, in frames. */
  end: number
}

interface Job {
  readonly id: string
  /** Of a stream: what is to come. */
  readonly iterator: AsyncIterator<string, undefined> | undefined
  /** Of a stream: what is not yet whole sentences. */
  raw: string
  text: string
  /** How much of `text` was sent. */
  sent: number
  /** What has all its audio; the first stands for the beginning. */
  groups: Group[]
  /** Where the texts end whose audio was asked for and has not all come. */
  asked: number[]
  /** The source has ended. */
  isRead: boolean
  /** Characters heard. */
  heard: number
  /** Lets the source go on. */
  more?: (() => void) | undefined
  /** Ends the source and whatever else hangs on it. */
  release(): void
  resolve(result: SpeakResult): void
  reject(error: DeepgramError): void
}

const OPTIONS: OptionRules = [
  [['linear16, mulaw or alaw', (value) => /^(linear16|mulaw|alaw)$/.test(String(value))], 'encoding'],
  [numberFrom(0, 1), 'volume'],
  [TEXT, 'outputDeviceId'],
  [['true, false, queue or mix', (value) => /^(true|false|queue|mix)$/.test(String(value))], 'exclusive'],
  [FLAG, 'recording'],
  [DURATION, 'idleMs'],
  [FUNCTION, 'onError'],
]

/** Seconds of audio in hand beyond which nothing more is asked for. */
const AHEAD_SECONDS = 20
/** Two groups at the slowest rate are heard in half of this. */
const TOO_MUCH_SECONDS = 300
const FIRST_GROUP = 120
const LONGEST_GROUP = 400
/** A stream that rests this long at the end of a sentence will not go on with it. */
const REST_MS = 600
const BACKLOG = 5_000
const CHARACTERS_PER_SECOND = 15

/**
 * Creates a session that speaks text over `/v1/speak`, or `/v2/speak` with a Flux voice; it opens nothing by itself.
 *
 * @param getOptions - Called at each `speak()`, and by the socket at each connection attempt.
 */
export function createSpeakSession(getOptions: () => SpeakOptions, deps: SpeakSessionDeps): SpeakSession {
  const [store, set] = createReadonlyStore<SpeakState>({ status: 'idle', error: null, utterance: null })
  const jobs: Job[] = []
  /** The last lines, for diagnostics. */
  const used: SpeakLine[] = []
  const warnings: string[] = []
  const timers: Partial<Record<'pace' | 'rest', ReturnType<typeof setTimeout>>> = {}
  const { coordinator = pageCoordinator, lines = pageLines } = deps
  let sink: AudioSink | null = null
  let pacer = createPacer()
  /** While something is to be said. */
  let line: SpeakLine | null = null
  let format: PcmFormat
  let isAudible = false
  let hasAudio = false
  let isSounding = false
  let isBlocked = false
  let isPaused = false
  /** Somebody else speaks first. */
  let isWaiting = false
  let isComplete = false
  let mustFlush = false
  let wasOpen = false
  let error: DeepgramError | null = null
  let count = 0
  let flushes = 0
  let refusedFlushes = 0
  /** What takes the permission to connect back. */
  let revoked: AbortSignal | undefined
  let begunAt = 0
  let firstAudioMs: number | null = null
  let firstSoundMs: number | null = null
  let speed: number | undefined
  let optionSpeed: number | undefined
  let unwatch: (() => void) | undefined

  const speaker = {
    yield: () => cancelAll('replaced'),
    begin() {
      isWaiting = false
      next()
    },
  }

  /** The options, with what was changed by a verb since. */
  function read(): SpeakOptions {
    const options = getOptions()
    if (options.speed !== optionSpeed) speed = optionSpeed = options.speed
    return { ...options, speed }
  }

  const getSink = (): AudioSink => (sink ??= deps.createSink())

  function later(name: keyof typeof timers, action: () => void, delayMs: number): void {
    clearTimeout(timers[name])
    timers[name] = setTimeout(action, delayMs)
  }

  const playedSeconds = (): number => (jobs[0] && !isWaiting ? getSink().getPlayedFrames() / format.sampleRate : 0)

  /** How many characters of the job were heard, in whole words, never fewer than before. */
  function heardLength({ groups, asked, text, heard }: Job): number {
    if (isWaiting) return 0
    const frame = getSink().getPlayedFrames()
    const before = groups.findLast(({ end }) => end <= frame) ?? START
    const group = groups.find(({ end }) => end > frame)
    const length = (group?.to ?? asked[0] ?? before.to) - before.to
    const total = group ? group.end - before.end : (length / CHARACTERS_PER_SECOND) * format.sampleRate
    const share = length * Math.min(1, (frame - before.end) / total || 0)
    const words = text.slice(before.to, before.to + share + 1).search(/\s\S*$/)
    return Math.max(heard, before.to + Math.max(0, words))
  }

  function update(): void {
    const job = jobs[0]
    let { utterance } = store.getState()
    let status: SpeakStatus = error ? 'error' : 'idle'
    if (job) {
      if (isBlocked) status = 'blocked'
      else if (isPaused) status = 'paused'
      else if (isAudible) status = 'speaking'
      else if (isWaiting) status = 'buffering'
      else if (!wasOpen) status = 'connecting'
      else status = line && !line.isOpen && !isComplete ? 'reconnecting' : 'buffering'
      job.heard = heardLength(job)
      const next: UtteranceState = {
        id: job.id,
        text: job.text,
        spokenText: job.text.slice(0, job.heard),
        playedSeconds: playedSeconds(),
        durationSeconds: isComplete ? getSink().receivedFrames / format.sampleRate : null,
      }
      const keys = Object.keys(next) as (keyof UtteranceState)[]
      if (keys.some((key) => next[key] !== utterance?.[key])) utterance = next
    } else utterance = null
    const sounds = job !== undefined && hasAudio && !isPaused && !isBlocked
    if (sounds !== isSounding) coordinator.sound(speaker, (isSounding = sounds))
    set({ status, error, utterance })
  }

  /** Moves whole sentences of a stream to the text to be spoken. */
  function settle(job: Job, isRest = job.isRead): void {
    const { prepare } = getOptions()
    let { raw } = job
    // A code block is prepared in one piece.
    if (prepare && !job.isRead && raw.split('```').length % 2 === 0) raw = raw.slice(0, raw.lastIndexOf('```'))
    let length = isRest ? raw.length : settledLength(raw)
    if (!length && !job.text && raw.length > FIRST_GROUP) length = cutLength(raw, FIRST_GROUP, true)
    if (!length && raw.length > LONGEST_GROUP * 2) length = cutLength(raw, LONGEST_GROUP * 2)
    const piece = raw.slice(0, length)
    job.raw = job.raw.slice(length)
    const text = prepare && piece ? prepare(piece) : piece
    job.text += text && /\s$/.test(piece) && !/\s$/.test(text) ? text + ' ' : text
  }

  async function readAll(job: Job, iterator: AsyncIterator<string, undefined>): Promise<void> {
    try {
      while (!job.isRead) {
        const { done, value } = await iterator.next()
        if (!jobs.includes(job)) return
        if (done) job.isRead = true
        else job.raw += value
        settle(job)
        pump()
        if (!done) later('rest', () => rest(job), REST_MS)
        if (job.text.length - job.sent > BACKLOG) await new Promise<void>((resolve) => (job.more = resolve))
        if (!jobs.includes(job)) return
      }
    } catch (cause) {
      job.isRead = true
      fail(
        new DeepgramError(
          'source-ended',
          'The source of the text failed; the rest is not spoken; see `cause` and try again.',
          { cause },
        ),
      )
    }
  }

  function rest(job: Job): void {
    if (!/[\p{STerm}…]["'”’»)\]*_]*\s*$/u.test(job.raw)) return
    settle(job, true)
    pump()
  }

  function begin(job: Job): void {
    const options = read()
    format = wireOf(options).formatOf(options)
    isAudible = isBlocked = isPaused = isComplete = mustFlush = hasAudio = false
    begunAt = Date.now()
    firstAudioMs = firstSoundMs = null
    getSink().start(
      format,
      {
        onAudible(audible) {
          isAudible = audible
          if (audible) firstSoundMs ??= Date.now() - begunAt
          advance()
        },
        onBlocked(blocked) {
          isBlocked = blocked
          update()
        },
        onProgress: advance,
        onDrained() {
          isAudible = false
          over(job, 'ended')
        },
        onError: failPlayback,
      },
      options,
    )
    ensureLine(true)
    wasOpen = line!.isOpen
    if (job.iterator) void readAll(job, job.iterator)
    pump()
    update()
  }

  function advance(): void {
    update()
    pump()
  }

  /** Sends what may be sent now. */
  function pump(): void {
    const job = jobs[0]
    if (!job || isWaiting || isComplete) return
    if (job.isRead && !job.raw && job.sent === job.text.length && !job.asked.length) {
      isComplete = true
      getSink().end()
      update()
      return
    }
    if (mustFlush || job.sent < job.text.length) ensureLine()
    while (line?.isOpen && !line.isHeld) {
      const now = Date.now()
      const last = job.groups.at(-1)!
      const ahead =
        (getSink().receivedFrames - getSink().getPlayedFrames()) / format.sampleRate +
        (job.sent - last.to) / CHARACTERS_PER_SECOND
      const rest = job.text.slice(job.sent, job.sent + 2 * LONGEST_GROUP)
      if (!mustFlush && (!rest || ahead > AHEAD_SECONDS)) return
      const length = mustFlush ? 0 : groupLength(rest, pacer.worth(now), !job.sent)
      const text = rest.slice(0, length)
      if (!mustFlush && !isSpeakable(text)) {
        // Nothing to say: it counts as spoken with what came before.
        job.sent += length
        if (job.asked.length) job.asked.splice(-1, 1, job.sent)
        else last.to = job.sent
        pump()
        return
      }
      const waitMs = pacer.delay(now, length)
      if (waitMs) {
        later('pace', pump, waitMs)
        return
      }
      if (text) {
        line.setSpeed(read().speed)
        job.asked.push((job.sent += length))
      }
      line.speak(text)
      flushes++
      mustFlush = false
      pacer.spend(now, length)
      if (job.text.length - job.sent <= BACKLOG) job.more?.()
    }
  }

  const addressOf = (options: SpeakOptions) => wireOf(options).address(options)

  const user: LineUser = {
    getOptions,
    getAddress: () => addressOf(read()),
    isOnline: deps.isOnline,
    onOpen() {
      wasOpen = true
      advance()
    },
    onCleared: pump,
    onBytes(bytes) {
      if (!hasAudio) {
        hasAudio = true
        firstAudioMs = Date.now() - begunAt
        update()
      }
      getSink().write(new Uint8Array(bytes))
      if (getSink().receivedFrames - getSink().getPlayedFrames() > TOO_MUCH_SECONDS * format.sampleRate) {
        fail(
          new DeepgramError(
            'service-error',
            'The service sends more sound than the text can be the cause of; the rest is not spoken; check baseUrl.',
          ),
        )
      }
    },
    onEvent,
    onDown(hadOpened) {
      const isNeeded = jobs[0]!.asked.length > 0 || !hadOpened
      if (isNeeded) rewind()
      else line = null
      advance()
      return isNeeded
    },
    onEnd(reason) {
      line = null
      if (reason && !isComplete) {
        fail(reason)
        return
      }
      if (!reason) rewind()
      advance()
    },
  }

  /** A line for what is to be said now: the one there is, the page's, or a new one. */
  function ensureLine(isFirst = false): void {
    const options = read()
    const { path, query } = addressOf(options)
    const isSteered = isFluxModel(options.model)
    const key = JSON.stringify([path, query, options.baseUrl, isSteered || options.speed], (name, value: unknown) =>
      name === 'speed' ? undefined : value,
    )
    if (line && !jobs[0]?.asked.length && (line.key !== key || line.isOld)) {
      line.close()
      line = null
    }
    if (line) return
    const { model } = options
    const fresh = createSpeakLine(key, () => wireOf({ model }), user, pacer)
    if (isFirst) fresh.socket.check()
    line = lines.take(key, user) ?? fresh
    pacer = line.pacer
    if (used.at(-1) !== line) keep(used, line)
    line.socket.connect()
  }

  /** From the first connection on: what ends the session whoever holds it, the page's end and the sign-out. */
  function watch(options: SpeakOptions): void {
    unwatch ??= deps.watchPage?.(onPage)
    revoked?.removeEventListener('abort', destroy)
    ;({ revoked } = options)
    revoked?.addEventListener('abort', destroy)
  }

  function onPage(event: PageEvent): void {
    if (event === 'online') line?.socket.retryNow()
    if (event !== 'left') return
    // The page may be kept and shown again: it is idle then.
    cancelAll('stopped')
    lines.leave(user)
  }

  /** The line is gone: what it had not sent completely will be spoken anew, except for what is audible already. */
  function rewind(): void {
    const job = jobs[0]
    if (!job?.asked.length) return
    const last = job.groups.at(-1)!
    job.asked = []
    job.sent = last.to
    getSink().truncate(last.end)
    last.end = getSink().receivedFrames
    mustFlush = false
  }

  function onEvent(event: Parameters<LineUser['onEvent']>[0]): void {
    const job = jobs[0]
    switch (event.type) {
      case 'flushed':
        if (!job?.asked.length) return
        getSink().flush()
        job.groups.push({ to: job.asked.shift()!, end: getSink().receivedFrames })
        advance()
        return
      case 'flush-refused':
        refusedFlushes++
        if (!job?.asked.length) return
        // One repeated flush answers for all that were refused.
        if (mustFlush && job.asked.length > 1) job.asked.splice(-2, 1)
        mustFlush = true
        pacer.refuse(Date.now())
        pump()
        return
      case 'warning':
        keep(warnings, event.text)
        return
      case 'error':
        fail(
          new DeepgramError(
            'service-error',
            `The service reported an error (${event.text}); the rest is not spoken; check the options and try again.`,
            { retryable: true },
          ),
        )
    }
  }

  /** Takes a job off the list and silences it, here. Returns whether it was the one under way. */
  function drop(job: Job): boolean {
    const index = jobs.indexOf(job)
    if (index < 0) return false
    job.release()
    jobs.splice(index, 1)
    job.more?.()
    if (index) return false
    clearTimeout(timers.pace)
    clearTimeout(timers.rest)
    sink?.stop()
    isAudible = isBlocked = isPaused = isComplete = false
    isWaiting &&= jobs.length > 0
    return true
  }

  function over(job: Job, reason: SpeakResult['reason']): void {
    const isCurrent = jobs[0] === job
    const result: SpeakResult = {
      reason,
      playedSeconds: isCurrent ? playedSeconds() : 0,
      spokenText: reason === 'ended' ? job.text : job.text.slice(0, isCurrent ? heardLength(job) : 0),
    }
    const last = job.groups.at(-1)!
    const before = job.text.slice(0, last.to)
    const heardFrames = isCurrent && sink ? sink.getPlayedFrames() - last.end : 0
    // Of what the service is not at it needs no word.
    const isWanted = isCurrent && job.asked.length > 0
    drop(job)
    const isAsked =
      isWanted &&
      line?.clear((heardFrames / format.sampleRate) * 1000, ({ spoken, remaining }) =>
        job.resolve({
          ...result,
          // Where nothing of that text was heard an earlier one was playing; a text without its markup is another.
          ...(spoken && job.text.startsWith(before + spoken) && { spokenText: before + spoken }),
          textSpoken: spoken,
          textRemaining: remaining,
        }),
      )
    if (!isAsked) job.resolve(result)
    if (isCurrent) next(reason === 'replaced')
  }

  /** Goes on with what waits, or gives back what others may want; not the floor, if another text is about to follow. */
  function next(isReplaced = false): void {
    if (isWaiting) {
      update()
      return
    }
    if (jobs[0]) {
      try {
        begin(jobs[0])
      } catch (reason) {
        failPlayback(reason)
      }
      return
    }
    // The line first: who speaks next may want it.
    restLine()
    if (!isReplaced) coordinator.release(speaker)
    update()
  }

  /** Nothing is to be said: the line is kept for a while, for whoever speaks next. */
  function restLine(): void {
    if (line) lines.park(line, user, getOptions().idleMs ?? 10_000)
    line = null
  }

  function cancelAll(reason: 'stopped' | 'replaced'): void {
    // The last one first, so that none of them begins.
    for (const job of jobs.toReversed()) over(job, reason)
  }

  function fail(reason: DeepgramError): void {
    error = reason
    const failed = jobs.toReversed()
    failed.forEach(drop)
    line?.close()
    line = null
    next()
    for (const job of failed.reverse()) job.reject(reason)
    callSafely(getOptions().onError, reason)
  }

  function failPlayback(cause: unknown): void {
    fail(
      cause instanceof DeepgramError
        ? cause
        : new DeepgramError(
            'playback-failed',
            'The sound could not be played; the rest is not spoken; see `cause` and try again.',
            { cause },
          ),
    )
  }

  function destroy(): void {
    cancelAll('stopped')
    // Nothing may outlive an unmount or a sign-out, not even a polite goodbye.
    lines.leave(user)
    unwatch?.()
    unwatch = undefined
    for (const timer of Object.values(timers)) clearTimeout(timer)
    sink?.destroy()
    revoked?.removeEventListener('abort', destroy)
    error = null
    update()
  }

  return {
    ...store,
    speak(input, { queue, signal } = {}) {
      const options = read()
      const { exclusive = true } = options
      const wire = wireOf(options)
      checkOptions(options, OPTIONS)
      if (options.prepare) checkOptions(options, [[FUNCTION, 'prepare']])
      checkParameters(options, wire.parameters)
      wire.formatOf(options)
      const isRead = typeof input === 'string'
      const iterator = isRead ? undefined : iteratorOf(input)
      if (!isRead && !iterator) {
        throw new TypeError('speak(input): input must be a string, an async iterable of strings or a ReadableStream.')
      }
      try {
        checkConnection(options)
      } catch (reason) {
        // Whatever is no misuse rejects `finished`.
        if (reason instanceof TypeError) throw reason
      }
      let resolve!: Job['resolve']
      let reject!: Job['reject']
      const finished = new Promise<SpeakResult>((...settlers) => ([resolve, reject] = settlers))
      // The state tells of it as well; a page that does not wait for the promise has missed nothing.
      finished.catch(() => {})
      const id = `utterance-${++count}`
      const job: Job = {
        ...{ id, iterator, isRead, resolve, reject },
        ...{ raw: isRead ? input : '', text: '', sent: 0, groups: [{ ...START }], asked: [], heard: 0 },
        release() {
          signal?.removeEventListener('abort', abort)
          // Errors of a source that is not wanted any more are nobody's.
          if (!job.isRead) Promise.resolve(iterator?.return?.()).catch(() => {})
        },
      }
      const abort = (): void => over(job, 'stopped')
      if (isRead) settle(job)
      error = null
      watch(options)
      if (!(queue ?? exclusive === 'queue')) cancelAll('replaced')
      if (signal?.aborted || (isRead && !isSpeakable(job.text))) {
        job.release()
        coordinator.release(speaker)
        resolve({ reason: signal?.aborted ? 'stopped' : 'ended', playedSeconds: 0, spokenText: '' })
        update()
        return { id, finished }
      }
      signal?.addEventListener('abort', abort)
      if (exclusive === true) coordinator.claim(speaker)
      if (jobs.push(job) > 1) return { id, finished }
      try {
        isWaiting = exclusive === 'queue' && !coordinator.wait(speaker)
        // This may be the gesture that allows sound, however late it is wanted.
        if (isWaiting) void getSink().unlock()
        else begin(job)
        update()
      } catch (reason) {
        if (reason instanceof TypeError) {
          drop(job)
          next()
          throw reason
        }
        failPlayback(reason)
      }
      return { id, finished }
    },
    connect() {
      if (jobs[0]) return
      watch(read())
      ensureLine()
      restLine()
    },
    stop() {
      cancelAll('stopped')
    },
    pause() {
      if (!jobs[0] || isPaused) return
      isPaused = true
      sink?.pause()
      update()
    },
    resume() {
      if (!isPaused) return
      isPaused = false
      sink?.resume()
      advance()
    },
    setVolume(volume) {
      if (!(volume >= 0 && volume <= 1)) throw new TypeError('setVolume(volume): volume must be a number from 0 to 1.')
      getSink().setVolume(volume)
    },
    duck(factor) {
      if (!(factor >= 0 && factor <= 1)) throw new TypeError('duck(factor): factor must be a number from 0 to 1.')
      getSink().duck(factor)
    },
    setSpeed(next) {
      const options = read()
      wireOf(options).formatOf({ ...options, speed: next })
      speed = next
    },
    setOutputDevice: async (deviceId) => getSink().setOutputDevice(deviceId),
    canSetOutputDevice: () => getSink().canSetOutputDevice(),
    unlock: async () => getSink().unlock(),
    getPlayedSeconds: playedSeconds,
    getLevel: () => sink?.getLevel() ?? 0,
    download() {
      const wav = sink?.getRecording()
      return wav ? new Blob([wav], { type: 'audio/wav' }) : null
    },
    diagnostics: () => ({
      attempts: used.flatMap(({ socket }) => socket.attempts),
      requestIds: used.flatMap((each) => each.requestIds),
      underruns: sink?.underruns ?? 0,
      flushes,
      refusedFlushes,
      warnings: [...warnings],
      messages: countMessages(used),
      firstAudioMs,
      firstSoundMs,
    }),
    destroy,
  }
}

const START: Readonly<Group> = { to: 0, end: 0 }

function groupLength(rest: string, worth: number, isFirst: boolean): number {
  const end = sentenceEnd(rest, Math.min(worth, LONGEST_GROUP / 2)) || rest.length
  const soft = isFirst && end > FIRST_GROUP && cutLength(rest, FIRST_GROUP, true)
  return soft || (end > LONGEST_GROUP ? cutLength(rest, LONGEST_GROUP) : end)
}

function countMessages(lines: readonly SpeakLine[]): SpeakDiagnostics['messages'] {
  const sum = { known: 0, unknown: 0, invalid: 0 }
  for (const { messages } of lines) {
    for (const kind of ['known', 'unknown', 'invalid'] as const) sum[kind] += messages[kind]
  }
  return sum
}

/** Adds to a list of the latest. */
function keep<T>(list: T[], item: T): void {
  list.push(item)
  if (list.length > 20) list.shift()
}

// Safari before 26 cannot iterate over a stream.
export function iteratorOf(input: Exclude<SpeakInput, string>): AsyncIterator<string, undefined> | undefined {
  const source = Object(input) as Partial<AsyncIterable<string, undefined> & ReadableStream<string>>
  const reader = source[Symbol.asyncIterator] ? undefined : source.getReader?.()
  return reader
    ? {
        next: () => reader.read() as Promise<IteratorResult<string, undefined>>,
        return: () => reader.cancel() as never,
      }
    : source[Symbol.asyncIterator]?.()
}

const wireOf = ({ model }: SpeakOptions): SpeakWire => (isFluxModel(model) ? createSpeakV2() : speakV1)
