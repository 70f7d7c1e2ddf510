import type { EmulatorClock } from './ports.ts'
import { type Random, uuidV4 } from './random.ts'
import { createSha256 } from '../audio/sha256.ts'

/** How a client shows who it is. */
export interface Credential {
  scheme: 'token' | 'bearer'
  value: string
}

/** A short-lived token that the emulator gave out. */
export interface IssuedToken {
  /** Shaped as a JWT. */
  token: string
  /** Milliseconds since 1970. */
  issuedAt: number
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** Issues short-lived tokens and checks credentials. */
export interface CredentialDesk {
  /** Gives out a new token, shaped as a JWT and different from all others. */
  issue(ttlSeconds: number): { access_token: string; expires_in: number }
  /** Whether the credential is good right now. */
  isValid(credential: Credential): boolean
  /** Every token given out, oldest first. */
  readonly issued: readonly IssuedToken[]
}

/**
 * Creates a desk.
 *
 * @param apiKeys - The keys that are known. Without any, every value that is not shaped like a JWT passes as a key:
 *   the emulator has no accounts to check against.
 */
export function createCredentialDesk(
  apiKeys: readonly string[] | null,
  clock: EmulatorClock,
  random: Random,
): CredentialDesk {
  const secret = uuidV4(random)
  const issued: IssuedToken[] = []
  const header = base64Url(JSON.stringify({ alg: 'HS256', typ: 'JWT' }))

  const sign = (signed: string): string => {
    const digest = createSha256()
    digest.update(asciiBytes(`${secret}.${signed}`))
    return digest.digest()
  }

  function isLiveToken(token: string): boolean {
    const [head, payload, signature, ...rest] = token.split('.')
    if (head === undefined || payload === undefined || signature === undefined || rest.length > 0) return false
    if (signature !== sign(`${head}.${payload}`)) return false
    const claims = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { exp: number }
    return clock.now() < claims.exp * 1000
  }

  return {
    issued,
    issue(ttlSeconds) {
      const issuedAt = clock.now()
      const expiresAt = issuedAt + ttlSeconds * 1000
      const claims = { iat: issuedAt / 1000, exp: expiresAt / 1000, jti: uuidV4(random), scp: ['usage::write'] }
      const signed = `${header}.${base64Url(JSON.stringify(claims))}`
      const token = `${signed}.${sign(signed)}`
      issued.push({ token, issuedAt, expiresAt })
      return { access_token: token, expires_in: ttlSeconds }
    },
    isValid({ scheme, value }) {
      // The pair must match its scheme: a JWT offered as `token` and a key offered as `bearer` are both refused.
      if (scheme === 'bearer') return isLiveToken(value)
      return apiKeys === null ? value !== '' && value.split('.').length !== 3 : apiKeys.includes(value)
    },
  }
}

/**
 * Finds the credential of a handshake: the scheme word anywhere in the subprotocol list with the entry after it, else
 * an `Authorization` header (clients outside browsers).
 */
export function findCredential(protocols: readonly string[], authorization: string | undefined): Credential | null {
  const index = protocols.findIndex((protocol) => protocol === 'token' || protocol === 'bearer')
  const value = protocols[index + 1]
  if (index >= 0 && value !== undefined) return { scheme: protocols[index] as Credential['scheme'], value }
  const [, scheme, rest] = /^(token|bearer)\s+(\S+)\s*$/i.exec(authorization ?? '') ?? []
  if (scheme === undefined || rest === undefined) return null
  return { scheme: scheme.toLowerCase() as Credential['scheme'], value: rest }
}

function base64Url(text: string): string {
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
