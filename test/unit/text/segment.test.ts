import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { cutLength, isSpeakable, sentenceEnd, settledLength, splitText } from '../../../src/text/segment.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const sentences = (text: string): string[] => {
  const found: string[] = []
  for (let rest = text; rest;) {
    const end = sentenceEnd(rest) || rest.length
    found.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return found
}

describe('pain 45: a text is cut', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 400 }),
    fc.array(
      fc.constantFrom('Word', ' ', '. ', ', ', '\n', '\n\n', '3.14', '1 000', 'Dr. ', '你好。', '👩‍👩‍👧', 'é', '…'),
      {
        maxLength: 200,
      },
    ),
  )

  test('into pieces within the limit, which are the text again when joined', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 20, max: 200 }), (input, limit) => {
        const text = typeof input === 'string' ? input : input.join('')
        const pieces = splitText(text, limit)
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces) {
          expect(piece.length).toBeGreaterThan(0)
          expect(piece.length).toBeLessThanOrEqual(limit)
          expect(piece).not.toMatch(/\p{Surrogate}/u)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('never within a number, where it has any other place', () => {
    const text = Array.from({ length: 300 }, (_, i) => `costs 1,${200 + i}.5${i} or 3 456 789 units`).join(' and ')
    for (const limit of [60, 61, 77, 100]) {
      for (const piece of splitText(text, limit).slice(0, -1)) expect(piece).toMatch(/[a-z]\s$|\d\s$/)
      const pieces = splitText(text, limit)
      for (let i = 1; i < pieces.length; i++) {
        expect(/\d[\s.,]*$/.test(pieces[i - 1]!) && /^\s*\d/.test(pieces[i]!)).toBe(false)
      }
    }
  })

  test('never within a grapheme, with or without Intl.Segmenter', () => {
    const family = '👩‍👩‍👧‍👦'
    const check = () => {
      for (const piece of splitText(family.repeat(50), 40))
        expect(piece).toBe(family.repeat(piece.length / family.length))
      for (const piece of splitText('e\u0301'.repeat(50), 11)) expect(piece).toBe('e\u0301'.repeat(piece.length / 2))
    }
    check()
    vi.stubGlobal('Intl', { ...Intl, Segmenter: undefined })
    check()
  })

  test('at paragraphs rather than sentences, at sentences rather than clauses, at clauses rather than words', () => {
    expect(cutLength('One thing. Another.\n\nNew one. More', 30)).toBe('One thing. Another.\n\n'.length)
    expect(cutLength('One thing. Another, or not, who knows it', 30)).toBe('One thing. '.length)
    expect(cutLength('One thing, another thing and so on', 30)).toBe('One thing, '.length)
    expect(cutLength('One thing another thing and so on', 30)).toBe('One thing another thing and '.length)
    expect(cutLength('One thing another thing and so on', 30, true)).toBe(0)
  })

  test('of 50,000 characters without a space, and of Thai at its words', () => {
    expect(splitText('a'.repeat(50_000), 2_000)).toHaveLength(25)
    const words = new Intl.Segmenter('th', { granularity: 'word' }).segment('สวัสดีครับผมชื่อสมชายยินดีที่ได้รู้จัก')
    const ends = [...words].map(({ index, segment }) => index + segment.length)
    let at = 0
    for (const piece of splitText('สวัสดีครับผมชื่อสมชายยินดีที่ได้รู้จัก', 15)) expect(ends).toContain((at += piece.length))
  })
})

test.each([
  ['Hello there. How are you? Fine!', ['Hello there. ', 'How are you? ', 'Fine!']],
  ['Dr. Smith met J. S. Bach. They talked.', ['Dr. Smith met J. S. Bach. ', 'They talked.']],
  [
    'It is 3.14 or so. See fig. 2, i.e. the U.S. map. End',
    ['It is 3.14 or so. ', 'See fig. 2, i.e. the U.S. map. ', 'End'],
  ],
  ['He said "Stop!" Then he left.', ['He said "Stop!" ', 'Then he left.']],
  ['1. First\n2. Second', ['1. First\n', '2. Second']],
  ['你好。再见！好', ['你好。', '再见！', '好']],
  ['Wait... what? Use v1.2.3 of node.js. Ok', ['Wait... what? ', 'Use v1.2.3 of node.js. ', 'Ok']],
  ['यह एक है। दूसरा', ['यह एक है। ', 'दूसरा']],
])('finds the sentences of %j', (text, expected) => {
  expect(sentences(text)).toEqual(expected)
})

test('pain 46: what is settled in a growing text stays so, whatever comes', () => {
  const text = 'Pi is 3.14 to Dr. Smith. So it is! "Really?" Yes... well. At 5 p.m. we go.'
  let settled = ''
  for (let length = 1; length <= text.length; length++) {
    const now = text.slice(0, settledLength(text.slice(0, length)))
    expect(now.startsWith(settled)).toBe(true)
    settled = now
  }
  expect(settled).toBe('Pi is 3.14 to Dr. Smith. So it is! "Really?" Yes... well. ')
  expect(settledLength('Pi is 3.')).toBe(0)
})

test.each(['', '   \n', '***', '?!…', '👍'])('pain 119: %j cannot be spoken', (text) => {
  expect(isSpeakable(text)).toBe(false)
})

test.each(['a', '7', '你', '— é'])('%j can be spoken', (text) => {
  expect(isSpeakable(text)).toBe(true)
})
