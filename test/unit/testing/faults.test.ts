import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EmulatorOptions } from '../../../src/testing/index.ts'
import { createDeepgramEmulator } from '../../../src/testing/index.ts'
import { linear16, openSession, settle } from './session.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const path = `/v1/listen?${linear16}`
const broken = { code: 1006, reason: '', wasClean: false }
const second = new Uint8Array(32_000)

const open = (options: EmulatorOptions = {}) => openSession(path, options)

test('a refusal for the next two handshakes lets the third one pass', async () => {
  const emulator = createDeepgramEmulator({ faults: { refuse: { status: 503, times: 2 } }, apiKey: 'key' })
  for (let i = 0; i < 3; i++) new emulator.WebSocket(`wss://emulator${path}`, ['token', 'key'])
  await settle()
  expect(emulator.handshakes.map((record) => record.status)).toEqual([503, 503, 101])
  expect(emulator.sockets.map((socket) => socket.state)).toEqual(['open'])
})

test('a refusal may be a function of the attempt', async () => {
  const refuse = (attempt: number) => (attempt % 2 === 1 ? 429 : null)
  const emulator = createDeepgramEmulator({ faults: { refuse }, apiKey: 'key' })
  for (let i = 0; i < 4; i++) new emulator.WebSocket(`wss://emulator${path}`, ['token', 'key'])
  await settle()
  expect(emulator.handshakes.map((record) => record.status)).toEqual([429, 101, 429, 101])
})

test('a handshake that is never answered stays CONNECTING until it is given up', async () => {
  const session = await open({ faults: { openDelayMs: Infinity } })
  await vi.advanceTimersByTimeAsync(60_000)
  expect([session.ws.readyState, session.socket.state]).toEqual([0, 'connecting'])
  session.ws.close()
  await settle()
  expect([session.events, session.socket.state]).toEqual([['error', 'close'], 'closed'])
})

test('a delayed handshake opens when its time has come', async () => {
  const session = await open({ faults: { openDelayMs: 2000 } })
  await vi.advanceTimersByTimeAsync(1900)
  expect(session.events).toEqual([])
  await vi.advanceTimersByTimeAsync(200)
  expect(session.events).toEqual(['open'])
})

test('a drop after some seconds breaks the line with 1006', async () => {
  const session = await open({ faults: { dropAfterMs: 3000 } })
  await vi.advanceTimersByTimeAsync(2900)
  expect(session.closes).toEqual([])
  await vi.advanceTimersByTimeAsync(200)
  expect(session.closes).toEqual([broken])
  expect(session.socket.end).toEqual({ code: 1006, reason: '', by: 'line' })
})

test('a drop after some audio counts audio, and may come with a code of the service', async () => {
  const session = await open({ faults: { dropAfterAudioSeconds: 2, dropWith: { code: 1011, reason: 'net0002' } } })
  for (let i = 0; i < 4; i++) await session.send(second)
  expect(session.closes).toEqual([{ code: 1011, reason: 'net0002', wasClean: true }])
  expect(session.socket.audioSeconds).toBeGreaterThanOrEqual(2)
  expect(session.socket.audioSeconds).toBeLessThan(3.2)
})

test('faults set later count for open connections too, and no longer hold when they are taken back', async () => {
  const session = await open()
  await vi.advanceTimersByTimeAsync(5000)
  session.emulator.faults = { dropAfterMs: 1000 }
  await vi.advanceTimersByTimeAsync(900)
  session.emulator.faults = {}
  await vi.advanceTimersByTimeAsync(2000)
  expect(session.closes).toEqual([])
  session.emulator.faults = { dropAfterMs: [100, 200] }
  await vi.advanceTimersByTimeAsync(250)
  expect(session.closes).toEqual([broken])
})

test('a half-open line swallows everything in both directions, the close included', async () => {
  const session = await open({ faults: { freezeAfterMs: 1000 } })
  await vi.advanceTimersByTimeAsync(1500)
  expect(session.socket.isFrozen).toBe(true)
  session.ws.send('nonsense')
  session.socket.send({ type: 'Results' })
  await vi.advanceTimersByTimeAsync(30_000)
  expect([session.texts, session.closes, session.ws.readyState]).toEqual([[], [], 1])
  expect(session.socket.receivedText).toEqual([])
  session.ws.close()
  await vi.advanceTimersByTimeAsync(6000)
  expect([session.closes, session.ws.readyState]).toEqual([[], 2])
  await vi.advanceTimersByTimeAsync(5000)
  expect(session.closes).toEqual([broken])
  expect([session.socket.state, vi.getTimerCount()]).toEqual(['closed', 0])
})

test('latency delays both directions, and jitter never changes the order', async () => {
  const session = await open({ faults: { latencyMs: 200, jitterMs: 500 } })
  const texts = Array.from({ length: 20 }, (_, i) => `message ${i}`)
  for (const text of texts) session.ws.send(text)
  await vi.advanceTimersByTimeAsync(190)
  expect(session.socket.receivedText).toEqual([])
  await vi.advanceTimersByTimeAsync(600)
  expect(session.socket.receivedText).toEqual(texts)
  await vi.advanceTimersByTimeAsync(800)
  const answered = session.texts.map((text) => (JSON.parse(text) as { message: string }).message)
  expect(answered).toEqual(texts)
})

test('a slow line holds bufferedAmount up', async () => {
  const session = await open({ faults: { upstreamBytesPerSecond: 16_000 } })
  session.ws.send(second)
  await vi.advanceTimersByTimeAsync(1000)
  expect([session.ws.bufferedAmount, session.socket.receivedBytes]).toEqual([32_000, 0])
  await vi.advanceTimersByTimeAsync(1100)
  expect([session.ws.bufferedAmount, session.socket.receivedBytes]).toEqual([0, 32_000])
})

test('the handle of a socket sends, tells, closes and drops', async () => {
  const session = await open()
  const { socket } = session
  const seen: unknown[] = []
  socket.onFrame((frame) => seen.push(frame))
  socket.onEnd((end) => seen.push(end))
  session.ws.send('{"type":"KeepAlive"}')
  await session.send(Uint8Array.of(1, 2))
  socket.send({ type: 'Own', n: 1 })
  socket.send('as it is')
  socket.send(Uint8Array.of(7))
  await settle()
  expect(session.frames).toEqual(['{"type":"Own","n":1}', 'as it is', Uint8Array.of(7)])
  socket.close(1011, 'enough')
  await settle()
  expect(session.closes).toEqual([{ code: 1011, reason: 'enough', wasClean: true }])
  expect(seen).toEqual(['{"type":"KeepAlive"}', Uint8Array.of(1, 2), { code: 1011, reason: 'enough', by: 'service' }])
  expect(socket).toMatchObject({ state: 'closed', path: '/v1/listen', scheme: 'bearer', protocol: 'bearer' })
  expect(socket.query.get('model')).toBe('nova-3')
  expect([socket.receivedText.length, socket.receivedFrames.length, socket.sentBytes]).toEqual([1, 1, 1])
})

test('what the client closes ends at the service with its code', async () => {
  const session = await open()
  session.ws.close(4000, 'bye')
  await settle()
  expect(session.socket.end).toEqual({ code: 4000, reason: 'bye', by: 'client' })
  expect(vi.getTimerCount()).toBe(0)
})

test('the same seed draws the same faults', async () => {
  const ends: number[] = []
  for (const seed of [3, 3, 4]) {
    const session = await open({ seed, faults: { dropAfterMs: [1000, 9000] } })
    const started = Date.now()
    session.socket.onEnd(() => ends.push(Date.now() - started))
    await vi.advanceTimersByTimeAsync(10_000)
  }
  expect(ends[1]).toBe(ends[0])
  expect(ends[2]).not.toBe(ends[0])
})

test('a handle keeps as many bytes as it is told, and all texts', async () => {
  const session = await open({ keepBytes: 5000 })
  for (let i = 0; i < 4; i++) {
    await session.say({ type: 'KeepAlive' })
    await session.send(new Uint8Array(2000).fill(i))
  }
  expect(session.socket.receivedFrames.map((frame) => frame[0])).toEqual([2, 3])
  expect([session.socket.receivedBytes, session.socket.receivedText.length]).toEqual([8000, 4])
})
