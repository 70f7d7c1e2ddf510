import fc from 'fast-check'
import { expect, it } from 'vitest'
import { buildUrl, encodeQuery, parseBaseUrl, redactUrl, toWireName } from '../../src/protocol/endpoint.ts'
import { fuzzRuns } from '../support/fuzz.ts'

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
    { numRuns: fuzzRuns(2000) },
  )
})

it('whatever the parameters, the host and the path stay what the base and the endpoint say', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('wss://api.example', 'ws://127.0.0.1:8787/proxy/', 'wss://api.example/a?own=1'),
      fc.dictionary(fc.string({ unit: 'binary' }), value, { maxKeys: 4 }),
      (baseUrl, query) => {
        const base = new URL(baseUrl)
        const url = new URL(buildUrl(parseBaseUrl(baseUrl), '/v1/listen', query))
        expect([url.protocol, url.host, url.hash, url.username]).toEqual([base.protocol, base.host, '', ''])
        expect(url.pathname).toBe(`${base.pathname.replace(/\/$/, '')}/v1/listen`)
      },
    ),
  )
})

it('no value of a parameter that may be a secret is in the address that people read', () => {
  const secret = fc.stringMatching(/^[\w&=?#%+ ]{1,20}$/).map((text) => `s3cr3t${text}`)
  const secretName = fc.constantFrom(
    'token',
    'api_key',
    'X-Secret',
    'auth',
    'password',
    'signature',
    'access_token',
    'jwt',
  )
  fc.assert(
    fc.property(secretName, secret, fc.dictionary(name, value, { maxKeys: 4 }), (key, text, query) => {
      const url = buildUrl(parseBaseUrl('wss://api.example'), '/v1/listen', { ...query, [key]: text })
      expect(redactUrl(url)).not.toContain('s3cr3t')
    }),
  )
})
