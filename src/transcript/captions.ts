import { speakerKey } from './edit.ts'
import { joinText, textAfter } from './join.ts'
import type { Entity, Gap, Transcript, Utterance, Word } from './transcript.ts'

/** What an export takes, and what it calls the voices. */
export interface ExportOptions {
  /** Names of speakers by their `speakerKey`: `{ '0:1': 'Ann' }`. An empty name leaves the label out. @default those of a `TranscriptView` */
  speakerNames?: Readonly<Record<string, string>> | undefined
  /** What a speaker without a name is called; `{n}` counts from 1. Later connections add theirs: `Speaker 1 (2)`. @default 'Speaker {n}' */
  speakerLabel?: string | undefined
  /** Names of channels by their number. @default `Channel 1`, where there are several */
  channelNames?: Readonly<Record<number, string>> | undefined
  /** Whether the text that may still change is taken too. @default false */
  includeInterim?: boolean | undefined
}

/** How a transcript is cut into captions. */
export interface CaptionOptions extends ExportOptions {
  /** Columns in a line; full-width characters take two. @default 42 */
  lineLength?: number | undefined
  /** Lines in a cue, for each voice in it. @default 2 */
  maxLines?: number | undefined
  /** The longest a cue is shown, in seconds. @default 6 */
  maxDuration?: number | undefined
  /** The shortest a cue is shown, in seconds. Voices that begin within it share a cue. @default 1 */
  minDuration?: number | undefined
}

/** A transcript, or the view that an editor has of it. */
type Source = Transcript & { readonly speakerNames?: Readonly<Record<string, string>> | undefined }

interface Part {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly words: readonly Word[]
  readonly channel: number
  readonly isProvisional: boolean
  readonly streamIndex: number
  readonly speaker?: number | undefined
  readonly entities?: readonly Entity[] | undefined
  /** What the voice is called; empty for none. */
  readonly name: string
}

// All times in whole milliseconds, as captions are written.
interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
}

interface Voice {
  readonly name: string
  readonly lines: string[]
}

interface Cue extends Voice {
  start: number
  end: number
  /** Those who begin at nearly the same time. */
  readonly others: Voice[]
  /** Columns taken in the last line. */
  width: number
}

// Where nobody speaks for so long, nothing is shown.
const MAX_PAUSE_MS = 1000
const SENTENCE_END = /[.!?…。！？؟।]["'”’»)\]]*$/u
const GRAPHEME = /(?:\p{RI}\p{RI}|.)(?:[\p{M}\p{EMod}]|\u200d.)*/gsu
const WIDE = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u

const graphemesOf = (text: string): string[] => text.match(GRAPHEME) ?? []
const widthOf = (text: string): number => graphemesOf(text).reduce((sum, each) => sum + (WIDE.test(each) ? 2 : 1), 0)
const toMs = (seconds: number): number => Math.round(Math.max(0, seconds) * 1000) || 0

/**
 * The transcript as text to read: one line, or a line for every change of voice where voices are told apart.
 *
 * A transcript with nothing in it gives `''`. May be called while recording.
 */
export function toPlainText(transcript: Transcript, options: ExportOptions = {}): string {
  const lines: string[] = []
  let voice: string | undefined
  let left = ''
  for (const { name, text } of partsOf(transcript, options)) {
    if (name !== voice) lines.push((left = name && `${name}:`))
    lines.push((lines.pop() ?? '') + textAfter(left, text))
    voice = name
    left = text
  }
  return lines.join('\n')
}

/**
 * The transcript as SubRip captions. A cue begins with the voice's name, where it has one.
 *
 * Cues are in order, never overlap and last at least `minDuration`. What players would take for markup is parted by a
 * zero-width space, because SubRip has no escapes. A transcript with nothing in it gives `''`, an empty file. May be called while
 * recording: a later call changes only the last cues.
 */
export function toSRT(transcript: Transcript, options: CaptionOptions = {}): string {
  return cuesOf(transcript, options, true)
    .map(({ start, end, voices }, index) => {
      const text = voices.map(({ lines }) => lines.join('\n')).join('\n')
      const safe = text.replace(/<(?=[a-z/!])|\{(?=\\)|--(?=>)/gi, '$&\u200b')
      return `${index + 1}\n${stamp(start, ',')} --> ${stamp(end, ',')}\n${safe}\n\n`
    })
    .join('')
}

/**
 * The transcript as WebVTT captions, with a voice tag where the voice has a name.
 *
 * Cues are in order, never overlap and last at least `minDuration`. A transcript with nothing in it gives a file without
 * cues. May be called while recording: a later call changes only the last cues.
 *
 * @see https://www.w3.org/TR/webvtt1/
 */
export function toWebVTT(transcript: Transcript, options: CaptionOptions = {}): string {
  const cues = cuesOf(transcript, options, false).map(({ start, end, voices }) => {
    const text = voices.map(({ name, lines }) => {
      const safe = escapeVtt(lines.join('\n'))
      return name ? `<v ${escapeVtt(name)}>${safe}</v>` : safe
    })
    return `\n${stamp(start, '.')} --> ${stamp(end, '.')}\n${text.join('\n')}\n`
  })
  return `WEBVTT\n${cues.join('')}`
}

/** A word as plain data. */
export type WordJson = Word

/** A piece of the transcript as plain data. Times in seconds. */
export interface SegmentJson {
  /** As in the transcript; `null` for text that may still change. */
  id: string | null
  /** What was said. */
  text: string
  /** Seconds on the session's timeline. */
  start: number
  /** Seconds on the session's timeline. */
  end: number
  /** From 0. */
  channel: number
  /** The service's number for the speaker; `null` where speakers are not told apart. */
  speaker: number | null
  /** What the voice is called; empty for none. */
  speakerName: string
  /** Which connection it came from, from 0. */
  streamIndex: number
  /** Whether the service never settled it. */
  isProvisional: boolean
  /** With their times; may be empty, or another wording than a corrected `text`. */
  words: WordJson[]
  /** Names and numbers among the words; empty where they were not asked for. */
  entities: Entity[]
}

/** A transcript as plain data. */
export interface TranscriptJson {
  /** Of this form. */
  version: 1
  /** The whole text. */
  text: string
  /** By the time they begin. */
  segments: SegmentJson[]
  /** In the order in which they ended. */
  utterances: Utterance[]
  /** What could not be heard, in the order in which it was lost. */
  gaps: Gap[]
}

/**
 * The transcript as plain data of its own, always with the same keys in the same order: for `JSON.stringify`, for a database, for `structuredClone`.
 *
 * May be called while recording.
 */
export function toJSON(transcript: Transcript, options: ExportOptions = {}): TranscriptJson {
  const segments = partsOf(transcript, options).map((part): SegmentJson => {
    const { text, start, end, channel, speaker = null, name: speakerName, streamIndex, isProvisional } = part
    const { id = null } = part as { id?: string }
    const words = part.words.map((word) => ({ ...word }))
    const entities = (part.entities ?? []).map((entity) => ({ ...entity }))
    return { id, text, start, end, channel, speaker, speakerName, streamIndex, isProvisional, words, entities }
  })
  const text = segments.map((segment, index) => textAfter(segments[index - 1]?.text ?? '', segment.text))
  const utterances = transcript.utterances.map((each) => ({ ...each, segmentIds: [...each.segmentIds] }))
  const gaps = transcript.gaps.map((gap) => ({ ...gap }))
  return { version: 1, text: text.join(''), segments, utterances, gaps }
}

/** What there is to export, by the time it begins. */
function partsOf(transcript: Source, options: ExportOptions): Part[] {
  const { segments, interim } = transcript
  const { speakerNames = transcript.speakerNames, speakerLabel = 'Speaker {n}', channelNames, includeInterim } = options
  const parts: Omit<Part, 'name'>[] = [...segments]
  if (includeInterim && interim) {
    const streamIndex = segments.at(-1)?.streamIndex ?? 0
    parts.push({ ...interim, speaker: interim.words[0]?.speaker, streamIndex })
  }
  const areMany = parts.some(({ channel }) => channel !== parts[0]?.channel)
  const nameOf = ({ channel, streamIndex, speaker }: Omit<Part, 'name'>): string => {
    const where = channelNames?.[channel] ?? (areMany ? `Channel ${channel + 1}` : '')
    const key = speakerKey({ channel, streamIndex, speaker })
    if (key === undefined || speaker === undefined) return where
    const number = speakerLabel.replace('{n}', `${speaker + 1}`) + (streamIndex ? ` (${streamIndex + 1})` : '')
    return speakerNames?.[key] ?? (where && `${where}, `) + number
  }
  const named = parts.map((part) => ({ ...part, name: nameOf(part).replace(/\s+/g, ' ').trim() }))
  return areMany ? named.sort((a, b) => a.start - b.start) : named
}

interface Shown {
  readonly start: number
  readonly end: number
  readonly voices: readonly Voice[]
}

/** Cuts the transcript into cues that do not overlap. */
function cuesOf(transcript: Transcript, options: CaptionOptions, withNames: boolean): Shown[] {
  const min = Math.max(1, toMs(options.minDuration ?? 1))
  const max = Math.max(min, toMs(options.maxDuration ?? 6))
  // Each channel is cut by itself: two that speak at once would leave one word to a cue.
  const channels = new Map<number, Cue[]>()
  for (const part of partsOf(transcript, options)) {
    const cues = channels.get(part.channel) ?? []
    channels.set(part.channel, cues)
    append(cues, part, options, max, withNames)
  }
  const shown: Cue[] = []
  for (const cue of [...channels.values()].flat().sort((a, b) => a.start - b.start)) {
    const before = shown.at(-1)
    if (before && cue.start < before.start + min) {
      if ((before.others.at(-1) ?? before).name !== cue.name) {
        before.others.push(cue)
        before.end = Math.max(before.end, cue.end)
        continue
      }
      cue.start = before.start + min
    }
    shown.push(cue)
  }
  return shown.map((cue, index) => {
    const { start, others } = cue
    const wanted = Math.min(Math.max(cue.end, start + min), start + max)
    return { start, end: Math.min(wanted, shown[index + 1]?.start ?? wanted), voices: [cue, ...others] }
  })
}

/** Adds the words of a part to the cues of its channel. */
function append(cues: Cue[], part: Part, options: CaptionOptions, max: number, withNames: boolean): void {
  const { lineLength = 42, maxLines = 2 } = options
  const { name } = part
  const prefix = withNames && name ? `${name}:` : ''
  for (const token of tokensOf(part, lineLength)) {
    const { text } = token
    let cue = cues.at(-1)
    const start = Math.max(token.start, cue?.start ?? 0)
    const end = Math.max(token.end, start)
    const width = widthOf(text)
    let line = cue?.lines.at(-1) ?? ''
    const isFull = (): boolean =>
      cue!.width + joinText(line, text).length - line.length - text.length + width > lineLength
    if (
      !cue ||
      cue.name !== name ||
      start - cue.end > MAX_PAUSE_MS ||
      end - cue.start > max ||
      (SENTENCE_END.test(line) && end - cue.start > max / 2) ||
      (isFull() && cue.lines.length >= maxLines)
    ) {
      // A long name must leave room for words.
      cue = { name, start, end, lines: [prefix], others: [], width: Math.min(widthOf(prefix), lineLength >> 1) }
      line = prefix
      cues.push(cue)
    }
    if (isFull() && line && cue.lines.length < maxLines) {
      cue.lines.push(text)
      cue.width = width
    } else {
      const joined = joinText(line, text)
      cue.width += joined.length - line.length - text.length + width
      cue.lines[cue.lines.length - 1] = joined
    }
    cue.end = Math.max(cue.end, end)
  }
}

/** The pieces that a line may be broken between, none longer than a line, with the times at which they are said. */
function tokensOf({ text, words, start, end }: Part, lineLength: number): Token[] {
  const bits = text.match(/\S+/g) ?? []
  let tokens = words.flatMap((word) =>
    (word.text.match(/\S+/g) ?? []).map((bit) => ({ text: bit, start: toMs(word.start), end: toMs(word.end) })),
  )
  if (tokens.map((token) => token.text).join('') !== bits.join('')) {
    // The text was corrected, or came without words.
    tokens =
      tokens.length === bits.length
        ? tokens.map((token, index) => ({ ...token, text: bits[index]! }))
        : spread(bits, toMs(start), toMs(end))
  }
  return tokens.flatMap((token) => {
    if (token.text.length <= lineLength >> 1) return token
    const pieces: string[] = []
    for (const grapheme of graphemesOf(token.text)) {
      const piece = pieces.at(-1)
      if (piece && widthOf(piece + grapheme) <= lineLength) pieces[pieces.length - 1] = piece + grapheme
      else pieces.push(grapheme)
    }
    return spread(pieces, token.start, token.end)
  })
}

/** Gives pieces of text their shares of a time, by their lengths. */
function spread(pieces: readonly string[], start: number, end: number): Token[] {
  const all = pieces.join('').length
  let at = 0
  const next = (): number => Math.round(start + (end - start) * (at / all))
  return pieces.map((text) => {
    const from = next()
    at += text.length
    return { text, start: from, end: next() }
  })
}

const escapeVtt = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

// Written by hand: a Date would know time zones, and end after 24 hours.
function stamp(ms: number, point: string): string {
  const digits = (value: number, length = 2): string => `${Math.floor(value)}`.padStart(length, '0')
  const clock = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60].map((each) => digits(each)).join(':')
  return clock + point + digits(ms % 1000, 3)
}
