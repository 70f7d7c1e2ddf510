import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EmulatorFaults } from '../../src/testing/index.ts'

/** What {@link describeWebSocket} needs: a constructor, and an emulator it leads to. */
export interface WebSocketHarness {
  WebSocket: typeof globalThis.WebSocket
  /** Base address of the emulator, without a path. */
  baseUrl: string
  /** A token that is good for one handshake. */
  getToken(): Promise<string>
  /** Replaces the emulator's faults; plain data only, so that it may travel. */
  setFaults(faults: EmulatorFaults): Promise<void> | void
  /** What the service received on its latest connection: texts, and binary frames as numbers. */
  getReceived(): Promise<(string | number[])[]>
  /** Takes the harness down. */
  dispose(): Promise<void> | void
}

// The whole printable ASCII, sorted by RFC 6455 section 4.1; measured in Chromium 156.
const legalCharacters = "!#$%&'*+-.0123456789ABCXYZ^_`abcxyz|~"
const illegalProtocols = [
  '',
  ' ',
  'a b',
  'a,b',
  'a/b',
  'a:b',
  'a;b',
  '<',
  '>',
  '=',
  '?',
  '@',
  '\\',
  '"',
  '(',
  ')',
  '[',
  '{',
  'ä',
  '\n',
  '\x7f',
]

/** The promises of the WHATWG `WebSocket`, for any class that claims to keep them. */
export function describeWebSocket(name: string, make: () => Promise<WebSocketHarness> | WebSocketHarness): void {
  describe(`WebSocket: ${name}`, () => {
    let harness: WebSocketHarness
    const opened: WebSocket[] = []

    beforeEach(async () => {
      harness = await make()
    })
    afterEach(async () => {
      for (const socket of opened.splice(0)) if (socket.readyState <= 1) socket.close()
      await harness.dispose()
    })

    async function connect(path = '/v1/speak', scheme = 'bearer') {
      const socket = new harness.WebSocket(harness.baseUrl + path, [scheme, await harness.getToken()])
      opened.push(socket)
      return watch(socket)
    }

    async function connectOpen(path?: string) {
      const watched = await connect(path)
      await watched.next('open')
      return watched
    }

    const construct = (url: string, protocols?: string | string[]): WebSocket => {
      const socket = new harness.WebSocket(url, protocols)
      opened.push(socket)
      return socket
    }

    test.each(['nonsense://x', 'ftp://localhost/', 'ws://', 'ws://localhost/#part', 'mailto:a@b'])(
      'the constructor refuses the address %j with a SyntaxError',
      (url) => {
        expect(() => construct(url)).toThrow(expect.objectContaining({ name: 'SyntaxError' }))
      },
    )

    test.each(illegalProtocols)('the constructor refuses the subprotocol %j with a SyntaxError', (protocol) => {
      const refuse = () => construct(harness.baseUrl, ['token', protocol])
      expect(refuse).toThrow(expect.objectContaining({ name: 'SyntaxError' }))
    })

    test('the constructor refuses a subprotocol given twice, and takes every legal character', () => {
      const refuse = () => construct(harness.baseUrl, ['a', 'b', 'a'])
      expect(refuse).toThrow(expect.objectContaining({ name: 'SyntaxError' }))
      for (const character of legalCharacters) expect(construct(harness.baseUrl, [character]).readyState).toBe(0)
    })

    test('its states are constants of the class and of each socket', () => {
      const socket = construct(harness.baseUrl)
      for (const [state, number] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
        expect(harness.WebSocket).toHaveProperty(state, number)
        expect(socket).toHaveProperty(state, number)
      }
    })

    test('it opens in a later task, with the scheme word as its protocol', async () => {
      const { socket, next } = await connect()
      expect([socket.readyState, socket.protocol, socket.extensions]).toEqual([0, '', ''])
      expect(socket.url).toBe(`${harness.baseUrl}/v1/speak`)
      expect((await next('open')).target).toBe(socket)
      expect([socket.readyState, socket.protocol]).toEqual([1, 'bearer'])
    })

    test('send() throws while it is connecting', async () => {
      const { socket } = await connect()
      expect(() => socket.send('early')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    })

    test('text comes as a string, with the origin of the server', async () => {
      const { next } = await connectOpen()
      const message = (await next('message')) as MessageEvent<string>
      expect(JSON.parse(message.data)).toMatchObject({ type: 'Metadata' })
      expect(message.origin).toBe(new URL(harness.baseUrl).origin)
    })

    test.each(['blob', 'arraybuffer'] as const)('bytes come as %s', async (binaryType) => {
      const { socket, next } = await connect()
      expect(socket.binaryType).toBe('blob')
      socket.binaryType = binaryType
      socket.binaryType = 'nonsense' as BinaryType
      expect(socket.binaryType).toBe(binaryType)
      await next('open')
      await next('message')
      socket.send('{"type":"Speak","text":"hi"}')
      socket.send('{"type":"Flush"}')
      const { data } = (await next('message')) as MessageEvent<Blob | ArrayBuffer>
      expect(Object.prototype.toString.call(data)).toBe(
        binaryType === 'blob' ? '[object Blob]' : '[object ArrayBuffer]',
      )
      expect(data instanceof Blob ? data.size : data.byteLength).toBeGreaterThan(0)
    })

    test('everything sent arrives in the order of the calls, whatever its kind', async () => {
      const { socket, next } = await connectOpen('/v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000')
      const whole = Uint8Array.of(1, 2, 3, 4, 5, 6)
      socket.send(new Blob([Uint8Array.of(10, 11)]))
      socket.send('{"type":"KeepAlive"}')
      socket.send(whole.subarray(1, 3))
      socket.send(new Blob([Uint8Array.of(20)]))
      socket.send(new DataView(whole.buffer, 4, 1))
      socket.send(whole.buffer)
      whole.fill(0)
      socket.send('{"type":"CloseStream"}')
      await next('close')
      expect(await harness.getReceived()).toEqual([
        [10, 11],
        '{"type":"KeepAlive"}',
        [2, 3],
        [20],
        [5],
        [1, 2, 3, 4, 5, 6],
        '{"type":"CloseStream"}',
      ])
    })

    test('bufferedAmount counts the bytes of UTF-8 at once, and the data after the end for ever', async () => {
      const { socket, next } = await connectOpen()
      socket.send('{"type":"Speak","text":"ä€"}')
      expect(socket.bufferedAmount).toBe(31)
      socket.close()
      socket.send('äh')
      expect(socket.bufferedAmount).toBe(34)
      await next('close')
      socket.send(new Uint8Array(7))
      expect(socket.bufferedAmount).toBeGreaterThanOrEqual(10)
      expect(await harness.getReceived()).toEqual(['{"type":"Speak","text":"ä€"}'])
    })

    test.each([0, 999, 1001, 1005, 1006, 2999, 5000, 65_536 + 1000])('close() refuses the code %i', async (code) => {
      const { socket } = await connectOpen()
      expect(() => socket.close(code)).toThrow(expect.objectContaining({ name: 'InvalidAccessError' }))
      expect(socket.readyState).toBe(1)
    })

    test('close() refuses a reason of more than 123 bytes, and takes one of 123', async () => {
      const { socket, next } = await connectOpen()
      expect(() => socket.close(1000, 'ä'.repeat(62))).toThrow(expect.objectContaining({ name: 'SyntaxError' }))
      socket.close(4001, 'x'.repeat(123))
      expect(await next('close')).toMatchObject({ code: 4001, reason: 'x'.repeat(123) })
    })

    test('close() ends cleanly, in a later task, after what was sent before it', async () => {
      const { socket, next, types } = await connectOpen('/v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000')
      socket.send(new Blob([Uint8Array.of(1)]))
      socket.send('{"type":"KeepAlive"}')
      socket.close(3000, 'enough')
      expect(socket.readyState).toBe(2)
      socket.close()
      const event = (await next('close')) as CloseEvent
      expect([event.code, event.reason, event.wasClean, socket.readyState]).toEqual([3000, 'enough', true, 3])
      expect(types).toEqual(['open', 'close'])
      expect(await harness.getReceived()).toEqual([[1], '{"type":"KeepAlive"}'])
    })

    test('close() without a code ends with 1005', async () => {
      const { socket, next } = await connectOpen()
      socket.close()
      expect(await next('close')).toMatchObject({ code: 1005, reason: '', wasClean: true })
    })

    test('close() while it is connecting fails the connection', async () => {
      const { socket, next, types } = await connect()
      socket.close()
      expect([socket.readyState, types]).toEqual([2, []])
      expect(await next('close')).toMatchObject({ code: 1006, reason: '', wasClean: false })
      expect(types).toEqual(['error', 'close'])
    })

    test('the code and the reason of the service come with the close event', async () => {
      const { socket, next } = await connectOpen()
      socket.send(Uint8Array.of(1))
      const event = (await next('close')) as CloseEvent
      expect([event.code, event.wasClean]).toEqual([1003, true])
      expect(event.reason).toContain('MESSAGE-0000')
    })

    test('no message is delivered after close()', async () => {
      const { socket, next, types } = await connectOpen()
      await next('message')
      socket.send('{"type":"Speak","text":"hi"}')
      socket.send('{"type":"Flush"}')
      socket.close()
      await next('close')
      expect(types).toEqual(['open', 'message', 'close'])
    })

    test('a broken line is a close 1006 that was not clean', async () => {
      const { next } = await connectOpen()
      await harness.setFaults({ dropAfterMs: 1 })
      expect(await next('close')).toMatchObject({ code: 1006, reason: '', wasClean: false })
    })

    test.each([401, 429, 503, 0])(
      'a refused handshake (%i) is an error, then a close 1006, and tells no more',
      async (refuse) => {
        await harness.setFaults({ refuse })
        const { next, types, socket } = await connect()
        expect(await next('close')).toMatchObject({ code: 1006, reason: '', wasClean: false })
        expect(types).toEqual(['error', 'close'])
        expect([socket.readyState, socket.protocol]).toEqual([3, ''])
      },
    )

    test.each([null, 'token', 'Bearer', 'bearer, token'])(
      'it fails when the server selects %j of the offered subprotocols',
      async (selectSubprotocol) => {
        await harness.setFaults({ selectSubprotocol })
        const { next, types } = await connect()
        expect(await next('close')).toMatchObject({ code: 1006, wasClean: false })
        expect(types).toEqual(['error', 'close'])
      },
    )

    test('a handler keeps its place among the listeners, and only a function is one', async () => {
      const { socket, next } = await connect()
      const calls: string[] = []
      socket.addEventListener('open', () => calls.push('first'), { once: true })
      socket.onopen = () => calls.push('replaced')
      socket.addEventListener('open', () => calls.push('last'))
      const removed = (): void => void calls.push('removed')
      socket.addEventListener('open', removed)
      socket.removeEventListener('open', removed)
      socket.onopen = () => calls.push('handler')
      socket.onclose = 'nonsense' as never
      expect(socket.onclose).toBe(null)
      // Not 'open': in a browser a promise goes on between two listeners of one event.
      await next('message')
      expect(calls).toEqual(['first', 'handler', 'last'])
    })
  })
}

/** Keeps every event, so that one that comes early is not missed. */
function watch(socket: WebSocket) {
  const types: string[] = []
  const kept: Event[] = []
  const waiting: { type: string; resolve: (event: Event) => void }[] = []
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, (event) => {
      types.push(type)
      const index = waiting.findIndex((waiter) => waiter.type === type)
      if (index < 0) kept.push(event)
      else waiting.splice(index, 1)[0]!.resolve(event)
    })
  }
  const next = (type: string): Promise<Event> =>
    new Promise((resolve) => {
      const index = kept.findIndex((event) => event.type === type)
      if (index < 0) waiting.push({ type, resolve })
      else resolve(kept.splice(index, 1)[0]!)
    })
  return { socket, types, next }
}
