import type { HeardWord } from './listen-v1-messages.ts'

/** What one channel has heard so far: the tone-speech recogniser, or a script that plays. */
export interface Ear {
  /** Seconds of audio received. */
  readonly position: number
  /** Settled words, in order; grows only. */
  readonly words: readonly HeardWord[]
  /** The word being spoken right now, as far as it is understood. */
  readonly pending: HeardWord | null
  readonly isSpeaking: boolean
  /** Seconds; end of the latest voice, 0 when there was none. */
  readonly lastVoiceEnd: number
  /** Settles what is pending. */
  flush(): void
}

/** What the cutting of one channel yields. */
export type SegmentEvent =
  | {
      type: 'results'
      start: number
      duration: number
      words: readonly HeardWord[]
      isFinal: boolean
      speechFinal: boolean
      fromFinalize: boolean
    }
  | { type: 'utterance-end'; lastWordEnd: number }
  | { type: 'speech-started'; timestamp: number }

/** How a channel is cut; seconds throughout. */
export interface SegmenterOptions {
  ear: Ear
  interimResults: boolean
  /** Silence that ends an utterance; false never does. */
  endpointing: number | false
  /** Gap after a final word that is announced; null is off. */
  utteranceEnd: number | null
  vadEvents: boolean
  emit: (event: SegmentEvent) => void
}

/** Cuts one channel into consecutive segments (section 2.5 of the protocol). */
export interface Segmenter {
  /** Looks at the ear again; call it at least every 50 ms of audio. */
  advance(): void
  /** Settles everything heard so far, as `Finalize` asks. Silent when hardly anything is buffered. */
  finalize(): void
  /** Settles the rest at the end of the stream, followed by the final of length zero. */
  close(): void
}

/** Interim results come once per so many seconds of a segment. */
const interimEvery = 1
/** A segment without an endpoint is closed after so many seconds. */
const longSegment = 4
/**
 * The silence detector takes no shorter pause for an end, whatever `endpointing` says: a pause between two words of a
 * fluent sentence is none, and the words of tone speech stand apart more clearly than human ones.
 */
const shortestEndpoint = 0.2
/** A word may have begun this long before the ear notices it; no boundary is laid into that stretch. */
const earDelay = 0.1
/** Less audio than this is not worth an answer to `Finalize`. */
const hardlyAny = 0.02

/** Creates the cutter of one channel. */
export function createSegmenter(options: SegmenterOptions): Segmenter {
  const { ear, emit, endpointing, utteranceEnd } = options
  const endpointSilence = endpointing === false ? Infinity : Math.max(endpointing, shortestEndpoint)
  let start = 0
  let used = 0
  let nextInterim = interimEvery
  let isVoiced = false
  let lastFinalWordEnd: number | null = null

  const openWords = (): HeardWord[] => ear.words.slice(used)

  const endOfAll = (): number => Math.max(ear.position, start, openWords().at(-1)?.end ?? 0)

  function closeSegment(end: number, flags: { speechFinal: boolean; fromFinalize: boolean }): void {
    const words = openWords().filter((word) => word.end <= end + 1e-6)
    used += words.length
    emit({ type: 'results', start, duration: Math.max(0, end - start), words, isFinal: true, ...flags })
    start = Math.max(start, end)
    nextInterim = start + interimEvery
    lastFinalWordEnd = words.at(-1)?.end ?? lastFinalWordEnd
  }

  function emitInterim(): void {
    nextInterim += interimEvery
    if (!options.interimResults) return
    const { pending } = ear
    const words = pending === null || pending.text === '' ? openWords() : [...openWords(), pending]
    const duration = ear.position - start
    emit({ type: 'results', start, duration, words, isFinal: false, speechFinal: false, fromFinalize: false })
    announceUtteranceEnd(words[0]?.start ?? ear.position)
  }

  function announceUtteranceEnd(heardAgainAt: number): void {
    if (utteranceEnd === null || lastFinalWordEnd === null) return
    if (heardAgainAt - lastFinalWordEnd < utteranceEnd) return
    emit({ type: 'utterance-end', lastWordEnd: lastFinalWordEnd })
    lastFinalWordEnd = null
  }

  function noticeVoice(silence: number): void {
    if (ear.isSpeaking && !isVoiced) {
      isVoiced = true
      if (options.vadEvents) emit({ type: 'speech-started', timestamp: ear.pending?.start ?? ear.position })
    } else if (!ear.isSpeaking && silence >= Math.max(shortestEndpoint, endpointing || 0)) {
      isVoiced = false
    }
  }

  /** Where a segment may end without cutting a word in two; null while there is no such place. */
  function boundary(): number | null {
    const lastEnd = openWords().at(-1)?.end ?? start
    if (ear.pending !== null) {
      const gap = (lastEnd + ear.pending.start) / 2
      return gap - start > hardlyAny && gap >= lastEnd ? gap : null
    }
    if (ear.isSpeaking) return null
    return Math.max(lastEnd, start, Math.min(ear.position, Math.max(ear.lastVoiceEnd, ear.position - earDelay)))
  }

  return {
    advance() {
      const silence = ear.isSpeaking || ear.pending !== null ? 0 : ear.position - Math.max(ear.lastVoiceEnd, start)
      noticeVoice(silence)
      const length = ear.position - start
      const isEndpoint = used < ear.words.length && silence >= endpointSilence
      if (isEndpoint || length >= longSegment) {
        const end = boundary()
        if (end !== null && end > start) {
          closeSegment(end, { speechFinal: silence >= endpointSilence, fromFinalize: false })
          return
        }
      }
      if (ear.position >= nextInterim - 1e-9) emitInterim()
    },
    finalize() {
      if (ear.position - start < hardlyAny) return
      ear.flush()
      closeSegment(endOfAll(), { speechFinal: true, fromFinalize: true })
    },
    close() {
      ear.flush()
      if (endOfAll() > start) closeSegment(endOfAll(), { speechFinal: false, fromFinalize: false })
      closeSegment(start, { speechFinal: true, fromFinalize: false })
    },
  }
}
