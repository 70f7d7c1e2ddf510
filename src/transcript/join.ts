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

/** What a piece of text adds to a text that ends as `left` does: a space where one is due, and itself. */
export const textAfter = (left: string, piece: string): string => joint(left, piece) + piece

/** Joins many pieces of text; see {@link joinText}. With `left`: what they add to a text that ends as it does. */
export function joinTexts(pieces: readonly string[], left = ''): string {
  let text = ''
  // Not a fold of `joinText`: that asks the growing text for its end, which copies all of it with every piece.
  for (const piece of pieces) {
    text += textAfter(left, piece)
    left = piece || left
  }
  return text
}

/** The text of words or segments; see {@link joinTexts}. */
export const textOf = (pieces: readonly { readonly text: string }[], left?: string): string =>
  joinTexts(
    pieces.map(({ text }) => text),
    left,
  )
