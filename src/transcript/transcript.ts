import { textOf } from './join.ts'
import { addedSince, append, createLog, toArray, type Log } from './log.ts'

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

/** Something that has a name or a number: only with `detectEntities`. */
export interface Entity {
  /** What it is, in the service's words, for example `'NAME'` or `'PHONE_NUMBER'`. */
  readonly label: string
  /** As it is read. */
  readonly text: string
  /** As it was spoken, where told. */
  readonly rawText?: string
  /** 0…1. */
  readonly confidence: number
  /** Index of its first word in the segment's `words`. */
  readonly startWord: number
  /** Index after its last word. */
  readonly endWord: number
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
  /** The names and numbers in it, where they were asked for. */
  readonly entities?: readonly Entity[]
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

/** Audio that nobody will hear any more: whatever was said in it is missing. */
export interface Gap {
  /** Unique within the session, never reused. */
  readonly id: string
  /** Seconds on the session's timeline. */
  readonly start: number
  /** Seconds on the session's timeline; equal to `start` where nothing was recorded meanwhile. */
  readonly end: number
  /** How long it was, in seconds. */
  readonly duration: number
  /**
   * `'buffer-full'`: more than `bufferMs` waited for a line. `'new-recording'`: the recording could not go on over another line.
   * `'asleep'`: the device or the page slept. `'given-up'`: the session ended before the service had answered.
   */
  readonly reason: 'buffer-full' | 'new-recording' | 'asleep' | 'given-up'
}

/** Everything that was heard. A new object whenever something in it changed. */
export interface Transcript {
  /** Settled text, append-only: an element keeps its identity for ever. Read it where it is needed: each new one is copied when read. */
  readonly segments: readonly Segment[]
  /** The unfinished tail; with several channels the one that changed last. */
  readonly interim: Interim | null
  /** Closed utterances, append-only. */
  readonly utterances: readonly Utterance[]
  /** What could not be heard, append-only; empty when nothing was lost. */
  readonly gaps: readonly Gap[]
  /** The settled text as one string. Never shrinks, except by `clear()`. */
  readonly text: string
}

/** A transcript with nothing in it. */
export const EMPTY_TRANSCRIPT: Transcript = Object.freeze({
  segments: Object.freeze([]),
  interim: null,
  utterances: Object.freeze([]),
  gaps: Object.freeze([]),
  text: '',
})

/** What the fold must remember of a channel. All times are seconds on the session's timeline. */
export interface ChannelState {
  /** Up to where the text is settled. */
  readonly settledEnd: number
  /** The last settled word, where the service tells words, and the connection it came from. */
  readonly last: { readonly word: Word; readonly streamIndex: number } | null
  readonly interim: Interim | null
  /** Settled segments of the utterance that is still open. */
  readonly open: Log<Segment>
}

/** A transcript and what is needed to go on with it. Only `transcript` copies what has grown, and only when it is read. */
export interface TranscriptState {
  readonly transcript: Transcript
  readonly segments: Log<Segment>
  readonly utterances: Log<Utterance>
  readonly gaps: Log<Gap>
  readonly channels: Readonly<Record<number, ChannelState>>
  readonly nextId: number
  /** Number of the connection whose messages are folded now. From 0. */
  readonly streamIndex: number
  /** Seconds on the session's timeline at which the current stream's audio begins. */
  readonly streamOffset: number
  /** Once the stream was let go of: it ends at `end`, and nothing after `cap` is settled by it. */
  readonly limit: { readonly end: number; readonly cap: number } | null
}

/** Nothing heard yet. */
export const INITIAL_TRANSCRIPT_STATE: TranscriptState = {
  transcript: EMPTY_TRANSCRIPT,
  segments: createLog(),
  utterances: createLog(),
  gaps: createLog(),
  channels: {},
  nextId: 1,
  streamIndex: 0,
  streamOffset: 0,
  limit: null,
}

const NEW_CHANNEL: ChannelState = { settledEnd: -1, last: null, interim: null, open: createLog() }

/** The wire prints 32-bit floats; sums of them miss by up to a millisecond. */
export const TIME_EPSILON = 0.002

/** A word that ends so near to the end of what was sent may be half a word. */
const HALF_WORD_SECONDS = 0.25
/** Where nothing was heard for so long before the end, no word has begun that was not heard at all. */
const WORD_SECONDS = 1

/** A window of recognised text, on the session's timeline. */
export interface Recognised {
  readonly channel: number
  readonly start: number
  readonly end: number
  readonly text: string
  readonly words: readonly Word[]
  /** With indexes into `words`. */
  readonly entities?: readonly Entity[] | undefined
}

/** The transcript of a state: lists are copied when somebody reads them, not for every message. */
const shownOf = (
  { segments, utterances, gaps }: Pick<TranscriptState, 'segments' | 'utterances' | 'gaps'>,
  interim: Interim | null,
  text: string,
): Transcript => ({
  get segments() {
    return toArray(segments)
  },
  interim,
  get utterances() {
    return toArray(utterances)
  },
  get gaps() {
    return toArray(gaps)
  },
  text,
})

/** The state of a channel, new or known. */
export const channelOf = (state: TranscriptState, channel: number): ChannelState =>
  state.channels[channel] ?? NEW_CHANNEL

/** Changes a channel. The unfinished tail that is shown is its own, or else another's. */
function withChannel(
  state: TranscriptState,
  channel: number,
  change: Partial<ChannelState> & Pick<ChannelState, 'interim'>,
): TranscriptState {
  const channels = { ...state.channels, [channel]: { ...channelOf(state, channel), ...change } }
  const interim = change.interim ?? Object.values(channels).find((other) => other.interim)?.interim ?? null
  const { transcript } = state
  return {
    ...state,
    channels,
    transcript: interim === transcript.interim ? transcript : shownOf(state, interim, transcript.text),
  }
}

const eachChannel = (
  state: TranscriptState,
  step: (next: TranscriptState, channel: number, before: ChannelState) => TranscriptState,
): TranscriptState => Object.entries(state.channels).reduce((next, [key, before]) => step(next, +key, before), state)

const sound = ({ text }: Word): string => text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, '')

/** What of a window is not settled yet, going by the middle of its words. */
function unsettled(
  { words: all, text }: Recognised,
  { settledEnd, last }: ChannelState,
  streamIndex: number,
): Pick<Recognised, 'words' | 'text'> {
  const words = all.filter((word) => (word.start + word.end) / 2 > settledEnd - TIME_EPSILON)
  const [first] = words
  // Heard again over another line, the last word may seem to lie later than before: it is the same one if it begins within it.
  if (
    first &&
    last &&
    last.streamIndex !== streamIndex &&
    first.start < last.word.end - TIME_EPSILON &&
    sound(first) === sound(last.word)
  ) {
    words.shift()
  }
  return { words, text: words.length === all.length ? text : textOf(words) }
}

/** Replaces a channel's unfinished tail. Text that is settled already, or older than the tail, changes nothing. */
export function setInterim(state: TranscriptState, heard: Recognised): TranscriptState {
  const { channel, start, end } = heard
  const before = channelOf(state, channel)
  const { interim, settledEnd } = before
  if (end <= settledEnd + TIME_EPSILON) return state
  const { words, text } = unsettled(heard, before, state.streamIndex)
  if (
    interim?.isProvisional
      ? // What the lost line had understood stays readable until the replay has come as far.
        end < interim.end - TIME_EPSILON
      : interim
        ? interim.text === text && interim.end === end
        : !text
  ) {
    return state
  }
  return withChannel(state, channel, {
    interim: text ? { text, start, end, words, channel, isProvisional: false } : null,
  })
}

/**
 * Appends settled text. What lies before the settled end (a repeated message, audio heard twice) is left out; a window
 * with several speakers becomes a segment for each.
 */
export function settle(state: TranscriptState, heard: Recognised, isProvisional = false): TranscriptState {
  if (state.limit && !isProvisional) [state, heard] = withoutHalves(state, heard, state.limit)
  const { channel, end } = heard
  const before = channelOf(state, channel)
  const { settledEnd, interim } = before
  if (end <= settledEnd + TIME_EPSILON) return state
  const whole = unsettled(heard, before, state.streamIndex)
  const turns = splitBySpeaker(whole.words)
  const parts = turns.length < 2 ? [whole] : turns.map((words) => ({ words, text: textOf(words) }))
  const { nextId, streamIndex } = state
  const segments = parts
    .filter(({ text }) => text)
    .map(({ words, text }, i): Segment => {
      const speaker = words[0]?.speaker
      const entities = entitiesOf(heard, words)
      return {
        id: `s${nextId + i}`,
        text,
        start: words[0]?.start ?? Math.max(heard.start, settledEnd),
        end: words.at(-1)?.end ?? end,
        words,
        ...(speaker !== undefined && { speaker }),
        channel,
        isProvisional,
        streamIndex,
        ...(entities.length && { entities }),
      }
    })
  // A tail that is still provisional loses only what is settled now.
  const rest = interim?.isProvisional ? interim.words.filter((word) => word.start > end - TIME_EPSILON) : []
  const word = whole.words.at(-1)
  const next = withChannel({ ...state, nextId: nextId + segments.length }, channel, {
    settledEnd: end,
    last: word ? { word, streamIndex } : before.last,
    open: append(before.open, segments),
    interim: interim && rest[0] ? { ...interim, words: rest, start: rest[0].start, text: textOf(rest) } : null,
  })
  if (!segments.length) return next
  const all = append(next.segments, segments)
  const text = next.transcript.text + textOf(segments, state.segments.items[state.segments.length - 1]?.text)
  return { ...next, segments: all, transcript: shownOf({ ...next, segments: all }, next.transcript.interim, text) }
}

/** Leaves the words that were cut by the end of the stream to the next one. */
function withoutHalves(
  state: TranscriptState,
  heard: Recognised,
  limit: NonNullable<TranscriptState['limit']>,
): [TranscriptState, Recognised] {
  const { words: all } = heard
  const index = all.findIndex(({ end }) => end > limit.end - HALF_WORD_SECONDS)
  const half = all[index]
  const sure = all[index < 0 ? all.length - 1 : index - 1]
  const cap = Math.min(
    limit.cap,
    half ? ((sure?.end ?? half.start) + half.start) / 2 : Math.max(sure?.end ?? 0, limit.end - WORD_SECONDS),
  )
  if (cap >= heard.end || (heard.text && !all.length)) return [state, heard]
  const words = all.filter(({ start, end }) => (start + end) / 2 < cap)
  return [
    { ...state, limit: { ...limit, cap } },
    { ...heard, end: cap, words, text: textOf(words) },
  ]
}

/** The entities that lie wholly within some of the words of a window. */
const entitiesOf = ({ entities = [], words: all }: Recognised, words: readonly Word[]): Entity[] =>
  entities.flatMap((entity) => {
    const startWord = words.indexOf(all[entity.startWord]!)
    const endWord = words.indexOf(all[entity.endWord - 1]!) + 1
    return startWord >= 0 && endWord > startWord ? { ...entity, startWord, endWord } : []
  })

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
  const before = channelOf(state, channel)
  const all = toArray(before.open)
  const open = all.filter((segment) => segment.end <= end + TIME_EPSILON)
  const { nextId, transcript, channels } = state
  if (!open[0]) return state
  const utterance: Utterance = {
    id: `u${nextId}`,
    text: textOf(open),
    start: open[0].start,
    end: open.at(-1)!.end,
    channel,
    segmentIds: open.map(({ id }) => id),
    source,
  }
  const next = {
    ...state,
    nextId: nextId + 1,
    utterances: append(state.utterances, [utterance]),
    channels: { ...channels, [channel]: { ...before, open: createLog(all.slice(open.length)) } },
  }
  return { ...next, transcript: shownOf(next, transcript.interim, transcript.text) }
}

/** Marks audio that will not be heard. */
export function addGap(state: TranscriptState, gap: Omit<Gap, 'id'>): TranscriptState {
  const { nextId, transcript } = state
  const next = { ...state, nextId: nextId + 1, gaps: append(state.gaps, [{ id: `g${nextId}`, ...gap }]) }
  return { ...next, transcript: shownOf(next, transcript.interim, transcript.text) }
}

/** The line is lost: unfinished text stays, marked as provisional. */
export const holdInterims = (state: TranscriptState): TranscriptState =>
  eachChannel(state, (next, channel, { interim }) =>
    interim && !interim.isProvisional
      ? withChannel(next, channel, { interim: { ...interim, isProvisional: true } })
      : next,
  )

/** A new connection begins: its time 0 is at `offset` seconds on the session's timeline. */
export const beginStream = (state: TranscriptState, streamIndex: number, offset: number): TranscriptState => ({
  ...state,
  streamIndex,
  streamOffset: offset,
  limit: null,
})

/**
 * The stream was let go of at `time`, perhaps in the midst of a word: what it says of that word is nothing to go by, and
 * the next stream hears it whole.
 */
export const letGo = (state: TranscriptState, time: number): TranscriptState => ({
  ...state,
  limit: { end: time, cap: Infinity },
})

/** The audio up to `time` will not be heard again: its unfinished text becomes provisional segments. */
export const settleLost = (state: TranscriptState, time: number): TranscriptState =>
  eachChannel(state, (next, _, { interim }) => {
    if (!interim || interim.start >= time) return next
    if (interim.end <= time) return settle(next, interim, true)
    const words = interim.words.filter((word) => word.end <= time)
    return settle(next, { ...interim, end: time, words, text: textOf(words) }, true)
  })

/** Nothing more will come: unfinished text becomes provisional segments, open utterances are closed. */
export const settleRest = (state: TranscriptState): TranscriptState =>
  eachChannel(settleLost(state, Infinity), (next, channel) => closeUtterance(next, channel, 'stop'))

/** Forgets the text, but neither the timeline nor the ids: what was settled before does not come back. */
export const clearTranscript = (state: TranscriptState): TranscriptState => ({
  ...eachChannel(state, (next, channel) => withChannel(next, channel, { interim: null, open: createLog() })),
  transcript: EMPTY_TRANSCRIPT,
  segments: createLog(),
  utterances: createLog(),
  gaps: createLog(),
})

/** What a later state has settled, closed and lost that an earlier one of it had not. */
export const changesSince = (state: TranscriptState, before: TranscriptState) => ({
  segments: addedSince(state.segments, before.segments),
  utterances: addedSince(state.utterances, before.utterances),
})
