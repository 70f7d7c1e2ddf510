import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createKeepAlive } from '../../../src/socket/keep-alive.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('sends after every quiet interval, not while something else is sent, and never after stop', () => {
  const send = vi.fn()
  const keepAlive = createKeepAlive(send, 4000)
  vi.advanceTimersByTime(20_000)
  expect(send).toHaveBeenCalledTimes(0)
  keepAlive.start()
  vi.advanceTimersByTime(20_000)
  expect(send).toHaveBeenCalledTimes(5)
  for (let i = 0; i < 1000; i++) {
    keepAlive.touch()
    vi.advanceTimersByTime(20)
  }
  expect(send).toHaveBeenCalledTimes(5)
  vi.advanceTimersByTime(4000)
  expect(send).toHaveBeenCalledTimes(6)
  keepAlive.stop()
  expect(vi.getTimerCount()).toBe(0)
})

it('never waits longer than 5 s after the last thing sent', () => {
  const times: number[] = []
  const keepAlive = createKeepAlive(() => times.push(Date.now()))
  keepAlive.start()
  vi.advanceTimersByTime(1234)
  keepAlive.touch()
  const touched = Date.now()
  vi.advanceTimersByTime(10_000)
  expect(times[0]! - touched).toBeLessThanOrEqual(5000)
  keepAlive.stop()
})

it('goes on when the clock is set back', () => {
  const send = vi.fn()
  const keepAlive = createKeepAlive(send, 4000)
  keepAlive.start()
  vi.setSystemTime(Date.now() - 3_600_000)
  vi.advanceTimersByTime(12_000)
  expect(send.mock.calls.length).toBeGreaterThanOrEqual(2)
  keepAlive.stop()
})

it('started twice it is still one', () => {
  const send = vi.fn()
  const keepAlive = createKeepAlive(send, 4000)
  keepAlive.start()
  keepAlive.start()
  vi.advanceTimersByTime(4000)
  expect(send).toHaveBeenCalledTimes(1)
  keepAlive.stop()
})
