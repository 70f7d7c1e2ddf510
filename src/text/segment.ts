/** Whether a voice could say anything of it: there is a letter or a digit. */
export const isSpeakable = (text: string): boolean => /[\p{L}\p{N}]/u.test(text)

/** A full stop after one of these, after single letters (`J. S.`, `e.g.`) or a list's number ends no sentence. */
const NO_END =
  /(?:(?:^|[\s("'“‘[])(?:(?:\p{L}\.)*\p{L}|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|No|Nr|Fig|Vol|pp?|cf|ca|al|approx|Inc|Ltd|Co|Mme|Mlle|Sra?|bzw|usw)|(?:^|\n)\s*\d+)\.$/iu

/** Terminators of any script; those of Latin script need white space after them, or it is a number or a name. */
const SENTENCE = /(?:[.!?…][\p{STerm}…]*[\p{Pe}\p{Pf}"'*_]*(?=\s)|[^\P{STerm}.!?]\p{STerm}*[\p{Pe}\p{Pf}"']*|\n)\s*/gu

/** Clauses: after a comma and the like, or between paragraphs of a list. */
const CLAUSE = /[,;:—–][\p{Pe}\p{Pf}"']*\s+|\s(?=[—–(])|[、，；：]/gu

const PARAGRAPH = /\n\s*\n\s*/gu

/** Not between the groups of a number: `1 000`. */
const WORD = /(?<!\d(?=\s\d))\s+/gu

/** Where the pattern allows a cut. */
const endsOf = (text: string, pattern: RegExp): number[] =>
  [...text.matchAll(pattern)].flatMap(({ 0: match, index }) => {
    const end = index + match.length
    const mark = match.trimEnd()
    // A small letter goes on with the sentence, whatever the stop was for.
    const isFalse =
      pattern === SENTENCE &&
      ((mark === '.' && NO_END.test(text.slice(Math.max(0, index - 12), index + 1))) ||
        (/^[.…]+$/.test(mark) && /^\p{Ll}/u.test(text.slice(end))))
    return isFalse ? [] : end
  })

/**
 * Finds the end of the first sentence that is at least `least` characters away, white space after it included.
 *
 * @returns 0 when there is none that more text could not change.
 */
export const sentenceEnd = (text: string, least = 1): number =>
  endsOf(text, SENTENCE).find((end) => end >= least && end < text.length) ?? 0

/** How much of a growing text consists of whole sentences, whatever follows; in characters. */
export const settledLength = (text: string): number => endsOf(text, SENTENCE).findLast((end) => end < text.length) ?? 0

/** The sentences of a text, each with the white space after it; joined, they are the text again. */
export function sentencesOf(text: string): string[] {
  const ends = [...endsOf(text, SENTENCE), text.length]
  return ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end)).filter(Boolean)
}

/**
 * Finds the best place to cut a text, at most `limit` characters away: between paragraphs, sentences, clauses, words,
 * and, where there are none, graphemes; never within a number or a surrogate pair unless one is longer than the limit.
 *
 * @param isSoft - Gives up (0) rather than cut within a clause.
 * @returns the length of the first piece; that of the text if it is no longer than the limit.
 */
export function cutLength(text: string, limit: number, isSoft = false): number {
  if (text.length <= limit) return text.length
  // One more character tells whether the last place is one.
  const window = text.slice(0, limit + 1)
  const last = (ends: number[]): number => ends.findLast((end) => end <= limit) ?? 0
  for (const [pattern, least] of [
    [PARAGRAPH, 0.5],
    [SENTENCE, 0.3],
    [CLAUSE, 0.3],
    [WORD, isSoft ? 1 : 0],
  ] as const) {
    const best = last(endsOf(window, pattern))
    if (best > limit * least) return best
  }
  const boundary = (granularity: 'word' | 'grapheme'): number =>
    // Firefox before 125 has none.
    last((Intl as Partial<typeof Intl>).Segmenter ? boundariesOf(window, granularity) : [])
  return isSoft ? 0 : boundary('word') || boundary('grapheme') || (WHOLE.exec(window)?.[0].length ?? limit)
}

const boundariesOf = (text: string, granularity: 'word' | 'grapheme'): number[] =>
  Array.from(new Intl.Segmenter(undefined, { granularity }).segment(text), ({ index }) => index)

/** As much as parts neither a surrogate pair nor a mark from its letter, and is not all. */
const WHOLE = /^[^]+(?<!\u200D)(?![\p{M}\u200D\p{EMod}]|$)/u

/**
 * Cuts a text into pieces of at most `limit` characters; joined, they are the text again.
 *
 * @param limit - In UTF-16 units, 1 or more; the service counts at most as many characters.
 */
export function splitText(text: string, limit: number): string[] {
  const pieces: string[] = []
  for (let rest = text; rest;) {
    const length = cutLength(rest, limit)
    pieces.push(rest.slice(0, length))
    rest = rest.slice(length)
  }
  return pieces
}
