import type { Segment } from '../../../src/transcript/transcript.ts'

/** Settled text, a second each. */
export const segmentsOf = (texts: readonly string[]): Segment[] =>
  texts.map((text, i) => ({
    id: `s${i + 1}`,
    text,
    start: i,
    end: i + 1,
    words: [],
    channel: 0,
    isProvisional: false,
    streamIndex: 0,
  }))
