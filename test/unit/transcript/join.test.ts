import { describe, expect, it } from 'vitest'
import { joinText, joinTexts } from '../../../src/transcript/join.ts'

describe('joining', () => {
  it.each([
    ['Latin', 'packed', 'yet', 'packed yet'],
    ['Cyrillic', 'добрый', 'день', 'добрый день'],
    ['Hangul, which is spaced', '안녕', '하세요', '안녕 하세요'],
    ['Han', '今天', '天气', '今天天气'],
    ['Hiragana', 'これ', 'は', 'これは'],
    ['Katakana with its length mark', 'コーヒー', 'ショップ', 'コーヒーショップ'],
    ['Kana and Han', 'です', '今日', 'です今日'],
    ['Han, then Latin', '我用', 'React', '我用 React'],
    ['Latin, then Han', 'React', '很好', 'React 很好'],
    ['Thai', 'สวัสดี', 'ครับ', 'สวัสดีครับ'],
    ['Thai that ends in a mark', 'น้ำ', 'ใจ', 'น้ำใจ'],
    ['Thai, then Latin', 'ใช้', 'React', 'ใช้ React'],
    ['closing punctuation', 'well', ', then', 'well, then'],
    ['a full stop by itself', 'done', '.', 'done.'],
    ['after a full stop', 'done.', 'Next', 'done. Next'],
    ['an opening bracket', '(', 'aside', '(aside'],
    ['a closing bracket', 'aside', ')', 'aside)'],
    ['before an opening bracket', 'so', '(aside', 'so (aside'],
    ['full-width punctuation', '好。', '下一个', '好。下一个'],
    ['full-width punctuation, then Latin', '好。', 'OK', '好。OK'],
    ['Arabic', 'مرحبا', 'بكم', 'مرحبا بكم'],
    ['an Arabic question mark', 'كيف حالك', '؟', 'كيف حالك؟'],
    ['Hebrew', 'שלום', 'עולם', 'שלום עולם'],
    ['Devanagari with a danda', 'नमस्ते', '।', 'नमस्ते।'],
    ['a number and its percent sign', '50', '%', '50%'],
    ['an apostrophe at a word’s start', 'rock', "'n", "rock 'n"],
    ['text that is spaced already, on the left', 'one ', 'two', 'one two'],
    ['text that is spaced already, on the right', 'one', ' two', 'one two'],
    ['nothing on the left', '', 'two', 'two'],
    ['nothing on the right', 'one', '', 'one'],
    ['Han beyond the first plane', '𠮷', '野', '𠮷野'],
  ])('pain 93: %s', (_, left, right, joined) => {
    expect(joinText(left, right)).toBe(joined)
  })

  it('pain 93: text that is joined already stays as it is', () => {
    for (const words of [
      ['Well,', 'that', '(so', 'far)', 'is', 'all.'],
      ['今日', 'は', '良い', '。'],
      ['สวัสดี', 'ครับ'],
    ]) {
      const joined = joinTexts(words)
      expect(joinTexts([joined])).toBe(joined)
      expect(joinTexts(joined.split(/(?<= )/))).toBe(joined)
    }
  })

  it('pain 40: a hundred thousand pieces are joined in no time', { timeout: 10_000 }, () => {
    // Asking what is joined already for its end, with every piece, took 48 seconds.
    const words = Array.from({ length: 100_000 }, (_, i) => `word${i}`)
    expect(joinTexts(words)).toBe(words.join(' '))
  })

  it('pieces with nothing in them change nothing, wherever they are', () => {
    expect(joinTexts(['', 'one', '', '(', '', 'two', ')', '', '.'])).toBe('one (two).')
  })
})
