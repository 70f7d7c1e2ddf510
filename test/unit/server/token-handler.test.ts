import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMemoryRateLimitStore, createTokenHandler, DeepgramError } from '../../../src/server/index.ts'
import type { TokenHandlerOptions, TokenRouteEvent } from '../../../src/server/index.ts'
import { errorOf, granted, JWT, json, KEY, make, post, scan, serve, serveUpstream } from './support.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('pain 9: the API key stays on the server', () => {
  it('pain 9: the key goes to Deepgram in one header and into no answer, whatever happens', async () => {
    const answers: string[] = []
    const events: unknown[] = []
    const upstream = await serveUpstream((res, seen) =>
      json(
        res,
        status,
        { err_msg: `upstream-secret ${seen.headers.authorization}`, access_token: `upstream-secret${KEY}` },
        { 'dg-error': KEY },
      ),
    )
    let status = 200
    for (status of [200, 301, 400, 401, 402, 403, 429, 500, 503]) {
      const handler = make({ fetch: undefined, baseUrl: upstream.url, logger: (event) => events.push(event) })
      answers.push(await scan(await handler(post())))
    }
    const boom = () => {
      throw new Error(`no database at postgres://root:${KEY}@db`)
    }
    for (const options of [
      { authorize: boom },
      { csrf: boom },
      { identify: boom },
      { store: { hit: boom } },
      { apiKey: boom },
      { fetch: boom },
    ]) {
      answers.push(await scan(await make(options)(post())))
    }
    expect(upstream.seen).toHaveLength(9)
    expect(upstream.seen.every((one) => one.headers.authorization === `Token ${KEY}`)).toBe(true)
    expect(answers).toHaveLength(15)
    for (const answer of answers) expect(answer).not.toMatch(/kEy0secret|upstream-secret|postgres|\bat .*:\d+/)
    expect(JSON.stringify(events)).not.toMatch(/kEy0secret|upstream-secret/)
  })

  it('pain 9: in production it is not created without authorize', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => createTokenHandler({ apiKey: KEY })).toThrow(/`authorize`/)
    expect(() => createTokenHandler({ apiKey: KEY, authorize: () => true })).not.toThrow()
  })

  it('is created without a key, as during a build, and says at each request what is missing', async () => {
    for (const apiKey of [undefined, '', '  ', () => undefined, async () => undefined]) {
      const error = await errorOf(await make({ apiKey })(post()))
      expect(error).toMatchObject({ status: 500, code: 'not-configured' })
      expect(error.message).toContain('DEEPGRAM_API_KEY')
    }
    const broken = await make({ apiKey: `"${KEY} x"` })(post())
    expect(await scan(broken)).not.toContain('kEy0secret')
    expect(await errorOf(broken)).toMatchObject({ status: 500, code: 'not-configured' })
    expect((await make({ apiKey: async () => `${KEY}\n` })(post())).status).toBe(200)
  })

  it('without authorize it serves development, and otherwise this machine only', async () => {
    for (const [environment, url, status] of [
      ['development', 'https://app.example/t', 200],
      ['test', 'https://app.example/t', 200],
      ['staging', 'https://app.example/t', 500],
      ['', 'https://app.example/t', 500],
      ['', 'http://localhost:3000/t', 200],
    ] as const) {
      vi.stubEnv('NODE_ENV', environment)
      const handler = make({ authorize: undefined })
      const request = new Request(url, { method: 'POST', headers: { origin: new URL(url).origin } })
      expect((await handler(request)).status).toBe(status)
    }
  })
})

describe('the answers', () => {
  it('pain 29: a token comes as JSON that nobody may store', async () => {
    const response = await make()(post())
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('vary')).toBe('Origin')
    expect(response.headers.has('access-control-allow-origin')).toBe(false)
    expect(await response.json()).toEqual({ access_token: JWT, expires_in: 30 })
  })

  it('hands on the validity it was told, clamped', async () => {
    const upstream = await serveUpstream()
    await make({ fetch: undefined, baseUrl: upstream.url, ttlSeconds: 99_999 })(post())
    expect(upstream.seen[0]!.body).toBe('{"ttl_seconds":3600}')
  })

  it.each<[string, number, string, number, string]>([
    ['401', 401, '{"err_code":"INVALID_AUTH"}', 502, 'token-failed'],
    ['402', 402, '{}', 402, 'payment-required'],
    ['403', 403, '{}', 502, 'token-failed'],
    ['404 in HTML', 404, '<html>', 502, 'token-failed'],
    ['429', 429, '{}', 429, 'rate-limited'],
    ['500', 500, 'Error: at upstream-secret.js:1', 502, 'upstream-failed'],
    ['503', 503, '', 502, 'upstream-failed'],
    ['200 in HTML', 200, '<!doctype html>upstream-secret', 502, 'invalid-token'],
    ['200 with a broken shape', 200, '{"access_token":7}', 502, 'invalid-token'],
    ['302', 302, '', 502, 'token-failed'],
  ])(
    'pain 29: Deepgram answering %s has a status and a code of its own, no-store, in JSON',
    async (_, upstreamStatus, body, status, code) => {
      const events: TokenRouteEvent[] = []
      const upstream = await serveUpstream((res) =>
        res.writeHead(upstreamStatus, { 'dg-request-id': 'r-1', location: '/x' }).end(body),
      )
      const response = await make({ fetch: undefined, baseUrl: upstream.url, logger: (event) => events.push(event) })(
        post(),
      )
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await scan(response)).not.toContain('upstream-secret')
      expect(response.headers.get('retry-after')).toBe(status === 429 ? '10' : null)
      expect(await errorOf(response)).toMatchObject({ status, code })
      expect(events).toMatchObject([
        { type: 'token-refused', status, code, upstream: { details: { status: upstreamStatus, requestId: 'r-1' } } },
      ])
      expect(upstream.seen).toHaveLength(1)
    },
  )

  it('pain 55: no credit and too many requests are told apart from a fault, with the wait Deepgram states', async () => {
    const upstream = await serveUpstream((res) => json(res, 429, {}, { 'retry-after': '3' }))
    const response = await make({ fetch: undefined, baseUrl: upstream.url })(post())
    expect(response.headers.get('retry-after')).toBe('3')
    expect(await errorOf(response)).toMatchObject({ status: 429, code: 'rate-limited' })
    const broke = await make({ fetch: async () => new Response(null, { status: 402 }) })(post())
    expect(await errorOf(broke)).toMatchObject({ status: 402, code: 'payment-required' })
  })

  it('answers token-timeout, upstream-failed or aborted when Deepgram says nothing', async () => {
    const silent: typeof fetch = (_, init) =>
      new Promise((_, reject) => init!.signal!.addEventListener('abort', () => reject(new Error('gone'))))
    expect(await errorOf(await make({ fetch: silent, timeoutMs: 5 })(post()))).toMatchObject({
      status: 504,
      code: 'token-timeout',
    })
    const { url, server } = await serve(() => {})
    await new Promise((resolve) => server.close(resolve))
    const refused = await make({ fetch: undefined, baseUrl: url })(post())
    expect(await scan(refused)).not.toContain('127.0.0.1')
    expect(await errorOf(refused)).toMatchObject({ status: 502, code: 'upstream-failed' })
    const left = make({ fetch: silent })(post({}, { signal: AbortSignal.abort() }))
    expect(await errorOf(await left)).toMatchObject({ status: 499, code: 'aborted' })
  })

  it('gives the application its own error, and the caller none of it', async () => {
    const cause = new Error('SELECT secret FROM users')
    for (const name of ['authorize', 'csrf', 'identify', 'apiKey'] as const) {
      const events: TokenRouteEvent[] = []
      const response = await make({
        [name]: async () => Promise.reject(cause),
        logger: (event: TokenRouteEvent) => events.push(event),
      })(post())
      expect(await scan(response)).not.toContain('SELECT')
      expect(await errorOf(response)).toMatchObject({ status: 500, code: 'internal-error' })
      expect(events).toHaveLength(1)
      expect(events[0]!.cause).toBe(cause)
    }
  })

  it('tells the log of every answer, and survives a log that throws', async () => {
    let time = 1000
    const events: TokenRouteEvent[] = []
    const handler = make({ logger: (event) => events.push(event), now: () => (time += 5), rateLimit: false })
    await handler(post())
    await handler(post({ origin: 'https://evil.example' }))
    expect(events).toEqual([
      { type: 'token-granted', status: 200, elapsedMs: 5, origin: 'https://app.example' },
      { type: 'token-refused', status: 403, elapsedMs: 5, origin: 'https://evil.example', code: 'forbidden-origin' },
    ])
    const broken = make({
      logger: () => {
        throw new Error('disk full')
      },
    })
    expect((await broken(post())).status).toBe(200)
  })
})

describe('who may call', () => {
  it('lets only true pass authorize and csrf', async () => {
    for (const answer of [false, null, undefined, 1, 'yes', {}, []]) {
      const no = (() => answer) as unknown as () => boolean
      expect(await errorOf(await make({ authorize: no })(post()))).toMatchObject({ status: 401, code: 'unauthorized' })
      expect(await errorOf(await make({ csrf: no })(post()))).toMatchObject({ status: 403, code: 'csrf-failed' })
    }
    const csrf = (request: Request) => request.headers.get('x-csrf-token') === 'abc'
    expect((await make({ csrf })(post({ 'x-csrf-token': 'abc' }))).status).toBe(200)
  })

  it('asks Deepgram for nothing before every check has passed', async () => {
    const fetch = vi.fn(granted)
    const handler = make({ fetch, authorize: async () => false, rateLimit: { limit: 3 } })
    for (let i = 0; i < 5; i++) await handler(post())
    await handler(post({ origin: 'https://evil.example' }))
    expect(fetch).not.toHaveBeenCalled()
  })

  it('answers no method but POST', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
      const response = await make()(post({}, { method }))
      expect(response.headers.get('allow')).toBe('POST')
      expect(await errorOf(response)).toMatchObject({ status: 405, code: 'method-not-allowed' })
    }
  })

  const cases: [string, Record<string, string>, Partial<TokenHandlerOptions>, number][] = [
    ['a page of its own', { origin: 'https://app.example', 'sec-fetch-site': 'same-origin' }, {}, 200],
    ['an old browser’s own page', { origin: 'https://app.example' }, {}, 200],
    ['a browser that strips Origin', { 'sec-fetch-site': 'same-origin' }, {}, 200],
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, {}, 403],
    [
      'another site with forged Sec-Fetch-Site',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      {},
      403,
    ],
    ['another site that hides its Origin', { 'sec-fetch-site': 'cross-site' }, { allowMissingOrigin: true }, 403],
    ['a subdomain', { origin: 'https://blog.app.example', 'sec-fetch-site': 'same-site' }, {}, 403],
    ['a contradiction', { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' }, {}, 403],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }, {}, 403],
    ['a sandboxed frame of an old browser', { origin: 'null' }, {}, 403],
    ['another port', { origin: 'https://app.example:8443' }, {}, 403],
    ['plain http: of an https: route', { origin: 'http://app.example', host: 'app.example' }, {}, 403],
    ['a name that begins alike', { origin: 'https://app.example.evil.example' }, {}, 403],
    ['an origin with a path', { origin: 'https://app.example/' }, {}, 403],
    ['two origins', { origin: 'https://app.example, https://evil.example' }, {}, 403],
    ['nobody knows where', {}, {}, 403],
    ['nobody knows where, allowed', {}, { allowMissingOrigin: true }, 200],
    [
      'an allowed origin',
      { origin: 'https://other.example', 'sec-fetch-site': 'cross-site' },
      { allowedOrigins: ['https://other.example/'] },
      200,
    ],
    ['one not on the list', { origin: 'https://evil.example' }, { allowedOrigins: ['https://other.example'] }, 403],
    ['a page known by the Host header', { origin: 'https://www.example', host: 'www.example' }, {}, 200],
    ['a Host header with the default port', { origin: 'https://www.example', host: 'www.example:443' }, {}, 200],
    ['a Host header with tricks', { origin: 'https://evil.example', host: 'app.example@evil.example' }, {}, 403],
    ['a forged forwarded host', { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' }, {}, 403],
    [
      'a trusted proxy',
      { origin: 'https://www.example', 'x-forwarded-host': 'www.example', 'x-forwarded-proto': 'https' },
      { trustProxy: true },
      200,
    ],
    [
      'a trusted proxy and another scheme',
      { origin: 'http://www.example', 'x-forwarded-host': 'www.example', 'x-forwarded-proto': 'https' },
      { trustProxy: true },
      403,
    ],
    [
      'a trusted proxy and the inner name',
      { origin: 'https://app.example', 'x-forwarded-host': 'www.example' },
      { trustProxy: true },
      403,
    ],
  ]
  it.each(cases)('judges %s by Origin and Sec-Fetch-Site', async (_, headers, options, status) => {
    const response = await make(options)(new Request('https://app.example/api/token', { method: 'POST', headers }))
    expect(response.status).toBe(status)
    if (status === 403) expect((await errorOf(response)).code).toBe('forbidden-origin')
  })

  it('serves a page whose TLS ends at a proxy that passes the Host on', async () => {
    const request = new Request('http://0.0.0.0:3000/api/token', {
      method: 'POST',
      headers: { origin: 'https://www.example', host: 'www.example', 'sec-fetch-site': 'same-origin' },
    })
    expect((await make()(request)).status).toBe(200)
  })

  it('takes JSON or nothing, never a form', async () => {
    const stream = (text: string) => new Blob(text ? [text] : []).stream()
    for (const [init, type, status] of [
      [{}, undefined, 200],
      [{ body: '{}' }, 'application/json', 200],
      [{ body: '{}' }, 'Application/JSON; charset=utf-8', 200],
      [{}, 'application/json', 200],
      [{ body: stream(''), duplex: 'half' }, undefined, 200],
      [{ body: stream('a=b'), duplex: 'half' }, undefined, 415],
      [{ body: 'a=b' }, 'application/x-www-form-urlencoded', 415],
      [{ body: new URLSearchParams('a=b') }, undefined, 415],
      [{ body: '{}' }, 'text/plain', 415],
      [{ body: '{}' }, undefined, 415],
      [{ body: '{}' }, 'text/plain; application/json', 415],
      [{ body: '{}' }, 'application/jsonp', 415],
      [{ body: new FormData() }, undefined, 415],
    ] as [RequestInit, string | undefined, number][]) {
      const response = await make()(post(type ? { 'content-type': type } : {}, init))
      expect([init, type, response.status]).toEqual([init, type, status])
      if (status === 415) expect((await errorOf(response)).code).toBe('unsupported-media-type')
    }
  })

  it('leaves the body to authorize', async () => {
    const authorize = async (request: Request) => (await request.text()) === '{"room":1}'
    expect(
      (await make({ authorize })(post({ 'content-type': 'application/json' }, { body: '{"room":1}' }))).status,
    ).toBe(200)
    const empty = post({}, { body: new Blob([]).stream(), duplex: 'half' } as RequestInit)
    expect((await make({ authorize: async (request) => (await request.text()) === '' })(empty)).status).toBe(200)
  })

  it('answers the preflights of allowed origins, and of nobody else', async () => {
    const handler = make({ allowedOrigins: ['https://other.example'], allowCredentials: true })
    const preflight = (origin: string) =>
      post(
        {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type, x-csrf-token',
        },
        { method: 'OPTIONS' },
      )
    const yes = await handler(preflight('https://other.example'))
    expect(yes.status).toBe(204)
    expect(Object.fromEntries(yes.headers)).toMatchObject({
      'access-control-allow-origin': 'https://other.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, x-csrf-token',
      'cache-control': 'no-store',
      vary: 'Origin',
    })
    for (const origin of ['https://evil.example', 'https://app.example', 'null']) {
      const no = await handler(preflight(origin))
      expect(no.headers.has('access-control-allow-origin')).toBe(false)
      expect(await errorOf(no)).toMatchObject({ status: 403, code: 'forbidden-origin' })
    }
    const refused = await handler(post({ origin: 'https://other.example' }, { method: 'GET' }))
    expect(refused.headers.get('allow')).toBe('POST, OPTIONS')
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://other.example')
  })
})

describe('how often', () => {
  it('grants exactly the limit of a thousand simultaneous calls, and tells the rest when to come again', async () => {
    let time = 1_700_000_000_000
    const fetch = vi.fn(granted)
    const handler = make({ fetch, now: () => time, rateLimit: { limit: 25, windowMs: 10_000 } })
    const responses = await Promise.all(Array.from({ length: 1000 }, () => handler(post())))
    expect(responses.filter((one) => one.status === 200)).toHaveLength(25)
    expect(responses.filter((one) => one.status === 429)).toHaveLength(975)
    expect(new Set(responses.map((one) => one.headers.get('retry-after')))).toEqual(new Set([null, '10']))
    expect(fetch).toHaveBeenCalledTimes(25)
    time += 8_001
    const late = await handler(post())
    expect(late.headers.get('retry-after')).toBe('2')
    expect(await errorOf(late)).toMatchObject({ status: 429, code: 'rate-limited' })
    time += 1_998
    expect((await handler(post())).headers.get('retry-after')).toBe('1')
    time += 1
    expect((await handler(post())).status).toBe(200)
    expect(fetch).toHaveBeenCalledTimes(26)
  })

  it('allows 30 calls a minute by default, and any number when switched off', async () => {
    const handler = make()
    const open = make({ rateLimit: false })
    const statuses = async (one: typeof handler) => {
      const all = []
      for (let i = 0; i < 100; i++) all.push((await one(post())).status)
      return all.filter((status) => status === 200).length
    }
    expect(await statuses(handler)).toBe(30)
    expect(await statuses(open)).toBe(100)
  })

  it('counts each caller by itself, by identify', async () => {
    const handler = make({ rateLimit: { limit: 2 }, identify: async (request) => request.headers.get('cookie') ?? '' })
    const statuses = []
    for (const cookie of ['a', 'a', 'b', 'a', 'b', 'b']) statuses.push((await handler(post({ cookie }))).status)
    expect(statuses).toEqual([200, 200, 200, 429, 200, 429])
  })

  it('believes X-Forwarded-For only of a trusted proxy, and only its own entry', async () => {
    const calls = async (options: Partial<TokenHandlerOptions>, lists: string[]) => {
      const handler = make({ rateLimit: { limit: 1 }, ...options })
      const all = []
      for (const list of lists) all.push((await handler(post({ 'x-forwarded-for': list }))).status)
      return all
    }
    expect(await calls({}, ['1.1.1.1', '2.2.2.2'])).toEqual([200, 429])
    expect(await calls({ trustProxy: true }, ['9.9.9.9, 1.1.1.1', '8.8.8.8, 1.1.1.1', '9.9.9.9, 2.2.2.2'])).toEqual([
      200, 429, 200,
    ])
    expect(
      await calls({ trustProxy: 2 }, ['1.1.1.1, 7.7.7.7', '2.2.2.2, 7.7.7.7', '3.3.3.3, 1.1.1.1, 6.6.6.6']),
    ).toEqual([200, 200, 429])
    const v6 = [
      '2001:db8:1:2::1',
      '2001:0db8:1:2:ffff::2',
      '2001:db8:1:3::1',
      '[2001:db8:1:3::9]:443',
      '::1',
      '::ffff:4.4.4.4',
      '4.4.4.4:5',
    ]
    expect(await calls({ trustProxy: true }, v6)).toEqual([200, 429, 200, 429, 200, 200, 429])
  })

  it('tells the developer when callers cannot be told apart', async () => {
    const handler = make({ rateLimit: { limit: 1 } })
    await handler(post())
    expect((await errorOf(await handler(post()))).message).toContain('`trustProxy`')
  })

  it('refuses rather than waives a limit that cannot be checked', async () => {
    for (const hit of [undefined, {}, { count: NaN, resetMs: 1 }, { count: 1, resetMs: Infinity }]) {
      const store = { hit: async () => hit as { count: number; resetMs: number } }
      expect(await errorOf(await make({ store })(post()))).toMatchObject({ status: 500, code: 'internal-error' })
    }
    const hit = vi.fn(async () => ({ count: 31, resetMs: 1 }))
    const limited = await make({ store: { hit }, identify: () => 'x'.repeat(300), now: () => 7 })(post())
    expect(limited.headers.get('retry-after')).toBe('1')
    expect(hit).toHaveBeenCalledWith('x'.repeat(256), 60_000, 7)
  })
})

describe('createMemoryRateLimitStore', () => {
  it('remembers no more callers than it may, and forgets ended windows first', async () => {
    const store = createMemoryRateLimitStore({ maxKeys: 3 })
    const count = async (key: string, now: number) => (await store.hit(key, 100, now)).count
    expect([await count('a', 0), await count('b', 10), await count('c', 20), await count('a', 30)]).toEqual([
      1, 1, 1, 2,
    ])
    expect(await count('d', 40)).toBe(1) // forgets a
    expect([await count('b', 50), await count('c', 50), await count('a', 50)]).toEqual([2, 2, 1]) // forgets b
    expect([await count('c', 60), await count('b', 120)]).toEqual([3, 1])
    expect([await count('d', 121), await count('a', 121), await count('b', 121)]).toEqual([2, 2, 2])
  })

  it('starts a window anew when the clock was set back', async () => {
    const store = createMemoryRateLimitStore()
    await store.hit('a', 100, 1_000_000)
    expect(await store.hit('a', 100, 10)).toEqual({ count: 1, resetMs: 100 })
  })

  it('names a wrong argument', () => {
    for (const maxKeys of [0, -1, 1.5, NaN]) expect(() => createMemoryRateLimitStore({ maxKeys })).toThrow(/`maxKeys`/)
  })
})

describe('misuse', () => {
  it.each<[string, object]>([
    ['ttlSeconds', { ttlSeconds: NaN }],
    ['allowedOrigins', { allowedOrigins: ['*'] }],
    ['allowedOrigins', { allowedOrigins: ['https://*.example'.replace('*', '*/')] }],
    ['allowedOrigins', { allowedOrigins: ['null'] }],
    ['allowedOrigins', { allowedOrigins: ['https://a.example/path'] }],
    ['allowedOrigins', { allowedOrigins: ['file:///'] }],
    ['rateLimit.limit', { rateLimit: { limit: 0 } }],
    ['rateLimit.windowMs', { rateLimit: { windowMs: 0 } }],
    ['trustProxy', { trustProxy: -1 }],
    ['trustProxy', { trustProxy: 0.5 }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['authorize', { authorize: true }],
    ['apiKey', { apiKey: 7 }],
    ['baseUrl', { baseUrl: 'nonsense' }],
  ])('is a TypeError naming %s, when the handler is made', (name, options) => {
    expect(() => make(options)).toThrow(TypeError)
    expect(() => make(options)).toThrow(`\`${name}\``)
  })

  it('refuses a plain http: base URL when the handler is made', () => {
    expect(() => make({ baseUrl: 'http://api.deepgram.com' })).toThrow(DeepgramError)
  })
})
