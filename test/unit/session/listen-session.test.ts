import { describe, expect, it, vi } from 'vitest'
import { DeepgramError } from '../../../src/errors.ts'
import { createListenSession, type ListenSessionOptions } from '../../../src/session/listen-session.ts'
import type { LogEvent } from '../../../src/socket/options.ts'
import { createDeepgramEmulator } from '../../../src/testing/index.ts'
import { expectConsole } from '../../support/console.ts'
import { createToneSource } from '../../support/tone-source.ts'
import {
  audioOn,
  bench,
  bytes,
  HandSource,
  MP4,
  nextLine,
  RAW,
  result,
  slowBlob,
  textsOn,
  TOKEN,
  useFakedTime,
  WEBM,
} from './listen-support.ts'

const KEEP_ALIVE = '{"type":"KeepAlive"}'
const FINALIZE = '{"type":"Finalize"}'
const CLOSE_STREAM = '{"type":"CloseStream"}'

useFakedTime()

it('tells that speech was noticed before there is a word of it, on the one timeline', async () => {
  const test = bench({ vadEvents: true })
  await test.open()
  expect(test.session.getState().speechStart).toBeNull()
  for (let i = 0; i < 6; i++) test.source.push(bytes(i, 1000))
  test.line().receive({ type: 'SpeechStarted', channel: [0, 1], timestamp: 1.5 })
  expect(test.session.getState()).toMatchObject({ speechStart: 1.5, transcript: { interim: null } })
  test.line().receive(result(0, 2, 'one', { speechFinal: true }))
  test.line().end()
  await nextLine(test)
  await test.accept()
  test.source.push(bytes(1, 2000))
  test.line().receive({ type: 'SpeechStarted', channel: [0, 1], timestamp: 0.5 })
  expect(test.session.getState().speechStart).toBeCloseTo(2.5)
  test.session.abort()
})

/** A session that hears tone speech through the emulator. */
function spoken(text: string, options: ListenSessionOptions = {}, faults = {}) {
  const emulator = createDeepgramEmulator({ faults })
  const source = createToneSource(text)
  const session = createListenSession(
    () => ({ WebSocket: emulator.WebSocket, getToken: emulator.getToken, ...options }),
    { createSource: () => source },
  )
  return { emulator, source, session }
}

describe('starting', () => {
  it('pain 2: everything recorded before the socket opens arrives, in order, before what is recorded after', async () => {
    for (const format of [RAW, WEBM, MP4]) {
      const test = bench({}, () => new HandSource(format))
      void test.session.start()
      await test.settle()
      // The microphone is open, but what would be said now is not recorded yet.
      expect(test.session.getState()).toMatchObject({ status: 'connecting', isCapturing: false, deviceLabel: 'Hand' })
      for (let i = 1; i <= 8; i++) {
        test.source.push(bytes(i))
        expect(test.session.getState()).toMatchObject({ status: 'connecting', isCapturing: true })
        await vi.advanceTimersByTimeAsync(250)
      }
      expect(test.line().sent).toEqual([])
      await test.accept()
      test.source.push(bytes(9))
      expect(audioOn(test.line()).map(([first]) => first)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(test.session.getState().status).toBe('listening')
      test.session.abort()
    }
  })

  it('pain 2: what a source delivers before it says what it is comes first', async () => {
    const test = bench({}, () => new HandSource(WEBM, { isSlow: true }))
    void test.session.start()
    await test.accept()
    test.source.push(bytes(1), bytes(2))
    expect(test.line().sent).toEqual([])
    expect(test.session.getState().status).toBe('connecting')
    test.source.begin({ format: WEBM, label: 'Late' })
    await test.settle()
    expect(test.session.getState().isCapturing).toBe(true)
    test.source.push(bytes(3))
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([1, 2, 3])
    expect(test.session.getState()).toMatchObject({ status: 'listening', deviceLabel: 'Late' })
    test.session.abort()
  })

  it('pain 2: a line that had opened before the browser asked for permission takes no header with it', async () => {
    const test = bench({}, () => new HandSource(MP4, { isSlow: true }))
    const started = test.session.start()
    await test.accept()
    const [first] = test.lines
    test.source.handlers?.onPrompt?.()
    expect(test.session.getState()).toMatchObject({ status: 'requesting-permission' })
    expect(first!.closes).toEqual([1000])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(test.lines).toHaveLength(1)
    expect(first!.sent).toEqual([])
    test.source.begin({ format: MP4, label: '' })
    await test.settle()
    test.source.push(bytes(1), bytes(2))
    expect(test.session.getState().status).toBe('connecting')
    await test.accept()
    test.source.push(bytes(3))
    await started
    expect(audioOn(test.line()).map(([byte]) => byte)).toEqual([1, 2, 3])
    expect(test.sources).toHaveLength(1)
    expect(test.session.getState().status).toBe('listening')
    test.session.abort()
  })

  it('a line that dies before the microphone was allowed neither asks again nor begins anew', async () => {
    const test = bench({}, () => new HandSource(WEBM, { isSlow: true }))
    void test.session.start()
    await test.accept()
    test.line().end(1006)
    await nextLine(test)
    expect(test.source.calls).toEqual(['start'])
    test.source.begin({ format: WEBM, label: '' })
    await test.accept()
    test.source.push(bytes(1))
    expect(audioOn(test.line())).toHaveLength(1)
    expect(test.session.getState().warning).toBeNull()
    test.session.abort()
  })

  it('pain 87: ready means open; the first chunk is on the wire at once, though the service says nothing', async () => {
    const test = bench()
    const started = test.session.start()
    await test.settle()
    test.source.push(bytes(1))
    test.line().accept()
    expect(audioOn(test.line())).toHaveLength(1)
    expect(test.session.getState().status).toBe('listening')
    await started
    test.source.push(bytes(2))
    expect(audioOn(test.line())).toHaveLength(2)
    test.session.abort()
  })

  it('twice in one task is one token, one source and one socket, and one promise', async () => {
    const test = bench()
    const [first, second] = [test.session.start(), test.session.start()]
    expect(second).toBe(first)
    await test.accept()
    await first
    await test.session.start()
    expect([test.tokens, test.sources.length, test.lines.length]).toEqual([1, 1, 1])
    expect(test.source.calls).toEqual(['start'])
    test.session.abort()
  })

  it('what a raw source is has to be known before the socket is asked for', async () => {
    const test = bench({}, () => new HandSource(RAW, { isSlow: true, isUnknown: true }))
    void test.session.start()
    await vi.advanceTimersByTimeAsync(1000)
    expect(test.lines).toHaveLength(0)
    test.source.begin({ format: RAW, label: '' })
    await test.settle()
    expect(test.line().url).toContain('encoding=linear16')
    test.session.abort()
  })

  it('pain 24: with a container encoding, sample rate and channels are left out, and a developer is told once', async () => {
    const warnings = expectConsole('warn', /encoding, sampleRate and channels are left out/)
    for (const options of [
      { encoding: 'linear16', sampleRate: 16_000, channels: 1 },
      { parameters: { encoding: 'linear16', sample_rate: 16_000, channels: 2 } },
    ]) {
      const test = bench(options, () => new HandSource(WEBM))
      await test.open()
      expect(test.line().url).not.toMatch(/encoding|sample_rate|channels/)
      test.session.abort()
    }
    expect(warnings()).toBe(1)
  })

  it('pain 24: a raw source is described as it is, whatever the options say', async () => {
    const format = { kind: 'raw', encoding: 'mulaw', sampleRate: 44_100, channels: 2 } as const
    const test = bench({ encoding: 'linear16', sampleRate: 16_000 }, () => new HandSource(format))
    await test.open()
    const { searchParams } = new URL(test.line().url)
    expect(['encoding', 'sample_rate', 'channels'].map((name) => searchParams.get(name))).toEqual([
      'mulaw',
      '44100',
      '2',
    ])
    test.session.abort()
  })

  it('pain 89: named and unnamed parameters reach the address; what is undefined falls back to its default', async () => {
    const test = bench({
      model: undefined,
      interimResults: undefined,
      smartFormat: true,
      endpointing: false,
      keyterm: ['Deepgram', 'New York'],
      language: undefined,
      parameters: { foo: 'x', smart_format: false },
    })
    await test.open()
    expect(
      [...new URL(test.line().url).searchParams].filter(([name]) => !/encoding|sample_rate|channels/.test(name)),
    ).toEqual(
      expect.arrayContaining([
        ['model', 'nova-3'],
        ['interim_results', 'true'],
        ['smart_format', 'false'],
        ['endpointing', 'false'],
        ['keyterm', 'Deepgram'],
        ['keyterm', 'New York'],
        ['foo', 'x'],
      ]),
    )
    expect(test.line().url).not.toContain('undefined')
    test.session.abort()
  })

  it('pain 91: an own address without a credential is connected as it is, by the given constructor', async () => {
    const test = bench({ getToken: undefined, baseUrl: 'wss://own.example/dg' })
    await test.open()
    expect(test.line().url).toMatch(/^wss:\/\/own\.example\/dg\/v1\/listen\?/)
    expect(test.line().protocols).toBeUndefined()
    expect(test.session.getState().status).toBe('listening')
    test.session.abort()
  })

  it.each([
    [{ apiKey: 'k' }, TypeError],
    [{ baseUrl: 'nonsense' }, TypeError],
  ])('misuse (%j) rejects with a TypeError, and starts nothing', async (options, type) => {
    const test = bench(options)
    await expect(test.session.start()).rejects.toBeInstanceOf(type)
    expect(test.source.calls).toEqual([])
    expect(test.session.getState().status).toBe('idle')
  })

  it('an option that is refused is in the state, the callback and the promise', async () => {
    const onError = vi.fn()
    const test = bench({ baseUrl: 'ws://192.168.0.7', onError })
    await expect(test.session.start()).rejects.toMatchObject({ code: 'insecure-url' })
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'insecure-url' } })
    expect(onError).toHaveBeenCalledTimes(1)
    expect([test.lines.length, test.source.calls.length]).toEqual([0, 0])
  })

  it.each([
    ['rejects with a DeepgramError', new DeepgramError('permission-denied', 'a; b; c.'), 'permission-denied'],
    ['rejects with something else', new Error('device exploded'), 'source-ended'],
  ])('a source that %s ends it, and the line with it', async (_, reason, code) => {
    const onError = vi.fn()
    const test = bench({ onError }, () => new HandSource(RAW, { isSlow: true }))
    const started = test.session.start()
    await test.settle()
    test.source.refuse(reason)
    await expect(started).rejects.toMatchObject({ code })
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code } })
    expect(onError).toHaveBeenCalledTimes(1)
    expect(test.line().readyState).toBe(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a source that throws instead of rejecting ends it in the same way', async () => {
    const test = bench({}, () => {
      const source = new HandSource()
      source.start = () => {
        throw new Error('not even a promise')
      }
      return source
    })
    await expect(test.session.start()).rejects.toMatchObject({ code: 'source-ended' })
    expect(test.session.getState().status).toBe('error')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 7: a token that is none ends it before any socket', async () => {
    const test = bench({ getToken: () => '<html>' })
    await expect(test.session.start()).rejects.toMatchObject({ code: 'invalid-token' })
    expect(test.lines).toHaveLength(0)
    expect(test.source.count.abort).toBe(1)
  })
})

describe('aborting', () => {
  const points: [string, (test: ReturnType<typeof bench>) => Promise<void> | void, (() => HandSource)?][] = [
    ['before anything', () => {}],
    ['while the permission is pending', (test) => test.settle(), () => new HandSource(RAW, { isSlow: true })],
    ['while the token is pending', (test) => test.settle()],
    ['while the handshake is pending', (test) => test.settle()],
    ['while listening', (test) => test.accept()],
    [
      'while waiting for the next attempt',
      async (test) => {
        await test.accept()
        test.line().end(1006)
      },
    ],
    [
      'while draining',
      async (test) => {
        await test.accept()
        void test.session.stop()
        await test.settle()
      },
    ],
  ]

  it.each(points)('%s leaves nothing open', async (name, reach, makeSource) => {
    const test = bench(name.includes('token') ? { getToken: () => new Promise(() => {}) } : {}, makeSource)
    const started = test.session.start()
    const outcome = started.then(
      () => 'resolved',
      (error: unknown) => (error as DeepgramError).code,
    )
    await reach(test)
    test.session.abort()
    test.session.abort()
    expect(test.session.getState()).toMatchObject({ status: 'idle', error: null, isCapturing: false })
    expect(test.source.count.abort).toBeGreaterThan(0)
    expect(['resolved', 'aborted']).toContain(await outcome)
    const count = test.lines.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(test.lines).toHaveLength(count)
    expect(test.lines.every(({ readyState }) => readyState >= 2)).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('stop() during start() is an abort; the promise of start() says so', async () => {
    const test = bench({}, () => new HandSource(RAW, { isSlow: true }))
    const started = test.session.start()
    await test.settle()
    const transcript = await test.session.stop()
    expect(transcript.text).toBe('')
    await expect(started).rejects.toMatchObject({ code: 'aborted' })
    test.source.begin({ format: RAW, label: '' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(test.session.getState().status).toBe('idle')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a start() that waits for the end before is taken back by stop() and by abort()', async () => {
    for (const verb of ['stop', 'abort'] as const) {
      const test = bench()
      await test.open()
      const ended = test.session.stop()
      const again = test.session.start()
      void test.session[verb]()
      await vi.advanceTimersByTimeAsync(10_000)
      await ended
      await expect(again).rejects.toMatchObject({ code: 'aborted' })
      expect(test.sources).toHaveLength(1)
      expect(test.session.getState().status).toBe('idle')
    }
  })

  it('a start() during stop() begins when that has ended', async () => {
    const test = bench()
    await test.open()
    const ended = test.session.stop()
    const again = test.session.start()
    void test.session.start()
    await test.settle()
    expect(test.sources).toHaveLength(1)
    test.line().end(1000)
    await ended
    await test.accept()
    await again
    expect(test.sources).toHaveLength(2)
    expect(test.session.getState().status).toBe('listening')
    test.session.abort()
  })
})

describe('silence', () => {
  it('pain 3: while paused KeepAlives go out as text, no audio does, and the line stays; afterwards none', async () => {
    const { emulator, source, session } = spoken('one two three')
    void session.start()
    await vi.advanceTimersByTimeAsync(2000)
    const [socket] = emulator.sockets
    const frames = (kind: string) => socket!.received.filter((frame) => typeof frame === kind).length
    expect(frames('string')).toBe(0)
    session.pause()
    expect(session.getState()).toMatchObject({ status: 'paused', isCapturing: false })
    // What was under way when the pause began.
    await vi.advanceTimersByTimeAsync(5)
    const before = frames('object')
    await vi.advanceTimersByTimeAsync(60_000)
    const keepAlives = socket!.receivedText
    expect(keepAlives.length).toBeGreaterThanOrEqual(12)
    expect(keepAlives.length).toBeLessThanOrEqual(20)
    expect(new Set(keepAlives)).toEqual(new Set([KEEP_ALIVE]))
    expect(frames('object')).toBe(before)
    expect(socket!.state).toBe('open')
    session.resume()
    expect(session.getState().status).toBe('listening')
    const count = socket!.receivedText.length
    await vi.advanceTimersByTimeAsync(20_000)
    expect(socket!.receivedText).toHaveLength(count)
    expect(frames('object')).toBeGreaterThan(before)
    const ended = session.stop()
    await vi.advanceTimersByTimeAsync(1000)
    expect((await ended).text).toBe('one two three')
    expect(source.isRunning).toBe(false)
    expect(emulator.sockets).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('what was said before a source fell silent without delivering silence is asked for', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1, 1000))
    test.line().receive(result(0, 1, 'one two', { isFinal: false }))
    await vi.advanceTimersByTimeAsync(4_500)
    expect(textsOn(test.line())).toEqual([KEEP_ALIVE, FINALIZE])
    test.line().receive(result(0, 1, 'one two', { fromFinalize: true }))
    await vi.advanceTimersByTimeAsync(8_000)
    expect(textsOn(test.line())).toEqual([KEEP_ALIVE, FINALIZE, KEEP_ALIVE, KEEP_ALIVE])
    test.session.abort()
  })

  it('pain 3: a source that delivers nothing yet keeps the line, too', async () => {
    const test = bench({}, () => new HandSource(WEBM, { isSlow: true }))
    void test.session.start()
    await test.accept()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(textsOn(test.line())).toEqual(Array(5).fill(KEEP_ALIVE))
    test.session.abort()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 3: what a source without a pause of its own delivers while paused goes nowhere', async () => {
    const test = bench({}, () => Object.assign(new HandSource(), { pause: undefined, resume: undefined }))
    await test.open()
    test.session.pause()
    test.source.push(bytes(1))
    test.session.resume()
    test.source.push(bytes(2))
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([2])
    test.session.abort()
  })

  it('pain 20: what holds nothing never reaches the socket', async () => {
    const test = bench()
    void test.session.start()
    await test.settle()
    test.source.push(new Uint8Array(0), new Blob([]), bytes(1))
    await test.accept()
    test.source.push(new Blob([]), new Uint8Array(0))
    test.session.pause()
    test.source.push(new Blob([]))
    test.session.resume()
    test.source.onStop = async () => test.source.push(new Blob([]))
    void test.session.stop()
    await test.settle()
    expect(test.line().sent).toEqual([bytes(1), CLOSE_STREAM])
    test.line().end(1000)
    await test.settle()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('stopping', () => {
  it('pain 6: the last chunk and the last words are waited for', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1))
    test.source.onStop = async () => {
      await new Promise((resolve) => setTimeout(resolve, 120))
      test.source.push(bytes(2))
    }
    const ended = test.session.stop()
    expect(test.session.getState()).toMatchObject({ status: 'stopping', isCapturing: false })
    expect(test.session.stop()).toBe(ended)
    await vi.advanceTimersByTimeAsync(119)
    expect(textsOn(test.line())).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(test.line().sent).toEqual([bytes(1), bytes(2), CLOSE_STREAM])
    await vi.advanceTimersByTimeAsync(1500)
    test.line().receive(result(0, 0.02, 'the very last words', { speechFinal: true }))
    test.line().end(1000)
    const transcript = await ended
    expect(transcript.text).toBe('the very last words')
    expect(test.session.getState()).toMatchObject({ status: 'idle', warning: null })
    expect(transcript).toBe(test.session.getState().transcript)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 6: a service that never closes is not waited for beyond the limit, and that is said', async () => {
    const test = bench({ drainTimeoutMs: 3000 })
    await test.open()
    // Two seconds that no result has acknowledged must not change that.
    test.source.push(bytes(1, 4000))
    test.line().receive(result(0, 1, 'half', { isFinal: false }))
    let isEnded = false
    const ended = test.session.stop().then((transcript) => {
      isEnded = true
      return transcript
    })
    await vi.advanceTimersByTimeAsync(2990)
    expect(isEnded).toBe(false)
    await vi.advanceTimersByTimeAsync(20)
    expect(isEnded).toBe(true)
    const { segments, gaps } = await ended
    expect(segments).toMatchObject([{ text: 'half', isProvisional: true }])
    // Of the second half nobody knows a word.
    expect(gaps).toMatchObject([{ start: 1, end: 2, duration: 1, reason: 'given-up' }])
    expect(test.session.getState()).toMatchObject({ status: 'idle', warning: { code: 'drain-timeout' } })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 6: words recorded before the line was open are sent, though stop() came first', async () => {
    const test = bench()
    void test.session.start()
    await test.settle()
    test.source.push(bytes(1))
    const ended = test.session.stop()
    await vi.advanceTimersByTimeAsync(1000)
    await test.accept()
    await vi.advanceTimersByTimeAsync(100)
    expect(test.line().sent).toEqual([bytes(1), CLOSE_STREAM])
    test.line().receive(result(0, 0.01, 'early', {}))
    test.line().end(1000)
    expect((await ended).text).toBe('early')
  })

  it('a line that never opens does not hold stop() up for ever', async () => {
    const test = bench({ drainTimeoutMs: 2000 })
    void test.session.start()
    await test.settle()
    test.source.push(bytes(1))
    const ended = test.session.stop()
    await vi.advanceTimersByTimeAsync(3000)
    await ended
    expect(test.session.getState()).toMatchObject({ status: 'idle', warning: { code: 'drain-timeout' } })
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('no'))],
    ['never settles', () => new Promise<void>(() => {})],
  ])('a source whose stop() %s keeps nobody waiting', async (_, onStop) => {
    const test = bench({ drainTimeoutMs: 1000 })
    await test.open()
    test.source.onStop = onStop
    const ended = test.session.stop()
    await vi.advanceTimersByTimeAsync(3000)
    await ended
    expect(test.session.getState().status).toBe('idle')
    expect(test.source.count.abort).toBeGreaterThan(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a line that is lost while draining is made again, and the rest is heard', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1, 2000))
    test.line().receive(result(0, 0.4, 'first'))
    const ended = test.session.stop()
    await test.settle()
    test.line().end(1006)
    expect(test.session.getState().status).toBe('stopping')
    await nextLine(test)
    await test.accept()
    await vi.advanceTimersByTimeAsync(1000)
    expect(test.line().sent.at(-1)).toBe(CLOSE_STREAM)
    expect(test.source.calls).toEqual(['start', 'stop'])
    test.line().receive(result(0, 1, 'first second'))
    test.line().end(1000)
    expect((await ended).text).toBe('first second')
  })

  it('a recorder that cannot be continued is not started again after stop()', async () => {
    const test = bench({}, () => new HandSource(MP4))
    await test.open()
    test.source.push(bytes(1))
    await vi.advanceTimersByTimeAsync(1000)
    const ended = test.session.stop()
    await test.settle()
    test.line().end(1006)
    await nextLine(test)
    await test.accept()
    await vi.advanceTimersByTimeAsync(100)
    expect(test.sources).toHaveLength(1)
    expect(test.source.count.start).toBe(1)
    expect(test.line().sent).toEqual([CLOSE_STREAM])
    test.line().end(1000)
    await ended
    expect(test.session.getState().warning?.code).toBe('audio-lost')
  })

  it('a source that ends by itself is a stop(); one that fails is an error', async () => {
    const natural = bench()
    await natural.open()
    natural.source.push(bytes(1))
    natural.source.handlers?.onEnded()
    await natural.settle()
    expect(natural.line().sent).toEqual([bytes(1), CLOSE_STREAM])
    natural.line().end(1000)
    await natural.settle()
    expect(natural.session.getState()).toMatchObject({ status: 'idle', error: null })
    const onError = vi.fn()
    const broken = bench({ onError })
    await broken.open()
    broken.source.handlers?.onEnded(new Error('cable'))
    expect(broken.session.getState()).toMatchObject({ status: 'error', error: { code: 'source-ended' } })
    expect(onError).toHaveBeenCalledTimes(1)
    expect(broken.line().readyState).toBe(2)
  })

  it('a source that is through before its start() has resolved is heard to the end', async () => {
    const test = bench({}, () => new HandSource(RAW, { isSlow: true }))
    void test.session.start()
    await test.accept()
    test.source.push(bytes(1), bytes(2))
    test.source.handlers?.onEnded()
    test.source.begin({ format: RAW, label: 'file' })
    await test.settle()
    expect(test.line().sent).toEqual([bytes(1), bytes(2), CLOSE_STREAM])
    test.line().end(1000)
    await test.settle()
    expect(test.session.getState().status).toBe('idle')
  })

  it('pain 88: blobs keep their order, whichever is read first, and stop() waits for all of them', async () => {
    const test = bench({}, () => new HandSource(WEBM))
    await test.open()
    const [one, two] = [slowBlob(bytes(1)), slowBlob(bytes(2))]
    test.source.push(one, two)
    const ended = test.session.stop()
    two.deliver()
    await test.settle()
    expect(test.line().sent).toEqual([one, two])
    one.deliver()
    await test.settle()
    expect(test.line().sent).toEqual([one, two, CLOSE_STREAM])
    test.line().end(1000)
    await ended
  })

  it('start() after stop() goes on with the timeline, the ids and the transcript', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1, 4000))
    test.line().receive(result(0, 2, 'first run', { speechFinal: true }))
    const ended = test.session.stop()
    await test.settle()
    test.line().end(1000)
    await ended
    void test.session.start()
    await test.accept()
    test.source.push(bytes(2, 2000))
    test.line().receive(result(0, 1, 'second run'))
    const { transcript } = test.session.getState()
    expect(transcript.text).toBe('first run second run')
    expect(transcript.segments.map(({ id, start, end, streamIndex }) => [id, start, end, streamIndex])).toEqual([
      ['s1', 0, 2, 0],
      ['s3', 2, 3, 1],
    ])
    test.session.abort()
  })
})

describe('finalize', () => {
  it('gives the settled segment; calls at the same time share one frame', async () => {
    const test = bench()
    await test.open()
    const [first, second] = [test.session.finalize(), test.session.finalize()]
    expect(second).toBe(first)
    expect(textsOn(test.line())).toEqual([FINALIZE])
    test.line().receive(result(0, 1, 'hello', { fromFinalize: true, speechFinal: true }))
    expect(await first).toBe(test.session.getState().transcript.segments[0])
    void test.session.finalize()
    expect(textsOn(test.line())).toHaveLength(2)
    test.session.abort()
  })

  it('is null for an empty answer, without an answer in a second, without a line, and when the line goes', async () => {
    const test = bench()
    expect(await test.session.finalize()).toBeNull()
    await test.open()
    const empty = test.session.finalize()
    test.line().receive(result(0, 1, '', { fromFinalize: true }))
    expect(await empty).toBeNull()
    let settled: unknown = 'pending'
    void test.session.finalize().then((segment) => (settled = segment))
    await vi.advanceTimersByTimeAsync(999)
    expect(settled).toBe('pending')
    await vi.advanceTimersByTimeAsync(1)
    expect(settled).toBeNull()
    const lost = test.session.finalize()
    test.line().end(1006)
    expect(await lost).toBeNull()
    ;(await nextLine(test)).accept()
    const aborted = test.session.finalize()
    test.session.abort()
    expect(await aborted).toBeNull()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 80: chunks and finalize() are safe in CONNECTING, OPEN, CLOSING and CLOSED', async () => {
    const test = bench()
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name))
    void test.session.start()
    await test.settle()
    const use = async (value: number) => {
      test.source.push(bytes(value))
      void test.session.finalize()
      await test.settle()
    }
    const line = test.line()
    expect(line.readyState).toBe(0)
    await use(1)
    await test.accept()
    await use(2)
    line.readyState = 2
    await use(3)
    line.end(1006)
    await use(4)
    ;(await nextLine(test)).accept()
    await test.settle()
    expect(line.sent).toEqual([bytes(1), bytes(2), FINALIZE])
    // What was not acknowledged is sent again; nothing is lost between two states.
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([1, 2, 3, 4])
    const { handlers } = test.source
    test.session.abort()
    handlers?.onChunk(bytes(5))
    await test.session.finalize()
    test.session.pause()
    test.session.resume()
    test.session.clear()
    await test.session.setDevice('x')
    await test.session.stop()
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })
})

describe('a line that drops', () => {
  it.each([1200, 2500, 3900])('in mid-speech, after %i ms, loses no word and repeats none', async (at) => {
    const text = 'the quick brown fox jumps over the lazy dog'
    const { emulator, session } = spoken(text)
    void session.start()
    await vi.advanceTimersByTimeAsync(at)
    emulator.sockets[0]!.drop()
    await vi.advanceTimersByTimeAsync(20)
    expect(session.getState().status).toBe('reconnecting')
    await vi.advanceTimersByTimeAsync(9000)
    const ended = session.stop()
    await vi.advanceTimersByTimeAsync(8000)
    const transcript = await ended
    expect(transcript.text).toBe(text)
    expect(transcript.segments.every(({ isProvisional }) => !isProvisional)).toBe(true)
    const starts = transcript.segments.flatMap(({ words }) => words.map(({ start }) => start))
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    expect(emulator.sockets).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('again and again loses no word either', async () => {
    const text = 'one two three four five six seven eight nine ten eleven twelve'
    const { emulator, session } = spoken(text)
    void session.start()
    for (const ms of [900, 1100, 800, 1500]) {
      await vi.advanceTimersByTimeAsync(ms)
      emulator.sockets.at(-1)!.drop()
    }
    await vi.advanceTimersByTimeAsync(15_000)
    const ended = session.stop()
    await vi.advanceTimersByTimeAsync(8000)
    expect((await ended).text).toBe(text)
  })

  it('keeps what was being said on screen, as provisional, until it is heard again', async () => {
    const test = bench()
    await test.open()
    for (let i = 0; i < 4; i++) test.source.push(bytes(i, 1000))
    test.line().receive(result(0, 1, 'settled'))
    test.line().receive(result(1, 2, 'half a', { isFinal: false }))
    test.line().end(1006)
    expect(test.session.getState()).toMatchObject({ status: 'reconnecting', error: null })
    await vi.advanceTimersByTimeAsync(20)
    expect(test.session.getState().transcript).toMatchObject({
      text: 'settled',
      interim: { text: 'half a', isProvisional: true },
    })
    await nextLine(test)
    await test.accept()
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([2, 3])
    test.line().receive(result(0, 1, 'half a word'))
    const { transcript } = test.session.getState()
    expect(transcript.text).toBe('settled half a word')
    expect(transcript.segments[1]).toMatchObject({ start: 1, end: 2, isProvisional: false, streamIndex: 1 })
    expect(transcript.interim).toBeNull()
    test.session.abort()
  })

  it('with a recording that cannot be continued: a fresh one, the loss is told, and no seen word vanishes', async () => {
    const test = bench({}, () => new HandSource(MP4))
    await test.open()
    test.source.push(bytes(1))
    await vi.advanceTimersByTimeAsync(3000)
    test.line().receive(result(0, 2, 'settled'))
    test.line().receive(result(2, 3, 'not yet', { isFinal: false }))
    test.line().end(1006)
    await test.settle()
    expect(test.sources).toHaveLength(2)
    expect(test.sources[0]!.count.abort).toBe(1)
    expect(test.session.getState().warning).toMatchObject({ code: 'audio-lost' })
    expect(test.session.getState().transcript.segments).toMatchObject([
      { text: 'settled', isProvisional: false },
      { text: 'not yet', isProvisional: true },
    ])
    expect(test.session.getState().transcript.gaps).toMatchObject([{ start: 2, end: 3, reason: 'new-recording' }])
    test.source.push(bytes(7))
    await nextLine(test)
    await test.accept()
    test.source.push(bytes(8))
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([7, 8])
    test.line().receive(result(0, 1, 'again'))
    const last = test.session.getState().transcript.segments.at(-1)
    expect(last).toMatchObject({ text: 'again', start: 3 })
    test.session.abort()
  })

  it('fails with what the last attempt said when it cannot be made again', async () => {
    const onError = vi.fn()
    const test = bench({ onError, reconnect: { maxAttempts: 1, baseDelayMs: 10 } })
    await test.open()
    test.source.push(bytes(1, 3000))
    test.line().receive(result(0, 1, 'hello', { isFinal: false }))
    test.line().end(1006)
    ;(await nextLine(test)).end(1006)
    await test.settle()
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'reconnect-exhausted' } })
    expect(test.session.getState().transcript).toMatchObject({
      text: 'hello',
      gaps: [{ start: 1, end: 1.5, reason: 'given-up' }],
    })
    expect(onError).toHaveBeenCalledTimes(1)
    expect(test.source.count.abort).toBeGreaterThan(0)
    expect(vi.getTimerCount()).toBe(0)
    // And it can be started again.
    await test.open()
    expect(test.session.getState()).toMatchObject({ status: 'listening', error: null })
    test.session.abort()
  })

  it('a replayed stream that the service refuses is followed by a fresh recording, once', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1))
    test.line().end(1006)
    await nextLine(test)
    await test.accept()
    test.line().end(1008, 'DATA-0000')
    await test.settle()
    expect(test.sources).toHaveLength(2)
    expect(test.session.getState().status).toBe('reconnecting')
    await nextLine(test)
    await test.accept()
    test.source.push(bytes(2))
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([2])
    test.line().end(1008, 'DATA-0000')
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'invalid-audio' } })
  })
})

describe('devices', () => {
  it('a raw input is changed in the middle of the stream', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1))
    await test.session.setDevice('other')
    expect(test.sources).toHaveLength(2)
    expect(test.sources[0]!.calls).toEqual(['start', 'stop', 'abort'])
    test.source.push(bytes(2))
    expect(test.lines).toHaveLength(1)
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([1, 2])
    test.session.abort()
  })

  it('a container that cannot be continued gets a new line: a second header would end the old one', async () => {
    const test = bench({}, () => new HandSource(MP4))
    await test.open()
    test.source.push(bytes(1))
    await test.session.setDevice('other')
    await test.settle()
    await nextLine(test)
    test.source.push(bytes(2))
    await test.accept()
    test.source.push(bytes(3))
    expect(audioOn(test.lines[0]!).map(([first]) => first)).toEqual([1])
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([2, 3])
    expect(test.session.getState().status).toBe('listening')
    test.session.abort()
  })

  it('a change of mind, or a stop(), while the next input opens is no error', async () => {
    const test = bench()
    await test.open()
    const first = test.session.setDevice('a')
    const second = test.session.setDevice('b')
    await Promise.all([first, second])
    expect(test.session.getState().status).toBe('listening')
    const third = test.session.setDevice('c')
    const ended = test.session.stop()
    await third
    await vi.advanceTimersByTimeAsync(100)
    test.line().end(1000)
    await ended
    expect(test.session.getState()).toMatchObject({ status: 'idle', error: null })
    expect(test.sources.flatMap(({ calls }) => calls).filter((call) => call === 'start')).toHaveLength(
      test.sources.length,
    )
    expect(test.sources.every((source) => source.handlers === null)).toBe(true)
  })

  it('an input that is given up while it still opens has nothing to say any more', async () => {
    let isSlow = false
    const test = bench({}, () => new HandSource(RAW, { isSlow }))
    await test.open()
    isSlow = true
    const first = test.session.setDevice('a')
    await test.settle()
    const given = test.source
    isSlow = false
    await test.session.setDevice('b')
    given.refuse(new DeepgramError('aborted', 'a; b; c.'))
    await first
    expect(test.session.getState()).toMatchObject({ status: 'listening', error: null })
    test.session.abort()
  })

  it('a new input is as paused as the old one', async () => {
    const test = bench()
    await test.open()
    test.session.pause()
    await test.session.setDevice('other')
    expect(test.source.calls).toEqual(['start', 'pause'])
    expect(test.session.getState().status).toBe('paused')
    test.session.abort()
  })
})

describe('telling', () => {
  it('pain 78: neither token nor transcript is in the console, in logs, errors, diagnostics or messages', async () => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name))
    const logs: LogEvent[] = []
    const errors: DeepgramError[] = []
    const test = bench({
      logger: (event) => logs.push(event),
      onError: (error) => errors.push(error),
      reconnect: { maxAttempts: 1 },
      parameters: { api_secret: 'hush-hush' },
    })
    await test.open()
    const secret = 'zebra'
    test.line().receive(result(0, 1, secret))
    test.line().receive(`{"type":"Results","channel":{"alternatives":[{"transcript":"${secret}"}]}}`)
    test.line().receive(secret)
    test.line().receive({ type: 'Error', description: `Could not read ${TOKEN}`, message: secret })
    test.line().receive({ type: 'New', secret })
    expect(test.session.getState().warning?.code).toBe('service')
    test.line().end(4001, `who is ${TOKEN}?`)
    await test.settle()
    ;(await nextLine(test)).accept(TOKEN)
    await test.settle()
    expect(errors).toHaveLength(1)
    const { transcript, ...state } = test.session.getState()
    expect(transcript.text).toContain(secret)
    const diagnostics = test.session.diagnostics()
    expect(diagnostics.messages).toEqual({ known: 2, unknown: 1, invalid: 2 })
    expect(diagnostics).toMatchObject({ errorCode: 'subprotocol-mismatch', requestIds: ['request-1'] })
    const told = [
      JSON.stringify([logs, diagnostics, state, errors]),
      ...errors.map(({ message, stack, cause }) => `${message}${stack}${String(cause)}`),
    ].join('\n')
    expect(told).toContain('api.deepgram.com')
    for (const word of [TOKEN, secret, 'hush-hush']) expect(told).not.toContain(word)
    expect(JSON.stringify(test.session.getState())).not.toContain(TOKEN)
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })

  it('pain 78: a key is as silent as a token', async () => {
    const key = 'f00dfacef00dfacef00dfacef00dfacef00dface'
    const logs: LogEvent[] = []
    const test = bench({
      getToken: undefined,
      apiKey: key,
      dangerouslyAllowApiKey: true,
      logger: (event) => logs.push(event),
    })
    await test.open()
    expect(test.line().protocols).toEqual(['token', key])
    test.line().end(4000, key)
    ;(await nextLine(test)).accept(key)
    const told = JSON.stringify([logs, test.session.diagnostics(), test.session.getState()])
    expect(`${told}${test.session.getState().error?.stack}`).not.toContain(key)
    expect(test.session.getState().status).toBe('error')
  })

  it('onFinal and onUtterance are called once for each, in order, by the options of the moment', async () => {
    const heard: string[] = []
    const test = bench({ onFinal: ({ text }) => heard.push(`old ${text}`) })
    await test.open()
    test.options = {
      ...test.options,
      onFinal: ({ text }) => heard.push(text),
      onUtterance: ({ text }) => heard.push(`= ${text}`),
    }
    test.line().receive(result(0, 1, 'one'))
    test.line().receive(result(1, 2, 'two', { speechFinal: true }))
    test.line().receive(result(1, 2, 'two', { speechFinal: true }))
    expect(heard).toEqual(['one', 'two', '= one two'])
    test.session.abort()
  })

  it('callbacks and listeners that throw are reported, and break nothing', async () => {
    const reported: unknown[] = []
    vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) => {
      try {
        run()
      } catch (error) {
        reported.push(error)
      }
    })
    const fail = (): never => {
      throw new Error('mine')
    }
    const test = bench({ onFinal: fail, onUtterance: fail, onError: fail, reconnect: false })
    const unsubscribe = test.session.subscribe(fail)
    await test.open()
    test.line().receive(result(0, 1, 'one', { speechFinal: true }))
    test.line().receive(result(1, 2, 'two'))
    expect(test.session.getState().transcript.text).toBe('one two')
    test.line().end(1006)
    expect(test.session.getState().status).toBe('error')
    expect(reported.length).toBeGreaterThan(4)
    unsubscribe()
    vi.mocked(queueMicrotask).mockRestore()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('an utterance that nothing closes is closed after silence, though empty results go on', async () => {
    const onUtterance = vi.fn()
    const test = bench({ onUtterance, utteranceTimeoutMs: 3000 })
    await test.open()
    test.line().receive(result(0, 1, 'hello'))
    for (let second = 1; second <= 2; second++) {
      await vi.advanceTimersByTimeAsync(1000)
      test.line().receive(result(1, 1 + second, '', { isFinal: false }))
    }
    expect(onUtterance).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1000)
    expect(onUtterance.mock.calls).toMatchObject([[{ text: 'hello', source: 'timeout' }]])
    // Words under way hold it open.
    test.line().receive(result(3, 4, 'and'))
    await vi.advanceTimersByTimeAsync(2000)
    test.line().receive(result(4, 5, 'more', { isFinal: false }))
    await vi.advanceTimersByTimeAsync(2000)
    expect(onUtterance).toHaveBeenCalledTimes(1)
    test.line().receive(result(4, 6, 'more'))
    await vi.advanceTimersByTimeAsync(3000)
    expect(onUtterance.mock.calls[1]).toMatchObject([{ text: 'and more' }])
    test.session.abort()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a muted input is told, and its return takes back that alone', async () => {
    const test = bench()
    await test.open()
    test.source.handlers?.onMuted?.(true)
    expect(test.session.getState().warning?.code).toBe('input-muted')
    test.source.handlers?.onMuted?.(false)
    expect(test.session.getState().warning).toBeNull()
    test.line().receive({ type: 'Error', code: 'X' })
    test.source.handlers?.onMuted?.(false)
    expect(test.session.getState().warning?.code).toBe('service')
    test.session.abort()
  })

  it('interims wait for the next picture, finals do not', async () => {
    const test = bench()
    await test.open()
    const before = test.states.length
    for (let i = 1; i < 10; i++) test.line().receive(result(0, i / 10, `word ${i}`, { isFinal: false }))
    expect(test.states).toHaveLength(before)
    await vi.advanceTimersByTimeAsync(16)
    expect(test.states).toHaveLength(before + 1)
    expect(test.session.getState().transcript.interim?.text).toBe('word 9')
    test.line().receive(result(0, 1, 'word ten'))
    expect(test.session.getState().transcript).toMatchObject({ text: 'word ten', interim: null })
    test.session.abort()
  })

  it('clear() forgets the text; what is said next goes on in time', async () => {
    const test = bench()
    await test.open()
    test.line().receive(result(0, 1, 'old'))
    test.session.clear()
    expect(test.session.getState().transcript).toMatchObject({ text: '', segments: [], interim: null })
    test.line().receive(result(0, 1, 'old'))
    test.line().receive(result(1, 2, 'new'))
    expect(test.session.getState().transcript).toMatchObject({ text: 'new', segments: [{ start: 1, end: 2 }] })
    test.session.abort()
  })

  it('diagnostics hold what a ticket needs', async () => {
    const test = bench()
    expect(test.session.diagnostics()).toMatchObject({ status: 'idle', attempts: [], format: '', framesSent: 0 })
    const started = test.session.start()
    await vi.advanceTimersByTimeAsync(100)
    test.source.push(bytes(1, 40))
    test.line().accept()
    await started
    await vi.advanceTimersByTimeAsync(100)
    test.line().receive(result(0, 0.01, 'hi'))
    test.session.abort()
    const diagnostics = test.session.diagnostics()
    expect(diagnostics).toMatchObject({
      attempts: [{ attempt: 1, openedAfterMs: 100, endedAfterMs: 200, error: null }],
      format: 'linear16',
      settings: { echoCancellation: true },
      framesSent: 1,
      bytesSent: 40,
      secondsRecorded: 0.02,
      latency: { captureMs: 100, openMs: 100, firstWordMs: 200 },
    })
  })

  it('is idle, and the same state, until something happens', () => {
    const test = bench()
    expect(test.session.getState()).toBe(test.session.getInitialState())
    expect(test.session.getState().status).toBe('idle')
    expect(test.sources).toHaveLength(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
