import { describe, expect, it } from 'vitest'
import { createDictation, type Dictation } from '../../../src/transcript/dictation.ts'
import type { Interim, Transcript } from '../../../src/transcript/transcript.ts'
import { segmentOf, transcriptOf, wordsOf } from '../../support/transcripts.ts'

/** A field in which somebody types. `|` is the caret. */
function createField(marked = '|') {
  const field = { value: '', selectionStart: 0, selectionEnd: 0 }
  const set = (text: string): void => {
    field.selectionStart = text.indexOf('|')
    field.selectionEnd = text.lastIndexOf('|') - (text.split('|').length - 2)
    field.value = text.replaceAll('|', '')
  }
  set(marked)
  return {
    field,
    set,
    get shown() {
      const { value, selectionStart } = field
      return `${value.slice(0, selectionStart)}|${value.slice(selectionStart)}`
    },
    /** What the page does with an edit. */
    hear(dictation: Dictation, transcript: Transcript): void {
      const edit = dictation.write(field, transcript)
      if (!edit) return
      field.value = field.value.slice(0, edit.start) + edit.text + field.value.slice(edit.end)
      field.selectionStart = edit.selectionStart
      field.selectionEnd = edit.selectionEnd
    },
  }
}

const interimOf = (text: string, start = 0, end?: number): Interim => {
  const words = wordsOf(text, start, end)
  return { text, start, end: words.at(-1)!.end, words, channel: 0, isProvisional: false }
}
const one = segmentOf('s1', 'one two', 0)
const three = segmentOf('s2', 'three', 1)

describe('dictation', () => {
  it('pain 72: what is typed between two finals survives, and each of them is written once', () => {
    const page = createField()
    const dictation = createDictation()
    page.hear(dictation, transcriptOf([], { interim: interimOf('one') }))
    expect(page.shown).toBe('one|')
    page.hear(dictation, transcriptOf([one]))
    expect(page.shown).toBe('one two|')
    page.set('one 2, typed|')
    page.hear(dictation, transcriptOf([one], { interim: interimOf('tree', 1) }))
    expect(page.shown).toBe('one 2, typed tree|')
    page.hear(dictation, transcriptOf([one, three]))
    expect(page.shown).toBe('one 2, typed three|')
    // A picture later, and with other callbacks, the transcript is the same: nothing more to write.
    page.hear(dictation, transcriptOf([one, three]))
    expect(dictation.write(page.field, transcriptOf([one, three]))).toBeNull()
    expect(page.shown).toBe('one 2, typed three|')
  })

  it('pain 72: it begins at the caret, or in place of what is selected, with a space where one is due', () => {
    for (const [before, after] of [
      ['Dear |reader', 'Dear one two| reader'],
      ['Dear| reader', 'Dear one two| reader'],
      ['Dear |old| reader', 'Dear one two| reader'],
      ['(|)', '(one two|)'],
      ['|, he said', 'one two|, he said'],
      ['line\n|', 'line\none two|'],
    ] as const) {
      const page = createField(before)
      page.hear(createDictation(), transcriptOf([one]))
      expect(page.shown).toBe(after)
    }
  })

  it('pain 72: only its own unfinished text is replaced, wherever somebody types meanwhile', () => {
    const page = createField('begin | end')
    const dictation = createDictation()
    page.hear(dictation, transcriptOf([], { interim: interimOf('wan') }))
    expect(page.shown).toBe('begin wan| end')
    page.set('We begin| wan end')
    page.hear(dictation, transcriptOf([], { interim: interimOf('one to') }))
    expect(page.shown).toBe('We begin| one to end')
    page.set('We begin one to the end|')
    page.hear(dictation, transcriptOf([one], { interim: interimOf('th', 1) }))
    expect(page.shown).toBe('We begin one two th the end|')
    page.hear(dictation, transcriptOf([one, three]))
    expect(page.shown).toBe('We begin one two three the end|')
  })

  it('pain 72: unfinished text that somebody corrects is theirs: neither it nor its final comes back', () => {
    const page = createField()
    const dictation = createDictation()
    page.hear(dictation, transcriptOf([], { interim: interimOf('won to') }))
    page.set('one| to')
    page.hear(dictation, transcriptOf([], { interim: interimOf('won to') }))
    expect(page.shown).toBe('one| to')
    page.set('one two|')
    // The same words settled, and a further one in the same segment.
    page.hear(dictation, transcriptOf([segmentOf('s1', 'won to three', 0)]))
    expect(page.shown).toBe('one two three|')
    page.hear(dictation, transcriptOf([segmentOf('s1', 'won to three', 0), segmentOf('s2', 'four', 2)]))
    expect(page.shown).toBe('one two three four|')
  })

  it('what was said before it began is not written; after a clear() what is new is', () => {
    const page = createField()
    const dictation = createDictation(transcriptOf([one]))
    page.hear(dictation, transcriptOf([one, three]))
    expect(page.shown).toBe('three|')
    page.hear(dictation, transcriptOf([]))
    page.hear(dictation, transcriptOf([segmentOf('s9', 'new', 5)]))
    expect(page.shown).toBe('three new|')
  })

  it('unfinished text that comes to nothing is taken away', () => {
    const page = createField('a |b')
    const dictation = createDictation()
    page.hear(dictation, transcriptOf([], { interim: interimOf('hm') }))
    expect(page.shown).toBe('a hm| b')
    page.hear(dictation, transcriptOf([]))
    expect(page.shown).toBe('a |b')
  })

  it('a field that tells no caret is written at its end', () => {
    const edit = createDictation().write({ value: 'at', selectionStart: null, selectionEnd: null }, transcriptOf([one]))
    expect(edit).toEqual({ start: 2, end: 2, text: ' one two', selectionStart: 10, selectionEnd: 10 })
  })
})
