import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { encodeLinear16 } from '../../../src/audio/pcm.ts'
import { createFakeAudioSink, type FakeAudioSinkOptions } from '../../../src/testing/index.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const rate = 8000
const tone = (seconds: number): Uint8Array =>
  encodeLinear16(Float32Array.from({ length: seconds * rate }, (_, i) => 0.5 * Math.sin(i)))

function start(options: FakeAudioSinkOptions = {}) {
  const sink = createFakeAudioSink(options)
  const calls: string[] = []
  sink.start(
    { encoding: 'linear16', sampleRate: rate },
    {
      onAudible: (isAudible) => calls.push(isAudible ? 'audible' : 'silent'),
      onDrained: () => calls.push('drained'),
      onBlocked: (isBlocked) => calls.push(isBlocked ? 'blocked' : 'allowed'),
      onProgress: () => {},
      onError: (error) => calls.push(error.message),
    },
    { recording: true },
  )
  return { sink, calls }
}

test('it plays in real time, to the last sample, and tells the end once', () => {
  const { sink, calls } = start()
  const bytes = tone(1)
  // Cut inside a sample.
  sink.write(bytes.subarray(0, 4001))
  sink.write(bytes.subarray(4001))
  sink.end()
  vi.advanceTimersByTime(500)
  expect(sink.getPlayedFrames()).toBe(4000)
  vi.advanceTimersByTime(2000)
  expect([sink.getHeard().length, sink.underruns, calls]).toEqual([8000, 0, ['audible', 'drained']])
  expect(sink.getRecording()!.length).toBe(16_000 + 44)
  expect(vi.getTimerCount()).toBe(0)
})

test('running dry in the middle is an underrun; after a flush it is none', () => {
  const { sink, calls } = start()
  sink.write(tone(0.5))
  vi.advanceTimersByTime(1000)
  expect([sink.underruns, calls]).toEqual([1, ['audible', 'silent']])
  sink.write(tone(0.5))
  sink.flush()
  vi.advanceTimersByTime(1000)
  expect([sink.underruns, sink.getPlayedFrames()]).toEqual([1, 8000])
})

test('pause holds its place to the sample', () => {
  const { sink, calls } = start()
  sink.write(tone(1))
  vi.advanceTimersByTime(250)
  sink.pause()
  vi.advanceTimersByTime(60_000)
  expect(sink.getPlayedFrames()).toBe(2000)
  sink.resume()
  vi.advanceTimersByTime(250)
  expect([sink.getPlayedFrames(), calls]).toEqual([4000, ['audible', 'silent', 'audible']])
})

test('truncate keeps what was heard, and stop ends without a word', () => {
  const { sink, calls } = start()
  sink.write(tone(1))
  vi.advanceTimersByTime(250)
  sink.truncate(0)
  expect([sink.receivedFrames, sink.getPlayedFrames()]).toEqual([2000, 2000])
  sink.write(tone(1))
  sink.stop()
  vi.advanceTimersByTime(5000)
  expect([calls.at(-1), sink.getHeard().length, vi.getTimerCount()]).toEqual(['silent', 2000, 0])
})

test('while sound is refused nothing is heard and nothing is lost', async () => {
  const { sink, calls } = start({ isBlocked: true })
  expect(await sink.unlock()).toBe(false)
  sink.write(tone(0.5))
  sink.end()
  vi.advanceTimersByTime(5000)
  expect([calls, sink.getPlayedFrames()]).toEqual([['blocked'], 0])
  sink.allow()
  vi.advanceTimersByTime(1000)
  expect(calls).toEqual(['blocked', 'allowed', 'audible', 'drained'])
})
