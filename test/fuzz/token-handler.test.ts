import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz.ts'
import { make, scan } from '../unit/server/support.ts'

describe('whatever comes', () => {
  it(
    'answers any request with JSON that nobody may store, and without the key',
    async () => {
      const text = fc.string({ unit: 'binary-ascii' }).map((value) => value.replace(/[^\x20-\x7e]/g, ''))
      const name = fc.oneof(
        fc.constantFrom(
          'origin',
          'sec-fetch-site',
          'content-type',
          'host',
          'x-forwarded-for',
          'x-forwarded-host',
          'x-forwarded-proto',
          'content-length',
          'access-control-request-method',
          'access-control-request-headers',
        ),
        fc.stringMatching(/^[a-z-]{1,12}$/),
      )
      const value = fc.oneof(
        text,
        fc.constantFrom(
          'https://app.example',
          'https://other.example',
          'null',
          'same-origin',
          'cross-site',
          'application/json',
          'POST',
          '::1',
          ',',
        ),
      )
      const handlers = [
        {},
        { trustProxy: true, allowedOrigins: ['https://other.example'], rateLimit: { limit: 2 } },
        {
          allowMissingOrigin: true,
          rateLimit: false as const,
          csrf: async () => Promise.reject(new Error('kEy0secret')),
        },
        { authorize: () => false, allowMissingOrigin: true, rateLimit: false as const },
        { fetch: async () => new Response('<html>'), allowMissingOrigin: true, rateLimit: false as const },
      ].map(make)
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.constant('POST'),
            fc.constantFrom('GET', 'OPTIONS', 'PUT', 'HEAD'),
            fc.stringMatching(/^[A-Za-z]{1,9}$/),
          ),
          fc.webUrl({ validSchemes: ['http', 'https'], withQueryParameters: true }),
          fc.array(fc.tuple(name, value), { maxLength: 6 }),
          fc.oneof(fc.constant(undefined), text, fc.uint8Array()),
          async (method, url, headers, body) => {
            let request: Request
            try {
              const bare = /^(get|head)$/i.test(method)
              request = new Request(url, {
                method,
                headers,
                ...(bare || body === undefined ? {} : { body: body as string }),
              })
            } catch {
              return // Not a request at all: fetch itself forbids it.
            }
            for (const handler of handlers) {
              const response = await handler(request.clone())
              expect(response.headers.get('cache-control')).toBe('no-store')
              expect(response.headers.get('vary')).toBe('Origin')
              expect(await scan(response)).not.toContain('kEy0secret')
              if (response.status === 204) {
                expect(request.method).toBe('OPTIONS')
                continue
              }
              expect(response.headers.get('content-type')).toBe('application/json')
              const answer = (await response.json()) as object
              expect(Object.keys(answer)).toEqual(response.status === 200 ? ['access_token', 'expires_in'] : ['error'])
              if (response.status === 429) expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
            }
          },
        ),
        { numRuns: fuzzRuns(200) },
      )
    },
    FUZZ_TIMEOUT_MS,
  )
})
