/**
 * The part of Node's `IncomingMessage` that is read, so that the types need no Node; Express and Connect requests and
 * HTTP/2's compatibility requests have it too.
 */
export interface NodeRequest {
  /** The method, in upper case. */
  readonly method?: string | undefined
  /** Path and query. */
  readonly url?: string | undefined
  /** Path and query before a router cut its prefix off; Express and Connect. */
  readonly originalUrl?: string | undefined
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The connection. */
  readonly socket: { readonly remoteAddress?: string | undefined }
  /** The major version of HTTP. */
  readonly httpVersionMajor: number
  /** Whether somebody has read of the body. */
  readonly readableDidRead: boolean
  /** Adds a listener for the pieces of the body. */
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  /** Adds a listener. */
  on(event: 'end' | 'close' | 'error', listener: () => void): unknown
  /** Removes a listener for the pieces of the body. */
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  /** Removes a listener. */
  off(event: 'end' | 'close', listener: () => void): unknown
  /** Stops the flow of the body. */
  pause(): unknown
  /** Lets the body flow. */
  resume(): unknown
}

/** The part of Node's `ServerResponse` that is used. */
export interface NodeResponse {
  /** HTTP status. */
  statusCode: number
  /** Whether the head has left. */
  readonly headersSent: boolean
  /** Whether `end` was called. */
  readonly writableEnded: boolean
  /** Whether the connection is gone. */
  readonly destroyed: boolean
  /** Sets a header. */
  setHeader(name: string, value: string | string[]): unknown
  /** Sends the rest. */
  end(body?: Uint8Array | string): unknown
  /** Adds a listener. */
  on(event: 'close' | 'error', listener: () => void): unknown
}

/** Options of {@link toNodeHandler}. */
export interface NodeHandlerOptions {
  /**
   * Bytes of body the handler may read; more is answered with 413 and the connection is closed.
   *
   * @default 65536
   */
  maxBodyBytes?: number | undefined
}

/**
 * Serves a Web-standard handler from Node's `http`, `https` or `http2` server, Express or Connect.
 *
 * The request carries the peer's address as `ip`, by which the token route tells callers apart. A body already read by a
 * parser (`express.json()`) is passed on from `req.body`. The request's `signal` aborts when the caller leaves; then
 * nothing is written. A handler that rejects goes to `next` where there is one, otherwise it is answered with 500 as
 * `{ error: { code: 'internal-error', message } }`; the returned promise never rejects.
 *
 * @param handler - Answers a request, for example what `createTokenHandler` makes.
 * @throws TypeError when `maxBodyBytes` is not a positive number.
 * @example
 * app.post('/api/deepgram/token', toNodeHandler(createTokenHandler({ apiKey, authorize })))
 */
export function toNodeHandler(
  handler: (request: Request) => Response | Promise<Response>,
  { maxBodyBytes = 65_536 }: NodeHandlerOptions = {},
): (req: NodeRequest, res: NodeResponse, next?: (error?: unknown) => void) => Promise<void> {
  if (!(maxBodyBytes > 0)) throw new TypeError('`maxBodyBytes` must be a positive number.')
  return async (req, res, next) => {
    const controller = new AbortController()
    res.on('close', () => {
      if (!res.writableEnded) controller.abort()
    })
    // Without a listener, a connection reset in mid-answer would be an uncaught exception.
    res.on('error', () => controller.abort())
    const body = { tooLarge: Number(req.headers['content-length']) > maxBodyBytes }
    const isOpen = (): boolean => !res.destroyed && !res.headersSent && !controller.signal.aborted
    try {
      if (body.tooLarge) {
        refuseBody()
        return
      }
      let request: Request
      try {
        request = toRequest(req, controller.signal, maxBodyBytes, body)
      } catch {
        // TRACE and CONNECT, which fetch's Request refuses to be, and headers that are not text.
        refuse(res, 400, 'bad-request', 'The request cannot be read, so nothing was done; send an ordinary POST.')
        return
      }
      const response = await handler(request)
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (!isOpen()) return
      if (body.tooLarge) {
        refuseBody()
        return
      }
      res.statusCode = response.status
      response.headers.forEach((value, name) => res.setHeader(name, value))
      res.end(bytes)
    } catch (error) {
      if (!isOpen()) return
      if (body.tooLarge) refuseBody()
      else if (next) next(error)
      else refuse(res, 500, 'internal-error', 'The server failed to answer; try again, and see its log.')
    }

    function refuseBody(): void {
      // Otherwise Node would go on to read, and throw away, whatever the caller sends.
      if (req.httpVersionMajor === 1) res.setHeader('Connection', 'close')
      refuse(
        res,
        413,
        'payload-too-large',
        `The body has more than ${maxBodyBytes} bytes, so it was not read; send less.`,
      )
    }
  }
}

function refuse(res: NodeResponse, status: number, code: string, message: string): void {
  res.statusCode = status
  res.setHeader('Cache-Control', 'no-store')
  res.setHeader('Content-Type', 'application/json')
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('Vary', 'Origin')
  res.end(JSON.stringify({ error: { code, message } }))
}

function toRequest(req: NodeRequest, signal: AbortSignal, maxBytes: number, body: { tooLarge: boolean }): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers)) {
    // HTTP/2's pseudo headers (`:path`) are no headers.
    if (name.startsWith(':') || value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one)
  }
  const host = headers.get('host') ?? String(req.headers[':authority'] ?? '')
  if (!headers.has('host') && host) headers.set('host', host)
  const scheme = (req.socket as { encrypted?: boolean }).encrypted ? 'https' : 'http'
  const path = req.originalUrl ?? req.url ?? '/'
  // Joined as text: resolved against the host, a path like `//other.example` would name another host.
  const url = `${scheme}://${/^[\w.:[\]-]+$/.test(host) ? host : 'localhost'}${path.startsWith('/') ? path : '/'}`
  const method = req.method ?? 'GET'
  const init: RequestInit & { duplex?: 'half' } = { method, headers, signal }
  if (method !== 'GET' && method !== 'HEAD') {
    if (!req.readableDidRead) {
      init.body = toStream(req, maxBytes, body)
      init.duplex = 'half'
    } else {
      const parsed = (req as { body?: unknown }).body
      // As bytes in any case: a string would be given a content type that the caller never sent.
      if (parsed instanceof Uint8Array) init.body = new Uint8Array(parsed)
      else if (parsed !== undefined) {
        init.body = new TextEncoder().encode(typeof parsed === 'string' ? parsed : JSON.stringify(parsed))
      }
    }
  }
  const request = new Request(url, init)
  const ip = req.socket.remoteAddress
  if (ip) Object.defineProperty(request, 'ip', { value: ip })
  return request
}

/** The body as a stream that touches the request only when it is read, and never lets more than `maxBytes` in. */
function toStream(req: NodeRequest, maxBytes: number, body: { tooLarge: boolean }): ReadableStream<Uint8Array> | null {
  // Neither header: HTTP/1 has no body then. A stream would make an empty POST look as if it had one.
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers
  if (length === '0' || (req.httpVersionMajor === 1 && length === undefined && encoding === undefined)) return null
  let size = 0
  let isReading = false
  let detach = (): void => {}
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (isReading) return void req.resume()
        isReading = true
        const onData = (chunk: Uint8Array): void => {
          size += chunk.byteLength
          req.pause()
          if (size <= maxBytes) return controller.enqueue(new Uint8Array(chunk))
          body.tooLarge = true
          detach()
          controller.error(new Error('The body is larger than allowed.'))
        }
        const onEnd = (): void => {
          detach()
          controller.close()
        }
        const onGone = (): void => {
          detach()
          controller.error(new Error('The caller left before the body was complete.'))
        }
        detach = () => {
          req.off('data', onData)
          req.off('end', onEnd)
          req.off('close', onGone)
        }
        // An aborted upload emits `error` only to those who listen; `close` comes in any case.
        req.on('error', () => {})
        req.on('close', onGone)
        req.on('end', onEnd)
        req.on('data', onData)
      },
      cancel() {
        detach()
        req.resume()
      },
    },
    { highWaterMark: 0 },
  )
}
