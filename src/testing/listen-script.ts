import type { EmulatedSocket } from './connection.ts'
import type { HeardWord } from './listen-v1-messages.ts'
import type { Ear } from './listen-v1-segments.ts'
import type { SpokenLine } from './ports.ts'

/** One word of a script, where its times or its interim form matter. */
export interface ScriptWord {
  /** As spoken, with punctuation and capitals. */
  text: string
  /** Seconds after the beginning of the line. Default: after the word before. */
  start?: number
  /** Seconds after the beginning of the line. Default: by its length. */
  end?: number
  /** From 0 to 1. Default: the line's. */
  confidence?: number
  /** Speaker number, shown where the client asked for diarisation. Default: the line's. */
  speaker?: number
  /** Shown with `language=multi`. Default: the line's. */
  language?: string
  /** What interim results show instead; the empty string leaves the word out of them. */
  interim?: string
}

/** Something said. */
export interface ScriptLine extends SpokenLine {
  /** Seconds of the stream at which it begins. Default: 0.3 s after the end of the line before. */
  at?: number
  /** Seconds it takes. Default: by its length, about 2.5 words a second. */
  duration?: number
  /** The words one by one; `text` is then only for the reader. */
  words?: readonly ScriptWord[]
  /** Of all its words, 0…1. @default 0.99 */
  confidence?: number
  /** Language of all its words, shown with `language=multi`. @default 'en' */
  language?: string
  /**
   * What interim results show until the line is settled, word for word instead of `text`; shorter than `text` leaves
   * the last words out.
   */
  interim?: string
}

/** Something that happens, beside the speech. */
export interface ScriptCue {
  /** Seconds of the stream. Default: with the end of the line before. */
  at?: number
  /** Sends a message of your own: an object as JSON, a string as it is. */
  send?: object | string
  /** Ends the connection with a close frame. */
  close?: { code?: number; reason?: string }
  /** Breaks the line. */
  drop?: boolean
  /** Lets the line go half-open. */
  freeze?: boolean
}

/** What a listen service hears instead of the audio: lines and cues in the order of time. */
export type ListenScript = readonly (ScriptLine | ScriptCue | string)[]

/** A cue with its time settled. */
export interface TimedCue extends ScriptCue {
  at: number
}

const pauseBetweenLines = 0.3
const secondsPerWord = 0.24
const secondsPerLetter = 0.032

/** Lays a script out on the clock: the words of each channel, and the cues. */
export function layOutScript(script: ListenScript): { words: (HeardWord & { channel: number })[]; cues: TimedCue[] } {
  const words: (HeardWord & { channel: number })[] = []
  const cues: TimedCue[] = []
  let end = 0
  for (const entry of script) {
    const item = typeof entry === 'string' ? { text: entry } : entry
    if ('text' in item) {
      const line = layOutLine(item, item.at ?? end + pauseBetweenLines)
      words.push(...line.map((word) => ({ ...word, channel: item.channel ?? 0 })))
      end = line.at(-1)?.end ?? end
    } else {
      cues.push({ ...item, at: item.at ?? end })
    }
  }
  return {
    words: words.toSorted((a, b) => a.start - b.start),
    cues: cues.toSorted((a, b) => a.at - b.at),
  }
}

/** The words of one line that begins at `begin`. */
export function layOutLine(line: ScriptLine, begin: number): HeardWord[] {
  const given: readonly ScriptWord[] = line.words ?? splitWords(line.text).map((text) => ({ text }))
  const interims = line.interim === undefined ? null : splitWords(line.interim)
  const lengths = given.map((word) => secondsPerWord + secondsPerLetter * word.text.length)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const scale = line.duration === undefined || total === 0 ? 1 : line.duration / total
  let time = 0
  return given.map((word, i) => {
    const start = word.start ?? time
    const end = word.end ?? start + lengths[i]! * scale
    time = end
    return {
      text: word.text,
      start: begin + start,
      end: begin + end,
      confidence: word.confidence ?? line.confidence ?? 0.99,
      speaker: word.speaker ?? line.speaker,
      language: word.language ?? line.language,
      interim: word.interim ?? (interims === null ? undefined : (interims[i] ?? '')),
    }
  })
}

function splitWords(text: string): string[] {
  return text.split(/\s+/).filter(Boolean)
}

/** An ear that hears what it is told, as its clock goes on. */
export interface ScriptedEar extends Ear {
  /** Moves the clock on; never back. */
  advanceTo(position: number): void
  /** Adds words; times before the present are heard at once. */
  add(words: readonly HeardWord[]): void
}

/** Creates such an ear. */
export function createScriptedEar(): ScriptedEar {
  const settled: HeardWord[] = []
  let coming: HeardWord[] = []
  let position = 0

  function settle(): void {
    while (coming[0] !== undefined && coming[0].end <= position) settled.push(coming.shift()!)
  }

  const pending = (): HeardWord | null => {
    const next = coming[0]
    return next !== undefined && next.start < position ? { ...next, end: position } : null
  }

  return {
    get position() {
      return position
    },
    words: settled,
    get pending() {
      return pending()
    },
    get isSpeaking() {
      return pending() !== null
    },
    get lastVoiceEnd() {
      return pending() === null ? (settled.at(-1)?.end ?? 0) : position
    },
    flush() {
      // A scripted word is settled whole: the cut that `Finalize` makes in the middle of a word is left to real hearing.
      const word = pending()
      if (word === null) return
      coming.shift()
      settled.push(word)
    },
    advanceTo(next) {
      position = Math.max(position, next)
      settle()
    },
    add(words) {
      coming = [...coming, ...words].toSorted((a, b) => a.start - b.start)
      settle()
    },
  }
}

/** Runs a cue's deed. */
export function performCue(cue: ScriptCue, socket: EmulatedSocket): void {
  if (cue.send !== undefined) socket.send(cue.send)
  if (cue.close !== undefined) socket.close(cue.close.code, cue.close.reason)
  if (cue.drop === true) socket.drop()
  if (cue.freeze === true) socket.freeze()
}
