import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { decodeLinear16 } from '../../../src/audio/pcm.ts'
import {
  createFakeAudioSource,
  createToneSpeechRecogniser,
  type FakeAudioSourceOptions,
} from '../../../src/testing/index.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

async function start(options: FakeAudioSourceOptions) {
  const source = createFakeAudioSource(options)
  const chunks: Uint8Array[] = []
  const calls: string[] = []
  const handlers = {
    onChunk: (chunk: unknown) => void chunks.push(chunk as Uint8Array),
    onEnded: (error?: Error) => void calls.push(`ended ${error?.message ?? 'naturally'}`),
    onMuted: (isMuted: boolean) => void calls.push(isMuted ? 'muted' : 'back'),
  }
  const info = await source.start(handlers, new AbortController().signal)
  return { source, chunks, calls, handlers, info }
}

function read(chunks: Uint8Array[]): string {
  const recogniser = createToneSpeechRecogniser({ sampleRate: 16_000 })
  for (const chunk of chunks) recogniser.push(decodeLinear16(chunk))
  recogniser.flush()
  return recogniser.words.map((word) => word.text).join(' ')
}

test('it speaks its text in real time, then is silent', async () => {
  const { source, chunks, info } = await start({ text: 'one two three' })
  expect(info.format).toEqual({ kind: 'raw', encoding: 'linear16', sampleRate: 16_000, channels: 1 })
  await vi.advanceTimersByTimeAsync(3000)
  expect(source.position).toBeCloseTo(3, 5)
  expect(new Set(chunks.map((chunk) => chunk.length))).toEqual(new Set([640]))
  expect(read(chunks)).toBe('one two three')
  expect(source.getLevel?.()).toBe(0)
})

test('a stalled clock loses nothing: what was due comes at once', async () => {
  const { chunks } = await start({ text: 'one two three' })
  vi.setSystemTime(Date.now() + 2000)
  await vi.advanceTimersByTimeAsync(20)
  expect(read(chunks)).toBe('one two three')
})

test('in manual pace nothing comes unless it is advanced', async () => {
  const { source, chunks } = await start({ text: 'one', pace: 'manual', chunkMs: 100 })
  await vi.advanceTimersByTimeAsync(5000)
  expect(chunks).toEqual([])
  source.advance(250)
  expect(chunks.map((chunk) => chunk.length)).toEqual([3200, 3200, 1600])
})

test('it may end by itself, naturally or not, and tells nothing afterwards', async () => {
  const natural = await start({ text: 'one', then: 'end' })
  await vi.advanceTimersByTimeAsync(2000)
  expect(natural.calls).toEqual(['ended naturally'])
  expect(read(natural.chunks)).toBe('one')
  const unplugged = await start({ text: 'one' })
  unplugged.source.mute(true)
  unplugged.source.end(new Error('unplugged'))
  unplugged.source.mute(false)
  await vi.advanceTimersByTimeAsync(1000)
  expect([unplugged.calls, unplugged.chunks]).toEqual([['muted', 'ended unplugged'], []])
  expect(vi.getTimerCount()).toBe(0)
})

test('pause holds the audio back, and it goes on where it was', async () => {
  const { source, chunks } = await start({ text: 'one two three' })
  await vi.advanceTimersByTimeAsync(300)
  source.pause?.()
  const before = chunks.length
  await vi.advanceTimersByTimeAsync(5000)
  expect(chunks).toHaveLength(before)
  source.resume?.()
  await vi.advanceTimersByTimeAsync(2000)
  expect(read(chunks)).toBe('one two three')
})

test('it can be stopped and started again', async () => {
  const { source, chunks, handlers } = await start({ text: 'one two three' })
  await vi.advanceTimersByTimeAsync(400)
  await source.stop()
  expect([source.isRunning, vi.getTimerCount()]).toEqual([false, 0])
  await source.start(handlers, new AbortController().signal)
  await vi.advanceTimersByTimeAsync(2000)
  expect([source.starts, read(chunks)]).toEqual([2, 'one two three'])
})
