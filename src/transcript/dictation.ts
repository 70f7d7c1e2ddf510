import { joinTexts, joint, textOf } from './join.ts'
import type { Interim, Segment, Transcript } from './transcript.ts'

/** A text and a caret in it; an `<input>` and a `<textarea>` are such fields. */
export interface DictationField {
  /** The whole text. */
  readonly value: string
  /** Where the selection begins; `null` is the end. */
  readonly selectionStart: number | null
  /** Where the selection ends; `null` is the end. */
  readonly selectionEnd: number | null
}

/** What is to be changed in a field: a piece of its text is replaced, and the selection stays where its user put it. */
export interface DictationEdit {
  /** Index of the first character that is replaced. */
  readonly start: number
  /** Index after the last one. */
  readonly end: number
  /** What takes their place. */
  readonly text: string
  /** Where the selection begins afterwards. */
  readonly selectionStart: number
  /** Where it ends. */
  readonly selectionEnd: number
}

/** Writes what is said into a field in which somebody types as well. */
export interface Dictation {
  /**
   * Says what is to be changed in a field, as it is now, for a transcript, as it is now; `null` for nothing. The change is
   * taken as made. Call it whenever the transcript has changed.
   */
  readonly write: (field: DictationField, transcript: Pick<Transcript, 'segments' | 'interim'>) => DictationEdit | null
}

/**
 * Creates a dictation: settled text is inserted at the caret, each piece once; unfinished text stands behind it until it is settled,
 * and of the field only that is ever replaced. What is typed meanwhile stays, wherever it was typed; unfinished text
 * that somebody changes by hand becomes theirs, and is not written again.
 *
 * ```ts
 * const dictation = createDictation(session.getState().transcript)
 * session.subscribe(({ transcript }) => {
 *   const edit = dictation.write(textarea, transcript)
 *   if (!edit) return
 *   textarea.setRangeText(edit.text, edit.start, edit.end)
 *   textarea.setSelectionRange(edit.selectionStart, edit.selectionEnd)
 *   textarea.dispatchEvent(new Event('input', { bubbles: true })) // for React: the field changed
 * })
 * ```
 *
 * @param transcript - What was said before, and is not to be written. Default: everything is.
 */
export function createDictation(transcript?: Pick<Transcript, 'segments'>): Dictation {
  /** How many segments are in the field already, and the id of the last. */
  let count = transcript?.segments.length ?? 0
  let last = transcript?.segments.at(-1)?.id
  /** The field as it was left. */
  let left = ''
  /** Where the unfinished text stands in it. */
  let tail: { start: number; end: number; text: string } | null = null
  /** Up to here, in seconds, what was said is somebody's own text now. */
  let takenOver = 0
  let heardEnd = 0

  /** The text of a piece, without what was taken over. */
  const textBeyond = (piece: Segment | Interim): string => {
    if (piece.end <= takenOver) return ''
    if (piece.start >= takenOver) return piece.text
    return textOf(piece.words.filter((word) => (word.start + word.end) / 2 > takenOver))
  }

  /** Finds the unfinished text again in a field that was typed in. */
  function follow(value: string): void {
    if (!tail || value === left) return
    const most = Math.min(value.length, left.length)
    let start = 0
    while (start < most && value[start] === left[start]) start++
    let end = 0
    while (end < most - start && value.at(-1 - end) === left.at(-1 - end)) end++
    if (start >= tail.end) return
    if (left.length - end <= tail.start) {
      const shift = value.length - left.length
      tail = { ...tail, start: tail.start + shift, end: tail.end + shift }
    } else {
      tail = null
      takenOver = heardEnd
    }
  }

  return {
    write({ value, selectionStart, selectionEnd }, { segments, interim }) {
      follow(value)
      // A transcript that was cleared begins anew.
      if (segments.length < count || segments[count - 1]?.id !== last) count = 0
      const settled = joinTexts(segments.slice(count).map(textBeyond))
      const text = interim ? textBeyond(interim) : ''
      count = segments.length
      last = segments.at(-1)?.id
      heardEnd = interim?.end ?? heardEnd
      left = value
      if (!settled && text === (tail?.text ?? '')) return null

      const caret = [selectionStart ?? value.length, selectionEnd ?? selectionStart ?? value.length] as const
      const [start, end] = tail ? [tail.start, tail.end] : caret
      const [before, after] = [value.slice(0, start), value.slice(end)]
      const body = joinTexts([settled, text])
      const done = body && joint(before, body) + settled
      const all = body && joint(before, body) + body
      const written = all && all + joint(body, after)
      const wasTail = tail !== null
      tail = text ? { start: start + done.length, end: start + written.length, text } : null
      left = before + written + after
      // Where nobody has moved it, the caret stays behind what was said.
      const moved = (index: number): number =>
        index < start || (wasTail && index === start && index < end)
          ? index
          : index > end
            ? index + written.length - (end - start)
            : start + all.length
      return { start, end, text: written, selectionStart: moved(caret[0]), selectionEnd: moved(caret[1]) }
    },
  }
}
