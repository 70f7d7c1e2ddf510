import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinText, joinTexts } from '../../../src/transcript/join.ts'

describe('joining', () => {
  it.each([
    ['Latin', 'hello', 'world', 'hello world'],
    ['Latin after a full stop', 'Hello.', 'World', 'Hello. World'],
    ['Cyrillic', 'привет', 'мир', 'привет мир'],
    ['Han', '今天', '天气', '今天天气'],
    ['Han after its full stop', '今天。', '天气', '今天。天气'],
    ['Hiragana and Katakana', 'これは', 'テスト', 'これはテスト'],
    ['a long vowel at the border', 'スーパ', 'ーマン', 'スーパーマン'],
    ['Kana and Han', 'これは', '本', 'これは本'],
    ['Thai', 'สวัสดี', 'ครับ', 'สวัสดีครับ'],
    ['Hangul, which uses spaces', '안녕하세요', '여러분', '안녕하세요 여러분'],
    ['Han, then Latin', '我用', 'React', '我用 React'],
    ['Latin, then Han', 'React', '很好', 'React 很好'],
    ['a comma by itself', 'hello', ', world', 'hello, world'],
    ['a full stop by itself', 'hello', '.', 'hello.'],
    ['a closing bracket', 'hello (you', ')', 'hello (you)'],
    ['an opening bracket', 'hello (', 'you', 'hello (you'],
    ['an opening question mark', '¿', 'qué', '¿qué'],
    ['a full-width comma', '你好', '，世界', '你好，世界'],
    ['a full-width comma, then Latin', '你好，', 'React', '你好，React'],
    ['Arabic', 'مرحبا', 'بكم', 'مرحبا بكم'],
    ['an Arabic comma', 'مرحبا', '، بكم', 'مرحبا، بكم'],
    ['an Arabic question mark', 'كيف', '؟', 'كيف؟'],
    ['Hebrew', 'שלום', 'עולם', 'שלום עולם'],
    ['Devanagari with a danda', 'नमस्ते', '।', 'नमस्ते।'],
    ['an emoji', 'nice', '😀', 'nice 😀'],
    ['Han outside the first plane', '𠮷', '野家', '𠮷野家'],
    ['space that is there already', 'hello ', 'world', 'hello world'],
    ['space that comes with the right side', 'hello', ' world', 'hello world'],
    ['an empty left side', '', 'world', 'world'],
    ['an empty right side', 'hello', '', 'hello'],
  ])('%s', (_, left, right, joined) => expect(joinText(left, right)).toBe(joined))

  it('does not depend on where the pieces were cut together first', () => {
    const piece = fc.constantFrom('a', 'b.', ',', '(', '你', '。', 'ば', 'ー', '한', 'ไ', '؟', ' ', '𠮷', '')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.array(piece, { maxLength: 6 }), (left, right) => {
        expect(joinText(joinTexts(left), joinTexts(right))).toBe(joinTexts([...left, ...right]))
        expect(joinTexts([joinTexts(left)])).toBe(joinTexts(left))
      }),
    )
  })
})
