import { request } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import {
  type DeepgramEmulatorServer,
  type EmulatorServerOptions,
  startDeepgramEmulator,
} from '../../../src/testing/node.ts'

const servers: DeepgramEmulatorServer[] = []

async function start(options: EmulatorServerOptions = {}): Promise<DeepgramEmulatorServer> {
  const server = await startDeepgramEmulator({ port: 0, apiKey: 'the-key', ...options })
  servers.push(server)
  return server
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** What a refused upgrade looks like on the wire. */
function upgrade(server: DeepgramEmulatorServer, path: string, protocols: string) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': protocols,
      origin: 'https://app.test',
    }
    request(server.httpUrl + path, { headers })
      .on('upgrade', (response, socket) => {
        socket.destroy()
        resolve({ status: response.statusCode!, headers: response.headers, body: '' })
      })
      .on('response', (response) => {
        let body = ''
        response.on('data', (part: Buffer) => (body += part.toString()))
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
      })
      .on('error', reject)
      .end()
  })
}

async function openSocket(server: DeepgramEmulatorServer, path = '/v1/speak') {
  const { access_token } = await server.getToken()
  const ws = new WebSocket(server.url + path, ['bearer', access_token])
  const closed = new Promise<number>((resolve) => ws.on('close', resolve))
  ws.on('error', () => {})
  await new Promise((resolve) => ws.on('open', resolve))
  return { ws, closed, socket: server.sockets.at(-1)! }
}

test('an accepted upgrade carries the scheme word and the headers of the service', async () => {
  const server = await start()
  const answer = await upgrade(server, '/v1/listen?model=nova-3', 'x-deepgram-session-id, abc, token, the-key')
  expect(answer).toMatchObject({
    status: 101,
    headers: {
      'sec-websocket-protocol': 'token',
      'dg-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      'access-control-allow-origin': 'https://app.test',
      'access-control-allow-credentials': 'true',
    },
  })
})

test('a refused upgrade is an HTTP answer with a status, dg-error and a JSON body', async () => {
  const server = await start()
  const answer = await upgrade(server, '/v1/listen?model=nova-3', 'token, wrong')
  expect(answer.status).toBe(401)
  expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'dg-error': 'Invalid credentials.' })
  expect(JSON.parse(answer.body)).toEqual({
    err_code: 'INVALID_AUTH',
    err_msg: 'Invalid credentials.',
    request_id: answer.headers['dg-request-id'],
  })
})

test('tokens are granted over HTTP and open a socket', async () => {
  const server = await start()
  const grant = (authorization: string, body: string) =>
    fetch(`${server.httpUrl}/v1/auth/grant`, { method: 'POST', headers: { authorization }, body })
  const response = await grant('Token the-key', '{"ttl_seconds":60}')
  expect(response.status).toBe(200)
  const { access_token, expires_in } = (await response.json()) as { access_token: string; expires_in: number }
  expect(expires_in).toBe(60)
  expect((await upgrade(server, '/v1/speak', `bearer, ${access_token}`)).status).toBe(101)
  expect((await grant('Token wrong', '{}')).status).toBe(401)
  expect((await grant('Token the-key', '{"ttl_seconds":7200}')).status).toBe(400)
  expect(await (await fetch(server.httpUrl)).text()).toContain('emulator')
  expect((await fetch(`${server.httpUrl}/v1/models`)).status).toBe(404)
})

test('a drop is a 1006, a close of the service is its code, and the client’s code reaches the service', async () => {
  const server = await start()
  const first = await openSocket(server)
  first.socket.drop()
  expect(await first.closed).toBe(1006)
  const second = await openSocket(server)
  second.socket.close(1011, 'enough')
  expect(await second.closed).toBe(1011)
  const third = await openSocket(server)
  const ended = new Promise((resolve) => third.socket.onEnd(resolve))
  third.ws.close(4000, 'bye')
  expect(await ended).toEqual({ code: 4000, reason: 'bye', by: 'client' })
})

test('a half-open line answers no close frame', async () => {
  const server = await start()
  const { ws, socket, closed } = await openSocket(server)
  socket.freeze()
  ws.close(1000)
  let isClosed = false
  void closed.then(() => (isClosed = true))
  // A whole other connection comes and goes meanwhile.
  const other = await openSocket(server)
  other.ws.close(1000)
  expect(await other.closed).toBe(1000)
  expect([isClosed, socket.state, socket.isFrozen]).toEqual([false, 'open', true])
  ws.terminate()
  await closed
})

test('a line that breaks without an answer, and one that never answers, are both possible', async () => {
  const server = await start({ faults: { refuse: 0 } })
  await expect(upgrade(server, '/v1/listen', 'token, the-key')).rejects.toThrow()
  server.faults = { openDelayMs: Infinity }
  const asked = upgrade(server, '/v1/listen', 'token, the-key').catch(() => 'broken')
  await expect.poll(() => server.sockets.length).toBe(1)
  expect(server.sockets[0]!.state).toBe('connecting')
  await server.close()
  expect(await asked).toBe('broken')
})

test('a busy port is one clear sentence', async () => {
  const { port } = await start()
  await expect(startDeepgramEmulator({ port })).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is in use by another program; choose another one or end that program.`,
  )
})

test('close() breaks what is open and frees the port', async () => {
  const server = await start()
  const { closed } = await openSocket(server)
  await server.close()
  expect(await closed).toBe(1006)
  const again = await startDeepgramEmulator({ port: server.port })
  expect(again.port).toBe(server.port)
  await again.close()
})
