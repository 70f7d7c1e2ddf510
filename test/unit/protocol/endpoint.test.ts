import { describe, expect, it } from 'vitest'
import {
  buildUrl,
  credentialProtocols,
  encodeQuery,
  isSubprotocolToken,
  looksLikeApiKey,
  looksLikeJwt,
  parseBaseUrl,
  pickParameters,
  redactUrl,
  toWireName,
} from '../../../src/protocol/endpoint.ts'
import { LISTEN_V1_PARAMETERS } from '../../../src/protocol/listen-v1.ts'
import { SPEAK_V1_PARAMETERS } from '../../../src/protocol/speak-v1.ts'

describe('query parameters', () => {
  it('pain 89: lists are repeated, values encoded once, undefined and null left out, false and 0 kept', () => {
    expect(
      encodeQuery({
        keyterm: ['Deepgram', 'New York', 'a&b=c'],
        replace: 'foo:bar',
        model: 'nova-3',
        language: undefined,
        version: null,
        interim_results: false,
        endpointing: 0,
        tag: [],
        search: '日本 50%',
      }),
    ).toBe(
      'keyterm=Deepgram&keyterm=New%20York&keyterm=a%26b%3Dc&replace=foo%3Abar&model=nova-3' +
        '&interim_results=false&endpointing=0&search=%E6%97%A5%E6%9C%AC%2050%25',
    )
  })

  it('pain 89: half a surrogate pair, as a cut string can hold, neither throws nor spoils its neighbours', () => {
    expect(encodeQuery({ keyterm: ['a\uD83D', '😀'] })).toBe('keyterm=a%EF%BF%BD&keyterm=%F0%9F%98%80')
  })

  it.each([
    ['model', 'model'],
    ['smartFormat', 'smart_format'],
    ['utteranceEndMs', 'utterance_end_ms'],
    ['mipOptOut', 'mip_opt_out'],
  ])('%s travels as %s', (name, wire) => expect(toWireName(name)).toBe(wire))

  it('picks the named parameters and nothing else of an options object', () => {
    const options = { model: 'nova-3', smartFormat: true, getToken: () => 'secret', onFinal() {}, source: 'microphone' }
    expect(encodeQuery(pickParameters(options, LISTEN_V1_PARAMETERS))).toBe('model=nova-3&smart_format=true')
    expect(encodeQuery(pickParameters({ sampleRate: 8000, volume: 1 }, SPEAK_V1_PARAMETERS))).toBe('sample_rate=8000')
  })
})

describe('base URLs', () => {
  it.each([
    ['wss://api.deepgram.com', 'wss://api.deepgram.com', true, false, ''],
    ['wss://api.deepgram.com/', 'wss://api.deepgram.com', true, false, ''],
    ['https://api.eu.deepgram.com', 'wss://api.eu.deepgram.com', true, false, ''],
    ['HTTP://localhost:8787', 'ws://localhost:8787', false, true, ''],
    ['ws://127.0.0.1:8787', 'ws://127.0.0.1:8787', false, true, ''],
    ['ws://[::1]:8787', 'ws://[::1]:8787', false, true, ''],
    ['ws://app.localhost', 'ws://app.localhost', false, true, ''],
    ['ws://192.168.0.7', 'ws://192.168.0.7', false, false, ''],
    ['ws://localhost.evil.example', 'ws://localhost.evil.example', false, false, ''],
    ['ws://127.0.0.1.evil.example', 'ws://127.0.0.1.evil.example', false, false, ''],
    ['wss://own.example/dg//', 'wss://own.example/dg', true, false, ''],
    ['wss://own.example/dg?tenant=7', 'wss://own.example/dg', true, false, 'tenant=7'],
  ])('%s is read as %s', (text, origin, isSecure, isLoopback, query) => {
    expect(parseBaseUrl(text)).toEqual({ origin, isSecure, isLoopback, query })
  })

  it.each([
    '',
    'api.deepgram.com',
    '/proxy',
    'ftp://api.deepgram.com',
    'wss://',
    'wss://user:pass@api.deepgram.com',
    'wss://user@api.deepgram.com/x',
    'ws://localhost@evil.example',
    'ws://localhost:80@evil.example/v1',
    'ws://localhost\\@evil.example',
    'wss://api.deepgram.com/#x',
    'wss://api.deepgram.com/a b',
    ' wss://api.deepgram.com',
  ])('%j is refused: no plain WebSocket address', (text) => {
    expect(() => parseBaseUrl(text)).toThrow(TypeError)
    expect(() => parseBaseUrl(text)).toThrow(/baseUrl/)
  })

  it('joins path and parameters to a base that has some of its own', () => {
    expect(buildUrl(parseBaseUrl('wss://own.example/dg?tenant=7'), '/v1/listen', { model: 'nova-3' })).toBe(
      'wss://own.example/dg/v1/listen?tenant=7&model=nova-3',
    )
    expect(buildUrl(parseBaseUrl('wss://own.example'), '/v1/listen', {})).toBe('wss://own.example/v1/listen')
  })
})

describe('credentials', () => {
  it('travel as the scheme word, then the value', () => {
    expect(credentialProtocols({ scheme: 'bearer', value: 'a.b.c' })).toEqual(['bearer', 'a.b.c'])
    expect(credentialProtocols({ scheme: 'token', value: 'key' })).toEqual(['token', 'key'])
  })

  it.each([
    ['abc', true],
    ["!#$%&'*+-.^_`|~09AZaz", true],
    ['a'.repeat(8192), true],
    ['a'.repeat(8193), false],
    ['', false],
    ['a b', false],
    ['a,b', false],
    ['abc\n', false],
    ['<html>', false],
    ['ключ', false],
    ['a"b', false],
  ])('%j can be a subprotocol: %s', (value, expected) => expect(isSubprotocolToken(value)).toBe(expected))

  it.each([
    ['0123456789abcdef0123456789ABCDEF01234567', true, false],
    ['0123456789abcdef0123456789abcdef0123456', false, false],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', false, true],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0', false, false],
  ])('tells keys and JSON web tokens by their shape (%s)', (value, isKey, isJwt) => {
    expect([looksLikeApiKey(value), looksLikeJwt(value)]).toEqual([isKey, isJwt])
  })
})

describe('addresses for people', () => {
  it.each([
    ['wss://h/v1/listen?model=nova-3&token=abc', 'wss://h/v1/listen?model=nova-3&token=…'],
    ['wss://h/?api_key=abc&x=1', 'wss://h/?api_key=…&x=1'],
    ['wss://h/?callback=https%3A%2F%2Fu%3Ap%40x', 'wss://h/?callback=…'],
    ['wss://h/?signature=1&Authorization=2&password=3&jwt=4', 'wss://h/?signature=…&Authorization=…&password=…&jwt=…'],
    ['wss://h/?keyterm=Deepgram&keywords=a%3A2', 'wss://h/?keyterm=Deepgram&keywords=a%3A2'],
  ])('%s is shown as %s', (url, shown) => expect(redactUrl(url)).toBe(shown))
})
