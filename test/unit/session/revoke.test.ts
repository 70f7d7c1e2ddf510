import { describe, expect, it, vi } from 'vitest'
import { audioOn, bench, bytes, HandSource, useFakedTime } from './listen-support.ts'

useFakedTime()

describe('the permission to connect is taken back', () => {
  it('while listening: the microphone and the line end at once, what was heard stays, and nothing is asked for again', async () => {
    const signOut = new AbortController()
    const test = bench({ revoked: signOut.signal })
    await test.open()
    test.source.push(bytes(1))
    signOut.abort()
    expect(test.session.getState()).toMatchObject({ status: 'idle', error: null, isCapturing: false })
    expect(test.source.calls.at(-1)).toBe('abort')
    expect(test.line().closes).toEqual([1000])
    expect(audioOn(test.line())).toHaveLength(1)
    await expect(test.session.start()).rejects.toMatchObject({ code: 'revoked', retryable: false })
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'revoked' } })
    await vi.advanceTimersByTimeAsync(600_000)
    expect([test.tokens, test.lines.length]).toEqual([1, 1])
    // Not even the question for the microphone.
    expect(test.sources.flatMap((source) => source.calls).filter((call) => call === 'start')).toHaveLength(1)
    expect(test.watchers.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('while a token is on its way: it reaches no socket', async () => {
    const signOut = new AbortController()
    let deliver!: (token: string) => void
    let signal: AbortSignal | undefined
    const test = bench({
      revoked: signOut.signal,
      getToken: (request) => {
        signal = request.signal
        return new Promise<string>((resolve) => (deliver = resolve))
      },
    })
    const started = test.session.start()
    await test.settle()
    signOut.abort()
    await test.settle()
    expect(signal?.aborted).toBe(true)
    deliver('eyJhbGciOiJIUzI1NiJ9.e30.c2ln')
    await expect(started).rejects.toMatchObject({ code: 'aborted' })
    expect(test.lines).toHaveLength(0)
  })

  it('while it waits for the next attempt, drains, or waits for the microphone: it ends there', async () => {
    for (const until of ['waiting', 'draining', 'prompting']) {
      const signOut = new AbortController()
      const test = bench(
        { revoked: signOut.signal },
        () => new HandSource(undefined, { isSlow: until === 'prompting' }),
      )
      const started = test.session.start()
      started.catch(() => {})
      if (until !== 'prompting') await test.accept()
      await test.settle()
      if (until === 'waiting') test.line().end(1006)
      if (until === 'draining') void test.session.stop()
      await test.settle()
      signOut.abort()
      expect([until, test.session.getState().status]).toEqual([until, 'idle'])
      await vi.advanceTimersByTimeAsync(600_000)
      expect([until, test.tokens]).toEqual([until, 1])
      expect(vi.getTimerCount()).toBe(0)
    }
  })
})
