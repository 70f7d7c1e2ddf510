import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createTokenHandler } from '../../../src/server/index.ts'
import type { TokenHandler, TokenHandlerOptions } from '../../../src/server/index.ts'

/** Distinctive, so that a scan for it cannot find it by chance. */
export const KEY = 'kEy0secret1deadbeef2cafebabe3f00dfeed4abcdef'
export const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl'

/** Deepgram's part without a server: always a token. */
export const granted: typeof fetch = async () => Response.json({ access_token: JWT, expires_in: 30 })

/** A route that lets everybody pass, but for what a test changes. */
export function make(options: Partial<TokenHandlerOptions> = {}): TokenHandler {
  return createTokenHandler({ apiKey: KEY, authorize: () => true, fetch: granted, ...options })
}

/** Everything an answer consists of. */
export async function scan(response: Response): Promise<string> {
  return `${response.status} ${response.statusText} ${JSON.stringify([...response.headers])} ${await response.clone().text()}`
}

/** A real server on a free port of 127.0.0.1, closed with the test. */
export async function serve(listener: RequestListener): Promise<{ url: string; port: number; server: Server }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, server }
}

export interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** Deepgram's part: records what it is asked, and answers as told. */
export async function serveUpstream(answer: (res: ServerResponse, seen: Seen) => void = grant) {
  const seen: Seen[] = []
  const { url } = await serve((req, res) => {
    let body = ''
    req.setEncoding('utf8').on('data', (text: string) => (body += text))
    req.on('end', () => {
      const one = { method: req.method!, url: req.url!, headers: req.headers, body }
      seen.push(one)
      answer(res, one)
    })
  })
  return { url, seen }
}

export function grant(res: ServerResponse): void {
  json(res, 200, { access_token: JWT, expires_in: 30 })
}

export function json(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** Sends bytes as they are and returns everything that came back, head and body; fetch would tidy both. */
export function raw(port: number, request: string, { end = true } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => (end ? socket.end(request) : socket.write(request)))
    socket.setEncoding('latin1').on('data', (data: string) => (text += data))
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}

/** A same-origin POST as a browser makes it. */
export function post(headers: Record<string, string> = {}, init: RequestInit = {}): Request {
  return new Request('https://app.example/api/token', {
    method: 'POST',
    ...init,
    headers: { origin: 'https://app.example', 'sec-fetch-site': 'same-origin', ...headers },
  })
}

export async function errorOf(response: Response): Promise<{ status: number; code: string; message: string }> {
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  return { status: response.status, ...error }
}

export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not reject.')
}
