import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DeepgramError } from '../../../src/errors.ts'
import { checkCredentialOptions, resolveCredential, TOKEN_TIMEOUT_MS } from '../../../src/socket/credential.ts'
import type { ConnectionOptions, TokenRequest } from '../../../src/socket/options.ts'
import { expectConsole } from '../../support/console.ts'

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'
const KEY = '0123456789abcdef0123456789abcdef01234567'

const request = (signal = new AbortController().signal): TokenRequest => ({ signal, attempt: 1, purpose: 'listen' })

async function failure(options: ConnectionOptions, signal?: AbortSignal): Promise<DeepgramError> {
  const error: unknown = await resolveCredential(options, request(signal)).then(
    () => expect.unreachable('It did not reject.'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DeepgramError)
  return error as DeepgramError
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

describe('what getToken returns', () => {
  it.each([
    ['a JWT', JWT],
    ['the answer of the grant call', { access_token: JWT, expires_in: 30 }],
    ['a promise of a JWT', Promise.resolve(JWT)],
    ['a promise of the answer', Promise.resolve({ access_token: JWT })],
  ])('pain 7: %s is offered as bearer', async (_, result) => {
    expect(await resolveCredential({ getToken: () => result }, request())).toEqual({ scheme: 'bearer', value: JWT })
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an empty string', ''],
    ['an HTML page', '<!doctype html><title>Sign in</title>'],
    ['an object of another shape', { token: JWT }],
    ['a token of another type', { access_token: 7 }],
    ['a Response that was not read', new Response('{}')],
    ['the header value', `Bearer ${JWT}`],
    ['a token with a line break', `${JWT}\n`],
  ])('pain 7: %s is refused as invalid-token, and not shown', async (_, result) => {
    const error = await failure({ getToken: () => result as string })
    expect(error).toMatchObject({ code: 'invalid-token', retryable: false })
    expect(JSON.stringify(error) + String(error.stack)).not.toContain(JWT)
  })

  it('what looks like a raw key warns in development, and travels as the key that it is', async () => {
    const warnings = expectConsole('warn', /getToken returned what looks like a raw API key/)
    expect(await resolveCredential({ getToken: () => KEY }, request())).toEqual({ scheme: 'token', value: KEY })
    await resolveCredential({ getToken: () => KEY }, request())
    expect(warnings()).toBe(1)
  })

  it('what looks like a raw key is refused in production, unless that was allowed', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect((await failure({ getToken: () => KEY })).code).toBe('unsafe-api-key')
    expect(await resolveCredential({ getToken: () => KEY, dangerouslyAllowApiKey: true }, request())).toEqual({
      scheme: 'token',
      value: KEY,
    })
  })

  it('a rejection is token-failed with the cause, and worth a retry', async () => {
    const cause = new Error('route is down')
    for (const getToken of [
      () => Promise.reject(cause),
      (): string => {
        throw cause
      },
    ]) {
      expect(await failure({ getToken })).toMatchObject({ code: 'token-failed', retryable: true, cause })
    }
  })

  it('a DeepgramError of its own comes through as it is', async () => {
    const own = new DeepgramError('payment-required', 'No credit; no words; add some.')
    expect(await failure({ getToken: () => Promise.reject(own) })).toBe(own)
  })

  it('silence is token-timeout, and getToken is told to give up', async () => {
    let signal: AbortSignal | undefined
    const failed = failure({
      getToken: (given) => {
        signal = given.signal
        return new Promise(() => {})
      },
    })
    await vi.advanceTimersByTimeAsync(TOKEN_TIMEOUT_MS - 1)
    expect(signal?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await failed).toMatchObject({ code: 'token-timeout', retryable: true })
    expect(signal?.aborted).toBe(true)
  })

  it('an abort ends the waiting at once, and getToken is told', async () => {
    const controller = new AbortController()
    let signal: AbortSignal | undefined
    const failed = failure(
      {
        getToken: (given) => {
          signal = given.signal
          return new Promise(() => {})
        },
      },
      controller.signal,
    )
    controller.abort()
    expect((await failed).code).toBe('aborted')
    expect(signal?.aborted).toBe(true)
  })

  it('is told the attempt and the purpose', async () => {
    const getToken = vi.fn((_: TokenRequest) => JWT)
    await resolveCredential({ getToken }, { signal: new AbortController().signal, attempt: 4, purpose: 'speak' })
    expect(getToken.mock.calls[0]?.[0]).toMatchObject({ attempt: 4, purpose: 'speak' })
  })
})

describe('a raw key', () => {
  it('pain 7: travels as token when that was allowed, without a warning', async () => {
    const options = { apiKey: KEY, dangerouslyAllowApiKey: true }
    expect(await resolveCredential(options, request())).toEqual({ scheme: 'token', value: KEY })
    vi.stubEnv('NODE_ENV', 'production')
    expect(await resolveCredential(options, request())).toEqual({ scheme: 'token', value: KEY })
  })

  it('warns once in development', async () => {
    const warnings = expectConsole('warn', /A raw API key was given to the page/)
    await resolveCredential({ apiKey: KEY }, request())
    await resolveCredential({ apiKey: KEY }, request())
    expect(warnings()).toBe(1)
  })

  it('is refused in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const error = await failure({ apiKey: KEY })
    expect(error.code).toBe('unsafe-api-key')
    expect(String(error.stack)).not.toContain(KEY)
  })

  it.each(['', 'a key', 'ключ', JWT])('%j is no key: invalid-token', async (apiKey) => {
    expect((await failure({ apiKey, dangerouslyAllowApiKey: true })).code).toBe('invalid-token')
  })
})

describe('misuse', () => {
  it.each([
    [{ getToken: () => JWT, apiKey: KEY }, /two credentials/],
    [{ getToken: JWT as never }, /getToken must be a function/],
    [{ apiKey: 7 as never }, /apiKey must be a string/],
  ])('is a TypeError that names the option', (options, message) => {
    expect(() => checkCredentialOptions(options)).toThrow(TypeError)
    expect(() => checkCredentialOptions(options)).toThrow(message)
  })

  it('without a credential there is none', async () => {
    expect(await resolveCredential({}, request())).toBeNull()
  })
})
