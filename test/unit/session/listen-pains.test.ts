import { describe, expect, it, vi } from 'vitest'
import { DeepgramError } from '../../../src/errors.ts'
import { toPlainText } from '../../../src/transcript/captions.ts'
import { addEdit, applyEdits, NO_EDITS } from '../../../src/transcript/edit.ts'
import { expectConsole } from '../../support/console.ts'
import type { Segment, Utterance } from '../../../src/transcript/transcript.ts'
import {
  audioOn,
  bench,
  bytes,
  HandSource,
  MP4,
  nextLine,
  pass,
  RAW,
  result,
  spoken,
  textsOn,
  TOKEN,
  turnInfo,
  useFakedTime,
} from './listen-support.ts'

const KEEP_ALIVE = '{"type":"KeepAlive"}'
const MINUTE = 60_000

useFakedTime()

/** A result whose words are of several speakers, or of a channel. */
function spokenBy(
  start: number,
  words: string,
  speakers: number[],
  { isFinal = true, channel = 0, of = 1 } = {},
): object {
  const end = start + words.split(' ').length
  const message = result(start, end, words, { isFinal }) as {
    channel: { alternatives: { words: { speaker?: number }[] }[] }
  }
  speakers.forEach((speaker, i) => (message.channel.alternatives[0]!.words[i]!.speaker = speaker))
  return { ...message, channel_index: [channel, of] }
}

describe('a connection that cannot be made', () => {
  it('pain 4: a refusal is one error with the likely causes in order, the address, the attempt and the time', async () => {
    const onError = vi.fn()
    const test = bench({ onError, reconnect: false })
    const started = test.session.start()
    await pass(40)
    test.line().fail()
    test.line().end(1006)
    await expect(started).rejects.toBeInstanceOf(DeepgramError)
    const { error } = test.session.getState()
    expect(error).toMatchObject({ code: 'handshake-failed', retryable: true })
    expect(error!.message).toMatch(/likely causes.*token.*option/)
    expect(error!.details).toMatchObject({ attempt: 1, closeCode: 1006, elapsedMs: 40 })
    expect(error!.details.url).toMatch(/^wss:\/\/api\.deepgram\.com\/v1\/listen\?/)
    expect(JSON.stringify(error)).not.toContain(TOKEN)
    expect(onError.mock.calls).toEqual([[error]])
  })

  it('pain 30: options known to be refused are told before connecting, and first in the error; nothing is held back', async () => {
    const warnings = expectConsole('warn', /keywords are refused by nova-3: use keyterm/)
    const test = bench({ model: 'nova-3-medical', keywords: ['snuffle'], parameters: { foo: '1' }, reconnect: false })
    const started = test.session.start()
    await test.settle()
    expect(warnings()).toBe(1)
    // The service may have learned it meanwhile.
    const { searchParams } = new URL(test.line().url)
    expect([searchParams.get('keywords'), searchParams.get('foo')]).toEqual(['snuffle', '1'])
    test.line().end(1006)
    await expect(started).rejects.toMatchObject({ code: 'handshake-failed' })
    const { message, details } = test.session.getState().error!
    expect(message).toMatch(/likely causes: keywords are refused by nova-3: use keyterm; the token/)
    expect(details.causes?.[0]).toBe('keywords are refused by nova-3: use keyterm')
    // With options that are fine nothing is told, and the token comes first.
    test.options = { ...test.options, keywords: undefined }
    const again = test.session.start()
    await test.settle()
    test.line().end(1006)
    await expect(again).rejects.toThrow(/likely causes: the token/)
    expect(warnings()).toBe(1)
  })

  it('pain 17: three refusals before the first success are final: then silence, until start()', async () => {
    const test = bench()
    void test.session.start()
    const waits: number[] = []
    for (let attempt = 1; attempt <= 3; attempt++) {
      await test.settle()
      expect(test.lines).toHaveLength(attempt)
      test.line().end(1006)
      const since = Date.now()
      if (attempt < 3) {
        await nextLine(test)
        waits.push(Date.now() - since)
      }
    }
    expect(waits[1]).toBeGreaterThan(waits[0]!)
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'handshake-failed' } })
    expect(vi.getTimerCount()).toBe(0)
    await pass(10 * MINUTE)
    expect([test.lines.length, test.tokens]).toEqual([3, 3])
    expect(test.session.getState().status).toBe('error')
    // The way out.
    await test.open()
    expect(test.session.getState()).toMatchObject({ status: 'listening', error: null })
    expect([test.lines.length, test.tokens, test.sources.length]).toEqual([4, 4, 2])
    test.session.abort()
  })

  it('pain 17: a service that closes at once, three times, means it', async () => {
    const test = bench()
    void test.session.start()
    for (let i = 0; i < 3; i++) {
      await test.accept()
      await pass(900)
      test.line().end(1011)
      if (i < 2) await nextLine(test)
    }
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'service-error' } })
    await pass(10 * MINUTE)
    expect(test.lines).toHaveLength(3)
  })

  it('pain 17: a network that never comes back is given up after as many attempts as were asked for', async () => {
    const test = bench({ reconnect: { maxAttempts: 4 } })
    await test.open()
    test.line().end(1006)
    for (let i = 0; i < 4; i++) (await nextLine(test)).end(1006)
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'reconnect-exhausted' } })
    await pass(10 * MINUTE)
    expect(test.lines).toHaveLength(5)
  })

  it('pain 8: each attempt has a fresh token, and a token that does not come fails the attempt', async () => {
    let count = 0
    const attempts: number[] = []
    const test = bench({
      getToken({ attempt }) {
        attempts.push(attempt)
        count++
        return count === 4 ? new Promise<string>(() => {}) : `${TOKEN}${count}`
      },
    })
    await test.open()
    for (let i = 0; i < 2; i++) {
      test.line().end(1006)
      await nextLine(test)
      await test.accept()
    }
    expect(test.lines.map(({ protocols }) => protocols![1])).toEqual([`${TOKEN}1`, `${TOKEN}2`, `${TOKEN}3`])
    test.line().end(1006)
    await pass(10_500)
    expect(test.session.diagnostics().attempts[3]).toMatchObject({ error: 'token-timeout' })
    await nextLine(test)
    expect(test.line().protocols![1]).toBe(`${TOKEN}5`)
    expect(attempts).toEqual([1, 2, 3, 4, 5])
    test.session.abort()
  })

  it('pain 8: a token that is refused says why', async () => {
    const test = bench({ getToken: () => Promise.reject(new Error('signed out')), reconnect: false })
    await expect(test.session.start()).rejects.toMatchObject({ code: 'token-failed', cause: { message: 'signed out' } })
  })

  it('pain 55: no credit is final, too many streams is tried again as late as was asked for; nothing is thrown', async () => {
    const broke = bench({
      getToken: () => {
        throw new DeepgramError('payment-required', 'a; b; c.')
      },
    })
    void broke.session.start()
    await pass(10 * MINUTE)
    expect(broke.session.getState()).toMatchObject({ status: 'error', error: { code: 'payment-required' } })
    expect(broke.session.diagnostics().attempts).toHaveLength(1)
    let isBusy = true
    const busy = bench({
      getToken: () => {
        if (!isBusy) return TOKEN
        isBusy = false
        throw new DeepgramError('rate-limited', 'a; b; c.', { retryable: true, details: { retryAfterMs: 7000 } })
      },
    })
    void busy.session.start()
    await pass(6900)
    expect(busy.lines).toHaveLength(0)
    await pass(200)
    expect(busy.lines).toHaveLength(1)
    expect(busy.session.getState().status).toBe('connecting')
    busy.session.abort()
  })

  it('pain 54: a hundred ends that are routine, or come after a healthy time, are no reason to give up', async () => {
    for (const [reason, healthyMs] of [
      ['See https://dpgr.am/net0003', 10 * MINUTE],
      ['internal', 5000],
    ] as const) {
      const test = bench({ reconnect: { maxAttempts: 3, healthyMs } })
      await test.open()
      for (let i = 0; i < 100; i++) {
        await pass(MINUTE)
        test.line().end(1011, reason)
        expect(test.session.getState().status).toBe('reconnecting')
        const since = Date.now()
        await nextLine(test)
        expect(Date.now() - since).toBeLessThanOrEqual(130)
        await test.accept()
      }
      expect(test.session.getState()).toMatchObject({ status: 'listening', error: null, warning: null })
      test.session.abort()
    }
  })

  it('pain 54: a line that breaks every three seconds is made again as long as it brings text, and given up when it does not', async () => {
    const test = bench({ reconnect: { maxAttempts: 3, maxDelayMs: 500 } })
    await test.open()
    const speak = async (ms: number): Promise<void> => {
      for (let done = 0; done < ms; done += 100) {
        test.source.push(new Uint8Array(200))
        await pass(100)
      }
    }
    for (let i = 0; i < 20; i++) {
      await speak(1000)
      test.line().receive(result(0, 1, `word ${i}`))
      await speak(2000)
      test.line().end(1006)
      await nextLine(test)
      await test.accept()
    }
    expect(test.session.getState().status).toBe('listening')
    expect(test.session.getState().transcript.segments).toHaveLength(20)
    while (test.session.getState().status !== 'error') {
      await speak(3000)
      test.line().end(1006)
      if (test.session.getState().status === 'error') break
      await nextLine(test)
      await test.accept()
    }
    expect(test.session.getState().error?.code).toBe('reconnect-exhausted')
    expect(test.lines).toHaveLength(20 + 3)
  })
})

describe('a stream that goes on', () => {
  it('pain 1: a new line gets a stream from its beginning: the header, or a fresh recording; never a bare tail', async () => {
    const test = bench({}, () => new HandSource(MP4))
    await test.open()
    const header = bytes(0x66)
    test.source.push(header, bytes(1))
    test.line().end(1006)
    await test.settle()
    const fresh = test.source
    expect(fresh).not.toBe(test.sources[0])
    // The old recording has nothing to say any more.
    test.sources[0]!.push(bytes(2))
    fresh.push(header)
    await nextLine(test)
    await test.accept()
    fresh.push(bytes(3))
    expect(audioOn(test.line())).toEqual([header, bytes(3)])
    test.line().receive(result(0, 1, 'still here'))
    expect(test.session.getState().transcript.text).toBe('still here')
    test.session.abort()
  })

  it('pain 69: unfinished text outlives its line, once', async () => {
    const test = bench({}, () => new HandSource(MP4))
    await test.open()
    await pass(1000)
    test.line().receive(result(0, 1, 'hello wor', { isFinal: false }))
    test.line().end(1006)
    await pass(20)
    await nextLine(test)
    await test.accept()
    test.line().receive(result(0, 1, 'next'))
    expect(test.session.getState().transcript.segments).toMatchObject([
      { text: 'hello wor', isProvisional: true },
      { text: 'next', isProvisional: false },
    ])
    test.session.abort()
    // Heard to the end before the drop, it is there once.
    const whole = bench({}, () => new HandSource(MP4))
    await whole.open()
    await pass(1000)
    whole.line().receive(result(0, 1, 'hello wor', { isFinal: false }))
    whole.line().receive(result(0, 1, 'hello world'))
    whole.line().end(1006)
    await nextLine(whole)
    await whole.accept()
    whole.line().receive(result(0, 1, 'next'))
    expect(whole.session.getState().transcript.text).toBe('hello world next')
    whole.session.abort()
  })

  it('pain 70: times are on one timeline, through pauses, drops and starts', async () => {
    const test = bench()
    const record = async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        test.source.push(bytes(1, 2000))
        await pass(1000)
      }
    }
    await test.open()
    await record(2)
    test.line().receive(result(0, 2, 'one'))
    test.session.pause()
    await pass(5000)
    test.session.resume()
    await record(2)
    test.line().receive(result(2, 4, 'two'))
    test.line().end(1006)
    await record(1)
    await test.accept()
    await record(1)
    test.line().receive(result(0, 2, 'three'))
    test.session.abort()
    await test.open()
    await record(2)
    test.line().receive(result(0, 2, 'four'))
    const { segments } = test.session.getState().transcript
    expect(segments.map(({ text, start, end, streamIndex }) => [text, start, end, streamIndex])).toEqual([
      ['one', 0, 2, 0],
      ['two', 2, 4, 0],
      ['three', 4, 6, 1],
      ['four', 6, 8, 2],
    ])
    test.session.abort()
  })

  it('pain 51, pain 66: a pause lets no audio leave, whatever the recorder does, and the same stream goes on after it', async () => {
    const late = (source: HandSource, ...chunks: (Blob | Uint8Array<ArrayBuffer>)[]) => {
      source.pause = () => {
        source.calls.push('pause')
        source.push(...chunks)
      }
      return source
    }
    const kinds = [
      () => new HandSource(MP4),
      // An empty one.
      () => late(new HandSource(MP4), new Blob([])),
      // No pause of its own: it delivers on and on.
      () => Object.assign(new HandSource(RAW), { pause: undefined, resume: undefined }),
    ]
    for (const makeSource of kinds) {
      const test = bench({}, makeSource)
      await test.open()
      test.source.push(bytes(1))
      test.session.pause()
      expect(test.session.getState()).toMatchObject({ status: 'paused', isCapturing: false })
      const before = audioOn(test.line()).length
      for (let i = 0; i < 100; i++) {
        if (!test.source.pause) test.source.push(bytes(9))
        await pass(100)
      }
      expect(audioOn(test.line())).toHaveLength(before)
      expect(textsOn(test.line())).toEqual([KEEP_ALIVE, KEEP_ALIVE])
      test.session.resume()
      test.source.push(bytes(2))
      expect(audioOn(test.line())).toEqual([bytes(1), bytes(2)])
      expect(test.lines).toHaveLength(1)
      expect(test.session.getState()).toMatchObject({ status: 'listening', isCapturing: true })
      test.session.abort()
    }
  })

  it('pain 66: a long pause is no recorded time, where times are only known by the clock', async () => {
    const test = bench({}, () => new HandSource(MP4))
    await test.open()
    await pass(2000)
    test.session.pause()
    await pass(10 * MINUTE)
    test.session.resume()
    await pass(1000)
    expect(test.session.diagnostics().secondsRecorded).toBeCloseTo(3, 1)
    test.line().receive(result(0, 2.5, 'before'))
    test.line().end(1006)
    await test.settle()
    expect(test.session.getState().warning?.message).toContain('0.5 s of audio were lost')
    test.session.abort()
  })

  it('pain 56: what was said before and after a pause is one stream that is understood', async () => {
    const { emulator, session } = spoken('one two three four five six')
    void session.start()
    await pass(1100)
    session.pause()
    await pass(3000)
    session.resume()
    await pass(8000)
    const ended = session.stop()
    await pass(2000)
    expect((await ended).text).toBe('one two three four five six')
    expect(emulator.sockets).toHaveLength(1)
  })

  it('pain 115: chunks of any length, at any time, are sent once and in order', async () => {
    const test = bench()
    await test.open()
    let value = 0
    for (const ms of [40, 260, 3000, 60, 9000]) {
      await pass(ms)
      test.source.push(bytes(++value, ms * 2))
      test.line().receive(result(0, 0.01 * value, '', { isFinal: false }))
    }
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([1, 2, 3, 4, 5])
    expect(test.session.diagnostics().secondsRecorded).toBeCloseTo(12.36, 5)
    expect(test.lines).toHaveLength(1)
    test.session.abort()
  })

  it('pain 115: after ten minutes of sleep a container begins anew, on a new line, and the gap is told', async () => {
    const test = bench({}, () => new HandSource(MP4))
    await test.open()
    test.source.push(bytes(1))
    await pass(1000)
    test.line().receive(result(0, 1, 'before'))
    vi.setSystemTime(Date.now() + 10 * MINUTE)
    test.source.push(bytes(2))
    await nextLine(test)
    await test.accept()
    expect(test.sources).toHaveLength(2)
    test.source.push(bytes(3))
    expect(audioOn(test.line())).toEqual([bytes(3)])
    expect(test.session.getState().warning).toMatchObject({
      code: 'audio-lost',
      message: expect.stringMatching(/^600\.\d s/),
    })
    test.line().receive(result(0, 1, 'after'))
    const [, after] = test.session.getState().transcript.segments
    expect(Math.round(after!.start)).toBe(601)
    test.session.abort()
  })
})

describe('starting and stopping', () => {
  it('pain 5: ten times in a row is ten times like the first', async () => {
    const finals: string[] = []
    const test = bench({ onFinal: ({ text }) => finals.push(text) })
    for (let i = 1; i <= 10; i++) {
      await test.open()
      test.source.push(bytes(i, 2000))
      expect(audioOn(test.line())).toEqual([bytes(i, 2000)])
      const ended = test.session.stop()
      await test.settle()
      test.line().receive(result(0, 1, `run ${i}`))
      test.line().end(1000)
      await ended
      expect(test.session.getState().status).toBe('idle')
    }
    expect(finals).toEqual(Array.from({ length: 10 }, (_, i) => `run ${i + 1}`))
    expect([test.lines.length, test.sources.length, test.tokens]).toEqual([10, 10, 10])
    expect(test.lines.every(({ readyState }) => readyState === 3)).toBe(true)
    expect(test.sources.every(({ handlers }) => handlers === null)).toBe(true)
    expect([vi.getTimerCount(), test.watchers.size]).toEqual([0, 0])
  })

  it('pain 32: every verb may be called at any time, in any order, again and again', async () => {
    const verbs = ['start', 'stop', 'abort', 'pause', 'resume', 'finalize', 'clear'] as const
    let seed = 7
    const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (let round = 0; round < 9; round++) {
      const test = bench(
        { drainTimeoutMs: 500, ...(round % 3 === 0 && { model: 'flux-general-en' }) },
        () => new HandSource(round % 2 ? RAW : MP4, { isSlow: round % 5 === 0 }),
      )
      for (let step = 0; step < 200; step++) {
        const result = test.session[verbs[draw(verbs.length)]!]()
        if (result instanceof Promise) result.catch(() => {})
        if (draw(2)) await pass(draw(400))
        const line = test.lines.at(-1)
        if (line?.readyState === 0 && draw(2)) line.accept()
        if (line?.readyState === 1 && draw(6) === 0) line.end(draw(2) ? 1006 : 1000)
        if (test.source?.handlers && test.source.info) test.source.push(bytes(step))
        expect(test.lines.filter(({ readyState }) => readyState < 2).length).toBeLessThan(2)
        expect(test.sources.filter(({ handlers }) => handlers).length).toBeLessThan(2)
      }
      test.session.abort()
      await test.settle()
      expect(['idle', 'error']).toContain(test.session.getState().status)
      expect(test.lines.filter(({ readyState }) => readyState < 2)).toEqual([])
      expect(test.sources.filter(({ handlers }) => handlers)).toEqual([])
      expect([vi.getTimerCount(), test.watchers.size]).toEqual([0, 0])
    }
  })

  it('pain 15, pain 49, pain 63: stop() while the question is open is heard; permission that comes later starts nothing', async () => {
    for (const verb of ['stop', 'abort'] as const) {
      const test = bench({}, () => new HandSource(RAW, { isSlow: true }))
      const started = test.session.start()
      started.catch(() => {})
      if (verb === 'stop') {
        test.source.handlers?.onPrompt?.()
        expect(test.session.getState().status).toBe('requesting-permission')
        await pass(10 * MINUTE)
        expect(test.session.getState().status).toBe('requesting-permission')
        expect(test.lines.every(({ readyState }) => readyState >= 2)).toBe(true)
      }
      void test.session[verb]()
      expect(test.session.getState().status).toBe('idle')
      const state = test.session.getState()
      const count = test.lines.length
      await pass(3000)
      test.source.begin({ format: RAW, label: 'late' })
      await pass(MINUTE)
      expect(test.source.count.abort).toBeGreaterThan(0)
      expect(test.lines).toHaveLength(count)
      expect(test.session.getState()).toBe(state)
      await expect(started).rejects.toMatchObject({ code: 'aborted' })
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  it.each([
    ['the token', () => {}],
    ['the handshake', (test: ReturnType<typeof bench>) => test.settle()],
  ])('pain 15: abort() while %s is pending leaves nothing, and nothing happens later', async (_, reach) => {
    let give!: (token: string) => void
    const test = bench(_ === 'the token' ? { getToken: () => new Promise<string>((resolve) => (give = resolve)) } : {})
    void test.session.start()
    await reach(test)
    test.session.abort()
    const state = test.session.getState()
    const count = test.states.length
    give?.(TOKEN)
    for (const line of test.lines) line.accept()
    await pass(MINUTE)
    expect(test.lines.filter(({ readyState }) => readyState === 0)).toEqual([])
    expect(test.lines).toHaveLength(_ === 'the token' ? 0 : 1)
    expect([test.session.getState(), test.states.length]).toEqual([state, count])
    expect(test.source.handlers).toBeNull()
  })

  it('pain 33: a teardown of which every step throws still ends, and every flag with it', async () => {
    const test = bench({ drainTimeoutMs: 100 }, () => {
      const source = new HandSource()
      const fail = (): never => {
        source.handlers = null
        throw new Error('broken')
      }
      return Object.assign(source, { stop: fail, abort: fail })
    })
    await test.open()
    test.line().close = () => {
      throw new Error('broken, too')
    }
    const ended = test.session.stop()
    await pass(1000)
    await ended
    expect(test.session.getState()).toMatchObject({ status: 'idle', isCapturing: false, error: null, deviceLabel: '' })
    expect([vi.getTimerCount(), test.watchers.size]).toEqual([0, 0])
    await test.open()
    expect(test.session.getState().status).toBe('listening')
    test.line().close = () => {
      throw new Error('broken, too')
    }
    expect(() => test.session.abort()).not.toThrow()
    expect(test.session.getState()).toMatchObject({ status: 'idle', isCapturing: false })
    expect([vi.getTimerCount(), test.watchers.size]).toEqual([0, 0])
  })

  it('pain 48: what an old line says after a new start belongs to nobody', async () => {
    const onError = vi.fn()
    const test = bench({ onError, model: 'nova-3' })
    await test.open()
    const old = test.line()
    const oldSource = test.source
    const { handlers } = oldSource
    test.session.abort()
    await test.open()
    const state = test.session.getState()
    old.receive(result(0, 1, 'ghost'))
    old.end(1008, 'DATA-0000')
    handlers?.onChunk(bytes(9))
    handlers?.onMuted?.(true)
    handlers?.onEnded(new Error('gone'))
    await pass(1000)
    expect(test.session.getState()).toBe(state)
    expect(audioOn(test.line())).toEqual([])
    expect(onError).not.toHaveBeenCalled()
    test.session.abort()
  })

  it('pain 19: options that change while it listens, in value or identity, touch neither line nor microphone', async () => {
    const test = bench()
    await test.open()
    for (let i = 0; i < 100; i++) {
      test.options = { ...test.options, getToken: () => TOKEN, onFinal: () => {}, keyterm: [`word ${i}`], tag: ['a'] }
      test.source.push(bytes(i))
      test.line().receive(result(i, i + 1, `word ${i}`))
      await pass(100)
    }
    expect([test.lines.length, test.sources.length, test.tokens]).toEqual([1, 1, 1])
    // They count when there is a new line anyway.
    test.line().end(1006)
    await nextLine(test)
    expect(new URL(test.line().url).searchParams.getAll('keyterm')).toEqual(['word 99'])
    test.session.abort()
  })

  it('pain 101: a source of the application’s own is used as it is; its end is the end', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1))
    test.source.handlers?.onEnded()
    await test.settle()
    expect(test.line().sent).toEqual([bytes(1), '{"type":"CloseStream"}'])
    test.line().receive(result(0, 0.01, 'all of it'))
    test.line().end(1000)
    await test.settle()
    expect(test.session.getState()).toMatchObject({ status: 'idle', error: null, transcript: { text: 'all of it' } })
    await test.open()
    test.source.handlers?.onEnded(new DeepgramError('source-ended', 'a; b; c.'))
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'source-ended' } })
  })
})

describe('text', () => {
  it('pain 39: an utterance is told once, by whichever signal comes first', async () => {
    const end = { type: 'UtteranceEnd', channel: [0, 1], last_word_end: 1 }
    const scripts: [Utterance['source'], object[]][] = [
      ['speech-final', [result(0, 1, 'hello', { speechFinal: true })]],
      ['utterance-end', [result(0, 1, 'hello'), end]],
      ['speech-final', [result(0, 1, 'hello', { speechFinal: true }), end]],
      ['timeout', [result(0, 1, 'hello')]],
    ]
    for (const [source, messages] of scripts) {
      const told: Utterance[] = []
      const test = bench({ onUtterance: (utterance) => told.push(utterance) })
      await test.open()
      for (const message of messages) test.line().receive(message)
      await pass(10_000)
      expect(told).toMatchObject([{ text: 'hello', source }])
      test.session.abort()
      expect(told).toHaveLength(1)
    }
  })

  it('pain 106: a late end does not cut the sentence being spoken, and a start of speech clears nothing', async () => {
    const told: string[] = []
    const test = bench({ onUtterance: ({ text }) => told.push(text) })
    await test.open()
    test.line().receive(result(0, 4.2, 'one two'))
    test.line().receive({ type: 'SpeechStarted', channel: [0, 1], timestamp: 4.3 })
    test.line().receive({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: 3 })
    expect(told).toEqual([])
    test.line().receive(result(4.2, 6, 'three', { speechFinal: true }))
    test.line().receive({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: 4.2 })
    expect(told).toEqual(['one two three'])
    test.session.abort()
  })

  it('pain 107: channels do not mix: each has its own text, and one waits for the other before audio is forgotten', async () => {
    const test = bench({ multichannel: true }, () => new HandSource({ ...RAW, channels: 2 }))
    await test.open()
    for (let i = 0; i < 4; i++) test.source.push(bytes(i, 4000))
    const say = (start: number, words: string, channel: number, isFinal = true) =>
      test.line().receive(spokenBy(start, words, [], { isFinal, channel, of: 2 }))
    say(0, 'good', 0, false)
    say(0, 'hello', 1, false)
    say(0, 'good morning', 0)
    say(0, 'hello agent', 1, false)
    say(2, 'how are', 0, false)
    const { segments } = test.session.getState().transcript
    expect(segments.map(({ channel, text }) => [channel, text])).toEqual([[0, 'good morning']])
    test.line().end(1006)
    await nextLine(test)
    await test.accept()
    await pass(5000)
    // Channel 1 was not settled: all of it is sent again.
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([0, 1, 2, 3])
    say(0, 'good morning', 0)
    say(0, 'hello agent', 1)
    say(2, 'how are', 0)
    const heard = test.session.getState().transcript.segments
    const textOf = (of: number) => heard.flatMap(({ channel, text }) => (channel === of ? [text] : [])).join(' ')
    expect([textOf(0), textOf(1)]).toEqual(['good morning how are', 'hello agent'])
    // Together they are in the order of their times, by the names that they are given.
    expect(toPlainText(test.session.getState().transcript, { channelNames: { 0: 'Agent', 1: 'Caller' } })).toBe(
      'Agent: good morning\nCaller: hello agent\nAgent: how are',
    )
    test.session.abort()
  })

  it('pain 81: a line of text has one speaker; the final decides; a new stream’s speakers are told apart', async () => {
    const test = bench({ diarize: true })
    await test.open()
    for (let i = 0; i < 6; i++) test.source.push(bytes(i, 2000))
    test.line().receive(spokenBy(0, 'hi there oh hello', [1, 1, 0, 0], { isFinal: false }))
    test.line().receive(spokenBy(0, 'hi there oh hello', [0, 0, 1, 1]))
    const lines = () =>
      test.session.getState().transcript.segments.map(({ speaker, streamIndex, text }) => [speaker, streamIndex, text])
    expect(lines()).toEqual([
      [0, 0, 'hi there'],
      [1, 0, 'oh hello'],
    ])
    test.line().end(1006)
    await nextLine(test)
    await test.accept()
    test.line().receive(spokenBy(0, 'well then', [0, 0]))
    expect(lines()[2]).toEqual([0, 1, 'well then'])
    // A name persists, and is not given to whoever speaks first on the new line.
    const named = addEdit(NO_EDITS, { type: 'rename-speaker', speaker: '0:0', name: 'Ann' })
    const script = () => toPlainText(applyEdits(test.session.getState().transcript, named)).split('\n')
    expect(script()).toEqual(['Ann: hi there', 'Speaker 2: oh hello', 'Speaker 1 (2): well then'])
    test.line().receive(spokenBy(2, 'yes indeed', [1, 1]))
    expect(script().slice(0, 2)).toEqual(['Ann: hi there', 'Speaker 2: oh hello'])
    test.session.abort()
  })

  it('pain 71: several messages in one task are each told, in order, and all of them are there', async () => {
    const finals: Segment[] = []
    const test = bench({ onFinal: (segment) => finals.push(segment) })
    await test.open()
    for (const [i, word] of ['one', 'two', 'three'].entries()) test.line().receive(result(i, i + 1, word))
    expect(finals.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
    expect(test.session.getState().transcript.segments).toEqual(finals)
    expect(test.session.getState().transcript.text).toBe('one two three')
    test.session.abort()
  })

  it('pain 109: finalize() always answers: with what was asked for, or with null after a second', async () => {
    for (const [model, answer, frame] of [
      ['nova-3', result(0, 1, 'so far', { fromFinalize: true }), '{"type":"Finalize"}'],
      ['flux-general-en', { ...turnInfo('EndOfTurn', 0, 1, 'so far'), trigger: 'manual' }, '{"type":"ForceEndTurn"}'],
    ] as const) {
      const test = bench({ model })
      await test.open()
      const asked = [test.session.finalize(), test.session.finalize()]
      await pass(300)
      test.line().receive(answer)
      expect(await Promise.all(asked)).toMatchObject([{ text: 'so far' }, { text: 'so far' }])
      expect(textsOn(test.line())).toEqual([frame])
      let settled: unknown = 'pending'
      void test.session.finalize().then((segment) => (settled = segment))
      await pass(999)
      expect(settled).toBe('pending')
      await pass(1)
      expect(settled).toBeNull()
      test.session.abort()
    }
  })

  it('pain 100: a ticket tells each attempt with its close code and reason, and neither secrets nor words', async () => {
    const test = bench({ reconnect: { maxAttempts: 1 } })
    await test.open()
    test.source.push(bytes(1, 2000))
    test.line().receive(result(0, 1, 'private matters'))
    test.line().end(1011, `internal ${TOKEN}`)
    ;(await nextLine(test)).end(1006)
    await test.settle()
    const ticket = test.session.diagnostics()
    expect(ticket).toMatchObject({
      status: 'error',
      errorCode: 'reconnect-exhausted',
      attempts: [
        { attempt: 1, closeCode: 1011, closeReason: 'internal …', error: 'service-error', openedAfterMs: 0 },
        { attempt: 2, closeCode: 1006, error: 'handshake-failed', openedAfterMs: null },
      ],
      requestIds: ['request-1'],
      format: 'linear16',
      settings: { echoCancellation: true },
      framesSent: 1,
      secondsRecorded: 1,
      messages: { known: 1 },
      latency: { firstWordMs: 0 },
    })
    expect(JSON.stringify(ticket)).not.toMatch(new RegExp(`${TOKEN}|private`))
  })

  it('the first word of a later run is counted from its own start', async () => {
    const test = bench()
    await test.open()
    test.line().receive(result(0, 1, 'word'))
    test.session.abort()
    await test.open()
    await pass(500)
    test.line().receive(result(0, 1, '', { isFinal: false }))
    expect(test.session.diagnostics().latency.firstWordMs).toBeNull()
    await pass(500)
    test.line().receive(result(1, 2, 'again'))
    expect(test.session.diagnostics().latency.firstWordMs).toBe(1000)
    test.session.abort()
  })
})

describe('configure()', () => {
  it('changes what is heard on both generations, and says whether it was taken', async () => {
    for (const model of ['nova-3', 'flux-general-en']) {
      const { emulator, session } = spoken('one two three', { model })
      void session.start()
      await pass(500)
      const [taken] = await Promise.all([session.configure({ keyterms: ['Deepgram'] }), pass(500)])
      expect(taken).toBe(true)
      expect(emulator.sockets[0]!.receivedText).toEqual(['{"type":"Configure","keyterms":["Deepgram"]}'])
      session.abort()
    }
  })

  it('answers in order; a refusal and an answer that does not come are false', async () => {
    for (const model of ['nova-3', 'flux-general-en']) {
      const test = bench({ model })
      expect(await test.session.configure({ keyterms: [] })).toBe(false)
      await test.open()
      const answers: boolean[] = []
      for (let i = 0; i < 3; i++)
        void test.session.configure({ keyterms: [`${i}`] }).then((taken) => answers.push(taken))
      await test.settle()
      test.line().receive({ type: 'ConfigureSuccess' })
      test.line().receive({ type: 'ConfigureFailure', code: 'NO' })
      await pass(4900)
      expect(answers).toEqual([true, false])
      expect(test.session.getState().warning?.code).toBe('service')
      await pass(200)
      expect(answers).toEqual([true, false, false])
      const lost = test.session.configure({ keyterms: ['x'] })
      test.line().end(1006)
      expect(await lost).toBe(false)
      test.session.abort()
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  it('is said again to every later line, as far as it was taken, before any audio', async () => {
    const test = bench({ model: 'flux-general-en' })
    await test.open()
    for (const settings of [{ eotThreshold: 0.8 }, { keyterms: ['a'] }, { eotThreshold: 0.9 }]) {
      void test.session.configure(settings)
      await test.settle()
      test.line().receive({ type: settings.eotThreshold === 0.9 ? 'ConfigureFailure' : 'ConfigureSuccess' })
      await test.settle()
    }
    test.source.push(bytes(1))
    test.line().end(1006)
    await nextLine(test)
    await test.accept()
    expect(test.line().sent).toEqual([
      '{"type":"Configure","thresholds":{"eot_threshold":0.8},"keyterms":["a"]}',
      bytes(1),
    ])
    // The next run begins with the options alone.
    test.session.abort()
    await test.open()
    expect(test.line().sent).toEqual([])
    test.session.abort()
  })

  it('features that were set one after the other are all set again', async () => {
    const test = bench()
    await test.open()
    for (const features of [{ numerals: true }, { punctuate: true }, { numerals: false }] as Record<
      string,
      boolean
    >[]) {
      void test.session.configure({ features })
      await test.settle()
      test.line().receive({ type: 'ConfigureSuccess' })
      await test.settle()
    }
    test.line().end(1006)
    await nextLine(test)
    await test.accept()
    expect(textsOn(test.line())).toEqual(['{"type":"Configure","features":{"numerals":false,"punctuate":true}}'])
    test.session.abort()
  })

  it('rejects what is known to be refused, and sends nothing', async () => {
    const test = bench({ model: 'flux-general-en' })
    await test.open()
    await expect(test.session.configure({ eotThreshold: 3 })).rejects.toThrow(TypeError)
    expect(test.line().sent).toEqual([])
    test.session.abort()
  })
})
