// One character is a word where no spaces part them.
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]|[\p{L}\p{M}\p{N}]+(?:['’.-][\p{L}\p{M}\p{N}]+)*/gu

/** The words of a text as they are compared: in small letters, without punctuation. */
export const plainWords = (text: string): string[] =>
  Array.from(text.matchAll(WORD), ([word]) => word.toLowerCase().replaceAll('’', "'"))

/** What the page said while a turn was heard. */
export interface Said {
  /** Its words in order, see {@link plainWords}. */
  readonly words: readonly string[]
  /** Those of them that were said just before the first word of the turn; only they can be a lone word of echo. */
  readonly fresh: readonly string[]
  /** The last word heard may be the beginning of a longer one. */
  readonly isUnfinished?: boolean
}

/**
 * Takes out of a turn what the page said itself and a microphone brought back. Pure.
 *
 * Two words in a row that the page said in the same order are echo, though one between them may have been misheard. A
 * single word is echo at the beginning, where a voice is cut by whoever speaks over it, and where there is nothing else.
 */
export function withoutEcho(heard: string, { words: said, fresh, isUnfinished = false }: Said): string {
  const places = Array.from(heard.matchAll(WORD), ({ index }) => index)
  const words = plainWords(heard)
  const isSaid = (i: number, word: string): boolean =>
    isAlike(words[i]!, word) || (isUnfinished && i === words.length - 1 && word.startsWith(words[i]!))
  const isEcho = words.map(() => false)
  for (let at = 0; at < words.length;) {
    const length = longestRun(said, (i, word) => at + i < words.length && isSaid(at + i, word))
    isEcho.fill(true, at, at + length)
    at += length || 1
  }
  const isFresh = (i: number): boolean => fresh.some((word) => isSaid(i, word))
  if (words.length && isFresh(0)) isEcho[0] = true
  if (words.every((_, i) => isEcho[i] || isFresh(i))) return ''
  // What stands after a word goes with it.
  return words
    .map((_, i) => (isEcho[i] ? '' : heard.slice(places[i], places[i + 1])))
    .join('')
    .trim()
}

/** How many words were said in this order, from the first on; 0 for fewer than two. */
function longestRun(said: readonly string[], isSaid: (i: number, word: string) => boolean): number {
  let longest = 0
  for (let from = 0; from < said.length; from++) {
    let length = 0
    let count = 0
    // A misheard word counts only between two that were understood.
    for (let i = 0; from + i < said.length && i <= length; i++) {
      const next = i === length && i > 0 && !isSaid(i, said[from + i]!) ? i + 1 : i
      if (from + next >= said.length || !isSaid(next, said[from + next]!)) break
      count++
      length = next + 1
      i = next
    }
    if (count > 1) longest = Math.max(longest, length)
  }
  return longest
}

/** Whether two words are the same, but for one letter in long ones. */
function isAlike(a: string, b: string): boolean {
  if (a === b) return true
  if (Math.min(a.length, b.length) < 5 || Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++
  return Math.max(a.length, b.length) - start - end <= 1
}
