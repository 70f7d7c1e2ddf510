import type { HeardWord } from './listen-v1-messages.ts'
import type { Ear } from './listen-v1-segments.ts'
import type { TurnEventName, TurnInfoContent, TurnSettings, TurnWord } from './listen-v2-messages.ts'

/** Looks for the turns in what an ear hears (sections 3.4 and 3.5 of the protocol). */
export interface TurnTaker {
  /** Looks at the ear again; call it at least every 50 ms of audio. */
  advance(): void
  /** Ends the turn by hand; false when there is none. */
  forceEnd(): boolean
  /** Tells the rest at the end of the stream; no turn is ended by it. */
  close(): void
}

/** How turns are taken. */
export interface TurnTakerOptions {
  ear: Ear
  /** Read for every frame. */
  settings: () => TurnSettings
  emit: (content: TurnInfoContent) => void
}

/** Seconds of one frame. */
const frameSeconds = 0.08
/** An update comes with every third frame, and with each whose confidence is at least {@link highConfidence}. */
const framesPerUpdate = 3
const highConfidence = 0.5
/** Seconds of silence before a confidence counts: in the recording, higher ones in shorter pauses ended nothing. */
const shortestEnd = 1
/** A word is shown in its interim form until so many seconds after its end. */
const revisedAfter = 0.5
/** The ear itself says "speaking" for so long after a voice. */
const voiceLinger = 0.16

/** Creates the turn taker of a stream. */
export function createTurnTaker({ ear, settings, emit }: TurnTakerOptions): TurnTaker {
  let turnIndex = 0
  let windowStart = 0
  let frames = 0
  let used = 0
  let stage: 'silent' | 'text-seen' | 'speaking' | 'eager' = 'silent'
  let shownText = ''
  let shownUntil = 0

  const isVoiced = (): boolean => ear.isSpeaking || ear.pending !== null

  function wordsAt(at: number): TurnWord[] {
    const { pending } = ear
    const heard: HeardWord[] = ear.words.slice(used)
    if (pending !== null) heard.push(pending)
    return heard.flatMap((word) => {
      const isFresh = word === pending || at - word.end < revisedAfter
      const text = isFresh ? (word.interim ?? word.text) : word.text
      return text === '' ? [] : [{ ...word, text }]
    })
  }

  function silenceAt(at: number): number {
    if (isVoiced()) return 0
    return Math.max(0, at - Math.max(windowStart, ear.lastVoiceEnd, ear.words.slice(used).at(-1)?.end ?? 0))
  }

  function confidenceAt(at: number, words: readonly TurnWord[]): number {
    // Wanders as the recorded one does, and is the same at every run.
    const wobble = (1 + Math.sin(frames * 2.1)) / 2
    if (words.length === 0) return 0.14 + 0.68 * wobble
    const silence = silenceAt(at)
    if (silence < voiceLinger) return 0.005 + 0.06 * wobble
    if (silence < 0.5) return /[.,?!]$/.test(words.at(-1)!.text) ? 0.6 + 0.18 * wobble : 0.1 + 0.2 * wobble
    if (silence < shortestEnd) return 0.2 + 0.25 * wobble
    return Math.min(0.99, 1 - 0.5 * Math.exp((shortestEnd - silence) / 0.6))
  }

  function tell(
    event: TurnEventName,
    windowEnd: number,
    words: readonly TurnWord[],
    confidence: number,
    trigger?: TurnInfoContent['trigger'],
  ): void {
    shownText = textOf(words)
    shownUntil = windowEnd
    emit({ event, turnIndex, windowStart, windowEnd, words, confidence, trigger })
  }

  function endTurn(
    windowEnd: number,
    words: readonly TurnWord[],
    confidence: number,
    trigger: TurnInfoContent['trigger'],
  ): void {
    tell('EndOfTurn', windowEnd, words, confidence, trigger)
    used = ear.words.length
    turnIndex++
    windowStart = windowEnd
    frames = 0
    stage = 'silent'
    shownText = ''
  }

  /** What a frame means to a turn that has begun; false when it means nothing more than an update. */
  function judge(at: number, words: readonly TurnWord[], confidence: number): boolean {
    const { eotThreshold, eagerEotThreshold, eotTimeoutMs } = settings()
    if (stage === 'eager' && isVoiced()) {
      stage = 'speaking'
      tell('TurnResumed', at, words, confidence)
      return true
    }
    const silence = silenceAt(at)
    const reaches = (threshold: number): boolean => silence >= shortestEnd - 1e-9 && confidence >= threshold
    if (reaches(eotThreshold)) {
      endTurn(at, words, confidence, 'model')
      return true
    }
    if (silence * 1000 >= eotTimeoutMs - 1e-6) {
      endTurn(at, words, confidence, 'timeout')
      return true
    }
    if (stage !== 'speaking' || words.length === 0 || eagerEotThreshold === null || !reaches(eagerEotThreshold)) {
      return false
    }
    stage = 'eager'
    tell('EagerEndOfTurn', at, words, confidence)
    return true
  }

  function hearFrame(at: number): void {
    const words = wordsAt(at)
    const confidence = confidenceAt(at, words)
    const hasBegun = stage === 'speaking' || stage === 'eager'
    if (hasBegun && judge(at, words, confidence)) return
    if (frames % framesPerUpdate !== 0 && confidence < highConfidence) return
    if (hasBegun) return tell('Update', at, words, confidence)
    // Text is seen once before it is taken for a turn, as in the recording.
    const begins = stage === 'text-seen' && words.length > 0
    stage = begins ? 'speaking' : words.length > 0 ? 'text-seen' : 'silent'
    tell(begins ? 'StartOfTurn' : 'Update', at, words, confidence)
  }

  /** Hears the audio up to now to its end, whatever was going on in it. */
  function settleRest(): { end: number; words: TurnWord[] } {
    ear.flush()
    const end = Math.max(ear.position, windowStart, shownUntil, ear.words.at(-1)?.end ?? 0)
    return { end, words: wordsAt(Infinity) }
  }

  return {
    advance() {
      while (ear.position >= windowStart + (frames + 1) * frameSeconds - 1e-9) {
        frames++
        hearFrame(windowStart + frames * frameSeconds)
      }
    },
    forceEnd() {
      // The audio before the command is heard to its end first, so that the latest update is a complete one.
      const { end, words } = settleRest()
      const hasBegun = stage === 'speaking' || stage === 'eager'
      if (!hasBegun && words.length === 0) return false
      const confidence = confidenceAt(end, words)
      if (!hasBegun) tell('StartOfTurn', end, words, confidence)
      else if (textOf(words) !== shownText) tell('Update', end, words, confidence)
      endTurn(end, words, confidence, 'manual')
      return true
    },
    close() {
      const { end, words } = settleRest()
      if (end > shownUntil || textOf(words) !== shownText) tell('Update', end, words, confidenceAt(end, words))
    },
  }
}

const textOf = (words: readonly TurnWord[]): string => words.map((word) => word.text).join(' ')
