import { joinTexts } from '../../src/transcript/join.ts'
import { EMPTY_TRANSCRIPT, type Segment, type Transcript, type Word } from '../../src/transcript/transcript.ts'

/** Words of equal length, one after the other. */
export function wordsOf(text: string, start = 0, end = start + text.split(' ').length * 0.4): Word[] {
  const texts = text.split(' ')
  const each = (end - start) / texts.length
  return texts.map((word, index) => ({
    text: word,
    start: start + index * each,
    end: start + (index + 1) * each,
    confidence: 1,
  }))
}

/** A settled segment whose words are spread over its time. */
export function segmentOf(id: string, text: string, start = 0, more: Partial<Segment> = {}): Segment {
  const words = wordsOf(text, start, more.end)
  return {
    id,
    text,
    start,
    end: words.at(-1)!.end,
    words,
    channel: 0,
    isProvisional: false,
    streamIndex: 0,
    ...more,
  }
}

/** A transcript of these segments. */
export const transcriptOf = (segments: readonly Segment[], more: Partial<Transcript> = {}): Transcript => ({
  ...EMPTY_TRANSCRIPT,
  segments,
  text: joinTexts(segments.map(({ text }) => text)),
  ...more,
})
