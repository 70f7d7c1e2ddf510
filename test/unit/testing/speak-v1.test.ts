import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStreamDecoder } from '../../../src/testing/audio-decoder.ts'
import { createToneSpeechRecogniser, type EmulatorOptions } from '../../../src/testing/index.ts'
import { openSession } from './session.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const text = 'the quick brown fox jumps over the lazy dog'

async function open(query = '', options: EmulatorOptions = {}) {
  const session = await openSession(`/v1/speak${query}`, options)
  return {
    ...session,
    audio: () => session.frames.filter((frame): frame is Uint8Array => typeof frame !== 'string'),
    /** Kinds of what came, runs of audio as one. */
    kinds: () =>
      session.frames
        .map((frame) => (typeof frame === 'string' ? (JSON.parse(frame) as { type: string }).type : 'audio'))
        .filter((kind, i, all) => kind !== 'audio' || all[i - 1] !== 'audio'),
  }
}

async function read(frames: Uint8Array[], encoding: string, sampleRate: number): Promise<string> {
  const recogniser = createToneSpeechRecogniser({ sampleRate })
  const decoder = createStreamDecoder({
    format: { encoding, sampleRate, channels: 1 },
    onAudio: ([samples]) => recogniser.push(samples!),
    onInvalid: (why) => expect.unreachable(why),
  })
  for (const frame of frames) await decoder.push(frame)
  recogniser.flush()
  return recogniser.words.map((word) => word.text).join(' ')
}

const speakText = { type: 'Speak', text }
const flush = { type: 'Flush' }

test('Metadata comes first, and no audio before a flush', async () => {
  const session = await open('?model=aura-2-thalia-en')
  await session.say(speakText)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(session.messages()).toEqual([
    expect.objectContaining({ type: 'Metadata', request_id: session.socket.requestId, model_name: 'aura-2-thalia-en' }),
  ])
  expect(session.audio()).toEqual([])
})

test.each([
  ['linear16', 8000],
  ['linear16', 16_000],
  ['linear16', 24_000],
  ['linear16', 32_000],
  ['linear16', 48_000],
  ['mulaw', 8000],
  ['mulaw', 16_000],
  ['alaw', 8000],
  ['alaw', 16_000],
])('what it says as %s at %i Hz is the text', async (encoding, sampleRate) => {
  const session = await open(`?encoding=${encoding}&sample_rate=${sampleRate}`)
  await session.say(speakText)
  await session.say(flush)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(session.kinds()).toEqual(['Metadata', 'audio', 'Flushed'])
  expect(await read(session.audio(), encoding, sampleRate)).toBe(text)
})

test('without parameters it is linear16 at 24 kHz; companded audio is at 8 kHz', async () => {
  for (const [query, encoding, rate] of [
    ['', 'linear16', 24_000],
    ['?encoding=mulaw', 'mulaw', 8000],
  ] as const) {
    const session = await open(query)
    await session.say(speakText)
    await session.say(flush)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await read(session.audio(), encoding, rate)).toBe(text)
  }
})

test('frames are uneven, of odd length too, and the same for the same seed', async () => {
  const lengths: number[][] = []
  for (const seed of [5, 5, 6]) {
    const session = await open('', { seed })
    await session.say(speakText)
    await session.say(flush)
    await vi.advanceTimersByTimeAsync(10_000)
    lengths.push(session.audio().map((frame) => frame.length))
  }
  expect(lengths[0]!.some((length) => length % 2 === 1)).toBe(true)
  expect(new Set(lengths[0]).size).toBeGreaterThan(5)
  expect(lengths[1]).toEqual(lengths[0])
  expect(lengths[2]).not.toEqual(lengths[0])
})

test('Flushed follows its own audio and counts from 0; texts are joined as they are', async () => {
  const session = await open()
  await session.say({ type: 'Speak', text: 'one tw' })
  await session.say({ type: 'Speak', text: 'o' })
  await session.say(flush)
  await session.say(flush)
  await session.say({ type: 'Speak', text: 'three' })
  await session.say(flush)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(session.kinds()).toEqual(['Metadata', 'audio', 'Flushed', 'Flushed', 'audio', 'Flushed'])
  expect(session.texts.slice(1)).toEqual([0, 1, 2].map((id) => `{"type":"Flushed","sequence_id":${id}}`))
  const firstFlushed = session.frames.findIndex((frame) => typeof frame === 'string' && frame.includes('Flushed'))
  const first = session.frames.slice(1, firstFlushed) as Uint8Array[]
  expect(await read(first, 'linear16', 24_000)).toBe('one two')
})

test('a burst comes faster than real time, and real-time pacing does not', async () => {
  const seconds: number[] = []
  for (const pace of ['burst', 'realtime'] as const) {
    const session = await open('?encoding=mulaw', { speak: { pace } })
    await session.say(speakText)
    await session.say(flush)
    await vi.advanceTimersByTimeAsync(1130)
    seconds.push(session.socket.audioSeconds)
  }
  expect(seconds[0]).toBeGreaterThan(2.5)
  expect(seconds[1]).toBeGreaterThan(0.8)
  expect(seconds[1]).toBeLessThan(1.3)
})

test('Clear drops text and audio, and Cleared comes after the frame under way', async () => {
  const session = await open('?encoding=mulaw', { speak: { pace: 'realtime' } })
  await session.say(speakText)
  await session.say(flush)
  await session.say({ type: 'Speak', text: 'and more' })
  await vi.advanceTimersByTimeAsync(1000)
  const before = session.audio().length
  await session.say({ type: 'Clear' })
  await vi.advanceTimersByTimeAsync(20_000)
  expect(session.audio()).toHaveLength(before + 1)
  expect(session.kinds()).toEqual(['Metadata', 'audio', 'Cleared'])
  await session.say({ type: 'Speak', text: 'again' })
  await session.say(flush)
  await vi.advanceTimersByTimeAsync(5000)
  expect(session.texts.slice(1)).toEqual(['{"type":"Cleared","sequence_id":0}', '{"type":"Flushed","sequence_id":0}'])
  expect(await read(session.audio().slice(before + 1), 'mulaw', 8000)).toBe('again')
})

test.each([
  ['live', '{"type":"Warning","warn_code":"EXCESSIVE_FLUSH","warn_msg":"Rate limit exceeded for flushes."}'],
  ['spec', '{"type":"Warning","code":"EXCESSIVE_FLUSH","description":"Rate limit exceeded for flushes."}'],
] as const)('the 21st flush within a minute is a warning (%s form), and its text stays', async (warning, expected) => {
  const session = await open('', { speak: { warning } })
  for (let i = 0; i < 20; i++) await session.say(flush)
  await session.say({ type: 'Speak', text: 'kept' })
  await session.say(flush)
  expect(session.texts.at(-1)).toBe(expected)
  expect(session.audio()).toEqual([])
  await vi.advanceTimersByTimeAsync(61_000)
  await session.say(flush)
  await vi.advanceTimersByTimeAsync(5000)
  expect(session.texts.at(-1)).toBe('{"type":"Flushed","sequence_id":20}')
  expect(await read(session.audio(), 'linear16', 24_000)).toBe('kept')
})

test.each([
  ['a text of 2001 characters', JSON.stringify({ type: 'Speak', text: 'x'.repeat(2001) }), 1009, 'BIG-0001'],
  ['a message of more than 2 MB', `{"type":"Speak","text":"${'x'.repeat(2 * 1024 * 1024)}"}`, 1009, 'BIG-0000'],
  ['an unknown command', '{"type":"Finalize"}', 1008, 'DATA-0000'],
  ['no JSON', 'hello', 1008, 'DATA-0000'],
  ['a Speak without text', '{"type":"Speak"}', 1008, 'DATA-0000'],
  ['a binary frame', Uint8Array.of(1, 2), 1003, 'MESSAGE-0000'],
])('%s closes the connection', async (_what, frame, code, tag) => {
  const session = await open()
  session.ws.send(frame)
  await vi.advanceTimersByTimeAsync(10)
  expect(session.closes).toEqual([{ code, reason: expect.stringContaining(tag) as string, wasClean: true }])
})

test('2400 characters within a minute are borne, one more is not; a minute later there is room again', async () => {
  const session = await open()
  await session.say({ type: 'Speak', text: 'x'.repeat(2000) })
  await session.say({ type: 'Speak', text: 'y'.repeat(400) })
  await vi.advanceTimersByTimeAsync(60_000)
  await session.say({ type: 'Speak', text: 'z'.repeat(2000) })
  expect(session.closes).toEqual([])
  await session.say({ type: 'Speak', text: 'z'.repeat(401) })
  expect(session.closes).toEqual([
    { code: 1008, reason: expect.stringContaining('DATA-0001') as string, wasClean: true },
  ])
})

test('a session ends after an hour, and after its idle time where one is set', async () => {
  const hour = await open()
  const idle = await open('', { speak: { idleMs: 60_000 } })
  await vi.advanceTimersByTimeAsync(59_000)
  expect([hour.closes, idle.closes]).toEqual([[], []])
  await vi.advanceTimersByTimeAsync(1000)
  expect(idle.closes).toMatchObject([{ code: 1011, reason: expect.stringContaining('NET-0001') as string }])
  await vi.advanceTimersByTimeAsync(59 * 60_000)
  expect(hour.closes).toMatchObject([{ code: 1011, reason: expect.stringContaining('NET-0003') as string }])
})

test.each([
  ['finish', text],
  ['stop', ''],
] as const)('Close with onClose: %s', async (onClose, heard) => {
  const session = await open('', { speak: { onClose } })
  await session.say(speakText)
  await session.say({ type: 'Close' })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await read(session.audio(), 'linear16', 24_000)).toBe(heard)
  expect(session.closes).toEqual([{ code: 1000, reason: '', wasClean: true }])
})

test('when the client leaves, nothing is left ticking', async () => {
  const session = await open()
  await session.say(speakText)
  await session.say(flush)
  session.ws.close()
  await vi.advanceTimersByTimeAsync(10)
  expect(session.closes).toHaveLength(1)
  expect(vi.getTimerCount()).toBe(0)
})
