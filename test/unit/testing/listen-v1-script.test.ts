import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EmulatorOptions, ListenScript } from '../../../src/testing/index.ts'
import { linear16, openSession, settle } from './session.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const second = new Uint8Array(32_000)

async function play(script: ListenScript | null, seconds: number, query = '', options: EmulatorOptions = {}) {
  const session = await openSession(`/v1/listen?${linear16}&${query}`, { script: () => script, ...options })
  for (let i = 0; i < seconds; i++) await session.send(second)
  return session
}

test('lines come out word by word as the audio clock goes on', async () => {
  const script = ['Hello there, world.', { at: 4, text: 'Again.' }]
  const session = await play(script, 3, 'interim_results=true&punctuate=true&endpointing=300')
  expect(session.transcript()).toBe('Hello there, world.')
  for (let i = 0; i < 3; i++) await session.send(second)
  await session.say({ type: 'CloseStream' })
  expect(session.words().map((word) => word.punctuated_word)).toEqual(['Hello', 'there,', 'world.', 'Again.'])
  expect(session.words().map((word) => word.word)).toEqual(['hello', 'there', 'world', 'again'])
  expect(session.words()[0]!.start).toBeCloseTo(0.3, 5)
  expect(session.words()[3]!.start).toBeCloseTo(4, 5)
  expect(session.messages().at(-1)).toMatchObject({ type: 'Metadata', duration: 6, channels: 1 })
})

test('no audio, no time: a script over raw audio stands still while only KeepAlive is sent', async () => {
  const session = await play(['one two three'], 0)
  for (let i = 0; i < 5; i++) {
    await session.say({ type: 'KeepAlive' })
    await vi.advanceTimersByTimeAsync(5000)
  }
  expect(session.texts).toEqual([])
})

test('over a container the script plays by the wall clock', async () => {
  const session = await openSession('/v1/listen?model=nova-3', { script: ['one two three'] })
  await vi.advanceTimersByTimeAsync(3000)
  expect(session.transcript()).toBe('one two three')
  session.ws.close()
  await settle()
  expect(vi.getTimerCount()).toBe(0)
})

test('interims may show something else, and less, until the line is settled', async () => {
  const text = 'Was thirty years of age then'
  const script = [{ at: 0, text, interim: 'I was thirty years', duration: 1.8 }]
  const session = await play(script, 3, 'interim_results=true&punctuate=true')
  const [interim] = session.results()
  expect([interim!.is_final, interim!.channel.alternatives[0].transcript]).toEqual([false, 'I was thirty years'])
  expect(session.transcript()).toBe(text)
})

test('speakers, languages, confidences and times are the script’s', async () => {
  const script = [
    { at: 0.5, text: 'hello', speaker: 1, language: 'en' },
    { at: 1.5, text: '', words: [{ text: 'hola', start: 0.1, end: 0.4, confidence: 0.5, speaker: 2, language: 'es' }] },
  ]
  const session = await play(script, 3, 'diarize=true&language=multi')
  expect(session.words()).toEqual([
    expect.objectContaining({ word: 'hello', start: 0.5, speaker: 1, language: 'en', confidence: 0.99 }),
    expect.objectContaining({ word: 'hola', start: 1.6, end: 1.9, speaker: 2, language: 'es', confidence: 0.5 }),
  ])
})

test('cues send, close, drop and freeze at their time', async () => {
  const sending = await play(['one', { send: { type: 'Own' } }, { at: 2, close: { code: 1011, reason: 'x' } }], 4)
  const types = sending.messages().map((message) => message.type)
  expect(types.filter((type) => type === 'Own')).toHaveLength(1)
  expect(sending.closes).toEqual([{ code: 1011, reason: 'x', wasClean: true }])
  const dropped = await play([{ at: 1, drop: true }], 2)
  expect(dropped.closes).toEqual([{ code: 1006, reason: '', wasClean: false }])
  const frozen = await play([{ at: 1, freeze: true }], 2)
  expect([frozen.socket.isFrozen, frozen.closes]).toEqual([true, []])
})

test('each connection may have its own script, or none', async () => {
  const asked: number[] = []
  const script = (socket: { index: number }) => {
    asked.push(socket.index)
    return socket.index === 0 ? ['first'] : null
  }
  const session = await openSession(`/v1/listen?${linear16}`, { script })
  const { access_token } = await session.emulator.getToken()
  new session.emulator.WebSocket(`wss://x/v1/listen?${linear16}`, ['bearer', access_token])
  await settle()
  for (let i = 0; i < 2; i++) await session.send(second)
  expect([asked, session.transcript()]).toEqual([[0, 1], 'first'])
})

test('a line can be spoken by hand, into a script and into real hearing alike', async () => {
  for (const script of [[], null]) {
    const session = await play(script, 1)
    session.socket.say('by hand')
    for (let i = 0; i < 2; i++) await session.send(second)
    expect(session.transcript()).toBe('by hand')
    expect(session.words()[0]!.start).toBeCloseTo(1, 1)
  }
})

test('lines of a channel are heard on it', async () => {
  const script = [
    { at: 0, text: 'left', channel: 0 },
    { at: 0, text: 'right', channel: 1 },
  ]
  const session = await play(script, 4, 'channels=2&multichannel=true')
  const heard = session.finals().map((final) => [final.channel_index[0], final.channel.alternatives[0].transcript])
  expect(heard.filter(([, transcript]) => transcript !== '')).toEqual([
    [0, 'left'],
    [1, 'right'],
  ])
})
