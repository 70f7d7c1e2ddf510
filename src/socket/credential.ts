import { DeepgramError } from '../errors.ts'
import { isSubprotocolToken, looksLikeApiKey, looksLikeJwt, type Credential } from '../protocol/endpoint.ts'
import { untilAborted } from '../scope.ts'
import type { ConnectionOptions, TokenRequest, TokenResult } from './options.ts'

/** Milliseconds that `getToken` may take. */
export const TOKEN_TIMEOUT_MS = 10_000

const warned = new Set<string>()

/**
 * Tells a developer something once per page, and nothing in a production build. Written so that a bundler, which replaces
 * the condition, leaves calls and texts out; a page without one has no `process`, and counts as production.
 */
export function warnOnce(message: string): void {
  try {
    if (process.env.NODE_ENV !== 'production' && !warned.has(message)) {
      warned.add(message)
      console.warn(`[react-deepgram] ${message}`)
    }
  } catch {
    // No `process`.
  }
}

const invalidToken = (what: string): DeepgramError =>
  new DeepgramError(
    'invalid-token',
    `${what}; nothing was sent; return the answer of the grant call, or its access_token, from getToken.`,
  )

function refuseKey(what: string): void {
  const problem = new DeepgramError(
    'unsafe-api-key',
    `${what}; everyone on the page can read it; pass getToken (see react-deepgram/server), or set dangerouslyAllowApiKey if the page is private.`,
  )
  try {
    if (process.env.NODE_ENV !== 'production') {
      warnOnce(problem.message)
      return
    }
  } catch {
    // See `warnOnce`.
  }
  throw problem
}

/**
 * Finds the credential for one connection attempt: asks `getToken`, or takes `apiKey`; `null` with neither.
 *
 * @throws TypeError when both are given.
 * @throws DeepgramError `revoked`, `token-timeout`, `token-failed`, `invalid-token`, `unsafe-api-key`, `aborted`, or whatever
 * DeepgramError `getToken` itself rejects with.
 */
export async function resolveCredential(options: ConnectionOptions, request: TokenRequest): Promise<Credential | null> {
  const { getToken, apiKey } = options
  checkCredentialOptions(options)
  if (apiKey !== undefined) return { scheme: 'token', value: apiKey }
  if (!getToken) return null
  const result: unknown = await askForToken(getToken, request)
  const value = (result as { access_token?: unknown } | null | undefined)?.access_token ?? result
  if (typeof value !== 'string' || !isSubprotocolToken(value)) {
    throw invalidToken('What getToken returned is no token (an HTML page?)')
  }
  if (!looksLikeApiKey(value)) return { scheme: 'bearer', value }
  if (!options.dangerouslyAllowApiKey) refuseKey('getToken returned what looks like a raw API key')
  return { scheme: 'token', value }
}

/**
 * Checks what can be checked of the credentials before anything is asked for.
 *
 * @throws TypeError when both kinds are given, or one is of a wrong type.
 * @throws DeepgramError `revoked`, `unsafe-api-key`, `invalid-token`.
 */
export function checkCredentialOptions(options: ConnectionOptions): void {
  const { getToken, apiKey, dangerouslyAllowApiKey, revoked } = options
  if (revoked?.aborted) {
    throw new DeepgramError(
      'revoked',
      'The permission to connect was taken back (a sign-out); nothing was sent; mount a new DeepgramProvider after signing in.',
    )
  }
  const misuse =
    getToken === undefined
      ? apiKey !== undefined && typeof apiKey !== 'string' && 'apiKey must be a string.'
      : apiKey !== undefined
        ? 'getToken and apiKey are two credentials; pass one.'
        : typeof getToken !== 'function' && 'getToken must be a function.'
  if (misuse) throw new TypeError(misuse)
  if (apiKey === undefined) return
  if (!isSubprotocolToken(apiKey) || looksLikeJwt(apiKey)) throw invalidToken('apiKey is no API key')
  if (!dangerouslyAllowApiKey) refuseKey('A raw API key was given to the page')
}

async function askForToken(
  getToken: NonNullable<ConnectionOptions['getToken']>,
  request: TokenRequest,
): Promise<TokenResult> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new DeepgramError(
          'token-timeout',
          'getToken took too long; nothing was sent; check the token route and try again.',
          { retryable: true },
        ),
      )
    }, TOKEN_TIMEOUT_MS)
  })
  // What it throws is a rejection too.
  const answer = (async () => getToken({ ...request, signal: controller.signal }))()
  try {
    return await untilAborted(Promise.race([answer, timeout]), request.signal, 'Fetching a token')
  } catch (cause) {
    controller.abort()
    if (cause instanceof DeepgramError) throw cause
    throw new DeepgramError('token-failed', 'getToken failed; nothing was sent; see `cause`, and try again.', {
      retryable: true,
      cause,
    })
  } finally {
    clearTimeout(timer)
  }
}
