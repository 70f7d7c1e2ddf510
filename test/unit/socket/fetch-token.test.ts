import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { DeepgramError } from '../../../src/errors.ts'
import { createTokenHandler, toNodeHandler } from '../../../src/server/index.ts'
import { createTokenFetcher } from '../../../src/socket/fetch-token.ts'

async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/token`, server }
}

/** A route that answers one thing. */
const answering = (
  status: number,
  body: string,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) => serve((_, res) => void res.writeHead(status, headers).end(body))

async function failure(url: string, signal = new AbortController().signal): Promise<DeepgramError> {
  const error: unknown = await createTokenFetcher(`${url}?session=secret`)({ signal }).then(
    () => expect.unreachable('It did not reject.'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DeepgramError)
  return error as DeepgramError
}

describe('createTokenFetcher', () => {
  it('posts afresh at each call, uncached, with cookies for the own origin only, and returns the token', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () =>
      Response.json({ access_token: 'a.b.c', expires_in: 30, more: 1 }),
    )
    const getToken = createTokenFetcher('/api/token', { fetch, headers: { 'x-csrf-token': 'abc' } })
    const { signal } = new AbortController()
    expect(await getToken({ signal })).toEqual({ access_token: 'a.b.c', expires_in: 30 })
    await getToken({ signal })
    expect(fetch).toHaveBeenCalledTimes(2)
    expect(fetch.mock.calls[0]![0]).toBe('/api/token')
    expect(fetch.mock.calls[0]![1]).toMatchObject({
      method: 'POST',
      cache: 'no-store',
      credentials: 'same-origin',
      redirect: 'error',
      headers: { 'x-csrf-token': 'abc' },
    })
    expect(fetch.mock.calls[0]![1]!.signal).toBe(signal)
  })

  it('pain 29: 403 in JSON, 200 in HTML and a dead line are three codes, and each message names the route', async () => {
    const refused = await answering(403, '{"error":{"code":"forbidden-origin","message":"no"}}')
    const html = await answering(200, '<!doctype html>', { 'content-type': 'text/html' })
    const dead = await answering(200, '')
    await new Promise((resolve) => dead.server.close(resolve))
    const errors = [await failure(refused.url), await failure(html.url), await failure(dead.url)]
    expect(errors.map((error) => error.code)).toEqual(['token-failed', 'invalid-token', 'token-unreachable'])
    expect(errors.map((error) => error.retryable)).toEqual([false, false, true])
    expect(errors[0]!.details).toMatchObject({ status: 403, serverCode: 'forbidden-origin' })
    expect(errors[1]!.details).toMatchObject({ status: 200 })
    ;[refused, html, dead].forEach(({ url }, i) => {
      expect(errors[i]!.message).toContain(url)
      expect(errors[i]!.details.url).toBe(url)
      expect(JSON.stringify(errors[i]!)).not.toContain('secret')
    })
    expect(new Set(errors.map((error) => error.message.replace(/\d+/g, ''))).size).toBe(3)
  })

  it('pain 55: 402 is payment-required and final, 429 is rate-limited and names the wait', async () => {
    expect(await failure((await answering(402, '{}')).url)).toMatchObject({
      code: 'payment-required',
      retryable: false,
    })
    const limited = await answering(429, '{"error":{"code":"rate-limited"}}', {
      'content-type': 'application/json',
      'retry-after': '7',
    })
    expect(await failure(limited.url)).toMatchObject({
      code: 'rate-limited',
      retryable: true,
      details: { retryAfterMs: 7000 },
    })
  })

  it('tells failures that may pass from those that will not', async () => {
    const retryable = async (status: number, code?: string) =>
      (await failure((await answering(status, code ? JSON.stringify({ error: { code } }) : 'oops')).url)).retryable
    expect(await retryable(502, 'upstream-failed')).toBe(true)
    expect(await retryable(504, 'token-timeout')).toBe(true)
    expect(await retryable(500)).toBe(true)
    expect(await retryable(502, 'token-failed')).toBe(false)
    expect(await retryable(500, 'not-configured')).toBe(false)
    expect(await retryable(401, 'unauthorized')).toBe(false)
    expect(await retryable(404)).toBe(false)
  })

  it.each([
    ['JSON that is none', 200, '{"access_', 'application/json', 'invalid-token'],
    ['null', 200, 'null', 'application/json', 'invalid-token'],
    ['a list', 200, '[1]', 'application/json', 'invalid-token'],
    ['a token that is no text', 200, '{"access_token":7}', 'application/json', 'invalid-token'],
    ['a token declared as HTML', 200, '{"access_token":"a"}', 'text/html', 'invalid-token'],
    ['an error of another shape', 500, '{"error":"x"}', 'application/json', 'token-failed'],
    ['an HTML error page', 500, '<html>', 'text/html', 'token-failed'],
  ])('reports %s by a code', async (_, status, body, type, code) => {
    expect((await failure((await answering(status, body, { 'content-type': type })).url)).code).toBe(code)
  })

  it('follows no redirect to a sign-in page', async () => {
    const { url } = await answering(302, '', { location: '/login' })
    expect((await failure(url)).code).toBe('token-unreachable')
  })

  it('ends with its signal', async () => {
    const { url } = await serve(() => controller.abort())
    const controller = new AbortController()
    expect((await failure(url, controller.signal)).code).toBe('aborted')
  })

  it('understands what createTokenHandler answers', async () => {
    let signedIn = true
    const handler = toNodeHandler(
      createTokenHandler({
        apiKey: 'k',
        authorize: () => signedIn,
        rateLimit: { limit: 2, windowMs: 9000 },
        fetch: async () => Response.json({ access_token: 'a.b.c', expires_in: 30 }),
      }),
    )
    const { url } = await serve((req, res) => void handler(req, res))
    const getToken = createTokenFetcher(url, { headers: { origin: new URL(url).origin } })
    const { signal } = new AbortController()
    expect(await getToken({ signal })).toEqual({ access_token: 'a.b.c', expires_in: 30 })
    signedIn = false
    await expect(getToken({ signal })).rejects.toMatchObject({
      code: 'token-failed',
      details: { status: 401, serverCode: 'unauthorized' },
    })
    await expect(getToken({ signal })).rejects.toMatchObject({ code: 'rate-limited', details: { retryAfterMs: 9000 } })
  })
})
