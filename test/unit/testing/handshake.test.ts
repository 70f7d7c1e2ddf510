import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEmulatorCore, type EmulatorOptions, type HandshakeAnswer } from '../../../src/testing/emulator.ts'
import { createDeepgramEmulator } from '../../../src/testing/index.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function refusal(answer: HandshakeAnswer) {
  if (answer.kind !== 'refuse') throw new Error(`not refused, but: ${answer.kind}`)
  const body = JSON.parse(answer.body) as { err_code: string; err_msg: string; request_id: string }
  expect(body.request_id).toMatch(uuid)
  expect(answer.headers).toMatchObject({ 'dg-request-id': body.request_id, 'dg-error': body.err_msg })
  return { status: answer.status, code: body.err_code, message: body.err_msg }
}

function ask(path: string, options: EmulatorOptions = {}) {
  return createEmulatorCore(options).handshake({ url: path, protocols: ['token', 'any-key'] })
}

test('the credential is found by its scheme word anywhere in the list, and only the word is echoed', () => {
  const core = createEmulatorCore({ apiKey: 'the-key' })
  const { access_token: jwt } = core.issueToken()
  for (const [protocols, protocol] of [
    [['token', 'the-key'], 'token'],
    [['bearer', jwt], 'bearer'],
    [['own', 'x-deepgram-session-id', 'abc', 'bearer', jwt], 'bearer'],
    [['token', 'the-key', 'x-deepgram-session-id', 'abc'], 'token'],
  ] as const) {
    const answer = core.handshake({ url: '/v1/listen', protocols, headers: { origin: 'https://app.test' } })
    expect(answer).toMatchObject({ kind: 'accept', protocol })
    expect(answer).toMatchObject({ headers: { 'access-control-allow-origin': 'https://app.test' } })
    expect((answer as { headers: Record<string, string> }).headers['dg-request-id']).toMatch(uuid)
  }
})

test('clients outside browsers show their credential in a header, in any letter case', () => {
  const core = createEmulatorCore({ apiKey: 'the-key' })
  for (const authorization of ['Token the-key', 'token the-key', `Bearer ${core.issueToken().access_token}`]) {
    const answer = core.handshake({ url: '/v1/speak', protocols: [], headers: { authorization } })
    expect(answer).toMatchObject({ kind: 'accept', protocol: null })
  }
})

test('a missing, wrong, expired or mismatched credential is a 401', () => {
  const core = createEmulatorCore({ apiKey: 'the-key' })
  const { access_token: jwt } = core.issueToken(30)
  const other = createEmulatorCore({ seed: 2 }).issueToken().access_token
  const refused = (...protocols: string[]) => refusal(core.handshake({ url: '/v1/listen', protocols }))
  for (const protocols of [
    [],
    ['token'],
    ['token', 'wrong'],
    ['token', jwt],
    ['bearer', 'the-key'],
    ['bearer', other],
  ]) {
    expect(refused(...protocols)).toEqual({ status: 401, code: 'INVALID_AUTH', message: 'Invalid credentials.' })
  }
  vi.advanceTimersByTime(29_999)
  expect(core.handshake({ url: '/v1/listen', protocols: ['bearer', jwt] }).kind).toBe('accept')
  vi.advanceTimersByTime(1)
  expect(refused('bearer', jwt).status).toBe(401)
  expect(core.handshakes.map((record) => record.status)).toEqual([401, 401, 401, 401, 401, 401, 101, 401])
})

test('without known keys any value passes as a key, except one shaped like a JWT', () => {
  const core = createEmulatorCore()
  expect(core.handshake({ url: '/v1/listen', protocols: ['token', core.apiKey] }).kind).toBe('accept')
  expect(refusal(core.handshake({ url: '/v1/listen', protocols: ['token', 'a.b.c'] })).status).toBe(401)
})

test('an application’s own proxy needs no credential where that is allowed', () => {
  const answer = createEmulatorCore({ allowAnonymous: true }).handshake({ url: '/v1/listen', protocols: [] })
  expect(answer).toMatchObject({ kind: 'accept', protocol: null })
})

test.each([
  '/v1/listen',
  '/v1/listen?model=nova-3&language=multi&smart_format=true&endpointing=false&utterance_end_ms=1000&keyterm=a&keyterm=b',
  '/v1/listen?model=nova-2-phonecall&language=en-GB&encoding=mulaw&sample_rate=8000&channels=2&multichannel=true',
  '/v1/listen?model=nova-3-pharma&diarize_model=latest&redact=pci&redact=ssn&unheard_of=x',
  '/v1/speak',
  '/v1/speak?model=aura-2-celeste-es&encoding=alaw&sample_rate=16000&speed=0.9',
  '/v1/speak?model=aura-2-izanami-ja&encoding=linear16&sample_rate=48000',
])('%s is accepted', (path) => {
  expect(ask(path).kind).toBe('accept')
})

test.each([
  ['/v1/listen?model=nova-33', 403, 'INSUFFICIENT_PERMISSIONS'],
  ['/v1/listen?model=flux-general-en', 403, 'INSUFFICIENT_PERMISSIONS'],
  ['/v1/listen?model=nova-2-phonecall&language=fr', 400, 'Bad Request'],
  ['/v1/listen?model=enhanced&language=multi', 400, 'Bad Request'],
  ['/v1/listen?interim_results=yes', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/listen?encoding=mp3&sample_rate=8000', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/listen?encoding=linear16', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/listen?encoding=linear16&sample_rate=16k', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/listen?encoding=amr-nb&sample_rate=16000', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/listen?endpointing=-1', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/listen?utterance_end_ms=500', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/listen?diarize=true&diarize_model=v1', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/listen?diarize_model=v2', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/listen?model=nova-3&keywords=a:2', 400, 'Bad Request'],
  ['/v1/listen?model=nova-2&keyterm=a', 400, 'Bad Request'],
  ['/v1/listen?summarize=v2', 400, 'Bad Request'],
  ['/v1/listen?topics=true', 403, 'UNAUTHORIZED_FEATURES_REQUESTED'],
  ['/v1/speak?model=aura-2-nobody-en', 400, 'Bad Request'],
  ['/v1/speak?model=aura-2-perseo-it', 400, 'Bad Request'],
  ['/v1/speak?model=flux-alexis-en', 400, 'Bad Request'],
  ['/v1/speak?encoding=mp3', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/speak?encoding=mulaw&sample_rate=24000', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v1/speak?speed=3&model=aura-2-thalia-en', 400, 'INVALID_QUERY_PARAMETER'],
  ['/v9/listen', 404, 'NOT_FOUND'],
])('%s is refused with %i %s', (path, status, code) => {
  expect(refusal(ask(path))).toMatchObject({ status, code })
})

test('the words of a refusal are those of the service', () => {
  expect(refusal(ask('/v1/listen?model=nova-3&keywords=a')).message).toBe(
    'Keywords are not supported for Nova-3. Please use `keyterm` instead.',
  )
  expect(refusal(ask('/v1/speak?encoding=mp3')).message).toMatch(/^Unsupported audio format: /)
  expect(refusal(ask('/v1/listen?punctuate=1')).message).toMatch(/^Failed to deserialize query parameters: /)
})

test('one connection too many is a 429, until another one ends', () => {
  const core = createEmulatorCore({ maxConnections: 1 })
  const protocols = ['token', 'key']
  const first = core.handshake({ url: '/v1/listen', protocols })
  expect(refusal(core.handshake({ url: '/v1/listen', protocols }))).toMatchObject({
    status: 429,
    code: 'TOO_MANY_REQUESTS',
  })
  expect(core.handshake({ url: '/v1/speak', protocols }).kind).toBe('accept')
  expect(refusal(core.handshake({ url: '/v1/speak', protocols }))).toMatchObject({ code: 'Too Many Requests' })
  if (first.kind === 'accept') core.abandon(first.connection)
  expect(core.handshake({ url: '/v1/listen', protocols }).kind).toBe('accept')
})

test('tokens are shaped as JWTs, all differ, and are legal subprotocols', async () => {
  const emulator = createDeepgramEmulator()
  const tokens = await Promise.all([emulator.getToken(), emulator.getToken()])
  for (const token of tokens) {
    expect(token.access_token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(token.expires_in).toBe(30)
  }
  expect(new Set(tokens.map((token) => token.access_token)).size).toBe(2)
  expect(emulator.tokens.map((issued) => issued.token)).toEqual(tokens.map((token) => token.access_token))
  expect(emulator.grants).toHaveLength(2)
})

test.each([
  ['Token the-key', '', 200, 30],
  ['Token the-key', '{}', 200, 30],
  ['token the-key', '{"ttl_seconds":3600}', 200, 3600],
  ['Token the-key', '{"ttl_seconds":0}', 400, undefined],
  ['Token the-key', '{"ttl_seconds":3601}', 400, undefined],
  ['Token the-key', '{"ttl_seconds":"30"}', 400, undefined],
  ['Token the-key', 'nonsense', 400, undefined],
  ['Token wrong', '{}', 401, undefined],
  ['', '{}', 401, undefined],
])('a grant with %j and %j answers %i', async (authorization, body, status, ttl) => {
  const emulator = createDeepgramEmulator({ apiKey: 'the-key' })
  const response = await emulator.fetch('https://api.deepgram.com/v1/auth/grant', {
    method: 'POST',
    headers: { authorization },
    body,
  })
  expect(response.status).toBe(status)
  const answer = (await response.json()) as { expires_in?: number; err_msg?: string }
  expect(answer.expires_in).toBe(ttl)
  expect(emulator.grants).toEqual([{ at: Date.now(), status, ttlSeconds: ttl ?? null }])
})

test('a token grants no token', async () => {
  const emulator = createDeepgramEmulator()
  const authorization = `Bearer ${(await emulator.getToken()).access_token}`
  const grant = { method: 'POST', headers: { authorization } }
  const response = await emulator.fetch('https://api.deepgram.com/v1/auth/grant', grant)
  expect([response.status, await response.json()]).toMatchObject([403, { err_code: 'FORBIDDEN' }])
})
