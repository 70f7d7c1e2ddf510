import type { RequestListener } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { createTokenHandler, toNodeHandler } from '../../../src/server/index.ts'
import type { TokenHandlerOptions, TokenRouteEvent } from '../../../src/server/index.ts'
import { JWT, json, KEY, raw, serve, serveUpstream } from './support.ts'

/** The route behind a real server, with a real server in Deepgram's place. */
async function route(options: Partial<TokenHandlerOptions> = {}, answer?: Parameters<typeof serveUpstream>[0]) {
  const upstream = await serveUpstream(answer)
  const handler = createTokenHandler({ apiKey: KEY, authorize: () => true, baseUrl: upstream.url, ...options })
  const server = await serve(listen(handler))
  const head = (extra: string, method = 'POST') =>
    `${method} /api/token HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: close\r\n${extra}\r\n`
  return { ...server, upstream, head, own: `Origin: ${server.url}\r\nSec-Fetch-Site: same-origin\r\n` }
}

function listen(...args: Parameters<typeof toNodeHandler>): RequestListener {
  const handle = toNodeHandler(...args)
  return (req, res) => void handle(req, res)
}

const statusOf = (answer: string) => Number(answer.slice(9, 12))

describe('the token route behind a Node server', () => {
  it('pain 29: answers a page’s POST without a body with a token that nobody may store', async () => {
    const { url, upstream } = await route()
    const response = await fetch(`${url}/api/token`, {
      method: 'POST',
      headers: { origin: url, 'sec-fetch-site': 'same-origin' },
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({ access_token: JWT, expires_in: 30 })
    expect(upstream.seen).toHaveLength(1)
  })

  it('pain 9: refuses what no own page sends, each with its status, and with the key in no byte of the answer', async () => {
    const { port, url, head, own, upstream } = await route()
    const json = 'Content-Type: application/json\r\nContent-Length: 2\r\n'
    const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n'
    const empty = 'Content-Length: 0\r\n'
    const cases: [string, number][] = [
      [head(own + empty), 200],
      [head(own + json) + '{}', 200],
      [head(own), 200],
      [head(`${own}Transfer-Encoding: chunked\r\n`) + '0\r\n\r\n', 200],
      [head(`${own}Transfer-Encoding: chunked\r\n`) + '2\r\na=\r\n0\r\n\r\n', 415],
      [head(own + form) + 'a=', 415],
      [head(own, 'GET'), 405],
      [head(own, 'HEAD'), 405],
      [head(own, 'OPTIONS'), 405],
      [head(own, 'TRACE'), 400],
      [head(empty), 403],
      [head(`Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n${empty}`), 403],
      [head(`Origin: https://evil.example\r\nSec-Fetch-Site: same-origin\r\n${empty}`), 403],
      [head(`Origin: ${url}\r\nSec-Fetch-Site: cross-site\r\n${empty}`), 403],
      [head(`Origin: ${url}\r\nOrigin: https://evil.example\r\n${empty}`), 403],
      [head(`Origin: null\r\n${empty}`), 403],
      [head(`${own}Content-Type: application/json\r\nContent-Length: 99999\r\n`), 413],
    ]
    for (const [request, status] of cases) {
      const answer = await raw(port, request, { end: false })
      expect([request, statusOf(answer)]).toEqual([request, status])
      expect(answer).toMatch(/\r\ncache-control: no-store\r\n/i)
      expect(answer).toMatch(/\r\ncontent-type: application\/json\r\n/i)
      expect(answer).not.toContain('kEy0secret')
    }
    expect(upstream.seen).toHaveLength(4)
  })

  it('grants a thousand calls exactly the limit, counted by the peer’s address', async () => {
    const { url, upstream } = await route({ rateLimit: { limit: 7 }, now: () => 1_000 })
    const call = async () => {
      const response = await fetch(url, { method: 'POST', headers: { origin: url } })
      await response.arrayBuffer()
      return `${response.status} ${response.headers.get('retry-after')}`
    }
    const answers: string[] = []
    for (let i = 0; i < 20; i++) answers.push(...(await Promise.all(Array.from({ length: 50 }, call))))
    expect(answers.filter((one) => one === '200 null')).toHaveLength(7)
    expect(answers.filter((one) => one === '429 60')).toHaveLength(993)
    expect(upstream.seen).toHaveLength(7)
  })

  it('pain 29: tells every failure of Deepgram in stable codes, over the wire, without a word of its own', async () => {
    let status = 0
    const { port, head, own } = await route({}, (res) =>
      status === 200 ? res.end('<html>upstream-secret') : json(res, status, { err_msg: `upstream-secret ${KEY}` }),
    )
    const told: Record<number, string> = {}
    for (status of [200, 401, 402, 403, 429, 500]) {
      const answer = await raw(port, head(own), { end: false })
      expect(answer).not.toMatch(/upstream-secret|kEy0secret/)
      told[status] = `${statusOf(answer)} ${/"code":"([^"]+)"/.exec(answer)![1]}`
    }
    expect(told).toEqual({
      200: '502 invalid-token',
      401: '502 token-failed',
      402: '402 payment-required',
      403: '502 token-failed',
      429: '429 rate-limited',
      500: '502 upstream-failed',
    })
  })

  it('pain 29: tells a Deepgram that is silent or away, and a key that is missing or broken, in stable codes', async () => {
    const saysNothing = () => {}
    const cases: [Partial<TokenHandlerOptions>, (() => void) | undefined, string][] = [
      [{ timeoutMs: 50 }, saysNothing, '504 token-timeout'],
      [{ baseUrl: 'http://127.0.0.1:9' }, undefined, '502 upstream-failed'],
      [{ apiKey: undefined }, undefined, '500 not-configured'],
      [{ apiKey: ' ' }, undefined, '500 not-configured'],
      [{ apiKey: `"${KEY}"\n${KEY}` }, undefined, '500 not-configured'],
      [{ apiKey: () => Promise.reject(new Error(`vault ${KEY}`)) }, undefined, '500 internal-error'],
    ]
    for (const [options, answer, expected] of cases) {
      const { port, head, own } = await route(options, answer)
      const told = await raw(port, head(own), { end: false })
      expect(`${statusOf(told)} ${/"code":"([^"]+)"/.exec(told)![1]}`).toBe(expected)
      expect(told).toMatch(/\r\ncache-control: no-store\r\n/i)
      expect(told).not.toContain('kEy0secret')
    }
  })

  it('outlives callers that leave, while waiting and while sending, and stops asking Deepgram for them', async () => {
    let tellAsked = () => {}
    const asked = new Promise<void>((resolve) => (tellAsked = resolve))
    let tellClosed = () => {}
    const closed = new Promise<void>((resolve) => (tellClosed = resolve))
    const events: TokenRouteEvent[] = []
    let isSilent = true
    const { port, url, head, own } = await route({ logger: (event) => events.push(event) }, (res) => {
      if (!isSilent) return json(res, 200, { access_token: JWT })
      res.on('close', tellClosed)
      tellAsked()
    })
    const socket = connect(port, '127.0.0.1', () => socket.write(head(own)))
    socket.on('error', () => {})
    await asked
    socket.destroy()
    await closed
    const upload = connect(port, '127.0.0.1', () =>
      upload.write(`${head(`${own}Transfer-Encoding: chunked\r\n`)}5\r\nab`),
    )
    upload.on('error', () => {})
    await vi.waitFor(() => expect(upload.bytesWritten).toBeGreaterThan(0))
    upload.resetAndDestroy()
    isSilent = false
    expect((await fetch(url, { method: 'POST', headers: { origin: url } })).status).toBe(200)
    expect(events[0]).toMatchObject({ type: 'token-refused', code: 'aborted' })
  })
})

describe('toNodeHandler', () => {
  const echo = async (request: Request) =>
    Response.json({
      url: request.url,
      method: request.method,
      headers: Object.fromEntries(request.headers),
      ip: (request as { ip?: string }).ip,
      body: await request.text(),
    })

  async function ask(
    port: number,
    request: string,
  ): Promise<{ url: string; headers: Record<string, string>; ip: string; body: string }> {
    const answer = await raw(port, request, { end: false })
    const text = Buffer.from(answer, 'latin1').toString()
    return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as never
  }

  it('passes address, headers, body and the peer on as they are', async () => {
    const { port } = await serve(listen(echo))
    const seen = await ask(
      port,
      'POST //evil.example/a?b=c%20d HTTP/1.1\r\nHost: app.example:81\r\nX-A: 1\r\nX-A: 2\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 6\r\n\r\ngrüß',
    )
    expect(seen).toMatchObject({ url: 'http://app.example:81//evil.example/a?b=c%20d', method: 'POST', body: 'grüß' })
    expect(seen.ip).toMatch(/127\.0\.0\.1$/)
    expect(seen.headers).toMatchObject({ 'x-a': '1, 2', host: 'app.example:81' })
  })

  it('takes no host from the request line, nor a Host that is none', async () => {
    const { port } = await serve(listen(echo))
    const line = (target: string, host: string) =>
      `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    expect((await ask(port, line('http://evil.example/x', 'app.example'))).url).toBe('http://app.example/')
    expect((await ask(port, line('/x', 'user@evil.example/y?'))).url).toBe('http://localhost/x')
    expect((await ask(port, line('*', 'app.example'))).url).toBe('http://app.example/')
  })

  it('streams a body up to the limit, and answers 413 beyond it, declared or not', async () => {
    const { url } = await serve(listen(echo, { maxBodyBytes: 200_000 }))
    const send = (body: BodyInit) => fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit)
    const big = 'x'.repeat(200_000)
    expect(((await (await send(big)).json()) as { body: string }).body).toBe(big)
    expect(((await (await send(new Blob([big]).stream())).json()) as { body: string }).body).toBe(big)
    for (const body of [`${big}y`, new Blob([big, 'y']).stream()]) {
      const response = await send(body)
      expect(response.status).toBe(413)
      expect(response.headers.get('connection')).toBe('close')
      expect(await response.json()).toMatchObject({ error: { code: 'payload-too-large' } })
    }
  })

  it('works below an Express router, after a body parser', async () => {
    const parsers: [(chunks: string) => unknown, string][] = [
      [(text) => JSON.parse(text), '{"a":1}'],
      [(text) => text, '{"a": 1}'],
      [(text) => Buffer.from(text), '{"a": 1}'],
    ]
    for (const [parse, expected] of parsers) {
      const handle = toNodeHandler(echo)
      const { url } = await serve((req, res) => {
        let text = ''
        req.on('data', (chunk: Buffer) => (text += chunk.toString()))
        req.on('end', () => {
          const cut = Object.assign(req, { originalUrl: req.url, body: parse(text) })
          req.url = '/'
          void handle(cut, res)
        })
      })
      const response = await fetch(`${url}/mounted/here`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"a": 1}',
      })
      expect(await response.json()).toMatchObject({ url: `${url}/mounted/here`, body: expected })
    }
  })

  it('takes no parser’s placeholder for a body, and no parsed body for JSON that did not come as JSON', async () => {
    const handle = toNodeHandler(
      createTokenHandler({
        apiKey: KEY,
        authorize: () => true,
        fetch: async () => Response.json({ access_token: JWT }),
      }),
    )
    const { url, port } = await serve((req, res) => {
      req.resume().on('end', () => void handle(Object.assign(req, { body: {} }), res))
    })
    expect((await fetch(url, { method: 'POST', headers: { origin: url } })).status).toBe(200)
    const untyped = `POST / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`
    expect(await raw(port, `${untyped}2\r\na=\r\n0\r\n\r\n`, { end: false })).toContain(' 415 ')
  })

  it('serves HTTP/2', async () => {
    const handle = toNodeHandler(echo, { maxBodyBytes: 10 })
    const server = createHttp2Server((req, res) => void handle(req, res))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const send = async (body: string) => {
      const stream = client.request({ ':method': 'POST', ':path': '/a?b', ':authority': 'app.example', 'x-a': '1' })
      stream.setEncoding('utf8').end(body)
      let text = ''
      for await (const chunk of stream) text += String(chunk)
      return JSON.parse(text) as object
    }
    expect(await send('')).toMatchObject({
      url: 'http://app.example/a?b',
      headers: { host: 'app.example', 'x-a': '1' },
      body: '',
    })
    expect(await send('hello')).toMatchObject({ body: 'hello' })
    expect(await send('hello world')).toMatchObject({ error: { code: 'payload-too-large' } })
    client.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  it('gives a handler’s error to next, or answers 500 without it', async () => {
    const boom = new Error('postgres://secret')
    const handle = toNodeHandler(() => Promise.reject(boom))
    const next = vi.fn()
    const { url } = await serve((req, res) => {
      if (req.url === '/next') void handle(req, res, (error) => (next(error), res.end('handled')))
      else void handle(req, res)
    })
    expect(await (await fetch(`${url}/next`)).text()).toBe('handled')
    expect(next.mock.calls).toEqual([[boom]])
    const response = await fetch(url)
    expect(response.status).toBe(500)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      error: { code: 'internal-error', message: expect.not.stringContaining('secret') as string },
    })
  })

  it('keeps a connection usable after a refusal that did not read the body', async () => {
    const { port } = await serve(listen(async () => new Response('no', { status: 403 })))
    const one = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n'
    const answers = await raw(port, `${one}\r\nhello${one}Connection: close\r\n\r\nworld`, { end: false })
    expect(answers.match(/HTTP\/1\.1 403/g)).toHaveLength(2)
  })

  it('names a wrong argument', () => {
    for (const maxBodyBytes of [0, -1, NaN])
      expect(() => toNodeHandler(echo, { maxBodyBytes })).toThrow(/`maxBodyBytes`/)
  })
})
