import fc from 'fast-check'
import { expect, it } from 'vitest'
import { encodeQuery, parseBaseUrl, toWireName } from '../../src/protocol/endpoint.ts'

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom('a b', 'x:2', '日本', '+', '%41'),
)
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.constantFrom(undefined, null))
const name = fc.stringMatching(/^[a-z][A-Za-z]{0,12}$/).map(toWireName)

it('pain 89: parsing what was serialised gives the parameters back', () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 8 }), (query) => {
      const text = encodeQuery(query)
      const expected = Object.entries(query).flatMap(([key, item]) =>
        (Array.isArray(item) ? item : [item]).flatMap((one) =>
          one == null ? [] : [[key, String(one).replace(/\p{Surrogate}/gu, '\uFFFD')]],
        ),
      )
      expect([...new URLSearchParams(text)]).toEqual(expected)
      const hasWord = expected.some((pair) => pair.join('').includes('undefined'))
      expect(text.includes('undefined')).toBe(hasWord)
    }),
  )
})

it('a base URL is taken as the platform reads it, or refused: host and loopback never differ', () => {
  const part = fc.constantFrom(
    'localhost',
    '127.0.0.1',
    '[::1]',
    'evil.example',
    '@',
    ':',
    '/',
    '?',
    '#',
    '\\',
    '.',
    '8080',
    'a',
  )
  fc.assert(
    fc.property(fc.constantFrom('ws://', 'wss://', 'http://'), fc.array(part, { maxLength: 6 }), (scheme, parts) => {
      const text = scheme + parts.join('')
      let base: ReturnType<typeof parseBaseUrl>
      try {
        base = parseBaseUrl(text)
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
        return
      }
      if (!URL.canParse(text)) return
      const { hostname, username, hash } = new URL(text)
      expect([username, hash]).toEqual(['', ''])
      if (base.isLoopback) expect(hostname).toMatch(/^(localhost|.+\.localhost|127\..*|\[::1\])$/)
    }),
    { numRuns: 2000 },
  )
})
