import { DeepgramError, abortedError } from '../errors.ts'
import { isSubprotocolToken, looksLikeApiKey, looksLikeJwt, type Credential } from '../protocol/endpoint.ts'
import type { ConnectionOptions, TokenRequest, TokenResult } from './options.ts'

/** Milliseconds that `getToken` may take. */
export const TOKEN_TIMEOUT_MS = 10_000

/** Whether this is a production build. Bundlers replace the expression; a page without one counts as production. */
export function isProduction(): boolean {
  try {
    return process.env.NODE_ENV === 'production'
  } catch {
    return true
  }
}

const warned = new Set<string>()

/** Tells a developer something once per page, and nothing in a production build. */
export function warnOnce(message: string): void {
  if (isProduction() || warned.has(message)) return
  warned.add(message)
  console.warn(`[react-deepgram] ${message}`)
}

const invalidToken = (what: string): DeepgramError =>
  new DeepgramError(
    'invalid-token',
    `${what}; no connection was tried with it; return the \`access_token\` string, or the whole answer, of the service's grant call from getToken.`,
  )

function warnOfKey(what: string): void {
  const problem = new DeepgramError(
    'unsafe-api-key',
    `${what}; everyone who can open the page can read and use it; give the page short-lived tokens through getToken (see react-deepgram/server), or set dangerouslyAllowApiKey if the page is private.`,
  )
  if (isProduction()) throw problem
  warnOnce(problem.message)
}

/**
 * Finds the credential for one connection attempt: asks `getToken`, or takes `apiKey`; `null` with neither.
 *
 * @throws TypeError when both are given.
 * @throws DeepgramError `token-timeout`, `token-failed`, `invalid-token`, `unsafe-api-key`, `aborted`, or whatever
 * DeepgramError `getToken` itself rejects with.
 */
export async function resolveCredential(options: ConnectionOptions, request: TokenRequest): Promise<Credential | null> {
  const { getToken, apiKey } = options
  checkCredentialOptions(options)
  if (apiKey !== undefined) return { scheme: 'token', value: apiKey }
  if (!getToken) return null
  const value = readToken(await askForToken(getToken, request))
  if (looksLikeApiKey(value)) {
    if (!options.dangerouslyAllowApiKey) warnOfKey('getToken returned what looks like a raw API key')
    return { scheme: 'token', value }
  }
  return { scheme: 'bearer', value }
}

/**
 * Checks what can be checked of the credentials before anything is asked for.
 *
 * @throws TypeError when both kinds are given, or one is of a wrong type.
 * @throws DeepgramError `unsafe-api-key`, `invalid-token`.
 */
export function checkCredentialOptions({ getToken, apiKey, dangerouslyAllowApiKey }: ConnectionOptions): void {
  if (getToken !== undefined && apiKey !== undefined) {
    throw new TypeError('getToken and apiKey are two credentials at once; pass only one of them.')
  }
  if (getToken !== undefined && typeof getToken !== 'function') throw new TypeError('getToken must be a function.')
  if (apiKey === undefined) return
  if (typeof apiKey !== 'string') throw new TypeError('apiKey must be a string.')
  if (!isSubprotocolToken(apiKey))
    throw invalidToken('apiKey holds characters that no subprotocol may have, or none at all')
  if (looksLikeJwt(apiKey)) throw invalidToken('apiKey was given a short-lived token, which must come from getToken')
  if (!dangerouslyAllowApiKey) warnOfKey('A raw API key was given to the page')
}

function readToken(result: unknown): string {
  const token = typeof result === 'object' && result !== null && 'access_token' in result ? result.access_token : result
  if (typeof token !== 'string')
    throw invalidToken('getToken returned neither a string nor an object with access_token')
  if (!isSubprotocolToken(token)) throw invalidToken('getToken returned text that is no token (an HTML page?)')
  return token
}

async function askForToken(
  getToken: NonNullable<ConnectionOptions['getToken']>,
  request: TokenRequest,
): Promise<TokenResult> {
  const { signal } = request
  const controller = new AbortController()
  return new Promise<TokenResult>((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      settle()
    }
    const abort = (): void => {
      finish(() => reject(abortedError('Fetching a token')))
      controller.abort()
    }
    const timer = setTimeout(() => {
      finish(() =>
        reject(
          new DeepgramError(
            'token-timeout',
            `getToken gave no token within ${TOKEN_TIMEOUT_MS / 1000} s; without one the service refuses the connection; check that the token route answers.`,
            { retryable: true },
          ),
        ),
      )
      controller.abort()
    }, TOKEN_TIMEOUT_MS)
    signal.addEventListener('abort', abort)
    const fail = (cause: unknown): void =>
      finish(() =>
        reject(
          cause instanceof DeepgramError
            ? cause
            : new DeepgramError(
                'token-failed',
                'getToken failed; without a token the service refuses the connection; see `cause` for what it said.',
                { retryable: true, cause },
              ),
        ),
      )
    try {
      Promise.resolve(getToken({ ...request, signal: controller.signal })).then(
        (result) => finish(() => resolve(result)),
        fail,
      )
    } catch (cause) {
      fail(cause)
    }
  })
}
