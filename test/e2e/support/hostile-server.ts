import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'

/** What the server does with a line. */
export interface Conduct {
  /** Answers the handshake by hand; without it the handshake is as it should be. */
  handshake?: (request: IncomingMessage, socket: Duplex) => void
  /** Chooses the subprotocol; `false` for none. @default the scheme that was offered */
  select?: (offered: Set<string>) => string | false
  /** A line is open. */
  onLine?: (line: WebSocket) => void
  /** A line sent a frame. */
  onFrame?: (line: WebSocket, frame: Buffer, isBinary: boolean) => void
}

/** A server in the service's place that means no good. */
export interface HostileServer {
  readonly url: string
  readonly port: number
  /** May be changed at any time; holds for the handshakes and frames that follow. */
  conduct: Conduct
  /** Every handshake, as far as it names a credential: path, query and headers. */
  readonly handshakes: { readonly url: string; readonly headers: IncomingMessage['headers'] }[]
  /** Lines that are open now. */
  readonly lines: ReadonlySet<WebSocket>
  close(): Promise<void>
}

/** Starts a server that behaves until it is told not to. */
export async function startHostileServer(): Promise<HostileServer> {
  const http = createServer((_, res) => res.writeHead(404).end())
  const sockets = new Set<Socket>()
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  const ws = new WebSocketServer({
    noServer: true,
    maxPayload: 2 ** 27,
    perMessageDeflate: false,
    handleProtocols: (offered) => (server.conduct.select ?? (([scheme]) => scheme ?? false))(offered),
  })
  http.on('upgrade', (request, socket, head) => {
    server.handshakes.push({ url: request.url ?? '', headers: request.headers })
    if (server.conduct.handshake) {
      server.conduct.handshake(request, socket)
      return
    }
    ws.handleUpgrade(request, socket, head, (line) => {
      line.on('error', () => {})
      line.on('message', (frame, isBinary) => server.conduct.onFrame?.(line, frame as Buffer, isBinary))
      server.conduct.onLine?.(line)
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const server: HostileServer = {
    url: `ws://127.0.0.1:${port}`,
    port,
    conduct: {},
    handshakes: [],
    lines: ws.clients,
    async close() {
      for (const line of ws.clients) line.terminate()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}
