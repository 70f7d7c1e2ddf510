import type { QueryValue } from './listen-v1.ts'

/** `smartFormat` -> `smart_format`. */
export const toWireName = (name: string): string => name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase())

/** Picks the named parameters out of an options object and gives them their wire names. */
export const pickParameters = (options: object, names: readonly string[]): Record<string, QueryValue> =>
  Object.fromEntries(names.map((name) => [toWireName(name), (options as Record<string, QueryValue>)[name]]))

/** Encodes a name or a value; half a surrogate pair, which a cut string can hold, would throw. */
const encode = (text: unknown): string => encodeURIComponent(String(text).replace(/\p{Surrogate}/gu, '\uFFFD'))

/**
 * Serialises query parameters: lists become repeated parameters, every value is encoded once, `undefined` and `null`
 * are left out, `false` and `0` are not.
 */
export const encodeQuery = (query: Readonly<Record<string, QueryValue>>): string =>
  Object.entries(query)
    .flatMap(([name, value]) =>
      ([] as QueryValue[])
        .concat(value)
        .filter((item) => item != null)
        .map((item) => `${encode(name)}=${encode(item)}`),
    )
    .join('&')

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
    throw new TypeError('baseUrl must be a wss: address without user name, password or fragment.')
  }
  const [, , secure, host = '', path = '', query = ''] = match
  return {
    isSecure: secure !== '',
    isLoopback: LOOPBACK.test(host),
    origin: `ws${secure ? 's' : ''}://${host}${path.replace(/\/+$/, '')}`,
    query,
  }
}

/** Whether a model is heard on `/v2/listen`, and a voice speaks on `/v2/speak`. */
export const isFluxModel = (model: unknown): boolean => typeof model === 'string' && model.startsWith('flux-')

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

/** Whether a credential can travel as a subprotocol at all: RFC 6455, section 4.1 and RFC 9110, section 5.6.2. */
export const isSubprotocolToken = (value: string): boolean => /^[!#$%&'*+\-.^`|~\w]{1,8192}$/.test(value)

/** Whether a string is shaped like an API key of the service: 40 hexadecimal digits. */
export const looksLikeApiKey = (value: string): boolean => /^[0-9a-f]{40}$/i.test(value)

/** Whether a string is shaped like a JSON Web Token: three base64url parts, the first beginning an object. */
export const looksLikeJwt = (value: string): boolean => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(value)

/** The value of `Sec-WebSocket-Protocol` as a list: the scheme word, then the credential. */
export const credentialProtocols = (credential: Credential): string[] => [credential.scheme, credential.value]

/** An address for people to read: values of parameters that may be secrets are left out. */
export const redactUrl = (url: string): string =>
  url.replace(
    /([?&](?!key(?:term|words)=)[^=&]*(?:token|key|secret|auth|pass|sig|cred|callback|jwt)[^=&]*=)[^&]*/gi,
    '$1…',
  )
