import type { OpusFactory } from './audio-decoder.ts'
import { Connection, type EmulatedSocket } from './connection.ts'
import { createCredentialDesk, type Credential, findCredential, type IssuedToken } from './credentials.ts'
import { type Endpoint, isRefusal, type ServiceFactory } from './endpoint.ts'
import { drawAmount, type EmulatorFaults } from './faults.ts'
import { createListenV1Endpoint, type ListenOptions } from './listen-v1-service.ts'
import { createListenV2Endpoint, type ListenV2Options } from './listen-v2-service.ts'
import { type EmulatorClock, platformClock } from './ports.ts'
import { createRandom, uuidV7 } from './random.ts'
import { type HttpAnswer, invalidCredentials, refuse, type Refusal, refusalForStatus, toHttpAnswer } from './refusal.ts'
import { createSpeakV1Endpoint, type SpeakOptions } from './speak-v1-service.ts'
import { createSpeakV2Endpoint, type SpeakV2Options } from './speak-v2-service.ts'

/** How an emulator behaves. */
export interface EmulatorOptions {
  /**
   * What listen connections hear instead of the audio they are sent: lines with times, played as the stream's clock
   * goes on. A function is asked once per connection; null leaves that one to real hearing.
   */
  script?: ListenOptions['script']
  /** What goes wrong on the line. Can be replaced at any time by `emulator.faults = …`. @default {} */
  faults?: EmulatorFaults
  /**
   * How audio is heard where no script plays: with the platform's own Opus decoder, with another one, or (`false`)
   * not at all, which makes every audio silence.
   *
   * @default true
   */
  hears?: boolean | { opus?: OpusFactory; placeholder?: string }
  /** The API keys that are known. Default: any value that is not shaped like a JWT. */
  apiKey?: string | readonly string[]
  /** Whether a handshake without any credential is accepted, as by an application's own proxy. @default false */
  allowAnonymous?: boolean
  /** Seconds the tokens of `getToken` live, 1…3600. @default 30 */
  tokenTtlSeconds?: number
  /** Open connections per purpose beyond which a handshake is refused with 429. @default Infinity */
  maxConnections?: number
  /**
   * Bytes of received binary frames that each socket's handle keeps; beyond them the oldest are forgotten.
   *
   * @default 16_777_216
   */
  keepBytes?: number
  /** Fixes everything random: ids, frame lengths, jitter, the draws of faults. @default 1 */
  seed?: number
  /** Told when audio cannot be decoded because a decoder is missing or broken. Default: nobody is told. */
  onProblem?: (error: Error) => void
  /** Where it takes its time from. @default the platform's */
  clock?: EmulatorClock
  /** Details of the listen endpoints. */
  listen?: Omit<ListenOptions, 'script' | 'opus' | 'placeholder' | 'onProblem'> & ListenV2Options
  /** Details of the speak endpoints. */
  speak?: SpeakOptions & SpeakV2Options
}

/** One handshake that reached the emulator, accepted or refused. */
export interface HandshakeRecord {
  /** Milliseconds since 1970. */
  at: number
  /** The address as the client gave it. */
  url: string
  /** Its path, for example `/v1/listen`. */
  path: string
  /** The subprotocols the client offered, credentials included. */
  protocols: readonly string[]
  /** Which kind of credential was shown; null for none. */
  scheme: 'token' | 'bearer' | null
  /** 101 for an accepted one, 0 for a line that broke without an answer. */
  status: number
}

/** One call of the grant endpoint. */
export interface GrantRecord {
  /** Milliseconds since 1970. */
  at: number
  /** HTTP status of the answer. */
  status: number
  /** Seconds; null where the call was refused. */
  ttlSeconds: number | null
}

/** What a transport knows of a handshake. */
export interface HandshakeRequest {
  /** Address as the client gave it; a path and query are enough. */
  url: string
  protocols: readonly string[]
  /** Header names in lower case. */
  headers?: Readonly<Record<string, string | undefined>>
}

/** The emulator's answer to a handshake. The transport gives it after `delayMs` (`Infinity`: never). */
export type HandshakeAnswer = { delayMs: number } & (
  | { kind: 'accept'; protocol: string | null; headers: Record<string, string>; connection: Connection }
  | ({ kind: 'refuse' } & HttpAnswer)
  | { kind: 'break' }
)

/** What every emulator tells and lets be changed, whatever carries its frames. */
export interface EmulatorFace {
  /** What goes wrong on the line; may be replaced at any time. */
  faults: EmulatorFaults
  /** Connections, oldest first, ended ones included; beyond 200 the oldest ended ones are forgotten. */
  readonly sockets: readonly EmulatedSocket[]
  /** Handshakes, accepted and refused, oldest first. */
  readonly handshakes: readonly HandshakeRecord[]
  /** Calls of the grant endpoint, oldest first. */
  readonly grants: readonly GrantRecord[]
  /** Every short-lived token given out, oldest first. */
  readonly tokens: readonly IssuedToken[]
  /** An API key that passes. */
  readonly apiKey: string
  /** Where it takes its time from. */
  readonly clock: EmulatorClock
  /** Calls `listener` for every accepted connection, before its service begins. Returns its own undo. */
  onSocket(listener: (socket: EmulatedSocket) => void): () => void
  /** Gives out a fresh token, as `POST /v1/auth/grant` does. @throws TypeError for a time to live outside 1…3600. */
  issueToken(ttlSeconds?: number): { access_token: string; expires_in: number }
}

/** The emulator without a transport. */
export interface EmulatorCore extends EmulatorFace {
  /** Decides about a handshake. */
  handshake(request: HandshakeRequest): HandshakeAnswer
  /** Gives up an accepted handshake whose client left before it was answered. */
  abandon(connection: Connection): void
  /** Answers a REST call. */
  rest(request: { method: string; path: string; authorization: string | undefined; body: string }): HttpAnswer
}

const keptSockets = 200

/** Creates an emulator without a transport. `defaultOpus` decodes where the options name no decoder. */
export function createEmulatorCore(options: EmulatorOptions = {}, defaultOpus?: OpusFactory): EmulatorCore {
  const { clock = platformClock, seed = 1, hears = true, maxConnections = Infinity } = options
  const random = createRandom(seed)
  const apiKeys = options.apiKey === undefined ? null : [options.apiKey].flat()
  const desk = createCredentialDesk(apiKeys, clock, random)
  const endpoints = createEndpoints()
  const sockets: Connection[] = []
  const handshakes: HandshakeRecord[] = []
  const grants: GrantRecord[] = []
  const listeners = new Set<(socket: EmulatedSocket) => void>()
  let faults = options.faults ?? {}
  let accepted = 0

  function createEndpoints(): readonly Endpoint[] {
    const { opus = defaultOpus, placeholder } = typeof hears === 'object' ? hears : {}
    const listen: ListenOptions & ListenV2Options = {
      ...options.listen,
      ...(options.script !== undefined && { script: options.script }),
      ...(hears === false && options.script === undefined && { script: [] }),
      ...(opus !== undefined && { opus }),
      ...(placeholder !== undefined && { placeholder }),
      ...(options.onProblem !== undefined && { onProblem: options.onProblem }),
    }
    const { speak = {} } = options
    return [
      createListenV1Endpoint(listen),
      createListenV2Endpoint(listen),
      createSpeakV1Endpoint(speak),
      createSpeakV2Endpoint(speak),
    ]
  }

  const newRequestId = (): string => uuidV7(clock.now(), random)

  /** The status a fault gives this attempt; null lets it pass. */
  function faultyStatus(attempt: number): number | null {
    const refusal = faults.refuse
    if (typeof refusal === 'number') return refusal
    if (typeof refusal === 'function') return refusal(attempt) ?? null
    if (refusal === undefined || refusal.times <= 0) return null
    faults = { ...faults, refuse: { ...refusal, times: refusal.times - 1 } }
    return refusal.status
  }

  function admit(url: URL, credential: Credential | null): Refusal | { endpoint: Endpoint; factory: ServiceFactory } {
    const endpoint = endpoints.find((candidate) => candidate.path === url.pathname)
    if (endpoint === undefined) return refusalForStatus(404)
    const isKnown = credential === null ? options.allowAnonymous === true : desk.isValid(credential)
    if (!isKnown) return invalidCredentials
    const factory = endpoint.admit(url.searchParams)
    if (typeof factory !== 'function') return factory
    const open = sockets.filter((socket) => socket.state !== 'closed' && socket.path === endpoint.path)
    if (open.length < maxConnections) return { endpoint, factory }
    return endpoint.purpose === 'speak'
      ? refuse(429, 'Too Many Requests', 'Please try again later.')
      : refusalForStatus(429)
  }

  function selectProtocol(offered: readonly string[], credential: Credential | null): string | null {
    const fault = faults.selectSubprotocol
    if (typeof fault === 'function') return fault(offered)
    if (fault !== undefined) return fault
    // Only the scheme word is echoed, never the key; clients with a header offered nothing to choose from.
    return credential !== null && offered.includes(credential.scheme) ? credential.scheme : null
  }

  function createConnection(
    url: URL,
    request: HandshakeRequest,
    requestId: string,
    protocol: string | null,
    credential: Credential | null,
    factory: ServiceFactory,
  ): Connection {
    const connection = new Connection({
      index: accepted++,
      requestId,
      url,
      rawUrl: request.url,
      protocols: request.protocols,
      protocol,
      scheme: credential?.scheme ?? null,
      keepBytes: options.keepBytes ?? 16 * 1024 * 1024,
      clock,
      random,
      faults: () => faults,
      createService: (port, socket) => {
        for (const listener of [...listeners]) listener(socket)
        return factory({ port, clock, random, requestId, socket })
      },
      onEnd: forgetOldest,
    })
    sockets.push(connection)
    return connection
  }

  function forgetOldest(): void {
    while (sockets.length > keptSockets) {
      const oldest = sockets.findIndex((socket) => socket.state === 'closed')
      if (oldest < 0) return
      sockets.splice(oldest, 1)
    }
    handshakes.splice(0, Math.max(0, handshakes.length - 10 * keptSockets))
  }

  function handshake(request: HandshakeRequest): HandshakeAnswer {
    const url = new URL(request.url, 'ws://emulator')
    const requestId = newRequestId()
    const credential = findCredential(request.protocols, request.headers?.authorization)
    const record: HandshakeRecord = {
      at: clock.now(),
      url: request.url,
      path: url.pathname,
      protocols: request.protocols,
      scheme: credential?.scheme ?? null,
      status: 101,
    }
    handshakes.push(record)
    const delayMs = drawAmount(faults.openDelayMs ?? 0, random)
    const status = faultyStatus(handshakes.length)
    if (status === 0) {
      record.status = 0
      return { delayMs, kind: 'break' }
    }
    const admission = status === null ? admit(url, credential) : refusalForStatus(status)
    if (isRefusal(admission)) {
      record.status = admission.status
      return { delayMs, kind: 'refuse', ...toHttpAnswer(admission, requestId) }
    }
    const protocol = selectProtocol(request.protocols, credential)
    const connection = createConnection(url, request, requestId, protocol, credential, admission.factory)
    return { delayMs, kind: 'accept', protocol, headers: acceptHeaders(request, requestId), connection }
  }

  function issueToken(ttlSeconds = options.tokenTtlSeconds ?? 30): { access_token: string; expires_in: number } {
    if (!(ttlSeconds >= 1 && ttlSeconds <= 3600)) {
      throw new TypeError(`ttlSeconds must be a number from 1 to 3600; it is ${String(ttlSeconds)}.`)
    }
    const issued = desk.issue(ttlSeconds)
    grants.push({ at: clock.now(), status: 200, ttlSeconds })
    return issued
  }

  function grant(authorization: string | undefined, body: string): HttpAnswer {
    const requestId = newRequestId()
    const answerNo = (refusal: Refusal): HttpAnswer => {
      grants.push({ at: clock.now(), status: refusal.status, ttlSeconds: null })
      return toHttpAnswer(refusal, requestId)
    }
    const credential = findCredential([], authorization)
    if (credential === null || !desk.isValid(credential)) return answerNo(invalidCredentials)
    if (credential.scheme === 'bearer') return answerNo(refuse(403, 'FORBIDDEN', 'Insufficient permissions.'))
    const ttl = readTtl(body)
    if (ttl === null) {
      return answerNo(refuse(400, 'Bad Request', 'ttl_seconds must be a number from 1 to 3600.'))
    }
    const headers = { 'content-type': 'application/json', 'dg-request-id': requestId }
    return { status: 200, headers, body: JSON.stringify(issueToken(ttl)) }
  }

  return {
    get faults() {
      return faults
    },
    set faults(next) {
      faults = next
      for (const socket of sockets) socket.armFaults()
    },
    sockets,
    handshakes,
    grants,
    tokens: desk.issued,
    apiKey: apiKeys?.[0] ?? 'emulator-key',
    clock,
    onSocket(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    issueToken,
    handshake,
    abandon: (connection) => connection.clientGone(),
    rest({ method, path, authorization, body }) {
      if (path !== '/v1/auth/grant') return toHttpAnswer(refusalForStatus(404), newRequestId())
      if (method === 'POST') return grant(authorization, body)
      return toHttpAnswer(refuse(405, 'METHOD_NOT_ALLOWED', 'Method Not Allowed'), newRequestId())
    },
  }
}

/** The headers of a 101 (section 1.2 of the protocol). */
function acceptHeaders(request: HandshakeRequest, requestId: string): Record<string, string> {
  const origin = request.headers?.origin
  return {
    'dg-request-id': requestId,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'dg-model-name,dg-model-uuid,dg-char-count,dg-request-id,dg-error',
    vary: 'origin',
    ...(origin !== undefined && { 'access-control-allow-origin': origin }),
  }
}

/** The time to live a grant asks for; null where it is impossible. */
function readTtl(body: string): number | null {
  if (body.trim() === '') return 30
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return null
  }
  if (typeof parsed !== 'object' || parsed === null) return null
  const { ttl_seconds: ttl = 30 } = parsed as { ttl_seconds?: unknown }
  return typeof ttl === 'number' && ttl >= 1 && ttl <= 3600 ? ttl : null
}
