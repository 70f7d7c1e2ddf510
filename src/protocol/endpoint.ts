import type { QueryValue } from './listen-v1.ts'

/** `smartFormat` -> `smart_format`. */
export const toWireName = (name: string): string => name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase())

/** Picks the named parameters out of an options object and gives them their wire names. */
export function pickParameters(options: object, names: readonly string[]): Record<string, QueryValue> {
  const query: Record<string, QueryValue> = {}
  for (const name of names) query[toWireName(name)] = (options as Record<string, QueryValue>)[name]
  return query
}

/**
 * Serialises query parameters: lists become repeated parameters, every value is encoded once, `undefined` and `null`
 * are left out, `false` and `0` are not.
 */
export function encodeQuery(query: Readonly<Record<string, QueryValue>>): string {
  const pairs: string[] = []
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? (value as readonly QueryValue[]) : [value]) {
      if (item !== undefined && item !== null) {
        // encodeURIComponent throws on half a surrogate pair, which a cut string can hold.
        const wellFormed = String(item).replace(/\p{Surrogate}/gu, '\uFFFD')
        pairs.push(encodeURIComponent(name) + '=' + encodeURIComponent(wellFormed))
      }
    }
  }
  return pairs.join('&')
}

/** The parts of a checked base URL. */
export interface BaseUrl {
  /** Whether the line is encrypted. */
  readonly isSecure: boolean
  /** Whether the host is this very machine. */
  readonly isLoopback: boolean
  /** Scheme, host and path, without a slash at the end. */
  readonly origin: string
  /** The query the base itself has, without `?`. */
  readonly query: string
}

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/**
 * Takes a base URL apart. `https:` and `http:` are read as `wss:` and `ws:`.
 *
 * @throws TypeError when it is no absolute WebSocket address, or carries a user name, a password or a fragment.
 */
export function parseBaseUrl(baseUrl: string): BaseUrl {
  // The path must begin with a slash: in "ws://localhost@elsewhere" the host is what follows the @.
  const match = /^(ws|http)(s?):\/\/([^/?#@\\\s]+)((?:\/[^?#\\\s]*)?)(?:\?([^#\s]*))?$/i.exec(baseUrl)
  if (!match) {
    throw new TypeError(
      'baseUrl must be an absolute wss: address without user name, password or fragment, such as "wss://api.deepgram.com".',
    )
  }
  const [, , secure, host = '', path = '', query = ''] = match
  return {
    isSecure: secure !== '',
    isLoopback: LOOPBACK.test(host),
    origin: `ws${secure ? 's' : ''}://${host}${path.replace(/\/+$/, '')}`,
    query,
  }
}

/** Joins a base URL, an endpoint's path and query parameters. */
export function buildUrl(base: BaseUrl, path: string, query: Readonly<Record<string, QueryValue>>): string {
  const search = [base.query, encodeQuery(query)].filter(Boolean).join('&')
  return base.origin + path + (search && '?' + search)
}

/** How a page authenticates: a raw key, or a short-lived token. */
export interface Credential {
  readonly scheme: 'token' | 'bearer'
  readonly value: string
}

/** RFC 6455, section 4.1 and RFC 9110, section 5.6.2: what may stand in `Sec-WebSocket-Protocol`. */
const SUBPROTOCOL_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Whether a credential can travel as a subprotocol at all. */
export const isSubprotocolToken = (value: string): boolean => SUBPROTOCOL_TOKEN.test(value) && value.length <= 8192

/** Whether a string is shaped like an API key of the service: 40 hexadecimal digits. */
export const looksLikeApiKey = (value: string): boolean => /^[0-9a-f]{40}$/i.test(value)

/** Whether a string is shaped like a JSON Web Token: three base64url parts, the first beginning an object. */
export const looksLikeJwt = (value: string): boolean => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(value)

/** The value of `Sec-WebSocket-Protocol` as a list: the scheme word, then the credential. */
export const credentialProtocols = (credential: Credential): string[] => [credential.scheme, credential.value]

const SECRET_NAME = /(token|key|secret|auth|pass|sig|cred|callback|jwt)/i

/** An address for people to read: values of parameters that may be secrets are left out. */
export const redactUrl = (url: string): string =>
  url.replace(/([?&])([^=&]+)=([^&]*)/g, (all, mark: string, name: string) =>
    SECRET_NAME.test(name) && !/^(keyterm|keywords)$/.test(name) ? `${mark}${name}=…` : all,
  )
