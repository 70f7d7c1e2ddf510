import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { DeepgramError, grantToken } from '../../../src/server/index.ts'
import { JWT, KEY, grant, json, rejection, serve, serveUpstream } from './support.ts'

async function failure(promise: Promise<unknown>): Promise<DeepgramError> {
  const error = await rejection(promise)
  if (!(error instanceof DeepgramError)) throw error
  expect(error.cause).toBeUndefined()
  // Everything a console or a reporting tool could print.
  expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) + String(error.stack)).not.toMatch(
    /kEy0secret|upstream-secret/,
  )
  return error
}

describe('grantToken', () => {
  it('posts the key in the Authorization header and returns the token', async () => {
    const upstream = await serveUpstream()
    expect(await grantToken({ apiKey: KEY, baseUrl: upstream.url })).toEqual({ access_token: JWT, expires_in: 30 })
    expect(upstream.seen).toHaveLength(1)
    expect(upstream.seen[0]).toMatchObject({ method: 'POST', url: '/v1/auth/grant', body: '{"ttl_seconds":30}' })
    expect(upstream.seen[0]!.headers.authorization).toBe(`Token ${KEY}`)
    expect(upstream.seen[0]!.headers['content-type']).toBe('application/json')
  })

  it('asks for 1 to 3600 whole seconds, whatever it is told', async () => {
    const upstream = await serveUpstream()
    for (const ttlSeconds of [-5, 0, 1, 59.9, 3600, 3601, Infinity]) {
      await grantToken({ apiKey: KEY, baseUrl: upstream.url, ttlSeconds })
    }
    expect(upstream.seen.map((one) => (JSON.parse(one.body) as { ttl_seconds: number }).ttl_seconds)).toEqual([
      1, 1, 1, 59, 3600, 3600, 3600,
    ])
  })

  it('takes the address of a socket, a path prefix and a key with a line end', async () => {
    const upstream = await serveUpstream()
    await grantToken({ apiKey: `${KEY}\n`, baseUrl: `${upstream.url.replace('http', 'ws')}/deepgram/` })
    expect(upstream.seen[0]!.url).toBe('/deepgram/v1/auth/grant')
    expect(upstream.seen[0]!.headers.authorization).toBe(`Token ${KEY}`)
  })

  it('names the argument that cannot be used, and never quotes the key', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>()
    for (const [options, name] of [
      [{ apiKey: '' }, 'apiKey'],
      [{ apiKey: undefined as unknown as string }, 'apiKey'],
      [{ apiKey: `${KEY}\r\nX-Evil: 1` }, 'apiKey'],
      [{ apiKey: `${KEY}é` }, 'apiKey'],
      [{ apiKey: KEY, ttlSeconds: NaN }, 'ttlSeconds'],
      [{ apiKey: KEY, timeoutMs: 0 }, 'timeoutMs'],
      [{ apiKey: KEY, baseUrl: 'api.deepgram.com' }, 'baseUrl'],
      [{ apiKey: KEY, baseUrl: 'https://user:pass@api.deepgram.com' }, 'baseUrl'],
      [{ apiKey: KEY, baseUrl: 'https://api.deepgram.com?x=1' }, 'baseUrl'],
    ] as const) {
      const error = await rejection(grantToken({ ...options, fetch }))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toContain(`\`${name}\``)
      expect(error.message).not.toContain('kEy0secret')
    }
    expect(fetch).not.toHaveBeenCalled()
  })

  it('sends the key over https: only, except to this machine', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => Response.json({ access_token: JWT, expires_in: 30 }))
    for (const baseUrl of [
      'http://api.deepgram.com',
      'ws://10.0.0.1',
      'http://127.0.0.1.evil.example',
      'ftp://localhost',
    ]) {
      expect((await failure(grantToken({ apiKey: KEY, baseUrl, fetch }))).code).toBe('insecure-url')
    }
    expect(fetch).not.toHaveBeenCalled()
    for (const baseUrl of [
      'https://api.eu.deepgram.com',
      'http://localhost:1',
      'http://[::1]:1',
      'http://127.9.9.9',
      'ws://dg.localhost',
    ]) {
      await grantToken({ apiKey: KEY, baseUrl, fetch })
    }
    expect(fetch).toHaveBeenCalledTimes(5)
  })

  it.each([
    [400, 'token-failed', false],
    [401, 'token-failed', false],
    [402, 'payment-required', false],
    [403, 'token-failed', false],
    [404, 'token-failed', false],
    [429, 'rate-limited', true],
    [500, 'token-failed', true],
    [503, 'token-failed', true],
  ])(
    'tells status %i as %s (retryable: %s), with the request id and without the body',
    async (status, code, retryable) => {
      const upstream = await serveUpstream((res, seen) =>
        json(
          res,
          status,
          { err_msg: `upstream-secret ${seen.headers.authorization}` },
          { 'dg-request-id': 'a-b-1', 'retry-after': '7' },
        ),
      )
      const error = await failure(grantToken({ apiKey: KEY, baseUrl: upstream.url }))
      expect(error).toMatchObject({ code, retryable, details: { status, requestId: 'a-b-1' } })
      expect(error.details.retryAfterMs).toBe(status === 429 ? 7000 : undefined)
    },
  )

  it('reads Retry-After as a date too, and never waits more than an hour', async () => {
    let header = ''
    const fetch = async () => new Response(null, { status: 429, headers: { 'retry-after': header } })
    const wait = async (value: string) => {
      header = value
      return (await failure(grantToken({ apiKey: KEY, fetch }))).details.retryAfterMs
    }
    expect(await wait('999999')).toBe(3_600_000)
    expect(await wait(new Date(Date.now() - 5000).toUTCString())).toBe(0)
    expect(await wait(new Date(Date.now() + 1e9).toUTCString())).toBe(3_600_000)
    expect(await wait('soon')).toBeUndefined()
  })

  it.each([
    ['HTML', '<!doctype html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['another shape', '{"token":"x"}'],
    ['a token that is no header token', '{"access_token":"a b","expires_in":30}'],
    ['a token with a line end', '{"access_token":"a\\r\\nb","expires_in":30}'],
    ['a validity that is no number', '{"access_token":"abc","expires_in":"30"}'],
    ['no validity left', '{"access_token":"abc","expires_in":0}'],
    ['the key itself', JSON.stringify({ access_token: KEY, expires_in: 30 })],
    ['far too much', `{"access_token":"abc","x":"${'y'.repeat(20_000)}"}`],
  ])('refuses an answer of 200 with %s as invalid-token', async (_, body) => {
    const upstream = await serveUpstream((res) => res.end(body))
    const error = await failure(grantToken({ apiKey: KEY, baseUrl: upstream.url }))
    expect(error).toMatchObject({ code: 'invalid-token', retryable: false, details: { status: 200 } })
  })

  it('takes an answer that does not say how long the token is valid', async () => {
    const fetch = async () => Response.json({ access_token: JWT })
    expect(await grantToken({ apiKey: KEY, ttlSeconds: 60, fetch })).toEqual({ access_token: JWT, expires_in: 60 })
  })

  it('follows no redirect, so the key reaches no second host', async () => {
    const other = await serveUpstream()
    const upstream = await serveUpstream((res) => res.writeHead(307, { location: `${other.url}/v1/auth/grant` }).end())
    expect(await failure(grantToken({ apiKey: KEY, baseUrl: upstream.url }))).toMatchObject({
      code: 'token-failed',
      retryable: false,
      details: { status: 307 },
    })
    expect(other.seen).toHaveLength(0)
  })

  it('says that nothing answered, and why as far as the system knows', async () => {
    const { url, server } = await serve(() => {})
    await new Promise((resolve) => server.close(resolve))
    expect(await failure(grantToken({ apiKey: KEY, baseUrl: url }))).toMatchObject({
      code: 'token-unreachable',
      retryable: true,
      details: { causes: ['ECONNREFUSED'] },
    })
    const hungUp = await serveUpstream((res) => void res.writeHead(200).write('{"acc', () => res.destroy()))
    expect((await failure(grantToken({ apiKey: KEY, baseUrl: hungUp.url }))).code).toBe('token-unreachable')
  })

  it('keeps an error of fetch that quotes the request to itself', async () => {
    const fetch = async (_: unknown, init?: RequestInit) => {
      throw Object.assign(new Error(`upstream-secret ${JSON.stringify(init)}`), { cause: { code: KEY } })
    }
    expect((await failure(grantToken({ apiKey: KEY, fetch }))).code).toBe('token-unreachable')
  })

  it('gives up after timeoutMs, even when fetch ignores its signal, and leaves no timer', async () => {
    vi.useFakeTimers()
    try {
      let signal: AbortSignal | null | undefined
      const fetch = (_: unknown, init?: RequestInit) => {
        signal = init?.signal
        return new Promise<Response>(() => {})
      }
      const failed = failure(grantToken({ apiKey: KEY, fetch, timeoutMs: 500 }))
      await vi.advanceTimersByTimeAsync(500)
      expect(await failed).toMatchObject({ code: 'token-timeout', retryable: true })
      expect(signal?.aborted).toBe(true)
      await grantToken({ apiKey: KEY, fetch: async () => Response.json({ access_token: JWT }) })
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('counts the body in the timeout', async () => {
    const upstream = await serveUpstream((res) => void res.writeHead(200).write('{"access_token":'))
    expect((await failure(grantToken({ apiKey: KEY, baseUrl: upstream.url, timeoutMs: 50 }))).code).toBe(
      'token-timeout',
    )
  })

  it('ends with the caller’s signal, before and during the call', async () => {
    let tellAsked = () => {}
    const asked = new Promise<void>((resolve) => (tellAsked = resolve))
    const upstream = await serveUpstream(() => tellAsked())
    const controller = new AbortController()
    const failed = failure(grantToken({ apiKey: KEY, baseUrl: upstream.url, signal: controller.signal }))
    await asked
    controller.abort()
    expect((await failed).code).toBe('aborted')
    expect((await failure(grantToken({ apiKey: KEY, baseUrl: upstream.url, signal: controller.signal }))).code).toBe(
      'aborted',
    )
    expect(upstream.seen).toHaveLength(1)
    await grantToken({ apiKey: KEY, baseUrl: (await serveUpstream(grant)).url, signal: new AbortController().signal })
  })
})
