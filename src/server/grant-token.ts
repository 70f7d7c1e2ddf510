import { abortedError, DeepgramError } from '../errors.ts'
import type { DeepgramErrorCode, DeepgramErrorDetails } from '../errors.ts'

/** A short-lived token, as the service grants it and as the token route answers it. */
export interface GrantedToken {
  /** A JWT for `Sec-WebSocket-Protocol: bearer, <token>`. Checked by the service only when a socket opens. */
  access_token: string
  /** Seconds the token is valid from when it was granted. */
  expires_in: number
}

/** Options of {@link grantToken}. */
export interface GrantTokenOptions {
  /** A Deepgram API key of role Member or higher. Sent to `baseUrl` in the `Authorization` header and nowhere else. */
  apiKey: string
  /**
   * Seconds the token shall be valid; rounded down and clamped to 1…3600. A socket that is open stays open after its
   * token has expired, so the default is enough when a token is fetched right before connecting.
   *
   * @default 30
   */
  ttlSeconds?: number | undefined
  /**
   * The service's address; `https:`, or `http:` on a loopback host. `wss:` and `ws:` are read as `https:` and `http:`,
   * so that one setting serves the sockets and the grant.
   *
   * @default 'https://api.deepgram.com'
   */
  baseUrl?: string | undefined
  /**
   * Called with `cache: 'no-store'`, which Cloudflare Workers refuse before compatibility date 2024-11-11: leave it out
   * there by a function of your own.
   *
   * @default globalThis.fetch
   */
  fetch?: typeof globalThis.fetch | undefined
  /** Ends the call with an `aborted` error. */
  signal?: AbortSignal | undefined
  /**
   * Milliseconds the service has for its whole answer.
   *
   * @default 10000
   */
  timeoutMs?: number | undefined
}

/** A real answer has some 500 bytes. */
const MAX_ANSWER_BYTES = 16_384

/** The token travels as a WebSocket subprotocol, so it must be a token in the sense of RFC 9110, section 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]{1,8192}$/

/** @internal Whether a string can be sent in a header as a key at all; `fetch` would quote a bad one in its error. */
export function isUsableKey(key: unknown): key is string {
  return typeof key === 'string' && /^[\x21-\x7e]{1,512}$/.test(key)
}

/** @internal Whether a host name (as `URL.hostname` gives it) is this very machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(hostname)
}

/** @internal The address of the grant call. */
export function grantUrl(baseUrl = 'https://api.deepgram.com'): string {
  let url: URL
  try {
    url = new URL(baseUrl.replace(/^ws(?=s?:)/i, 'http'))
  } catch {
    throw new TypeError('`baseUrl` must be an absolute URL such as https://api.deepgram.com.')
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError('`baseUrl` must have no credentials, query or fragment.')
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new DeepgramError(
      'insecure-url',
      'The base URL is not https:, so the API key would travel in the clear; use https:, or a loopback host for tests.',
      { details: { url: url.origin } },
    )
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/v1/auth/grant`
}

/** @internal Seconds of validity, within what the service accepts. */
export function clampTtl(ttlSeconds = 30): number {
  if (typeof ttlSeconds !== 'number' || Number.isNaN(ttlSeconds)) {
    throw new TypeError('`ttlSeconds` must be a number of seconds, 1…3600.')
  }
  return Math.min(3600, Math.max(1, Math.floor(ttlSeconds)))
}

/**
 * Asks Deepgram for a short-lived token. For servers only: it needs the API key, and the service answers no page (CORS).
 *
 * Nothing is retried and no redirect is followed. No error holds the key or anything of the service's answer but its
 * status and request id; there is deliberately no `cause`.
 *
 * @throws TypeError when an option is unusable: `apiKey`, `ttlSeconds`, `baseUrl`, `timeoutMs`.
 * @throws DeepgramError `token-failed` (the key was refused, lacks the role, or the service failed; see `details.status`
 * and `retryable`), `payment-required` (402), `rate-limited` (429; `details.retryAfterMs` where stated), `invalid-token`
 * (an answer that is no token), `token-timeout`, `token-unreachable` (no answer), `insecure-url`, `aborted`.
 * @see https://developers.deepgram.com/reference/auth/tokens/grant
 */
export async function grantToken(options: GrantTokenOptions): Promise<GrantedToken> {
  const { signal, timeoutMs = 10_000, fetch = globalThis.fetch } = options
  const apiKey: unknown = typeof options.apiKey === 'string' ? options.apiKey.trim() : undefined
  if (!isUsableKey(apiKey)) throw new TypeError('`apiKey` must be a Deepgram API key: visible ASCII without spaces.')
  if (!(timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1)) throw new TypeError('`timeoutMs` must be a positive number.')
  const ttl = clampTtl(options.ttlSeconds)
  const url = grantUrl(options.baseUrl)
  if (signal?.aborted) throw abortedError('The request for a token')

  const controller = new AbortController()
  let end!: (error: DeepgramError) => void
  // A race, and not the signal alone: an injected fetch may ignore its signal, and the limit shall hold all the same.
  const ended = new Promise<never>((_, reject) => {
    end = (error) => {
      reject(error)
      controller.abort()
    }
  })
  const onAbort = (): void => end(abortedError('The request for a token'))
  const timer = setTimeout(
    () =>
      end(
        new DeepgramError(
          'token-timeout',
          `Deepgram granted no token within ${timeoutMs} ms, so no connection can be authenticated; try again, and check the server's way to ${new URL(url).host}.`,
          { retryable: true, details: { url, elapsedMs: timeoutMs } },
        ),
      ),
    timeoutMs,
  )
  signal?.addEventListener('abort', onAbort)
  try {
    return await Promise.race([ask(fetch, url, apiKey, ttl, controller.signal), ended])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

async function ask(
  fetch: typeof globalThis.fetch,
  url: string,
  apiKey: string,
  ttl: number,
  signal: AbortSignal,
): Promise<GrantedToken> {
  let status: number
  let headers: Headers
  let text: string | null = null
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { Authorization: `Token ${apiKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ttl_seconds: ttl }),
      // Not 'error': edge runtimes know only 'follow' and 'manual'. A redirect is refused below by its status.
      redirect: 'manual',
      // Next caches server-side fetches by default in some versions; a cached token is an expired one.
      cache: 'no-store',
      signal,
    })
    ;({ status, headers } = response)
    if (status === 200) text = await readLimited(response)
    // The body of a refusal may quote the request; it is never looked at.
    else response.body?.cancel().catch(() => {})
  } catch (error) {
    const cause = systemCode(error)
    throw new DeepgramError(
      'token-unreachable',
      `Deepgram could not be reached for a token${cause ? ` (${cause})` : ''}, so no connection can be authenticated; check the server's network, DNS and proxy settings and try again.`,
      { retryable: true, details: { url, ...(cause ? { causes: [cause] } : {}) } },
    )
  }

  const requestId = headers.get('dg-request-id')
  const details: DeepgramErrorDetails = { url, status }
  if (requestId && /^[\w-]{1,64}$/.test(requestId) && !requestId.includes(apiKey)) details.requestId = requestId
  const fail = (code: DeepgramErrorCode, message: string, retryable = false): DeepgramError =>
    new DeepgramError(code, message, { retryable, details })

  if (status === 200) {
    const token = parseToken(text, ttl)
    // An upstream that echoes the key (a debugging proxy) must not make us hand it out.
    if (token && !token.access_token.includes(apiKey)) return token
    throw fail(
      'invalid-token',
      'What answered the request for a token is not a token, so it cannot be used; check that `baseUrl` names Deepgram and that no proxy answers in its place.',
    )
  }
  if (status === 401) {
    throw fail(
      'token-failed',
      'Deepgram does not know the API key (401), so no token can be granted; check the key in the server’s environment, and that it has not expired.',
    )
  }
  if (status === 403) {
    throw fail(
      'token-failed',
      'The API key may not grant tokens (403), so no connection can be authenticated; use a key of role Member or higher.',
    )
  }
  if (status === 402) {
    throw fail(
      'payment-required',
      'The Deepgram project has no credit left (402), so it grants no tokens; add credit in the Deepgram console.',
    )
  }
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(headers.get('retry-after'))
    if (retryAfterMs !== undefined) details.retryAfterMs = retryAfterMs
    throw fail(
      'rate-limited',
      'Deepgram asks for fewer requests (429), so it granted no token; wait, then try again.',
      true,
    )
  }
  if (status >= 500) {
    throw fail('token-failed', `Deepgram failed to grant a token (${status}); try again in a moment.`, true)
  }
  throw fail(
    'token-failed',
    `The request for a token was answered with status ${status}, which no token endpoint gives, so none was granted; check \`baseUrl\`.`,
  )
}

async function readLimited(response: Response): Promise<string | null> {
  const reader = response.body?.getReader()
  if (!reader) return null
  const decoder = new TextDecoder()
  let text = ''
  for (let size = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.byteLength
    if (size > MAX_ANSWER_BYTES) {
      reader.cancel().catch(() => {})
      return null
    }
    text += decoder.decode(value, { stream: true })
  }
}

function parseToken(text: string | null, ttl: number): GrantedToken | null {
  let value: unknown
  try {
    value = JSON.parse(text ?? '')
  } catch {
    return null
  }
  const { access_token, expires_in = ttl } = (value ?? {}) as Record<string, unknown>
  return typeof access_token === 'string' &&
    TOKEN.test(access_token) &&
    typeof expires_in === 'number' &&
    expires_in > 0 &&
    Number.isFinite(expires_in)
    ? { access_token, expires_in }
    : null
}

/** Milliseconds from a Retry-After header, in either of its forms; at most an hour, so a bad clock stops nobody for days. */
function parseRetryAfter(header: string | null): number | undefined {
  if (!header) return undefined
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.min(3_600_000, Math.max(0, ms))
}

/** `ECONNREFUSED` and its like say what to repair; anything else of a foreign error might quote the request. */
function systemCode(error: unknown): string | undefined {
  const code = (error as { cause?: { code?: unknown } } | null)?.cause?.code
  return typeof code === 'string' &&
    /^(E[A-Z]{3,20}|(UND_)?ERR_[A-Z_]{3,40}|CERT_[A-Z_]{3,40}|[A-Z]+_CERT[A-Z_]*)$/.test(code)
    ? code
    : undefined
}
