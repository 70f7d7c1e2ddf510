import { describe, expect, it } from 'vitest'
import { plainWords, withoutEcho } from '../../../src/transcript/echo.ts'

const SAID = plainWords('Good morning. Would you like a cup of tea, or of coffee?')
const without = (heard: string, fresh: readonly string[] = [], isUnfinished = false): string =>
  withoutEcho(heard, { words: SAID, fresh, isUnfinished })

describe('plainWords', () => {
  it('are in small letters, without punctuation; where no spaces part words, each character is one', () => {
    expect(plainWords('“Don’t—stop!”, said Ann-Marie… U.S. 3.5')).toEqual([
      "don't",
      'stop',
      'said',
      'ann-marie',
      'u.s',
      '3.5',
    ])
    expect(plainWords('お茶 tea')).toEqual(['お', '茶', 'tea'])
    expect(plainWords(' … ')).toEqual([])
  })
})

describe('withoutEcho', () => {
  it('takes out what was said in the same order, and leaves the rest as it was heard', () => {
    expect(without('good morning would you like a cup of tea')).toBe('')
    expect(without('Would you like, a cup, no thank you!')).toBe('no thank you!')
    expect(without('Stop. Would you like a cup? Please stop.')).toBe('Stop. Please stop.')
    expect(without('no thank you')).toBe('no thank you')
    expect(without('')).toBe('')
  })

  it('bears a word that was misheard between two that were not, and a letter in a long one', () => {
    expect(without('would few like a cap of tea')).toBe('')
    expect(without('good mornin would you')).toBe('')
    expect(without('would few five a')).toBe('would few five a')
  })

  it('keeps a lone word that the page said too, unless it was said just now', () => {
    expect(without('coffee')).toBe('coffee')
    expect(without('coffee', ['coffee'])).toBe('')
    expect(without('coffee please', ['or', 'of', 'coffee'])).toBe('please')
    expect(without('yes coffee', ['of', 'coffee'])).toBe('yes coffee')
    expect(without('of or coffee', ['or', 'of', 'coffee'])).toBe('')
  })

  it('takes the beginning of a word for the word while it is being said', () => {
    expect(without('would yo', [], true)).toBe('')
    expect(without('would yo')).toBe('would yo')
    expect(without('cof', ['coffee'], true)).toBe('')
    expect(without('wou yo', ['would'], true)).toBe('wou yo')
  })
})
