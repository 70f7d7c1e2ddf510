import { DeepgramError } from '../errors.ts'
import { plainWords, withoutEcho } from '../transcript/echo.ts'
import type { Turn } from '../transcript/fold-listen-v2.ts'
import { joinText, textOf } from '../transcript/join.ts'
import type { Segment, Transcript } from '../transcript/transcript.ts'
import { pageCoordinator, type Coordinator } from './coordination.ts'
import { holdWhileSpeaking, type HalfDuplexOptions } from './half-duplex.ts'
import type { ListenSession, ListenState } from './listen-session.ts'
import {
  iteratorOf,
  type SpeakInput,
  type SpeakResult,
  type SpeakSession,
  type SpeakState,
  type Utterance,
  type UtteranceState,
} from './speak-session.ts'
import { callSafely, createReadonlyStore, type ReadonlyStore } from './store.ts'

/**
 * What happens while the page speaks. `'half-duplex'`: the microphone is closed. `'barge-in'`: whoever speaks over the
 * page lowers its voice, and then silences it. `'open'`: nothing; the next turn replaces the answer to the one before.
 */
export type TurnPolicy = 'half-duplex' | 'barge-in' | 'open'

/** When speech over the page's voice counts, under `'barge-in'`. */
export interface InterruptionOptions {
  /** What the loudness is multiplied by at the first sign of speech, 0…1. @default 0.2 */
  duckTo?: number | undefined
  /** So many words stop the voice. @default 2 */
  words?: number | undefined
  /** Fewer words stop it when they took so many milliseconds. @default 800 */
  sustainMs?: number | undefined
  /** Milliseconds without anything more to hear after which the voice is as loud as before. @default 1200 */
  restoreMs?: number | undefined
  /**
   * Words that say nothing but "I am listening". An utterance of nothing else neither stops the page nor is a turn while
   * the page answers; otherwise it is one.
   *
   * @default hm, uh, uh-huh, yeah, okay and the like
   */
  fillers?: readonly string[] | undefined
}

/** What is known of a turn when it is to be answered. */
export interface TurnContext {
  /** Aborts when the answer is not wanted any more: the user goes on speaking, interrupts it, or has left. */
  readonly signal: AbortSignal
  /**
   * The conversation up to this turn, the turn included; of an answer that was cut, what was really heard. Messages of
   * which nothing was heard are left out. `role` and `content` are what language models take.
   */
  readonly history: readonly DialogueMessage[]
  /** Whether the turn is only likely to be over (Flux): nothing is heard before it is, and `signal` aborts if it is not. */
  readonly eager: boolean
}

/** An answer: text, or text as it comes. Nothing stands for silence. */
export type DialogueAnswer = SpeakInput | null | undefined | void

/** Options of a dialogue; read when they are used. */
export interface DialogueOptions extends HalfDuplexOptions {
  /**
   * Called for each turn of the user; what it returns is spoken. An eager call that was aborted is followed by another.
   * What it throws is told as the error `reply-failed`.
   */
  onTurn: (text: string, turn: TurnContext) => DialogueAnswer | Promise<DialogueAnswer>
  /** What happens while the page speaks. @default 'half-duplex' */
  turn?: TurnPolicy | undefined
  /** When speech counts as an interruption, under `'barge-in'`. */
  interruption?: InterruptionOptions | undefined
  /** Takes the page's own words out of what the user said. @default only under 'barge-in' */
  echoFilter?: boolean | undefined
  /** Called with each error of either side, or of the answer. */
  onError?: ((error: DeepgramError) => void) | undefined
}

/** Who is at it. `'interrupted'`: the user has cut the answer, and is speaking still. */
export type DialoguePhase = 'idle' | 'listening' | 'thinking' | 'speaking' | 'interrupted'

/** How long an answer took, in milliseconds from the message that told the end of the turn; `null` before. */
export interface DialogueLatency {
  /** To its first text; below 0 where an eager answer was there before. */
  readonly tokenMs: number | null
  /** To its first audible sample. */
  readonly soundMs: number | null
}

/** What the user said. */
export interface UserMessage {
  /** Unique within the dialogue, never reused. */
  readonly id: string
  /** Who said it. */
  readonly role: 'user'
  /** What was said. */
  readonly content: string
}

/** What the page said. */
export interface AssistantMessage {
  /** Unique within the dialogue, never reused. */
  readonly id: string
  /** Who said it. */
  readonly role: 'assistant'
  /** What was heard of it so far. Where the voice failed, what was written. */
  readonly content: string
  /** What was written, heard or not. */
  readonly text: string
  /**
   * `'writing'` until it is heard, then `'speaking'`; `'spoken'` when it was heard to its end, `'interrupted'` when it
   * was cut; `'unspoken'` when the voice failed.
   */
  readonly state: 'writing' | 'speaking' | 'spoken' | 'interrupted' | 'unspoken'
  /** Seconds of it that were heard. */
  readonly playedSeconds: number
  /** How long it took to come. */
  readonly latency: DialogueLatency
}

/** One contribution to the conversation. */
export type DialogueMessage = UserMessage | AssistantMessage

/** A part of a dialogue that can fail by itself. */
export type DialoguePart = 'listen' | 'reply' | 'speak'

/** Something that went wrong, while the rest goes on. */
export interface DialogueProblem {
  /** What failed: hearing the user, the application's answer, or the voice. */
  readonly part: DialoguePart
  /** Why. */
  readonly error: DeepgramError
  /** What still works. Without a voice answers are still written; without ears `send()` still takes a turn. */
  readonly works: readonly DialoguePart[]
}

/** What a dialogue shows. */
export interface DialogueState {
  /** Who is at it. */
  readonly phase: DialoguePhase
  /** The conversation so far; messages that did not change keep their identity. */
  readonly history: readonly DialogueMessage[]
  /** What the user is saying right now. */
  readonly unfinished: string
  /** What went wrong last, until it works again. */
  readonly problem: DialogueProblem | null
  /** The error of `problem`. */
  readonly error: DeepgramError | null
}

/** A conversation: a read-only store plus verbs. It does nothing until one of them is called. */
export interface DialogueSession extends ReadonlyStore<DialogueState> {
  /** The side that hears. Started and stopped by the dialogue. */
  readonly listen: ListenSession
  /** The side that speaks. */
  readonly speak: SpeakSession
  /**
   * Begins to listen, and prepares to speak; call it in a click.
   *
   * @throws DeepgramError as a rejection, with the codes of the listen session; TypeError for misused options.
   */
  readonly start: () => Promise<void>
  /** Ends the conversation: silence, and the microphone is given back. What was being said is no turn any more. */
  readonly stop: () => Promise<void>
  /** Silences the page, or takes back its answer; listening goes on. */
  readonly interrupt: () => void
  /**
   * Says something that nobody asked for, a greeting for example.
   *
   * @throws TypeError for anything but text, or text as it comes.
   */
  readonly say: (input: SpeakInput) => void
  /** Takes a turn of the user's that was typed. */
  readonly send: (text: string) => void
  /** Forgets the conversation. */
  readonly clear: () => void
  /** Ends everything that the dialogue began; its sessions stay as they are. It may be used again. */
  readonly destroy: () => void
}

/** What a dialogue is made of. */
export interface DialogueParts {
  /** Hears. */
  readonly listen: ListenSession
  /** Speaks. */
  readonly speak: SpeakSession
  /** Knows what sounds on the page. @default the page's */
  readonly coordinator?: Coordinator | undefined
}

/** An answer on its way. */
interface Reply {
  /** Of its message. */
  readonly id: string
  /** The turn it answers. */
  readonly to: string
  readonly controller: AbortController
  /** Waits for the end of the turn to be certain. */
  isTentative: boolean
  utterance: Utterance | null
  text: string
  /** All of `text` is there. */
  isWritten: boolean
  isShown: boolean
  isHeard: boolean
  /** The voice failed; the text goes on. */
  isMute: boolean
  endedAt: number
  tokenAt: number | null
  soundAt: number | null
}

const PARTS: readonly DialoguePart[] = ['listen', 'reply', 'speak']

const FILLERS =
  'hm hmm hmmm mm mmm mhm mm-hmm mm-hm uh um uhm uh-huh er erm ah oh huh yeah yep ok okay right sure'.split(' ')

/** What the page said so long before a turn may come back in it. */
const ECHO_MS = 6_000
const FRESH_MS = 1_500
/** An echo begins at most so long after the last sound; the time on the line is in it. */
const ECHO_TAIL_MS = 800
/** The position heard is an estimate: so many words beyond it may have been heard. */
const WORDS_AHEAD = 4
/** Longer than the fade of a voice that is stopped. */
const FADED_MS = 60
/** While somebody speaks, what the answer needs is kept awake by a look this often. */
const WARM_MS = 3_000

/**
 * Joins a listen session and a speak session to a conversation. It opens nothing of its own: no socket, no player, no
 * microphone.
 *
 * @param getOptions - Called whenever an option counts.
 */
export function createDialogueSession(
  getOptions: () => DialogueOptions,
  { listen, speak, coordinator = pageCoordinator }: DialogueParts,
): DialogueSession {
  const [store, set] = createReadonlyStore<DialogueState>({
    phase: 'idle',
    history: [],
    unfinished: '',
    problem: null,
    error: null,
  })
  let history: readonly DialogueMessage[] = []
  let problems: readonly Omit<DialogueProblem, 'works'>[] = []
  let current: Reply | null = null
  let count = 0
  let isInterrupted = false
  let detach: (() => void) | null = null

  // What the user says.
  let closed = 0
  let raw = ''
  let unfinished = ''
  /** When the first word of the turn was said, by the clock of the page; 0 before it. */
  let beganAt = 0
  /** What was said before the page took the floor; it belongs to the next turn. */
  let carried = ''
  let warmedAt = 0

  // What the page says.
  let said: { readonly word: string; readonly at: number }[] = []
  let saidOf = ''
  let saidCount = 0
  let silentSince = 0
  let isDucked = false
  let restoring: ReturnType<typeof setTimeout> | undefined

  const policy = (): TurnPolicy => getOptions().turn ?? 'half-duplex'
  const filtersEcho = (): boolean => getOptions().echoFilter ?? policy() === 'barge-in'

  function publish(): void {
    const isOn = detach && !/^(idle|error)$/.test(listen.getState().status)
    let phase: DialoguePhase = isOn ? (isInterrupted ? 'interrupted' : 'listening') : 'idle'
    if (current && !current.isTentative) phase = current.isHeard ? 'speaking' : 'thinking'
    set({ phase, history, unfinished })
  }

  // The messages.

  const newId = (): string => `m${++count}`

  function change(id: string, update: Partial<AssistantMessage>): void {
    history = history.map((message) =>
      message.id === id && message.role === 'assistant' ? { ...message, ...update } : message,
    )
  }

  function addUser(content: string): void {
    history = [...history, { id: newId(), role: 'user', content }]
  }

  function show(own: Reply): void {
    const { id, text, isMute, endedAt, tokenAt, soundAt } = own
    // Nothing is shown of an answer to what may never have been asked.
    if (own.isTentative || !text) return
    const latency = { tokenMs: tokenAt && tokenAt - endedAt, soundMs: soundAt && soundAt - endedAt }
    if (own.isShown) change(id, { text, latency, ...(isMute && { content: text }) })
    else {
      own.isShown = true
      const start = { content: '', state: 'writing', playedSeconds: 0 } as const
      history = [...history, { id, role: 'assistant', text, latency, ...start }]
    }
    publish()
  }

  // The problems.

  function fail(part: DialoguePart, error: DeepgramError): void {
    problems = [...problems.filter((problem) => problem.part !== part), { part, error }]
    showProblem()
    callSafely(getOptions().onError, error)
  }

  function recover(part: DialoguePart): void {
    problems = problems.filter((problem) => problem.part !== part)
    showProblem()
  }

  function showProblem(): void {
    const last = problems.at(-1)
    if (store.getState().error === (last?.error ?? null)) return
    const works = PARTS.filter((part) => !problems.some((problem) => problem.part === part))
    set({ problem: last ? { ...last, works } : null, error: last?.error ?? null })
  }

  // The answer.

  function beginReply(to: string, isTentative = false): Reply {
    return (current = {
      id: newId(),
      to,
      controller: new AbortController(),
      isTentative,
      utterance: null,
      text: '',
      isWritten: false,
      isShown: false,
      isHeard: false,
      isMute: false,
      endedAt: Date.now(),
      tokenAt: null,
      soundAt: null,
    })
  }

  function answer(text: string, until: readonly DialogueMessage[], eager: boolean): void {
    const own = beginReply(text, eager)
    publish()
    const { signal } = own.controller
    const failed = (cause: unknown): void => failReply(own, cause)
    try {
      const given = getOptions().onTurn(text, { signal, history: until.filter(({ content }) => content), eager })
      if (isPromise(given)) given.then((later) => voice(own, later)).then(undefined, failed)
      else voice(own, given)
    } catch (cause) {
      failed(cause)
    }
  }

  /** Speaks what the application gave. */
  function voice(own: Reply, given: DialogueAnswer): void {
    if (typeof given === 'string' || !given) {
      if (current !== own) return
      own.isWritten = true
      recover('reply')
      if (!given) drop(own)
      else {
        write(own, given)
        utter(own, given)
      }
      return
    }
    const iterator = iteratorOf(given)
    if (!iterator) throw new TypeError('onTurn must return a string, an async iterable of strings or a ReadableStream.')
    const end = (): void => void Promise.resolve(iterator.return?.()).catch(() => {})
    if (current !== own) {
      end()
      return
    }
    own.controller.signal.addEventListener('abort', end)
    const feed = createFeed()
    utter(own, feed.read())
    void read(own, iterator, feed)
  }

  /** Reads the text as it comes, however far the voice is: a voice that fails does not take the text with it. */
  async function read(own: Reply, iterator: AsyncIterator<string, undefined>, feed: Feed): Promise<void> {
    const { signal } = own.controller
    try {
      for (;;) {
        const { done, value } = await iterator.next()
        if (done || signal.aborted) break
        write(own, value)
        feed.push(value)
      }
      if (!signal.aborted) recover('reply')
    } catch (cause) {
      failReply(own, cause)
    }
    own.isWritten = true
    feed.end()
    if (own.isMute) release(own)
  }

  function write(own: Reply, piece: string): void {
    if (piece) own.tokenAt ??= Date.now()
    own.text += piece
    show(own)
  }

  function failReply(own: Reply, cause: unknown): void {
    if (current !== own) return
    const { isTentative } = own
    // What was written before is spoken to its end.
    if (!own.text || isTentative) drop(own)
    // The end of the turn asks again.
    if (isTentative) return
    fail(
      'reply',
      new DeepgramError(
        'reply-failed',
        'The application could not answer; nothing more is spoken of this answer; see `cause`, and say it again.',
        { cause, retryable: true },
      ),
    )
  }

  function utter(own: Reply, input: SpeakInput): void {
    try {
      own.utterance = speak.speak(input, { signal: own.controller.signal })
    } catch (cause) {
      drop(own)
      // Misused options are the developer's to see.
      callSafely(() => {
        throw cause
      })
      return
    }
    // Everything may be ready, but nothing heard, before the turn is certain to be over.
    if (own.isTentative) speak.pause()
    own.utterance.finished.then(
      (result) => finish(own, result),
      (error: unknown) => failVoice(own, error as DeepgramError),
    )
  }

  function finish(own: Reply, { reason, spokenText, playedSeconds }: SpeakResult): void {
    if (reason === 'ended') {
      change(own.id, { state: 'spoken', content: own.text, playedSeconds })
      recover('speak')
      release(own)
      return
    }
    if (own.isHeard) change(own.id, { state: 'interrupted', content: spokenText, playedSeconds })
    drop(own)
  }

  function failVoice(own: Reply, error: DeepgramError): void {
    // Nobody was to hear more of it.
    if (own.controller.signal.aborted) return
    if (own.isTentative) {
      drop(own)
      return
    }
    own.isMute = true
    change(own.id, { state: 'unspoken', content: own.text })
    if (own.isWritten) release(own)
    fail('speak', error)
    publish()
  }

  /** The answer is over. */
  function release(own: Reply): void {
    if (current === own) current = null
    publish()
  }

  /** Takes an answer back; what was heard of it stays. */
  function drop(own: Reply): void {
    own.controller.abort()
    if (!own.isHeard && !own.isMute) history = history.filter(({ id }) => id !== own.id)
    release(own)
  }

  /** Ends an answer before its end. */
  function cut(own: Reply, isByUser = false): void {
    const { utterance } = speak.getState()
    isInterrupted = isByUser
    current = null
    if (own.isHeard && utterance) {
      const { spokenText: content, playedSeconds } = utterance
      change(own.id, { state: 'interrupted', content, playedSeconds })
    }
    drop(own)
    // Not before the fade is over: the voice would be louder for a moment.
    if (isDucked) restoreIn(FADED_MS)
  }

  // The loudness.

  function restoreIn(ms: number): void {
    clearTimeout(restoring)
    restoring = setTimeout(restore, ms)
  }

  function restore(): void {
    clearTimeout(restoring)
    if (isDucked) speak.duck(1)
    isDucked = false
  }

  // The turns.

  function isFiller(text: string): boolean {
    const fillers = getOptions().interruption?.fillers ?? FILLERS
    return plainWords(text).every((word) => fillers.includes(word))
  }

  /** What the user said, without what the page said. */
  function withoutOurs(text: string, isUnfinished = false): string {
    if (!filtersEcho() || beganAt > silentSince + ECHO_TAIL_MS) return text
    const all = said.filter(({ at }) => at >= beganAt - ECHO_MS)
    // A short answer may well repeat a word of the question.
    const fresh = beganAt > silentSince ? [] : all.filter(({ at }) => at >= beganAt - FRESH_MS)
    return withoutEcho(text, { words: all.map(({ word }) => word), fresh: fresh.map(({ word }) => word), isUnfinished })
  }

  /** The user's turn is over. */
  function take(text: string): void {
    const whole = joinText(carried, text)
    carried = ''
    isInterrupted = false
    const own = current
    if (own?.isTentative && own.to === whole) {
      own.isTentative = false
      own.endedAt = Date.now()
      addUser(whole)
      show(own)
      publish()
      speak.resume()
      return
    }
    if (own) cut(own)
    addUser(whole)
    answer(whole, history, false)
  }

  /** The user's turn is likely to be over. */
  function takeEagerly(text: string): void {
    if (current?.isTentative) cut(current)
    if (!text || current) return
    const content = joinText(carried, text)
    answer(content, [...history, { id: newId(), role: 'user', content }], true)
  }

  function onUtterance(text: string): void {
    const words = withoutOurs(text)
    isInterrupted = false
    restore()
    const own = current?.isTentative ? null : current
    if (!words || (own && isFiller(words))) return
    // Nothing leaves while the page speaks: this was said before.
    if (own?.isHeard && policy() === 'half-duplex') carried = joinText(carried, words)
    else take(words)
  }

  /** The unfinished words have changed, or speech was noticed before there are any. */
  function judge(pieces: readonly Pick<Segment, 'words'>[], isNoticed: boolean): void {
    const own = current
    if (!own || own.isTentative || policy() === 'open') return
    const words = plainWords(unfinished)
    const isSpeech = words.length > 0 && !isFiller(unfinished)
    if (!own.isHeard) {
      // Who goes on before there is an answer had not finished.
      if (isSpeech) cut(own)
      return
    }
    if (policy() !== 'barge-in') return
    const { words: least = 2, sustainMs = 800, duckTo = 0.2, restoreMs = 1200 } = getOptions().interruption ?? {}
    const timed = pieces.flatMap((piece) => piece.words)
    const lastedMs = timed[0] && unfinished === raw ? (timed.at(-1)!.end - timed[0].start) * 1000 : 0
    if (isSpeech && (words.length >= least || lastedMs >= sustainMs)) cut(own, true)
    else if (words.length || isNoticed) {
      if (!isDucked) speak.duck(duckTo)
      isDucked = true
      restoreIn(restoreMs)
    } else restore()
  }

  /** Lets nothing be cold when the answer comes. */
  function warm(): void {
    if (current || Date.now() - warmedAt < WARM_MS) return
    warmedAt = Date.now()
    void speak.unlock().catch(() => {})
    try {
      speak.connect()
    } catch {
      // Misused options; the answer will say so.
    }
  }

  function onListen(state: ListenState, before: ListenState): void {
    if (state.transcript !== before.transcript) hear(state.transcript)
    if (state.turn !== before.turn) onTurnState(state.turn, before.turn)
    if (state.speechStart !== before.speechStart) {
      warm()
      judge([], true)
    }
    if (state.status !== before.status) {
      if (state.error) fail('listen', state.error)
      else if (state.status === 'listening') recover('listen')
      if (/^(idle|error)$/.test(state.status)) {
        isInterrupted = false
        if (current?.isTentative) cut(current)
      }
    }
    publish()
  }

  function hear({ utterances, segments, interim }: Transcript): void {
    // It may have been cleared.
    closed = Math.min(closed, utterances.length)
    while (closed < utterances.length) {
      const { text, source, start, end } = utterances[closed++]!
      beganAt ||= Date.now() - (end - start) * 1000
      // What is left over when listening ends was not said to its end.
      if (source !== 'stop') onUtterance(text)
      beganAt = 0
    }
    const last = utterances.at(-1)?.segmentIds.at(-1)
    const pieces = [
      ...segments.slice(segments.findLastIndex(({ id }) => id === last) + 1),
      ...(interim ? [interim] : []),
    ]
    const text = textOf(pieces)
    if (text === raw) return
    raw = text
    const [first] = pieces
    if (!text || !first) beganAt = 0
    else beganAt ||= Date.now() - (pieces.at(-1)!.end - (first.words[0]?.start ?? first.start)) * 1000
    unfinished = withoutOurs(text, interim !== null)
    if (unfinished) warm()
    judge(pieces, false)
  }

  function onTurnState(turn: Turn | null, before: Turn | null): void {
    const isSame = before?.index === turn?.index && before?.state === turn?.state
    if (turn?.state === 'eager-end') {
      if (!isSame || before?.text !== turn.text) takeEagerly(withoutOurs(turn.text))
    } else if (turn?.state === 'speaking' && !isSame && current?.isTentative) cut(current)
  }

  function onSpeak({ status, utterance }: SpeakState): void {
    const now = Date.now()
    silentSince = coordinator.isSounding ? Infinity : Math.min(silentSince, now)
    if (utterance && status === 'speaking' && filtersEcho()) rememberSaid(utterance, now)
    const own = current
    if (!own?.utterance) return
    if (utterance?.id !== own.utterance.id) {
      restore()
      // However it ended; that is told by `finished`.
      if (own.isHeard && !own.isMute) release(own)
      return
    }
    if (status === 'speaking' && !own.isHeard) {
      own.isHeard = true
      own.soundAt = now
      change(own.id, { state: 'speaking' })
      show(own)
    }
    const { spokenText: content, playedSeconds } = utterance
    if (own.isHeard) change(own.id, { content, playedSeconds })
    publish()
  }

  function rememberSaid({ id, text, spokenText }: UtteranceState, at: number): void {
    if (saidOf !== id) {
      saidOf = id
      saidCount = 0
      said = said.filter((each) => each.at > (beganAt || at) - ECHO_MS)
    }
    const until = plainWords(spokenText).length + WORDS_AHEAD
    for (const word of plainWords(text).slice(saidCount, until)) {
      said.push({ word, at })
      saidCount++
    }
  }

  function attach(): void {
    if (detach) return
    closed = listen.getState().transcript.utterances.length
    const undo = [
      listen.subscribe(onListen),
      speak.subscribe(onSpeak),
      holdWhileSpeaking(listen, () => (policy() === 'half-duplex' ? getOptions() : null), coordinator),
    ]
    detach = () => {
      detach = null
      for (const each of undo) each()
    }
  }

  function end(): void {
    if (current) cut(current)
    raw = unfinished = carried = ''
    beganAt = 0
    isInterrupted = false
    detach?.()
    publish()
  }

  return {
    ...store,
    listen,
    speak,
    start() {
      try {
        warmedAt = Date.now()
        void speak.unlock().catch(() => {})
        speak.connect()
      } catch (misuse) {
        return Promise.reject(misuse)
      }
      attach()
      return listen.start()
    },
    async stop() {
      end()
      await listen.stop()
      publish()
    },
    interrupt() {
      if (current) cut(current)
    },
    say(input) {
      attach()
      if (current) cut(current)
      const own = beginReply('')
      publish()
      try {
        voice(own, input)
      } catch (misuse) {
        drop(own)
        throw misuse
      }
    },
    send(text) {
      attach()
      if (text.trim()) take(text.trim())
    },
    clear() {
      history = []
      publish()
    },
    destroy() {
      end()
      restore()
    },
  }
}

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof (value as Partial<Promise<T>> | null | undefined)?.then === 'function'

/** Text that is read as it is written. */
interface Feed {
  push(piece: string): void
  end(): void
  read(): AsyncIterable<string>
}

function createFeed(): Feed {
  const pieces: string[] = []
  let isOver = false
  let wake: (() => void) | undefined
  return {
    push(piece) {
      pieces.push(piece)
      wake?.()
    },
    end() {
      isOver = true
      wake?.()
    },
    async *read() {
      while (pieces.length || !isOver) {
        if (pieces.length) yield pieces.splice(0).join('')
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
