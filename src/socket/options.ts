import type { DeepgramErrorCode } from '../errors.ts'

/** What a token comes as: the string itself, or the answer of the service's grant call. */
export type TokenResult = string | { access_token: string; expires_in?: number | undefined }

/** What `getToken` is told. */
export interface TokenRequest {
  /** Aborts when the token is not wanted any more. */
  signal: AbortSignal
  /** Number of the connection attempt, from 1. */
  attempt: number
  /** What the token is for. */
  purpose: 'listen' | 'speak'
}

/** Fetches a short-lived token; see {@link ConnectionOptions.getToken}. */
export type GetToken = (request: TokenRequest) => Promise<TokenResult> | TokenResult

/** The part of the standard `WebSocket` that is used. */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  /** The subprotocol the server selected. */
  readonly protocol: string
  /** Bytes not yet sent. */
  readonly bufferedAmount: number
  /** Set to `'arraybuffer'` by the library. */
  binaryType: string
  /** Set by the library. */
  onopen: ((event: never) => unknown) | null
  /** Set by the library. */
  onmessage: ((event: never) => unknown) | null
  /** Set by the library. */
  onerror: ((event: never) => unknown) | null
  /** Set by the library. */
  onclose: ((event: never) => unknown) | null
  /** Takes a string, a Blob, or bytes. */
  send(data: never): void
  /** Begins the closing handshake. */
  close(code?: number, reason?: string): void
}

/** A constructor like `globalThis.WebSocket`. */
export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike

/** When and how often a lost line is connected again. */
export interface ReconnectOptions {
  /**
   * Consecutive attempts of which nothing came before it gives up with `reconnect-exhausted`. A connection counts that was healthy, or
   * that brought settled text or speech and lasted two seconds.
   *
   * @default 10
   */
  maxAttempts?: number | undefined
  /** Upper bound of the first delay in milliseconds; each delay is drawn at random below its bound. @default 250 */
  baseDelayMs?: number | undefined
  /** Upper bound of any delay in milliseconds; the bound doubles from one attempt to the next. @default 10000 */
  maxDelayMs?: number | undefined
  /** Milliseconds a connection must last to count as healthy; then attempts and delays begin anew. @default 5000 */
  healthyMs?: number | undefined
}

/** Something that happened, for logs. Never contains a credential; contains no transcript text. */
export interface LogEvent {
  /** How serious it is. */
  level: 'debug' | 'info' | 'warn' | 'error'
  /** What happened, as a stable kebab-case name, for example `attempt-failed`. */
  event: string
  /** What it happened to. */
  purpose: 'listen' | 'speak'
  /** Milliseconds since the epoch. */
  at: number
  /** The error's code, when there is one. */
  code?: DeepgramErrorCode
  /** Plain facts: numbers, flags, redacted addresses. */
  data?: Readonly<Record<string, string | number | boolean | null | undefined>>
}

/**
 * How to reach and authenticate with the service. Accepted by the provider, each hook and each drop-in component; the
 * nearest wins. Read anew at every connection attempt; changing them reconnects nothing by itself.
 */
export interface ConnectionOptions {
  /**
   * Called before EVERY connection attempt. Its result travels as `Sec-WebSocket-Protocol: bearer, <JWT>`.
   *
   * Fails with `token-timeout` after 10 s, `token-failed` when it rejects, `invalid-token` when it yields no token.
   */
  getToken?: GetToken | undefined
  /**
   * A raw API key; travels as `Sec-WebSocket-Protocol: token, <KEY>`. Everyone who can open the page can read it.
   *
   * Fails with `unsafe-api-key` in a production build unless `dangerouslyAllowApiKey` is set.
   */
  apiKey?: string | undefined
  /** Without it, `apiKey` warns in development and is refused (`unsafe-api-key`) in a production build. @default false */
  dangerouslyAllowApiKey?: boolean | undefined
  /**
   * Scheme, host and path prefix of the service or of a proxy. `ws:` is refused with `insecure-url` except for loopback
   * hosts, unless `allowInsecure`.
   *
   * @default 'wss://api.deepgram.com'
   */
  baseUrl?: string | undefined
  /** Allows an unencrypted line to another machine. @default false */
  allowInsecure?: boolean | undefined
  /** The constructor of sockets. @default globalThis.WebSocket */
  WebSocket?: WebSocketConstructor | undefined
  /** Milliseconds from the constructor to `open` before an attempt fails with `connect-timeout`. @default 10000 */
  connectTimeoutMs?: number | undefined
  /**
   * A person signs out when it aborts: whatever is running ends at once, and later calls fail with `revoked`; no token is
   * asked for any more. Below a `DeepgramProvider` it is the provider's, which follows its own `revoked` and those of the
   * providers above; see `useDeepgramProvider`.
   */
  revoked?: AbortSignal | undefined
  /** `false` = never. Defaults are documented on the type. */
  reconnect?: false | ReconnectOptions | undefined
  /** Structured events; never contains a credential; contains no transcript text. Default: silent. */
  logger?: ((event: LogEvent) => void) | undefined
}
