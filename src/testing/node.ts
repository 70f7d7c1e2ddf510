import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Connection } from './connection.ts'
import {
  createEmulatorCore,
  type EmulatorCore,
  type EmulatorFace,
  type EmulatorOptions,
  type HandshakeAnswer,
} from './emulator.ts'
import { createNodeOpusDecoder } from './opus-node.ts'
import type { HttpAnswer } from './refusal.ts'

/** Where {@link startDeepgramEmulator} listens, and how the emulator behaves. */
export interface EmulatorServerOptions extends EmulatorOptions {
  /** 0 takes any free one. @default 8787 */
  port?: number
  /** The address to listen on. @default '127.0.0.1' */
  host?: string
}

/** The emulator behind a real server. */
export interface DeepgramEmulatorServer extends EmulatorFace {
  /** The base address of its sockets, for example `ws://127.0.0.1:8787`. */
  readonly url: string
  /** The base address of its REST calls, for example `http://127.0.0.1:8787`. */
  readonly httpUrl: string
  /** The port really taken. */
  readonly port: number
  /** A fresh short-lived token, without a call over the network. */
  getToken(): Promise<{ access_token: string; expires_in: number }>
  /** Breaks every connection and frees the port. */
  close(): Promise<void>
}

/**
 * Starts the emulator behind a real WebSocket server, with `POST /v1/auth/grant`.
 *
 * Needs the package `ws`, and hears Opus where `opus-decoder` is installed.
 *
 * @throws Error, as a rejection, when the port cannot be had or `ws` is not installed; the message is for people.
 */
export async function startDeepgramEmulator(options: EmulatorServerOptions = {}): Promise<DeepgramEmulatorServer> {
  const { port = 8787, host = '127.0.0.1' } = options
  const core = createEmulatorCore(options, createNodeOpusDecoder)
  const sockets = await createSocketServer()
  const server = createServer((request, response) => void answerRest(core, request, response))
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    upgrade(core, sockets, request, socket, head),
  )
  const tcp = new Set<Socket>()
  server.on('connection', (socket) => {
    tcp.add(socket)
    socket.once('close', () => tcp.delete(socket))
  })
  await listen(server, port, host)
  const taken = (server.address() as AddressInfo).port
  const authority = `${host.includes(':') ? `[${host}]` : host}:${taken}`
  return Object.assign(core, {
    url: `ws://${authority}`,
    httpUrl: `http://${authority}`,
    port: taken,
    getToken: async () => core.issueToken(),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of tcp) socket.destroy()
      }),
  })
}

async function createSocketServer(): Promise<WebSocketServer> {
  const ws = await import('ws').catch((cause: unknown) => {
    throw new Error('The package ws is not installed; the emulator needs it to serve; run npm install --save-dev ws.', {
      cause,
    })
  })
  const answers = (request: IncomingMessage): HandshakeAnswer => (request as AnsweredRequest).emulatorAnswer
  const server = new ws.WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (_offered, request) => {
      const answer = answers(request)
      return (answer.kind === 'accept' && answer.protocol) || false
    },
  })
  server.on('headers', (headers, request) => {
    const answer = answers(request)
    if (answer.kind !== 'accept') return
    for (const [name, value] of Object.entries(answer.headers)) headers.push(`${name}: ${value}`)
  })
  return server
}

/** `ws` hands the request to its callbacks; the emulator's decision travels with it. */
type AnsweredRequest = IncomingMessage & { emulatorAnswer: HandshakeAnswer }

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)))
    server.listen(port, host, resolve)
  })
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is in use by another program; choose another one or end that program.`,
    EACCES: `Port ${port} on ${host} may not be used by this account; choose one above 1023.`,
    EADDRNOTAVAIL: `This machine has no address ${host}; use 127.0.0.1.`,
    ENOTFOUND: `The host name ${host} is not known; use 127.0.0.1.`,
  }
  return Object.assign(new Error(why[error.code ?? ''] ?? error.message, { cause: error }), { code: error.code })
}

function upgrade(
  core: EmulatorCore,
  server: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const { authorization, origin } = request.headers
  const offered = request.headers['sec-websocket-protocol'] ?? ''
  const answer = core.handshake({
    url: `ws://${request.headers.host ?? 'emulator'}${request.url ?? '/'}`,
    protocols: offered.split(',').flatMap((protocol) => protocol.trim() || []),
    headers: { authorization, origin },
  })
  const connection = answer.kind === 'accept' ? answer.connection : null
  const gone = (): void => {
    if (connection !== null) core.abandon(connection)
  }
  socket.once('close', gone)
  socket.on('error', () => socket.destroy())
  if (answer.delayMs === Infinity) return
  core.clock.setTimeout(() => {
    if (socket.destroyed) return
    if (answer.kind === 'break') return void socket.destroy()
    if (answer.kind === 'refuse') return void socket.end(printHttp(answer))
    Object.assign(request, { emulatorAnswer: answer })
    server.handleUpgrade(request, socket, head, (ws) => {
      socket.off('close', gone)
      join(answer.connection, ws, socket)
    })
  }, answer.delayMs)
}

/** Joins a socket of `ws` and a connection of the emulator. */
function join(connection: Connection, ws: WebSocket, socket: Duplex): void {
  ws.on('message', (data: Buffer, isBinary) => connection.deliver(isBinary ? new Uint8Array(data) : data.toString()))
  ws.on('close', (code, reason) => connection.clientGone(code, reason.toString()))
  // Broken frames and resets end in `close` as well.
  ws.on('error', () => {})
  connection.open({
    send: (frame) => ws.send(frame),
    close: (code, reason) => ws.close(code, reason),
    terminate: () => (socket instanceof Socket ? socket.resetAndDestroy() : socket.destroy()),
    freeze: () => ws.pause(),
  })
}

function printHttp({ status, headers, body }: HttpAnswer): string {
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${head}\r\n${body}`
}

async function answerRest(core: EmulatorCore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://emulator')
  if (pathname === '/') {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
    response.end('This is the emulator of react-deepgram: it plays the part of Deepgram for development and tests.\n')
    return
  }
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const { status, headers, body } = core.rest({
    method: request.method ?? 'GET',
    path: pathname,
    authorization: request.headers.authorization,
    body: Buffer.concat(parts).toString(),
  })
  response.writeHead(status, headers)
  response.end(body)
}

export { createNodeOpusDecoder } from './opus-node.ts'
export type { EmulatedSocket, SocketEnd } from './connection.ts'
export type { EmulatorFace, EmulatorOptions, GrantRecord, HandshakeRecord } from './emulator.ts'
export type { EmulatorFaults, FaultAmount } from './faults.ts'
export type { ListenScript, ScriptCue, ScriptLine, ScriptWord } from './listen-script.ts'
