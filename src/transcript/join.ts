// Scripts written without spaces between words, with their punctuation and full-width forms.
const UNSPACED = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}'
const FULL_WIDTH = '\\u3000-\\u303F\\u30FC\\uFF01-\\uFF65'
const ENDS_UNSPACED = new RegExp(`[${UNSPACED}${FULL_WIDTH}]$`, 'u')
const BEGINS_UNSPACED = new RegExp(`^[${UNSPACED}${FULL_WIDTH}]`, 'u')
const ENDS_FULL_WIDTH = new RegExp(`[${FULL_WIDTH}]$`, 'u')
const BEGINS_CLOSING = new RegExp(`^[\\s.,;:!?…%)\\]}»”’،؛؟।${FULL_WIDTH}]`, 'u')
const ENDS_OPENING = /[\s([{«“‘¿¡]$/u

/**
 * Joins two pieces of text as their scripts do: one space between scripts that use spaces, none where both sides belong
 * to a script without, none before closing punctuation or after an opening bracket.
 */
export function joinText(left: string, right: string): string {
  if (!left || !right) return left + right
  // Only the end counts; a search through an hour of text would cost more with every word.
  const end = left.slice(-2)
  const isTight =
    ENDS_OPENING.test(end) ||
    BEGINS_CLOSING.test(right) ||
    ENDS_FULL_WIDTH.test(end) ||
    (ENDS_UNSPACED.test(end) && BEGINS_UNSPACED.test(right))
  return left + (isTight ? '' : ' ') + right
}

/** Joins many pieces of text; see {@link joinText}. */
export const joinTexts = (pieces: readonly string[]): string => pieces.reduce(joinText, '')

/** The text of words or segments; see {@link joinText}. */
export const textOf = (pieces: readonly { readonly text: string }[]): string =>
  joinTexts(pieces.map(({ text }) => text))
