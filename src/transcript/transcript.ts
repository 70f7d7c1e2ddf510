import { joinText, joinTexts } from './join.ts'

/** One recognised word. */
export interface Word {
  /** As it is read: with capitals and punctuation where the service gives them. */
  readonly text: string
  /** Seconds on the session's timeline. */
  readonly start: number
  /** Seconds on the session's timeline. */
  readonly end: number
  /** 0…1. */
  readonly confidence: number
  /** The service's number for the speaker, within one stream. */
  readonly speaker?: number
  /** Language tag, where several are recognised. */
  readonly language?: string
}

/** Settled text. It never changes. */
export interface Segment {
  /** Unique within the session, never reused. */
  readonly id: string
  /** What was said. */
  readonly text: string
  /** Seconds on the session's timeline. */
  readonly start: number
  /** Seconds on the session's timeline. */
  readonly end: number
  /** The words of `text`, in order; empty where the service gave none. */
  readonly words: readonly Word[]
  /** The one speaker of this segment, where speakers are told apart. */
  readonly speaker?: number
  /** From 0. */
  readonly channel: number
  /** `true` for text that was never settled by the service, because the line was lost for good or the drain timed out. */
  readonly isProvisional: boolean
  /** Which connection it came from; speaker numbers hold within one. From 0. */
  readonly streamIndex: number
}

/** Text that may still change. */
export interface Interim {
  /** What was understood so far. */
  readonly text: string
  /** Seconds on the session's timeline. */
  readonly start: number
  /** Seconds on the session's timeline. */
  readonly end: number
  /** The words of `text`, in order. */
  readonly words: readonly Word[]
  /** From 0. */
  readonly channel: number
  /** `true` while the line it came from is lost and its audio is not yet heard again. */
  readonly isProvisional: boolean
}

/** What somebody said from one end of speech to the next. */
export interface Utterance {
  /** Unique within the session, never reused. */
  readonly id: string
  /** What was said, over all its segments. */
  readonly text: string
  /** Seconds on the session's timeline. */
  readonly start: number
  /** Seconds on the session's timeline. */
  readonly end: number
  /** From 0. */
  readonly channel: number
  /** Ids of the segments it is made of. */
  readonly segmentIds: readonly string[]
  /** What told that it was over. */
  readonly source: 'speech-final' | 'utterance-end' | 'timeout' | 'stop'
}

/** Everything that was heard. A new object whenever something in it changed. */
export interface Transcript {
  /** Settled text, append-only: an element keeps its identity for ever. */
  readonly segments: readonly Segment[]
  /** The unfinished tail; with several channels the one that changed last. */
  readonly interim: Interim | null
  /** Closed utterances, append-only. */
  readonly utterances: readonly Utterance[]
  /** The settled text as one string. Never shrinks, except by `clear()`. */
  readonly text: string
}

/** A transcript with nothing in it. */
export const EMPTY_TRANSCRIPT: Transcript = Object.freeze({
  segments: Object.freeze([]),
  interim: null,
  utterances: Object.freeze([]),
  text: '',
})

/** What the fold must remember of a channel. All times are seconds on the session's timeline. */
export interface ChannelState {
  /** Up to where the text is settled. */
  readonly settledEnd: number
  readonly interim: Interim | null
  /** Settled segments of the utterance that is still open. */
  readonly open: readonly Segment[]
}

/** A transcript and what is needed to go on with it. */
export interface TranscriptState {
  readonly transcript: Transcript
  readonly channels: Readonly<Record<number, ChannelState>>
  readonly nextId: number
  /** Number of the connection whose messages are folded now. From 0. */
  readonly streamIndex: number
  /** Seconds on the session's timeline at which the current stream's audio begins. */
  readonly streamOffset: number
}

/** Nothing heard yet. */
export const INITIAL_TRANSCRIPT_STATE: TranscriptState = {
  transcript: EMPTY_TRANSCRIPT,
  channels: {},
  nextId: 1,
  streamIndex: 0,
  streamOffset: 0,
}

const NEW_CHANNEL: ChannelState = { settledEnd: -1, interim: null, open: [] }

/** The wire prints 32-bit floats; sums of them miss by up to a millisecond. */
export const TIME_EPSILON = 0.002

/** A window of recognised text, on the session's timeline. */
export interface Recognised {
  readonly channel: number
  readonly start: number
  readonly end: number
  readonly text: string
  readonly words: readonly Word[]
}

/** The state of a channel, new or known. */
export const channelOf = (state: TranscriptState, channel: number): ChannelState =>
  state.channels[channel] ?? NEW_CHANNEL

function withChannel(state: TranscriptState, channel: number, change: Partial<ChannelState>): TranscriptState {
  const next = { ...channelOf(state, channel), ...change }
  const transcript =
    'interim' in change && change.interim !== state.transcript.interim
      ? { ...state.transcript, interim: change.interim ?? otherInterim(state, channel) }
      : state.transcript
  return { ...state, transcript, channels: { ...state.channels, [channel]: next } }
}

function otherInterim(state: TranscriptState, channel: number): Interim | null {
  for (const [key, other] of Object.entries(state.channels)) if (+key !== channel && other.interim) return other.interim
  return null
}

/** Replaces a channel's unfinished tail. Text that is settled already, or older than the tail, changes nothing. */
export function setInterim(state: TranscriptState, heard: Recognised): TranscriptState {
  const { interim, settledEnd } = channelOf(state, heard.channel)
  if (heard.end <= settledEnd + TIME_EPSILON) return state
  // What the lost line had understood stays readable until the replay has come as far.
  if (interim?.isProvisional && heard.end < interim.end - TIME_EPSILON) return state
  const words = heard.words.filter((word) => isAfter(word, settledEnd))
  const text = words.length === heard.words.length ? heard.text : joinTexts(words.map((word) => word.text))
  if (!text) return interim ? withChannel(state, heard.channel, { interim: null }) : state
  if (interim && interim.text === text && interim.end === heard.end && !interim.isProvisional) return state
  const { channel, start, end } = heard
  return withChannel(state, channel, { interim: { text, start, end, words, channel, isProvisional: false } })
}

const isAfter = (word: Word, time: number): boolean => (word.start + word.end) / 2 > time - TIME_EPSILON

/**
 * Appends settled text. What lies before the settled end (a repeated message, audio heard twice) is left out; a window
 * with several speakers becomes a segment for each.
 */
export function settle(state: TranscriptState, heard: Recognised, isProvisional = false): TranscriptState {
  const { channel, end } = heard
  const before = channelOf(state, channel)
  if (end <= before.settledEnd + TIME_EPSILON) return state
  const words = heard.words.filter((word) => isAfter(word, before.settledEnd))
  const isWhole = words.length === heard.words.length
  let { nextId } = state
  const segments: Segment[] = []
  const add = (part: readonly Word[], text: string): void => {
    if (!text) return
    const speaker = part[0]?.speaker
    segments.push({
      id: `s${nextId++}`,
      text,
      start: part[0]?.start ?? Math.max(heard.start, before.settledEnd),
      end: part.at(-1)?.end ?? end,
      words: part,
      ...(speaker !== undefined && { speaker }),
      channel,
      isProvisional,
      streamIndex: state.streamIndex,
    })
  }
  const turns = splitBySpeaker(words)
  if (turns.length < 2) add(words, isWhole ? heard.text : joinTexts(words.map((word) => word.text)))
  else for (const turn of turns) add(turn, joinTexts(turn.map((word) => word.text)))

  const { transcript } = state
  const open = segments.length ? [...before.open, ...segments] : before.open
  // A tail that is still provisional loses only what is settled now.
  const { interim } = before
  const rest = interim?.isProvisional ? interim.words.filter((word) => word.start > end - TIME_EPSILON) : []
  const tail =
    interim && rest[0]
      ? { ...interim, words: rest, start: rest[0].start, text: joinTexts(rest.map((word) => word.text)) }
      : null
  const next = withChannel({ ...state, nextId }, channel, {
    settledEnd: Math.max(end, before.settledEnd),
    open,
    interim: tail,
  })
  if (!segments.length) return next
  return {
    ...next,
    transcript: {
      ...next.transcript,
      segments: [...transcript.segments, ...segments],
      text: segments.reduce((text, segment) => joinText(text, segment.text), transcript.text),
    },
  }
}

function splitBySpeaker(words: readonly Word[]): Word[][] {
  const turns: Word[][] = []
  for (const word of words) {
    const turn = turns.at(-1)
    if (turn && (word.speaker === undefined || turn[0]?.speaker === word.speaker)) turn.push(word)
    else turns.push([word])
  }
  return turns
}

/** Closes the open utterance of a channel, as far as it reaches up to `end`, if anything was said in it. */
export function closeUtterance(
  state: TranscriptState,
  channel: number,
  source: Utterance['source'],
  end = Infinity,
): TranscriptState {
  const all = channelOf(state, channel).open
  const open = all.filter((segment) => segment.end <= end + TIME_EPSILON)
  const first = open[0]
  const last = open.at(-1)
  if (!first || !last) return state
  const utterance: Utterance = {
    id: `u${state.nextId}`,
    text: joinTexts(open.map((segment) => segment.text)),
    start: first.start,
    end: last.end,
    channel,
    segmentIds: open.map((segment) => segment.id),
    source,
  }
  const next = withChannel(state, channel, { open: all.slice(open.length) })
  const utterances = [...state.transcript.utterances, utterance]
  return { ...next, nextId: state.nextId + 1, transcript: { ...next.transcript, utterances } }
}

/** The line is lost: unfinished text stays, marked as provisional. */
export function holdInterims(state: TranscriptState): TranscriptState {
  return Object.entries(state.channels).reduce(
    (next, [channel, { interim }]) =>
      interim && !interim.isProvisional
        ? withChannel(next, +channel, { interim: { ...interim, isProvisional: true } })
        : next,
    state,
  )
}

/** A new connection begins: its time 0 is at `offset` seconds on the session's timeline. */
export const beginStream = (state: TranscriptState, streamIndex: number, offset: number): TranscriptState => ({
  ...state,
  streamIndex,
  streamOffset: offset,
})

/** The audio up to `time` will not be heard again: its unfinished text becomes provisional segments. */
export function settleLost(state: TranscriptState, time: number): TranscriptState {
  return Object.values(state.channels).reduce((next, { interim }) => {
    if (!interim || interim.start >= time) return next
    if (interim.end <= time) return settle(next, interim, true)
    const words = interim.words.filter((word) => word.end <= time)
    return settle(next, { ...interim, end: time, words, text: joinTexts(words.map((word) => word.text)) }, true)
  }, state)
}

/** Nothing more will come: unfinished text becomes provisional segments, open utterances are closed. */
export function settleRest(state: TranscriptState): TranscriptState {
  return Object.keys(state.channels).reduce(
    (next, key) => closeUtterance(next, +key, 'stop'),
    settleLost(state, Infinity),
  )
}

/** Forgets the text, but neither the timeline nor the ids: what was settled before does not come back. */
export function clearTranscript(state: TranscriptState): TranscriptState {
  const channels: Record<number, ChannelState> = {}
  for (const [key, channel] of Object.entries(state.channels)) {
    channels[+key] = { ...channel, interim: null, open: [] }
  }
  return { ...state, channels, transcript: EMPTY_TRANSCRIPT }
}
