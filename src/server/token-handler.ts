import { DeepgramError } from '../errors.ts'
import { clampTtl, grantToken, grantUrl, isLoopback, isUsableKey } from './grant-token.ts'
import type { GrantedToken } from './grant-token.ts'
import { createMemoryRateLimitStore } from './rate-limit.ts'
import type { RateLimitStore } from './rate-limit.ts'

/**
 * Every `error.code` the token route answers, with its status. Codes and statuses are stable; messages may be reworded.
 *
 * | code | status | when |
 * |---|---|---|
 * | `method-not-allowed` | 405 | anything but POST; `Allow` names what is allowed |
 * | `forbidden-origin` | 403 | another site's page, or a caller that does not say where it comes from |
 * | `unsupported-media-type` | 415 | a body that is not `application/json`; no body at all is welcome |
 * | `csrf-failed` | 403 | the `csrf` check said no |
 * | `rate-limited` | 429 | too many calls of this caller, or of the project at Deepgram; with `Retry-After` |
 * | `unauthorized` | 401 | `authorize` said no |
 * | `not-configured` | 500 | no usable API key, or no `authorize` outside development |
 * | `internal-error` | 500 | a hook or the store of the application failed; the `logger` has its error |
 * | `payment-required` | 402 | the Deepgram project has no credit |
 * | `token-failed` | 502 | Deepgram refused the key or the request; trying again does not help |
 * | `upstream-failed` | 502 | Deepgram failed or could not be reached; trying again may help |
 * | `invalid-token` | 502 | what came back is no token (an HTML page, an unknown shape, too much) |
 * | `token-timeout` | 504 | Deepgram did not answer in time |
 * | `aborted` | 499 | the caller left before the answer |
 * | `bad-request` | 400 | the request cannot be read; Node adapter only |
 * | `payload-too-large` | 413 | a body beyond the limit; Node adapter only |
 */
export type TokenRouteErrorCode =
  | 'method-not-allowed'
  | 'forbidden-origin'
  | 'unsupported-media-type'
  | 'csrf-failed'
  | 'rate-limited'
  | 'unauthorized'
  | 'not-configured'
  | 'internal-error'
  | 'payment-required'
  | 'token-failed'
  | 'upstream-failed'
  | 'invalid-token'
  | 'token-timeout'
  | 'aborted'
  | 'bad-request'
  | 'payload-too-large'

/** What the token route answers when it refuses. */
export interface TokenRouteError {
  /** What the route refuses with. */
  error: {
    /** Which refusal this is; stable. */
    code: TokenRouteErrorCode
    /** What happened, why it matters and what to do; for people. */
    message: string
  }
}

/** One answered request, for the application's log. Holds no credential and no token. */
export interface TokenRouteEvent {
  /** Whether a token was handed out. */
  type: 'token-granted' | 'token-refused'
  /** HTTP status of the answer. */
  status: number
  /** Milliseconds the request took. */
  elapsedMs: number
  /** Why it was refused. */
  code?: TokenRouteErrorCode
  /** The request's `Origin`, as far as it had one; shortened. */
  origin?: string
  /** Deepgram's refusal, with status and request id in `details`. */
  upstream?: DeepgramError
  /** What `authorize`, `csrf`, `identify`, `apiKey` or the store threw: the application's own error, untouched. */
  cause?: unknown
}

/** The allowance of one caller. */
export interface RateLimitOptions {
  /**
   * Calls in one window.
   *
   * @default 30
   */
  limit?: number
  /**
   * Milliseconds of one window, which begins with the caller's first call.
   *
   * @default 60000
   */
  windowMs?: number
}

/** Options of {@link createTokenHandler}. */
export interface TokenHandlerOptions {
  /**
   * A Deepgram API key of role Member or higher, or a function that gets it (from a secret store). It may be undefined,
   * as it is while a framework builds: then every request is answered `not-configured`.
   */
  apiKey: string | undefined | (() => string | undefined | Promise<string | undefined>)
  /**
   * Says whether this caller may have a token; only `true` lets it pass. Required when `NODE_ENV` is `production`.
   * Without it the route serves `development` and `test`, and otherwise loopback hosts only. The request's body is unread.
   */
  authorize?: ((request: Request) => boolean | Promise<boolean>) | undefined
  /**
   * Seconds a token is valid; clamped to 1…3600.
   *
   * @default 30
   */
  ttlSeconds?: number | undefined
  /**
   * Other sites whose pages may call the route, as exact origins (`https://app.example`). They get CORS answers; export
   * the handler as `OPTIONS` too, for their preflights. The route's own origin is always allowed.
   *
   * @default []
   */
  allowedOrigins?: readonly string[] | undefined
  /**
   * Lets pages of `allowedOrigins` send their cookies.
   *
   * @default false
   */
  allowCredentials?: boolean | undefined
  /**
   * Serves callers that send neither `Origin` nor `Sec-Fetch-Site`: native apps, scripts. Browsers send both.
   *
   * @default false
   */
  allowMissingOrigin?: boolean | undefined
  /**
   * How many proxies stand before the server and set `X-Forwarded-Host`, `-Proto` and `-For`; `true` is one. These
   * headers are ignored by default, for without a proxy the caller writes them.
   *
   * @default false
   */
  trustProxy?: boolean | number | undefined
  /**
   * The allowance of each caller, counted before `authorize` runs; `false` for none.
   *
   * @default { limit: 30, windowMs: 60_000 }
   */
  rateLimit?: RateLimitOptions | false | undefined
  /**
   * Names the caller whose calls are counted together, best by its session or user id.
   *
   * Default, as well as can be known: with `trustProxy` the address in `X-Forwarded-For`; otherwise the peer's address,
   * which `toNodeHandler` and some platforms supply; IPv6 addresses by their /64 network. Where neither is known, **all
   * callers share one allowance**: set `trustProxy` or `identify` there (Next, Vercel, Cloudflare).
   */
  identify?: ((request: Request) => string | Promise<string>) | undefined
  /**
   * Where calls are counted.
   *
   * @default the memory of this process, 10 000 callers
   */
  store?: RateLimitStore | undefined
  /** The application's CSRF check (a header against the session, say); only `true` lets the request pass. */
  csrf?: ((request: Request) => boolean | Promise<boolean>) | undefined
  /**
   * Deepgram's address, `https:` or `wss:`.
   *
   * @default 'https://api.deepgram.com'
   */
  baseUrl?: string | undefined
  /** Does the call of the service. @default globalThis.fetch */
  fetch?: typeof globalThis.fetch | undefined
  /**
   * Milliseconds Deepgram has to answer.
   *
   * @default 10000
   */
  timeoutMs?: number | undefined
  /** Told of every answer but preflights, once. What it throws is ignored. Default: silent. */
  logger?: ((event: TokenRouteEvent) => void) | undefined
  /** The clock: milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined
}

/** A Web-standard route: it answers every request and never rejects. */
export type TokenHandler = (request: Request) => Promise<Response>

const STATUS: Record<TokenRouteErrorCode, number> = {
  'method-not-allowed': 405,
  'forbidden-origin': 403,
  'unsupported-media-type': 415,
  'csrf-failed': 403,
  'rate-limited': 429,
  unauthorized: 401,
  'not-configured': 500,
  'internal-error': 500,
  'payment-required': 402,
  'token-failed': 502,
  'upstream-failed': 502,
  'invalid-token': 502,
  'token-timeout': 504,
  aborted: 499,
  'bad-request': 400,
  'payload-too-large': 413,
}

const INTERNAL =
  'A check of this route failed on the server, so no token was issued; the `logger` of createTokenHandler is given the error.'

/** Seconds to wait when Deepgram answers 429 without saying how long. */
const UPSTREAM_RETRY_SECONDS = 10

/** Why a request is refused; thrown inside the handler and nowhere else. */
class Refusal extends Error {
  readonly code: TokenRouteErrorCode
  readonly retryAfter: number | undefined
  readonly reason: unknown

  constructor(code: TokenRouteErrorCode, message: string, reason?: unknown, retryAfter?: number) {
    super(message)
    this.code = code
    this.reason = reason
    this.retryAfter = retryAfter
  }
}

/**
 * Makes the route that hands short-lived Deepgram tokens to the application's own pages, so that the API key never
 * leaves the server.
 *
 * POST only, from the same origin unless `allowedOrigins` says otherwise; answers {@link GrantedToken} or
 * {@link TokenRouteError}, always as JSON and never cached. An answer never holds the key, a stack, or anything Deepgram
 * said. Works wherever `Request` and `Response` exist: Node 20, edge runtimes, Next, Remix, Hono; for Express and `http`
 * see `toNodeHandler`.
 *
 * @throws TypeError when an option is unusable, and when `authorize` is missing while `NODE_ENV` is `production`. Next
 * evaluates routes while building, so there the build fails: that is meant. A missing `apiKey` does not throw.
 * @throws DeepgramError `insecure-url` when `baseUrl` is not https: (loopback hosts excepted).
 * @example
 * // app/api/deepgram/token/route.ts
 * export const POST = createTokenHandler({
 *   apiKey: process.env.DEEPGRAM_API_KEY,
 *   authorize: async (request) => (await getUser(request)) !== null,
 *   identify: async (request) => (await getUser(request))?.id ?? 'nobody',
 * })
 */
export function createTokenHandler(options: TokenHandlerOptions): TokenHandler {
  const { authorize, csrf, logger, now = Date.now, rateLimit = {}, baseUrl, timeoutMs, fetch } = options
  const environment = nodeEnv()
  if (!authorize && environment === 'production') {
    throw new TypeError(
      '`authorize` is missing: in production this route would hand out tokens, paid by you, to everyone. Pass a function that returns true for your signed-in users.',
    )
  }
  for (const name of ['authorize', 'csrf', 'identify', 'logger', 'now', 'fetch'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new TypeError(`\`${name}\` must be a function.`)
    }
  }
  if (!['string', 'undefined', 'function'].includes(typeof options.apiKey)) {
    throw new TypeError('`apiKey` must be a string, undefined, or a function that gets it.')
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0)) throw new TypeError('`timeoutMs` must be a positive number.')
  const ttlSeconds = clampTtl(options.ttlSeconds)
  grantUrl(baseUrl)
  const origins = new Set((options.allowedOrigins ?? []).map(checkedOrigin))
  const proxies = Number(options.trustProxy ?? 0)
  if (!Number.isInteger(proxies) || proxies < 0)
    throw new TypeError('`trustProxy` must be a boolean or a count of proxies.')
  const { limit = 30, windowMs = 60_000 } = rateLimit || {}
  if (!Number.isInteger(limit) || limit < 1) throw new TypeError('`rateLimit.limit` must be a positive integer.')
  if (!(windowMs > 0 && windowMs < Infinity)) throw new TypeError('`rateLimit.windowMs` must be a positive number.')
  const store = options.store ?? createMemoryRateLimitStore()
  const identify = options.identify ?? ((request: Request) => callerAddress(request, proxies) ?? '')
  const allow = origins.size > 0 ? 'POST, OPTIONS' : 'POST'

  /** Returns null for a preflight that passed. */
  async function serve(request: Request, origin: string | null): Promise<GrantedToken | null> {
    const foreign = origin !== null && origins.has(origin)
    if (request.method === 'OPTIONS' && request.headers.has('access-control-request-method')) {
      if (foreign) return null
      throw new Refusal('forbidden-origin', FORBIDDEN)
    }
    if (request.method !== 'POST') {
      throw new Refusal('method-not-allowed', 'Tokens are only issued to POST requests; send this request as POST.')
    }
    if (!foreign) checkSameOrigin(request, origin)
    await checkBody(request)
    if (csrf && (await attempt(() => csrf(request))) !== true) {
      throw new Refusal('csrf-failed', 'The CSRF check failed, so no token was issued; reload the page and try again.')
    }
    if (rateLimit !== false) await checkRate(request)
    if (authorize) {
      if ((await attempt(() => authorize(request))) !== true) {
        throw new Refusal('unauthorized', 'This caller may not have a token; sign in and try again.')
      }
    } else if (environment !== 'development' && environment !== 'test' && !isLoopback(new URL(request.url).hostname)) {
      throw new Refusal(
        'not-configured',
        'This route has no `authorize` and NODE_ENV is not "development", so it serves loopback hosts only; pass `authorize` to createTokenHandler.',
      )
    }
    const apiKey = await currentKey()
    try {
      return await grantToken({ apiKey, ttlSeconds, baseUrl, timeoutMs, fetch, signal: request.signal })
    } catch (error) {
      throw upstreamRefusal(error)
    }
  }

  /**
   * `Origin` and `Sec-Fetch-Site` must agree that the caller is a page of ours. No page can set either; whoever forges
   * them outside a browser has no victim's cookies, and `authorize` decides.
   */
  function checkSameOrigin(request: Request, origin: string | null): void {
    const site = request.headers.get('sec-fetch-site')
    if (origin === null && site === null) {
      if (options.allowMissingOrigin) return
      throw new Refusal(
        'forbidden-origin',
        'The request says neither by Origin nor by Sec-Fetch-Site where it comes from; call the route from a page, or set `allowMissingOrigin` for callers that are no browsers.',
      )
    }
    if ((site !== null && site !== 'same-origin') || (origin !== null && !isOwnOrigin(request, origin, proxies))) {
      throw new Refusal('forbidden-origin', FORBIDDEN)
    }
  }

  async function checkRate(request: Request): Promise<void> {
    const caller = await attempt(() => identify(request))
    if (typeof caller !== 'string')
      throw new Refusal('internal-error', INTERNAL, new TypeError('`identify` must return a string.'))
    // From the end: there the signature of a session token is, which tells callers apart better than its header.
    const hit = await attempt(() => store.hit(caller.slice(-256) || 'everyone', windowMs, now()))
    if (!Number.isFinite(hit?.count) || !Number.isFinite(hit.resetMs)) {
      throw new Refusal('internal-error', INTERNAL, new TypeError('`store.hit` must return { count, resetMs }.'))
    }
    if (hit.count <= limit) return
    throw new Refusal(
      'rate-limited',
      caller
        ? 'Too many tokens were asked for; wait as long as Retry-After says, then try again.'
        : 'Too many tokens were asked for; wait as long as Retry-After says. The server cannot tell its callers apart, so they share one allowance: set `identify` or `trustProxy`.',
      undefined,
      Math.max(1, Math.ceil(hit.resetMs / 1000)),
    )
  }

  async function currentKey(): Promise<string> {
    const { apiKey } = options
    const key: unknown = typeof apiKey === 'function' ? await attempt(apiKey) : apiKey
    const trimmed = typeof key === 'string' ? key.trim() : ''
    if (isUsableKey(trimmed)) return trimmed
    throw new Refusal(
      'not-configured',
      trimmed
        ? 'The Deepgram API key on the server holds characters no key has, so no token can be issued; check how the environment variable is quoted, and restart.'
        : 'No Deepgram API key is configured on the server, so no token can be issued; set the environment variable that `apiKey` of createTokenHandler reads (for example DEEPGRAM_API_KEY), and restart.',
    )
  }

  return async (request) => {
    const began = now()
    const origin = request.headers.get('origin')
    const headers = new Headers({
      'Cache-Control': 'no-store',
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      Vary: 'Origin',
    })
    if (origin !== null && origins.has(origin)) {
      headers.set('Access-Control-Allow-Origin', origin)
      headers.set('Access-Control-Expose-Headers', 'Retry-After')
      if (options.allowCredentials) headers.set('Access-Control-Allow-Credentials', 'true')
    }
    const event: TokenRouteEvent = { type: 'token-granted', status: 200, elapsedMs: 0 }
    if (origin !== null) event.origin = origin.slice(0, 200)
    let answer: GrantedToken | TokenRouteError | null
    try {
      answer = await serve(request, origin)
    } catch (thrown) {
      const refusal = thrown instanceof Refusal ? thrown : new Refusal('internal-error', INTERNAL, thrown)
      const { code, message, reason } = refusal
      answer = { error: { code, message } }
      Object.assign(event, { type: 'token-refused', status: STATUS[code], code })
      if (reason instanceof DeepgramError) event.upstream = reason
      else if (reason !== undefined) event.cause = reason
      if (code === 'method-not-allowed') headers.set('Allow', allow)
      if (refusal.retryAfter !== undefined) headers.set('Retry-After', String(refusal.retryAfter))
    }
    if (answer === null) {
      headers.delete('Content-Type')
      headers.set('Access-Control-Allow-Methods', 'POST')
      // The origin is on the list, so it may use what headers it likes: Authorization, a CSRF header.
      const wanted = request.headers.get('access-control-request-headers')
      if (wanted && /^[\w, -]{1,500}$/.test(wanted)) headers.set('Access-Control-Allow-Headers', wanted)
      headers.set('Access-Control-Max-Age', '600')
      return new Response(null, { status: 204, headers })
    }
    if (logger) {
      event.elapsedMs = Math.max(0, now() - began)
      try {
        logger(event)
      } catch {
        // A log that fails must not cost the caller its token.
      }
    }
    return new Response(JSON.stringify(answer), { status: event.status, headers })
  }
}

/** Runs a hook of the application; whatever it throws stays on the server. */
async function attempt<T>(hook: () => T | Promise<T>): Promise<T> {
  try {
    return await hook()
  } catch (error) {
    throw new Refusal('internal-error', INTERNAL, error ?? new Error('A hook of createTokenHandler rejected.'))
  }
}

const FORBIDDEN =
  'This route serves pages of its own origin only; call it from there, add the page’s origin to `allowedOrigins`, or set `trustProxy` if a proxy changes the host.'

/** Whether a page of this origin and this request's route are one site, as far as the server can know its own name. */
function isOwnOrigin(request: Request, origin: string, proxies: number): boolean {
  let page: URL
  let own: URL
  try {
    page = new URL(origin)
    own = new URL(request.url)
  } catch {
    return false
  }
  if (page.origin !== origin || !/^https?:$/.test(page.protocol)) return false
  const { headers } = request
  const forwardedHost = proxies > 0 && firstOf(headers.get('x-forwarded-host'))
  const forwardedProto = proxies > 0 && firstOf(headers.get('x-forwarded-proto'))
  if (forwardedProto && `${forwardedProto.toLowerCase()}:` !== page.protocol) return false
  if (forwardedHost) return isHost(page, forwardedHost)
  // A plain http: page is never the origin of an https: route. The reverse is common: TLS ends at a proxy.
  if (!forwardedProto && own.protocol === 'https:' && page.protocol !== 'https:') return false
  if (page.origin === own.origin) return true
  // Some frameworks write their own bind address into request.url; the Host header has the name the browser used.
  const host = headers.get('host')
  return host !== null && isHost(page, host)
}

/** Compares with a Host header, which may or may not name the scheme's default port. */
function isHost(page: URL, host: string): boolean {
  if (!/^[\w.:[\]-]{1,255}$/.test(host)) return false
  try {
    return new URL(`${page.protocol}//${host}`).host === page.host
  } catch {
    return false
  }
}

function firstOf(list: string | null): string | undefined {
  return list?.split(',')[0]?.trim() || undefined
}

/**
 * A page of another site can send only a few content types without asking first. `application/json` is none of them, and
 * neither is a body without any type; an empty body needs no type.
 */
async function checkBody(request: Request): Promise<void> {
  const type = request.headers.get('content-type')
  if (type === null ? await isEmpty(request) : /^application\/json\s*(;|$)/i.test(type.trim())) return
  throw new Refusal(
    'unsupported-media-type',
    'The body is not declared as application/json, so it might be another site’s form; send JSON with that content type, or no body at all.',
  )
}

async function isEmpty(request: Request): Promise<boolean> {
  const length = request.headers.get('content-length')
  if (length !== null) return Number(length) === 0
  if (!request.body || request.bodyUsed) return true
  // Of a copy, so that `authorize` finds the body unread.
  const reader = request.clone().body!.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return true
    if (value.byteLength > 0) {
      reader.cancel().catch(() => {})
      return false
    }
  }
}

/** The address that stands for a caller, or undefined when the server cannot know one. */
function callerAddress(request: Request, proxies: number): string | undefined {
  const forwarded = proxies > 0 && request.headers.get('x-forwarded-for')?.split(',').at(-proxies)?.trim()
  // `ip` is not in the standard: toNodeHandler sets it, as some platforms do.
  const address: unknown = forwarded || (request as { ip?: unknown }).ip
  return typeof address === 'string' && address ? networkOf(address) : undefined
}

/** IPv4 as it is; IPv6 by its first 64 bits, for a single household has all the addresses below them. */
function networkOf(address: string): string {
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '')
  if (!bare.includes(':')) return bare
  if (/^\d+(\.\d+){3}:\d+$/.test(bare)) return bare.slice(0, bare.indexOf(':'))
  const [head = '', tail] = bare.toLowerCase().split('%')[0]!.split('::')
  const left = head ? head.split(':') : []
  const right = tail ? tail.split(':') : []
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array<string>(gap).fill('0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/** Deepgram's refusal in the route's own words: what the service said, and where it lives, stays on the server. */
function upstreamRefusal(error: unknown): Refusal {
  if (!(error instanceof DeepgramError)) return new Refusal('internal-error', INTERNAL, error)
  const { status, retryAfterMs } = error.details
  switch (error.code) {
    case 'payment-required':
      return new Refusal(
        'payment-required',
        'The Deepgram project of this application has no credit left, so it gets no tokens; its owner must add credit.',
        error,
      )
    case 'rate-limited':
      return new Refusal(
        'rate-limited',
        'Deepgram asks this application for fewer requests; wait as long as Retry-After says, then try again.',
        error,
        retryAfterMs === undefined ? UPSTREAM_RETRY_SECONDS : Math.max(1, Math.ceil(retryAfterMs / 1000)),
      )
    case 'token-timeout':
      return new Refusal('token-timeout', 'Deepgram did not answer in time, so there is no token; try again.', error)
    case 'invalid-token':
      return new Refusal(
        'invalid-token',
        'What answered in Deepgram’s place sent no token; check `baseUrl` and the proxies between the server and Deepgram.',
        error,
      )
    case 'aborted':
      return new Refusal('aborted', 'The caller left before the token was there; ask again when one is wanted.', error)
    case 'token-failed':
      if (error.retryable) break
      return new Refusal(
        'token-failed',
        status === 401
          ? 'Deepgram does not know the server’s API key, so no token can be issued; check the key in the server’s environment.'
          : status === 403
            ? 'The server’s API key may not grant tokens; use a key of role Member or higher.'
            : 'Deepgram refused the server’s request for a token; check `baseUrl` and the `logger` of createTokenHandler.',
        error,
      )
  }
  return new Refusal(
    'upstream-failed',
    'Deepgram failed or could not be reached, so there is no token; try again.',
    error,
  )
}

function checkedOrigin(entry: string): string {
  let origin = ''
  try {
    origin = new URL(entry).origin
  } catch {
    // Reported below, with everything else that is no origin.
  }
  if (!/^https?:/.test(origin) || (entry !== origin && entry !== `${origin}/`)) {
    throw new TypeError(
      '`allowedOrigins` must hold exact origins such as "https://app.example"; no path and no wildcard.',
    )
  }
  return origin
}

/** Written so that bundlers find and replace it, and so that a runtime without `process` does not fail. */
function nodeEnv(): string | undefined {
  try {
    return process.env.NODE_ENV
  } catch {
    return undefined
  }
}
