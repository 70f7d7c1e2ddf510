import { DeepgramError, type DeepgramErrorDetails } from '../errors.ts'
import { closeMeaning } from '../protocol/close-codes.ts'
import { buildUrl, credentialProtocols, parseBaseUrl, redactUrl, type Credential } from '../protocol/endpoint.ts'
import type { QueryValue } from '../protocol/listen-v1.ts'
import { createScope, type Scope } from '../scope.ts'
import { backoffDelay, backoffPolicy } from './backoff.ts'
import { checkCredentialOptions, resolveCredential } from './credential.ts'
import type { ConnectionOptions, LogEvent, WebSocketConstructor, WebSocketLike } from './options.ts'

/** Where a session wants to be connected. */
export interface SocketAddress {
  /** For example `/v1/listen`. */
  readonly path: string
  readonly query: Readonly<Record<string, QueryValue>>
  /** What is known to be doubtful about the options, named first should the service refuse them. */
  readonly hints?: readonly string[]
}

/** What became of one connection attempt; kept for diagnostics. */
export interface AttemptRecord {
  /** From 1. */
  readonly attempt: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Milliseconds from the start to `open`; `null` if it never opened. */
  openedAfterMs: number | null
  /** Milliseconds from the start to the end; `null` while it lasts. */
  endedAfterMs: number | null
  /** WebSocket close code; `null` while it lasts, or if it never got that far. */
  closeCode: number | null
  /** WebSocket close reason, without the credential. */
  closeReason: string
  /** Code of the error it ended with. */
  error: string | null
}

/** What a session supplies, and is told. */
export interface SocketConfig {
  readonly purpose: 'listen' | 'speak'
  /** Called at every attempt. */
  getOptions(): ConnectionOptions
  /** Called at every attempt. */
  getAddress(): SocketAddress
  /** A fresh, authenticated line is open; send now. */
  onOpen(): void
  /** A text frame of the current line. */
  onText(text: string): void
  /** A binary frame of the current line. */
  onBytes?(bytes: ArrayBuffer): void
  /** There is no line now, but another attempt follows in `delayMs`. */
  onDown(error: DeepgramError, delayMs: number): void
  /**
   * It is over; `error` is `null` when this was asked for, and `isCutShort` when the service did not close in the time
   * given to `drain`. Nothing is called afterwards, until the next `connect()`.
   */
  onEnd(error: DeepgramError | null, isCutShort?: boolean): void
  /** Asked about an error that is not worth a retry by itself: `true` makes it one. */
  shouldRetry?: (error: DeepgramError) => boolean
  /** 0 (inclusive) to 1 (exclusive). @default Math.random */
  random?: () => number
  /** Whether the device believes that it has a network. */
  isOnline?: () => boolean
}

/** One authenticated connection, kept alive. */
export interface DeepgramSocket {
  /** `waiting`: between two attempts. `draining`: open, until the service closes it. */
  readonly state: 'idle' | 'connecting' | 'open' | 'draining' | 'waiting' | 'ended'
  /** Bytes accepted by the browser and not yet sent. */
  readonly bufferedAmount: number
  /** The last attempts, the newest last; at most 50. */
  readonly attempts: readonly AttemptRecord[]
  /**
   * Checks the options as far as possible without any traffic.
   *
   * @throws TypeError for misused options.
   * @throws DeepgramError `unsafe-api-key`, `invalid-token`, `insecure-url`, `unsupported`.
   */
  check(): void
  /** Starts the first attempt. Does nothing while one is under way or a line is open. */
  connect(): void
  /** Sends now, or returns `false` when no line is open; empty frames are never sent. */
  send(data: string | Blob | ArrayBufferView<ArrayBuffer> | ArrayBuffer): boolean
  /** From now on a clean close is the expected end. After `timeoutMs` it closes by itself. */
  drain(timeoutMs: number): void
  /** Gives up the current line, whatever its state, and connects again after the usual delay. */
  replace(error: DeepgramError): void
  /** Ends a waiting time early. */
  retryNow(): void
  /** Ends at once with code 1000. `onEnd` is not called. */
  close(): void
}

const MAX_REFUSALS = 3
const QUICK_DEATH_MS = 2_000
const ERROR_WITHOUT_CLOSE_MS = 100

/** Creates a socket that is not connected yet; it opens nothing by itself. */
export function createDeepgramSocket(config: SocketConfig): DeepgramSocket {
  const attempts: AttemptRecord[] = []
  const random = config.random ?? Math.random
  let state: DeepgramSocket['state'] = 'idle'
  let scope: Scope | null = null
  let socket: WebSocketLike | null = null
  let failures = 0
  let refusals = 0
  let quickDeaths = 0
  let count = 0
  let hasOpened = false

  const log = (level: LogEvent['level'], event: string, data: LogEvent['data'] = {}, code?: LogEvent['code']): void => {
    const { logger } = config.getOptions()
    try {
      logger?.({ level, event, purpose: config.purpose, at: Date.now(), ...(code && { code }), data })
    } catch {
      // A logger that throws must not take the line down with it.
    }
  }

  function check(): void {
    const options = config.getOptions()
    checkCredentialOptions(options)
    checkBase(options)
    webSocketOf(options)
  }

  function attempt(): void {
    // Replaces the scope of the line before: none of its events can act any more.
    scope?.dispose()
    const current = createScope()
    scope = current
    state = 'connecting'
    const record: AttemptRecord = {
      attempt: ++count,
      startedAt: Date.now(),
      openedAfterMs: null,
      endedAfterMs: null,
      closeCode: null,
      closeReason: '',
      error: null,
    }
    attempts.push(record)
    if (attempts.length > 50) attempts.shift()
    current.add(() => (record.endedAfterMs ??= Date.now() - record.startedAt))
    run(current, record).catch((reason: unknown) => {
      if (!current.isDisposed) fail(asError(reason), record)
    })
  }

  async function run(current: Scope, record: AttemptRecord): Promise<void> {
    const options = config.getOptions()
    const { purpose } = config
    log('debug', 'connect', { attempt: record.attempt })
    const credential = await resolveCredential(options, { signal: current.signal, attempt: record.attempt, purpose })
    if (current.isDisposed) return
    const address = config.getAddress()
    const url = buildUrl(checkBase(options), address.path, address.query)
    const line = construct(webSocketOf(options), url, credential)
    socket = line
    line.binaryType = 'arraybuffer'

    const details = (): DeepgramErrorDetails => ({
      url: redactUrl(url),
      attempt: record.attempt,
      elapsedMs: Date.now() - record.startedAt,
    })
    current.add(() => {
      line.onopen = line.onmessage = line.onerror = line.onclose = null
      if (socket === line) socket = null
      // Closing a closed line is harmless; a frozen peer is not waited for.
      if (line.readyState < 2) line.close(1000)
    })
    const forget = current.timeout(() => {
      fail(
        new DeepgramError(
          'connect-timeout',
          'The service accepted no connection in time; nothing can be sent or heard without one; check the network, the address, and that no proxy holds WebSockets back.',
          { retryable: true, details: details() },
        ),
        record,
      )
    }, options.connectTimeoutMs ?? 10_000)

    line.onopen = () => {
      forget()
      const scheme = credential?.scheme ?? ''
      // The selected value itself is never shown: a careless server may have echoed the credential.
      if (line.protocol !== scheme) {
        fail(
          new DeepgramError(
            'subprotocol-mismatch',
            `The server did not select the subprotocol "${scheme}"; it may be no Deepgram endpoint, and nothing was sent to it; check baseUrl, or have your proxy answer with the scheme word alone.`,
            { details: details() },
          ),
          record,
        )
        return
      }
      record.openedAfterMs = Date.now() - record.startedAt
      state = 'open'
      hasOpened = true
      refusals = 0
      log('info', 'open', { attempt: record.attempt, afterMs: record.openedAfterMs })
      config.onOpen()
    }
    line.onmessage = ({ data }: { data: unknown }) => {
      if (typeof data === 'string') config.onText(data)
      else if (data instanceof ArrayBuffer) config.onBytes?.(data)
    }
    line.onclose = ({ code, reason }: { code: number; reason: string }) => {
      record.closeCode = code
      record.closeReason = credential ? reason.replaceAll(credential.value, '…') : reason
      ended(record, credential, address, details())
    }
    line.onerror = () => {
      // A policy (CSP) that blocks the connection fires `error` and never `close`.
      current.timeout(() => line.onclose?.({ code: 1006, reason: '' } as never), ERROR_WITHOUT_CLOSE_MS)
    }
  }

  function ended(
    record: AttemptRecord,
    credential: Credential | null,
    address: SocketAddress,
    details: DeepgramErrorDetails,
  ): void {
    const { closeCode, closeReason } = record
    // A drain that is cut off is a lost line like any other: what was not answered is sent again.
    if (state === 'draining' && (closeCode === 1000 || closeCode === 1005)) {
      end(null)
      return
    }
    const known = { ...details, closeCode: closeCode ?? 1006, closeReason }
    if (record.openedAfterMs === null) {
      const causes = refusalCauses(credential, address, config.isOnline?.() ?? true)
      fail(
        new DeepgramError(
          'handshake-failed',
          `The connection was refused before it opened; the browser does not say why; likely causes, the likeliest first: ${causes.join('; ')}.`,
          { retryable: true, details: { ...known, causes } },
        ),
        record,
      )
      return
    }
    const { code, retryable, what, todo, isRoutine } = closeMeaning(known.closeCode, closeReason)
    fail(
      new DeepgramError(code, `The connection ended because ${what}; nothing more arrives over it; ${todo}.`, {
        retryable,
        details: known,
      }),
      record,
      isRoutine,
    )
  }

  /** The current attempt or line has failed: wait and try again, or give up. */
  function fail(error: DeepgramError, record: AttemptRecord | undefined, isRoutine = false): void {
    const wasOpen = record?.openedAfterMs != null
    scope?.dispose()
    if (record) record.error = error.code
    log('warn', wasOpen ? 'lost' : 'attempt-failed', flat(error.details), error.code)
    const policy = backoffPolicy(config.getOptions().reconnect)
    if (wasOpen) {
      const lifeMs = Date.now() - record.startedAt - (record.openedAfterMs ?? 0)
      if (policy && lifeMs >= policy.healthyMs) failures = quickDeaths = 0
      // A network that breaks again and again has the attempts to use up; a service that closes at once means it.
      else if (lifeMs < QUICK_DEATH_MS && (error.details.closeCode ?? 1006) !== 1006) quickDeaths++
    } else if (!hasOpened) {
      // Before the first success a refusal is more likely to be about credentials or options than about the network.
      refusals++
    }
    if (!isRoutine) failures++
    if (
      !policy ||
      !(error.retryable || config.shouldRetry?.(error)) ||
      refusals >= MAX_REFUSALS ||
      quickDeaths >= MAX_REFUSALS
    ) {
      end(error)
      return
    }
    if (failures > policy.maxAttempts) {
      end(
        new DeepgramError(
          'reconnect-exhausted',
          `The connection could not be made again in ${policy.maxAttempts} attempts; the session is over; check the network and start again.`,
          { retryable: true, cause: error, details: error.details },
        ),
      )
      return
    }
    const delayMs = error.details.retryAfterMs ?? backoffDelay(policy, Math.max(1, failures), random())
    state = 'waiting'
    const waiting = createScope()
    scope = waiting
    waiting.timeout(attempt, delayMs)
    config.onDown(error, delayMs)
  }

  function end(error: DeepgramError | null, isCutShort = false): void {
    state = 'ended'
    scope?.dispose()
    scope = null
    if (error) log('error', 'ended', flat(error.details), error.code)
    else log('info', 'closed', { isCutShort })
    config.onEnd(error, isCutShort)
  }

  return {
    get state() {
      return state
    },
    get bufferedAmount() {
      return socket?.bufferedAmount ?? 0
    },
    attempts,
    check,
    connect() {
      if (state !== 'idle' && state !== 'ended') return
      failures = refusals = quickDeaths = 0
      hasOpened = false
      attempt()
    },
    send(data) {
      if (!socket || (state !== 'open' && state !== 'draining')) return false
      const size = typeof data === 'string' ? data.length : 'size' in data ? data.size : data.byteLength
      if (size === 0 || socket.readyState !== 1) return false
      socket.send(data as never)
      return true
    },
    drain(timeoutMs) {
      if (state === 'open') {
        state = 'draining'
        scope?.timeout(() => end(null, true), timeoutMs)
      }
    },
    replace(error) {
      if (state === 'open' || state === 'draining') fail(error, attempts.at(-1))
    },
    retryNow() {
      if (state === 'waiting') attempt()
    },
    close() {
      if (state === 'idle' || state === 'ended') return
      state = 'ended'
      scope?.dispose()
      scope = null
      log('info', 'closed')
    },
  }
}

function checkBase(options: ConnectionOptions): ReturnType<typeof parseBaseUrl> {
  const base = parseBaseUrl(options.baseUrl ?? 'wss://api.deepgram.com')
  if (base.isSecure || base.isLoopback || options.allowInsecure) return base
  throw new DeepgramError(
    'insecure-url',
    'baseUrl is not encrypted; a credential and speech would cross the network in the clear; use wss:, or set allowInsecure for a network you trust.',
  )
}

function webSocketOf(options: ConnectionOptions): WebSocketConstructor {
  const constructor = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
  if (constructor) return constructor
  throw new DeepgramError(
    'unsupported',
    'There is no WebSocket here; nothing can be sent or heard without one; pass a constructor as the WebSocket option.',
  )
}

function construct(WebSocket: WebSocketConstructor, url: string, credential: Credential | null): WebSocketLike {
  try {
    return credential ? new WebSocket(url, credentialProtocols(credential)) : new WebSocket(url)
  } catch {
    // The original error is dropped on purpose: its message may contain the credential.
    throw new DeepgramError(
      'handshake-failed',
      'The browser refused to open the connection; nothing was sent; check baseUrl, and that a page on https does not use ws:.',
      { details: { url: redactUrl(url) } },
    )
  }
}

function refusalCauses(credential: Credential | null, address: SocketAddress, isOnline: boolean): string[] {
  return [
    ...(isOnline ? [] : ['the device is offline']),
    ...(address.hints ?? []),
    credential === null
      ? 'no credential was offered, and baseUrl is not a proxy that adds one'
      : credential.scheme === 'bearer'
        ? 'the token from getToken has expired, or belongs to another project or host'
        : 'the API key is wrong or lacks the right',
    'an option or the model is not accepted by the service',
    'the network, a proxy or the Content-Security-Policy blocks the connection',
    'the project has no credit or too many streams',
  ]
}

function asError(reason: unknown): DeepgramError {
  if (reason instanceof DeepgramError) return reason
  const message = reason instanceof Error ? reason.message : 'an unknown fault'
  return new DeepgramError(
    'handshake-failed',
    `The connection could not be prepared (${message}); nothing was sent; check the connection options.`,
    { cause: reason },
  )
}

const flat = ({ causes, ...rest }: DeepgramErrorDetails): NonNullable<LogEvent['data']> => ({
  ...rest,
  ...(causes && { causes: causes.join('; ') }),
})
