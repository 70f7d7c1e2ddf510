import type { ListenV2Message, ListenV2TurnInfo } from '../protocol/listen-v2.ts'
import {
  channelOf,
  closeUtterance,
  setInterim,
  settle,
  TIME_EPSILON,
  type Recognised,
  type TranscriptState,
  type Utterance,
  type Word,
} from './transcript.ts'

/** What closes an utterance here: the service itself says that the turn is over. */
const END: Utterance['source'] = 'speech-final'

/** A word may be told so long after it began; on the wire 0.7 s were seen. */
const LATE_WORD_SECONDS = 3

/**
 * Up to where a message says that the audio needs not be sent again, in seconds of its stream; 0 when it says nothing.
 *
 * The end of a turn acknowledges all of it. So does silence, but for the last seconds: a turn may be silent for long,
 * and after a drop all that silence would be sent again before the next word.
 */
export function acknowledgedBy(message: ListenV2Message): number {
  if (message.type !== 'TurnInfo') return 0
  if (message.event === 'EndOfTurn') return message.audio_window_end
  return message.transcript
    ? message.audio_window_start
    : Math.max(message.audio_window_start, message.audio_window_end - LATE_WORD_SECONDS)
}

/**
 * Folds one `/v2/listen` message into the transcript. Pure; a message that changes nothing gives the same state back.
 *
 * The running turn is the interim text, whatever event carries it; `EndOfTurn` settles it and closes the utterance.
 * After `CloseStream` no such event comes: what is unfinished then is left to `settleRest`.
 *
 * Source: protocol reference, sections 3.4 and 3.5.
 */
export function foldListenV2(state: TranscriptState, message: ListenV2Message): TranscriptState {
  if (message.type !== 'TurnInfo') return state
  const start = message.audio_window_start + state.streamOffset
  const end = message.audio_window_end + state.streamOffset
  const current = settleOvertaken(state, start)
  const { interim, settledEnd } = channelOf(current, 0)
  // A repeated message: its turn is over, or has got further already.
  if (end <= settledEnd + TIME_EPSILON || (interim && end < interim.end - TIME_EPSILON)) return current
  const heard = recognised(message, state.streamOffset, Math.max(start, settledEnd), end)
  if (message.event === 'EndOfTurn') return closeUtterance(settle(current, heard), 0, END)
  return setInterim(current, heard)
}

/**
 * The window of a turn begins where that of the turn before ended. So text that lies before it belongs to a turn that
 * is over, even if no message said so.
 */
function settleOvertaken(state: TranscriptState, start: number): TranscriptState {
  const { interim } = channelOf(state, 0)
  if (!interim || start < interim.end - TIME_EPSILON) return state
  return closeUtterance(settle(state, interim, interim.isProvisional), 0, END)
}

function recognised(message: ListenV2TurnInfo, offset: number, from: number, end: number): Recognised {
  const { transcript: text, languages } = message
  const language = languages?.length === 1 ? languages[0] : undefined
  const timed = message.words.map((word) => ({
    text: word.word,
    // Nothing that is said in this window was said before it: a word of the next turn is not one heard twice.
    start: word.start === undefined ? undefined : Math.max(word.start + offset, message.audio_window_start + offset),
    end: word.end === undefined ? undefined : word.end + offset,
    confidence: word.confidence,
    ...(language !== undefined && { language }),
  }))
  const words = spread(timed, from, end)
  return { channel: 0, start: words[0]?.start ?? from, end, text, words }
}

type UntimedWord = Omit<Word, 'start' | 'end'> & { start: number | undefined; end: number | undefined }

/** Gives the words without times a share, by their length, of the time between their neighbours. */
const spread = (words: readonly UntimedWord[], from: number, end: number): Word[] =>
  words.map((word, i) => {
    const start = word.start ?? from
    let until = word.end ?? start
    if (word.start === undefined) {
      const rest = words.slice(i)
      const next = rest.findIndex((other) => other.start !== undefined)
      const letters = rest.slice(0, next < 0 ? Infinity : next).reduce((sum, { text }) => sum + text.length, 0) || 1
      until = start + (Math.max(0, (rest[next]?.start ?? end) - start) * word.text.length) / letters
    }
    return { ...word, start, end: (from = Math.max(start, until)) }
  })

/** One turn of the conversation, as `/v2/listen` sees it. */
export interface Turn {
  /** Counts the turns of the session from 0, through reconnections. */
  readonly index: number
  /**
   * `'silent'` until speech is certain, though some text may be there; `'eager-end'` while the end is likely; `'ended'`
   * until the next turn is heard of.
   */
  readonly state: 'silent' | 'speaking' | 'eager-end' | 'ended'
  /** What was said in it so far; may be revised until it has ended. */
  readonly text: string
  /** 0…1. Says nothing while the turn is silent. */
  readonly endOfTurnConfidence: number
}

/** Something that happened to a turn. */
export interface TurnEvent extends Turn {
  /**
   * `'start'` once per turn; `'eager-end'` when the end is likely (again if the text has changed since), then
   * `'resumed'` or `'end'`; `'end'` once per turn; `'update'` for everything else.
   */
  readonly type: 'start' | 'update' | 'eager-end' | 'resumed' | 'end'
  /** What ended it: `'model'`, `'manual'`, `'timeout'` or a word of the service's own. Only with `'end'`, where told. */
  readonly trigger?: string
}

/** A turn, and what is needed to go on with it. */
export interface TurnState {
  readonly turn: Turn
  /** What happened by the last step, in order. */
  readonly events: readonly TurnEvent[]
  /** Our index of the stream's turn 0. */
  readonly base: number
  /** Number of the newest message of the stream; those up to it are repeats. */
  readonly sequence: number
  /** Whether the turn was begun on a line that is lost, and is not heard again yet. */
  readonly isHeld: boolean
}

const NOTHING: readonly TurnEvent[] = []

const silentTurn = (index: number): Turn => ({ index, state: 'silent', text: '', endOfTurnConfidence: 0 })

/** Nobody has said anything yet. */
export const INITIAL_TURN_STATE: TurnState = {
  turn: silentTurn(0),
  events: NOTHING,
  base: 0,
  sequence: -1,
  isHeld: false,
}

/**
 * A new connection begins: its turns count from 0 again, ours go on. A turn that has not ended is heard again, so it
 * keeps its index, its text and its state.
 */
export const beginTurnStream = ({ turn }: TurnState): TurnState => ({
  turn,
  events: NOTHING,
  base: turn.index + (turn.state === 'ended' ? 1 : 0),
  sequence: -1,
  isHeld: turn.state !== 'ended',
})

/** Nothing more will come: a turn in which something was said is over. */
export function endTurn(state: TurnState): TurnState {
  const { turn } = state
  if (turn.state === 'ended' || (turn.state === 'silent' && !turn.text)) return { ...state, events: NOTHING }
  const ended: Turn = { ...turn, state: 'ended' }
  return { ...state, turn: ended, events: [{ type: 'end', ...ended }] }
}

/** What the service's events mean: what happens to a turn, and what its state is then. */
const EVENTS: ReadonlyMap<string, readonly [type: TurnEvent['type'], state: Turn['state']]> = new Map([
  ['StartOfTurn', ['start', 'speaking']],
  ['EagerEndOfTurn', ['eager-end', 'eager-end']],
  ['TurnResumed', ['resumed', 'speaking']],
  ['EndOfTurn', ['end', 'ended']],
])

/**
 * Folds one `/v2/listen` message into the turn. Pure; `events` of the result says what happened by it.
 *
 * Holds for any order of messages: `'start'` and `'end'` come at most once per index, `'resumed'` only after
 * `'eager-end'`, and the index never goes back. A turn whose end was not told has ended when the next one is heard of.
 */
export function foldTurn(state: TurnState, message: ListenV2Message): TurnState {
  const quiet = state.events.length ? { ...state, events: NOTHING } : state
  if (message.type !== 'TurnInfo') return quiet
  const { turn: before } = state
  const { sequence_id: sequence = state.sequence, transcript } = message
  const index = state.base + message.turn_index
  const isRepeat = message.sequence_id !== undefined && sequence <= state.sequence
  if (isRepeat || index < before.index || (index === before.index && before.state === 'ended')) return quiet

  const isNext = index > before.index
  const last = isNext ? silentTurn(index) : before
  const [told, becomes] = EVENTS.get(message.event) ?? ['update', last.state]
  const isKnown =
    // Heard again after a reconnection, it is no second start.
    (told === 'start' && last.state !== 'silent') ||
    (told === 'resumed' && last.state !== 'eager-end') ||
    (told === 'eager-end' && last.state === told && last.text === transcript)
  const type = isKnown ? 'update' : told
  // A replay begins with silence, which says nothing about what was heard before.
  const isHeld = state.isHeld && !isNext && type !== 'end' && !transcript
  const turn: Turn = {
    index,
    state: isKnown ? last.state : becomes,
    text: isHeld ? last.text : transcript,
    endOfTurnConfidence: message.end_of_turn_confidence,
  }
  const trigger = type === 'end' && message.trigger !== undefined ? { trigger: message.trigger } : {}
  const events = [...(isNext ? endTurn(state).events : NOTHING), { type, ...turn, ...trigger }]
  return { ...state, turn, events, sequence, isHeld }
}
