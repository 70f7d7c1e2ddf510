// Scripts written without spaces between words; below, their punctuation and full-width forms.
const UNSPACED = '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}]'
const FULL_WIDTH = '\\u3000-\\u303F\\u30FC\\uFF01-\\uFF65'
// Where two pieces meet there is a NUL.
const TIGHT = new RegExp(
  `[\\s([{«“‘¿¡${FULL_WIDTH}]\0|\0[\\s.,;:!?…%)\\]}»”’،؛؟।${FULL_WIDTH}]|${UNSPACED}\0${UNSPACED}`,
  'u',
)

/**
 * Joins two pieces of text as their scripts do: one space between scripts that use spaces, none where both sides belong
 * to a script without, none before closing punctuation or after an opening bracket.
 */
export function joinText(left: string, right: string): string {
  if (!left || !right) return left + right
  // Only the ends count; a search through an hour of text would cost more with every word.
  return left + (TIGHT.test(`${left.slice(-2)}\0${right.slice(0, 2)}`) ? '' : ' ') + right
}

/** Joins many pieces of text; see {@link joinText}. */
export const joinTexts = (pieces: readonly string[]): string => pieces.reduce(joinText, '')

/** The text of words or segments; see {@link joinText}. */
export const textOf = (pieces: readonly { readonly text: string }[]): string =>
  joinTexts(pieces.map(({ text }) => text))
