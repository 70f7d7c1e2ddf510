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
export const joinText = (left: string, right: string): string => left + joint(left, right) + right

/**
 * What {@link joinText} puts between two pieces of text. Of each only the end that meets the other counts, so a part will do: asking
 * an hour of text for its end would copy it.
 */
export const joint = (left: string, right: string): '' | ' ' =>
  !left || !right || TIGHT.test(`${left.slice(-2)}\0${right.slice(0, 2)}`) ? '' : ' '

/** Joins many pieces of text; see {@link joinText}. */
export function joinTexts(pieces: readonly string[]): string {
  let text = ''
  let last = ''
  // Not a fold of `joinText`: that asks the growing text for its end, which copies all of it with every piece.
  for (const piece of pieces) {
    text += joint(last, piece) + piece
    last = piece || last
  }
  return text
}

/** The text of words or segments; see {@link joinText}. */
export const textOf = (pieces: readonly { readonly text: string }[]): string =>
  joinTexts(pieces.map(({ text }) => text))
