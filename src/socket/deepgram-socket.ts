import { DeepgramError, type DeepgramErrorCode, type DeepgramErrorDetails } from '../errors.ts'
import { closeMeaning } from '../protocol/close-codes.ts'
import {
  buildUrl,
  credentialProtocols,
  parseBaseUrl,
  redactUrl,
  type BaseUrl,
  type Credential,
} from '../protocol/endpoint.ts'
import type { QueryValue } from '../protocol/listen-v1.ts'
import { createScope } from '../scope.ts'
import { createAllowance, type Allowance } from './allowance.ts'
import { backoffDelay, backoffPolicy } from './backoff.ts'
import { checkOptions, DURATION, FLAG, FUNCTION, numberFrom, OBJECT, TEXT, type OptionRules } from './check-options.ts'
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
  /** See {@link checkConnection}. */
  check(): void
  /** Starts the first attempt. Does nothing while one is under way or a line is open. */
  connect(): void
  /** Sends now, or returns `false` when no line is open; empty frames are never sent. */
  send(data: string | Blob | ArrayBufferView<ArrayBuffer> | ArrayBuffer): boolean
  /** From now on a clean close is the expected end. After `timeoutMs` it closes by itself. */
  drain(timeoutMs: number): void
  /**
   * Gives up the current line, whatever its state, and connects again after the usual delay.
   *
   * @param isFlood - The server sends what nobody asked for. It will do so again: after the third such line it is over.
   */
  replace(error: DeepgramError, isFlood?: boolean): void
  /**
   * Something came of the current line: the attempts until it is given up are counted anew when it is lost, if it lived long enough
   * to be more than a line that is lost at once. The delays go on growing until one is healthy.
   */
  progress(): void
  /** Ends a waiting time early; a waiting time without a network ends in no other way. */
  retryNow(): void
  /** Ends at once with code 1000. `onEnd` is not called. */
  close(): void
}

const MAX_REFUSALS = 3
const QUICK_DEATH_MS = 2_000
const ERROR_WITHOUT_CLOSE_MS = 100

/**
 * What the sessions of a page share: a loop that mounts and unmounts, or a list of a thousand, is no storm of tokens and
 * connections. Each constructor has one of its own: a page has one, and a test as many as it makes.
 */
const starts = /* @__PURE__ */ new WeakMap<WebSocketConstructor, Allowance>()

function startsOf(constructor: WebSocketConstructor): Allowance {
  const own = starts.get(constructor) ?? createAllowance(100, 5)
  starts.set(constructor, own)
  return own
}

const CONNECTION: OptionRules = [
  [FUNCTION, 'getToken WebSocket logger'],
  [TEXT, 'apiKey baseUrl'],
  [FLAG, 'dangerouslyAllowApiKey allowInsecure'],
  [DURATION, 'connectTimeoutMs'],
  [OBJECT, 'revoked'],
]
const RECONNECT: OptionRules = [
  [DURATION, 'baseDelayMs maxDelayMs healthyMs'],
  [numberFrom(0), 'maxAttempts'],
]

/** A message costs 1, and 1 for each so many UTF-16 units; transcription comes to some 5 in a second. */
const COST_LENGTH = 4096
/** Nobody sends such a message twice by accident: the longest seen is under 20,000. */
const HUGE_LENGTH = 1_048_576
const HUGE_COST = 30_000

/** Creates a socket that is not connected yet; it opens nothing by itself. */
export function createDeepgramSocket(config: SocketConfig): DeepgramSocket {
  const { purpose, random = Math.random } = config
  const attempts: AttemptRecord[] = []
  let state: DeepgramSocket['state'] = 'idle'
  /** Ends with the attempt, the line, or the waiting time. */
  let scope = createScope()
  let socket: WebSocketLike | null = null
  /** In a row. A line that lasted lets them begin anew. */
  let failures = 0
  /** Of these, the last ones of which nothing came. */
  let fruitless = 0
  let hasProgressed = false
  /** Before the first success a refusal is more likely to be about credentials or options than about the network. */
  let refusals = 0
  /** A network that breaks again and again has the attempts to use up; a service that closes at once, or floods, means it. */
  let quickDeaths = 0

  const log = (
    level: LogEvent['level'],
    event: string,
    data: LogEvent['data'] = {},
    code?: DeepgramErrorCode,
  ): void => {
    try {
      config.getOptions().logger?.({ level, event, purpose, at: Date.now(), ...(code && { code }), data })
    } catch {
      // A logger that throws must not take the line down with it.
    }
  }
  const logError = (level: LogEvent['level'], event: string, { code, details }: DeepgramError): void =>
    log(level, event, { ...details, causes: details.causes?.join('; ') }, code)

  function attempt(): void {
    // None of the events of the line before can act any more.
    scope.dispose()
    const current = (scope = createScope())
    const startedAt = Date.now()
    const elapsed = (): number => Date.now() - startedAt
    const record: AttemptRecord = {
      attempt: (attempts.at(-1)?.attempt ?? 0) + 1,
      startedAt,
      openedAfterMs: null,
      endedAfterMs: null,
      closeCode: null,
      closeReason: '',
      error: null,
    }
    if (attempts.push(record) > 50) attempts.shift()
    current.add(() => (record.endedAfterMs = elapsed()))
    state = 'connecting'
    hasProgressed = false
    log('debug', 'connect', { attempt: record.attempt })
    begin()

    function begin(): void {
      open().catch((cause: unknown) => {
        if (!current.isDisposed) fail(asError(cause))
      })
    }

    async function open(): Promise<void> {
      const options = config.getOptions()
      const WebSocket = webSocketOf(options)
      const waitMs = startsOf(WebSocket).take()
      if (waitMs) {
        current.timeout(begin, waitMs)
        return
      }
      // Read before the token is asked for: a token never reaches another host than the one it was meant for.
      const base = checkBase(options)
      const credential = await resolveCredential(options, { signal: current.signal, attempt: record.attempt, purpose })
      if (current.isDisposed) return
      const { path, query, hints = [] } = config.getAddress()
      const url = buildUrl(base, path, query)
      const failWith = (code: DeepgramErrorCode, message: string, retryable: boolean, more?: DeepgramErrorDetails) =>
        new DeepgramError(code, message, {
          retryable,
          details: { url: redactUrl(url), attempt: record.attempt, elapsedMs: elapsed(), ...more },
        })
      let line: WebSocketLike
      try {
        socket = line = credential ? new WebSocket(url, credentialProtocols(credential)) : new WebSocket(url)
      } catch {
        // The original error is dropped on purpose: its message may contain the credential.
        throw failWith(
          'handshake-failed',
          'The browser refused baseUrl; nothing was sent; check it, and use wss: on a page with https.',
          false,
        )
      }
      line.binaryType = 'arraybuffer'
      current.add(() => {
        line.onopen = line.onmessage = line.onerror = line.onclose = socket = null
        // Closing a closed line is harmless; a frozen peer is not waited for.
        if (line.readyState < 2) line.close(1000)
      })

      const forget = current.timeout(
        () =>
          fail(
            failWith(
              'connect-timeout',
              'The connection took too long; nothing was sent; check the network, baseUrl and proxies, and try again.',
              true,
            ),
          ),
        options.connectTimeoutMs ?? 10_000,
      )
      line.onopen = () => {
        forget()
        const scheme = credential?.scheme ?? ''
        if (line.protocol !== scheme) {
          // The selected value itself is never shown: a careless server may have echoed the credential.
          fail(
            failWith(
              'subprotocol-mismatch',
              `The server did not select the subprotocol "${scheme}"; nothing was sent; check baseUrl, or let the proxy answer with that word alone.`,
              false,
            ),
          )
          return
        }
        record.openedAfterMs = elapsed()
        state = 'open'
        refusals = -Infinity
        log('info', 'open', { attempt: record.attempt, afterMs: record.openedAfterMs })
        config.onOpen()
      }
      // Hours of speech may come in one go, from a test or a replay; a flood goes on.
      const messages = createAllowance(60_000, 1_000)
      line.onmessage = ({ data }: { data: unknown }) => {
        if (current.isDisposed) return
        if (typeof data !== 'string') {
          if (data instanceof ArrayBuffer) config.onBytes?.(data)
        } else if (messages.take(data.length > HUGE_LENGTH ? HUGE_COST : 1 + data.length / COST_LENGTH)) {
          fail(
            failWith(
              'service-error',
              'The server sends more messages than speech can be the cause of; they are not read, for the page to stay alive; check baseUrl, and try again.',
              true,
            ),
            false,
            true,
          )
        } else config.onText(data)
      }
      line.onclose = ({ code: closeCode, reason }: { code: number; reason: string }) => {
        if (current.isDisposed) return
        const closeReason = credential ? reason.replaceAll(credential.value, '…') : reason
        Object.assign(record, { closeCode, closeReason })
        if (record.openedAfterMs === null) {
          const causes = [
            ...(config.isOnline?.() === false ? ['the device is offline'] : []),
            ...hints,
            ...refusalCauses(credential),
          ]
          fail(
            failWith(
              'handshake-failed',
              `The connection was refused; the browser does not say why; likely causes: ${causes.join('; ')}.`,
              true,
              { closeCode, closeReason, causes },
            ),
          )
          // A drain that is cut off is a lost line like any other: what was not answered is sent again.
        } else if (state === 'draining' && (closeCode === 1000 || closeCode === 1005)) {
          end(null)
        } else {
          const { code, retryable, what, todo, isRoutine } = closeMeaning(closeCode, closeReason)
          fail(
            failWith(code, `The connection ended because ${what}; nothing more arrives; ${todo}.`, retryable, {
              closeCode,
              closeReason,
            }),
            isRoutine,
          )
        }
      }
      line.onerror = () => {
        // A policy (CSP) that blocks the connection fires `error` and never `close`.
        current.timeout(() => line.onclose?.({ code: 1006, reason: '' } as never), ERROR_WITHOUT_CLOSE_MS)
      }
    }
  }

  /** The current attempt or line has failed: wait and try again, or give up. */
  function fail(error: DeepgramError, isRoutine = false, isFlood = false): void {
    const { details } = error
    const record = attempts.at(-1)!
    const { openedAfterMs } = record
    scope.dispose()
    record.error = error.code
    logError('warn', openedAfterMs === null ? 'attempt-failed' : 'lost', error)
    const policy = backoffPolicy(config.getOptions().reconnect)
    // Without a network every attempt fails: none is made, and none is counted, until `retryNow()`.
    const isOffline = config.isOnline?.() === false
    if (isOffline) isRoutine = true
    if (openedAfterMs === null) {
      if (!isOffline) refusals++
    } else {
      const lifeMs = record.endedAfterMs! - openedAfterMs
      if (isFlood) quickDeaths++
      else if (policy && lifeMs >= policy.healthyMs) failures = fruitless = quickDeaths = 0
      else if (lifeMs >= QUICK_DEATH_MS) {
        if (hasProgressed) fruitless = 0
      } else if ((details.closeCode ?? 1006) !== 1006) quickDeaths++
    }
    if (!isRoutine) {
      failures++
      fruitless++
    }
    if (
      !policy ||
      !(error.retryable || config.shouldRetry?.(error)) ||
      Math.max(refusals, quickDeaths) >= MAX_REFUSALS
    ) {
      end(error)
    } else if (fruitless > policy.maxAttempts) {
      end(
        new DeepgramError(
          'reconnect-exhausted',
          `The connection failed ${fruitless} times in a row; the session is over; check the network and try again.`,
          { retryable: true, cause: error, details },
        ),
      )
    } else {
      const delayMs = details.retryAfterMs ?? backoffDelay(policy, Math.max(1, failures), random())
      state = 'waiting'
      scope = createScope()
      log('info', 'waiting', { failures, isOffline, ...(!isOffline && { delayMs }) })
      if (!isOffline) scope.timeout(attempt, delayMs)
      config.onDown(error, delayMs)
    }
  }

  function end(error: DeepgramError | null, isCutShort = false): void {
    state = 'ended'
    scope.dispose()
    if (error) logError('error', 'ended', error)
    else log('info', 'closed', { isCutShort })
    config.onEnd(error, isCutShort)
  }

  const isIdle = (): boolean => state === 'idle' || state === 'ended'
  const isOpen = (): boolean => state === 'open' || state === 'draining'

  return {
    get state() {
      return state
    },
    get bufferedAmount() {
      return socket?.bufferedAmount ?? 0
    },
    attempts,
    check() {
      checkConnection(config.getOptions())
    },
    connect() {
      if (!isIdle()) return
      failures = fruitless = refusals = quickDeaths = 0
      attempt()
    },
    send(data) {
      const size = typeof data === 'string' ? data.length : 'size' in data ? data.size : data.byteLength
      if (!size || !isOpen() || socket?.readyState !== 1) return false
      socket.send(data as never)
      return true
    },
    drain(timeoutMs) {
      if (state !== 'open') return
      state = 'draining'
      scope.timeout(() => end(null, true), timeoutMs)
    },
    replace(error, isFlood) {
      if (isOpen()) fail(error, false, isFlood)
    },
    progress() {
      hasProgressed = true
    },
    retryNow() {
      if (state === 'waiting') attempt()
    },
    close() {
      if (isIdle()) return
      state = 'ended'
      scope.dispose()
      log('info', 'closed')
    },
  }
}

/**
 * Checks the options as far as possible without any traffic.
 *
 * @throws TypeError for misused options.
 * @throws DeepgramError `revoked`, `unsafe-api-key`, `invalid-token`, `insecure-url`, `unsupported`.
 */
export function checkConnection(options: ConnectionOptions): void {
  const { reconnect } = options
  checkOptions(options, CONNECTION)
  if (reconnect !== false) {
    checkOptions(options, [[OBJECT, 'reconnect']])
    checkOptions(reconnect ?? {}, RECONNECT, 'reconnect.')
  }
  checkCredentialOptions(options)
  checkBase(options)
  webSocketOf(options)
}

function checkBase(options: ConnectionOptions): BaseUrl {
  const base = parseBaseUrl(options.baseUrl ?? 'wss://api.deepgram.com')
  const isPageSecure = (globalThis as { location?: { protocol?: string } }).location?.protocol === 'https:'
  if (base.isSecure || base.isLoopback || (options.allowInsecure && !isPageSecure)) return base
  throw new DeepgramError(
    'insecure-url',
    isPageSecure
      ? 'baseUrl is not encrypted, and the page is; everyone on the way could read it; use wss:.'
      : 'baseUrl is not encrypted; everyone on the way can read it; use wss:, or set allowInsecure if the network is private.',
  )
}

function webSocketOf(options: ConnectionOptions): WebSocketConstructor {
  const constructor = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
  if (constructor) return constructor
  throw new DeepgramError('unsupported', 'There is no WebSocket here; nothing was sent; pass the WebSocket option.')
}

const refusalCauses = (credential: Credential | null): string[] => [
  !credential
    ? 'no credential was offered, and baseUrl is no proxy that adds one'
    : credential.scheme === 'bearer'
      ? 'the token from getToken has expired, or belongs to another project or host'
      : 'the API key is wrong or lacks the right',
  'an option or the model is not accepted',
  'the network, a proxy or the Content-Security-Policy blocks it',
  'the project has no credit or too many streams',
]

function asError(cause: unknown): DeepgramError {
  if (cause instanceof DeepgramError) return cause
  return new DeepgramError(
    'handshake-failed',
    `The connection failed early (${cause instanceof Error ? cause.message : typeof cause}); nothing was sent; check the options.`,
    { cause },
  )
}
