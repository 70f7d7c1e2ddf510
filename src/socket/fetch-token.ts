import { abortedError, DeepgramError } from '../errors.ts'
import type { DeepgramErrorCode, DeepgramErrorDetails } from '../errors.ts'

/** What {@link createTokenFetcher} passes on to `fetch`; method, caching and redirects are not open to choice. */
export interface TokenFetcherInit extends Omit<RequestInit, 'method' | 'cache' | 'redirect' | 'signal'> {
  /** Does the call. @default globalThis.fetch */
  fetch?: typeof globalThis.fetch | undefined
}

/**
 * Makes a `getToken` that asks the application's own token route (`createTokenHandler` of `react-deepgram/server`).
 *
 * Each call is a fresh POST, never cached, without following redirects, with cookies for the page's own origin only
 * (`credentials` in `init` changes that). The answer's status, content type and shape are checked.
 *
 * @param url - The route, for example `/api/deepgram/token`. Messages name it without its query.
 * @param init - More for `fetch`, such as headers; read anew at each call.
 * @returns a function for the connection option `getToken`. It rejects with a DeepgramError: `token-unreachable` (no
 * answer: network, CORS or a redirect), `invalid-token` (an answer that holds no token, such as an HTML page),
 * `payment-required` (402), `rate-limited` (429, `details.retryAfterMs`), `token-failed` (any other refusal), `aborted`.
 * `details.status` and `details.serverCode` hold what the route said; `retryable` whether trying again may help.
 */
export function createTokenFetcher(
  url: string | URL,
  init?: TokenFetcherInit,
): (request: { signal?: AbortSignal }) => Promise<{ access_token: string; expires_in?: number | undefined }> {
  return async ({ signal }) => {
    const details: DeepgramErrorDetails = { url: `${url}`.split('?')[0]! }
    const fail = (code: DeepgramErrorCode, what: string, advice: string, retryable?: boolean, cause?: unknown) =>
      new DeepgramError(code, `Token route ${details.url} ${what}, so we cannot connect; ${advice}.`, {
        retryable: retryable!,
        details,
        cause,
      })
    let response!: Response
    let body: { access_token?: unknown; expires_in?: unknown; error?: { code?: string | number } } | null | undefined
    try {
      response = await (init?.fetch ?? fetch)(url, {
        credentials: 'same-origin',
        ...init,
        method: 'POST',
        cache: 'no-store',
        redirect: 'error',
        signal: signal!,
      })
      if (/json/.test(response.headers.get('content-type')!)) body = (await response.json()) as typeof body
    } catch (cause) {
      if (signal?.aborted) throw abortedError('Fetching a token')
      // What calls itself JSON and is not is as good as HTML: no token in it. All else is the network's.
      if (!(cause instanceof SyntaxError))
        throw fail('token-unreachable', 'gave no answer', 'check network and CORS', true, cause)
    }
    const { status, headers } = response
    const token = body?.access_token
    if (response.ok && typeof token == 'string') {
      return { access_token: token, expires_in: Number(body!.expires_in) || undefined }
    }
    details.status = status
    // Cut short, and text whatever it was: the answer may be anybody's.
    const code = `${body?.error?.code ?? ''}`.slice(0, 40)
    if (code) details.serverCode = code
    const retryAfterMs = Number(headers.get('retry-after')) * 1e3
    if (retryAfterMs > 0) details.retryAfterMs = retryAfterMs
    throw fail(
      response.ok
        ? 'invalid-token'
        : status == 402
          ? 'payment-required'
          : status == 429
            ? 'rate-limited'
            : 'token-failed',
      `answered ${status} ${code || 'without a token'}`,
      status == 402 ? 'add credit' : 'check its path and log',
      // A server's failure may pass, but not its lack of a right key.
      status == 429 || (status > 499 && !/^(not-c|token-f)/.test(code)),
    )
  }
}
