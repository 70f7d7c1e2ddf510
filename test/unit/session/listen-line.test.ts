import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { createWebmReader, writeCluster } from '../../../src/audio/webm.ts'
import {
  audioOn,
  bench,
  bytes,
  HandSource,
  MP4,
  nextLine,
  pass,
  result,
  spoken,
  textsOn,
  type Bench,
  useFakedTime,
  WEBM,
} from './listen-support.ts'

const KEEP_ALIVE = '{"type":"KeepAlive"}'
const TEXT = 'the quick brown fox jumps over the lazy dog and the dog does not mind at all today'

useFakedTime()

/** Records 100 ms in each 100 ms. */
async function record({ source }: Bench, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 100) {
    source.push(bytes(1, 200))
    await pass(100)
  }
}

describe('a line that is dead, though nobody closed it', () => {
  it.each(['nova-3', 'flux-general-en'])(
    'pain 18: is given up; %s hears every word, once, on the next one',
    async (model) => {
      const { emulator, session } = spoken(TEXT, { model })
      void session.start()
      await pass(2500)
      emulator.sockets[0]!.freeze()
      await pass(6000)
      expect(session.getState().status).toBe('listening')
      await pass(3000)
      expect(emulator.sockets).toHaveLength(2)
      expect(session.getState().status).toBe('listening')
      expect(session.diagnostics().attempts[0]).toMatchObject({ error: 'connection-lost', closeCode: null })
      await pass(15_000)
      const ended = session.stop()
      await pass(5000)
      expect((await ended).text).toBe(TEXT)
      expect(emulator.sockets).toHaveLength(2)
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  it.each([
    ['nova-3', 'a second before stop()', -1000],
    ['nova-3', 'while stop() waits', 0],
    ['flux-general-en', 'a second before stop()', -1000],
    ['flux-general-en', 'while stop() waits', 0],
  ])('pain 18: %s, when it dies %s: the rest is sent again, and stop() has every word', async (model, _, atMs) => {
    const hear = async (frozenAtMs: number | null) => {
      const { emulator, session } = spoken(TEXT, { model })
      const freeze = (ms: number): void => {
        if (ms === frozenAtMs) emulator.sockets[0]!.freeze()
      }
      void session.start()
      await pass(4000)
      freeze(-1000)
      await pass(1000)
      const askedAt = Date.now()
      const ended = session.stop().then(({ text }) => ({ text, tookMs: Date.now() - askedAt }))
      freeze(0)
      await pass(15_000)
      expect(session.getState()).toMatchObject({ status: 'idle', error: null, warning: null })
      expect(vi.getTimerCount()).toBe(0)
      return { ...(await ended), lines: emulator.sockets.length }
    }
    const whole = await hear(null)
    const mended = await hear(atMs)
    expect(whole.text.split(' ').length).toBeGreaterThan(8)
    expect(mended).toMatchObject({ text: whole.text, lines: 2 })
    expect(mended.tookMs).toBeLessThan(5000 + 5000)
  })

  it('pain 18: what the dead line says later changes nothing', async () => {
    const test = bench()
    await test.open()
    const dead = test.line()
    await record(test, 7100)
    expect(test.session.getState().status).toBe('reconnecting')
    expect(dead.closes).toEqual([1000])
    expect([dead.onmessage, dead.onclose, dead.onerror]).toEqual([null, null, null])
    ;(await nextLine(test)).accept()
    test.line().receive(result(0, 1, 'new'))
    const state = test.session.getState()
    dead.receive(result(1, 2, 'old'))
    dead.fail()
    dead.end()
    await pass(200)
    expect(test.session.getState()).toBe(state)
    expect(test.lines).toHaveLength(2)
    test.session.abort()
  })

  it('every step is told to the logger: why the line was given up, how long it waits, what became of the next', async () => {
    const told: (string | undefined)[][] = []
    const { emulator, session, page } = spoken(TEXT, {
      logger: ({ event, code, data }) =>
        told.push([event, code, String(data?.causes ?? data?.delayMs ?? data?.isOffline ?? '')]),
    })
    void session.start()
    await pass(2500)
    emulator.sockets[0]!.freeze()
    await pass(7500)
    page('offline')
    await pass(5000)
    page('online')
    await pass(2500)
    expect(told).toEqual([
      ['connect', undefined, ''],
      ['open', undefined, ''],
      ['lost', 'connection-lost', 'The connection is dead, though nobody closed it'],
      ['waiting', undefined, '125'],
      ['connect', undefined, ''],
      ['open', undefined, ''],
      ['lost', 'connection-lost', 'The device is offline'],
      ['waiting', undefined, 'true'],
      ['connect', undefined, ''],
      ['open', undefined, ''],
    ])
    session.abort()
  })

  it('pain 18: while the service says anything, it is alive', async () => {
    const test = bench()
    await test.open()
    for (let i = 0; i < 5; i++) {
      await record(test, 6000)
      test.line().receive({ type: 'Something new' })
    }
    expect(test.lines).toHaveLength(1)
    test.session.abort()
  })

  it('pain 18: without interim results it is patient; with results that go elsewhere, it does not wait for any', async () => {
    for (const options of [{ interimResults: false }, { callback: 'https://own.example' }]) {
      const test = bench(options)
      await test.open()
      await record(test, 20_000)
      expect(test.lines).toHaveLength(1)
      await record(test, 2000)
      await pass(1000)
      expect(test.lines).toHaveLength(options.callback ? 1 : 2)
      test.session.abort()
    }
  })

  it('pain 18: silence of our own is none of the service: not a pause, not a source that delivers now and then', async () => {
    const test = bench()
    await test.open()
    test.line().receive(result(0, 1, ''))
    await record(test, 2000)
    test.session.pause()
    await pass(600_000)
    test.session.resume()
    await record(test, 3000)
    test.line().receive(result(1, 2, ''))
    await pass(60_000)
    await record(test, 1000)
    for (let i = 0; i < 3; i++) {
      await pass(3500)
      await record(test, 100)
    }
    expect(test.lines).toHaveLength(1)
    expect(test.session.getState()).toMatchObject({ status: 'listening', warning: null })
    // And then the line dies.
    await record(test, 4000)
    expect(test.session.getState().status).toBe('reconnecting')
    test.session.abort()
  })

  it('pain 18: after sleep the line is given up at once: by the next audio, the next timer, or when looked at', async () => {
    const ways: ((test: Bench) => unknown)[] = [
      (test) => test.source.push(bytes(2)),
      () => pass(4000),
      (test) => test.page('visible'),
    ]
    for (const wake of ways) {
      const test = bench()
      await test.open()
      await record(test, 500)
      vi.setSystemTime(Date.now() + 5 * 60_000)
      await wake(test)
      await pass(1)
      expect(test.session.getState().status).toBe('reconnecting')
      expect(test.session.getState().warning).toMatchObject({
        code: 'audio-lost',
        message: expect.stringMatching(/30\d\.\d s/),
      })
      const at = test.session.diagnostics().secondsRecorded
      const [gap] = test.session.getState().transcript.gaps
      expect(gap).toMatchObject({ start: at, end: at, reason: 'asleep' })
      expect(Math.round(gap!.duration / 10)).toBe(30)
      await nextLine(test)
      await test.accept()
      // What was said just before is not lost.
      expect(audioOn(test.line())[0]).toEqual(bytes(1, 200))
      test.session.abort()
    }
  })

  it('pain 18: a clock that is set back is no sleep', async () => {
    const test = bench()
    await test.open()
    await record(test, 500)
    vi.setSystemTime(Date.now() - 3_600_000)
    await record(test, 3000)
    expect(test.lines).toHaveLength(1)
    expect(test.session.getState()).toMatchObject({ status: 'listening', warning: null })
    test.session.abort()
  })
})

describe('a container that was put together anew', () => {
  const recorded = new Uint8Array(readFileSync(new URL('../../fixtures/audio/fox.webm', import.meta.url)))
  const reader = createWebmReader()
  const [packet] = reader.push(recorded)
  const { header } = reader

  /** Records for a time, as a recorder does that began when the newest source did. */
  async function recordWebm(test: Bench, ms: number): Promise<void> {
    const { source } = test
    for (let at = 0; at < ms && test.source === source; at += 60) {
      const count = counts.get(source) ?? 0
      if (!count) source.push(header!)
      source.push(writeCluster([{ ...packet!, time: count * 60 }], { startTime: 0 }))
      counts.set(source, count + 1)
      await pass(60)
    }
  }
  const counts = new WeakMap<HandSource, number>()

  it('and that twice gets no answer is taken as refused: a fresh recording, once, and that is said', async () => {
    const logs: string[] = []
    const test = bench({ logger: ({ event }) => logs.push(event) }, () => new HandSource(WEBM))
    await test.open()
    await recordWebm(test, 2000)
    test.line().receive(result(0, 1, 'one'))
    test.line().end(1006)
    for (let i = 0; i < 2; i++) {
      expect(test.sources).toHaveLength(1)
      await nextLine(test)
      await test.accept()
      const line = test.line()
      expect(audioOn(line)[0]).toEqual(header)
      for (let s = 0; s < 8 && !line.closes.length; s += 0.06) await recordWebm(test, 60)
      expect(line.closes).toEqual([1000])
    }
    expect(logs.filter((event) => event === 'replay-refused')).toHaveLength(1)
    expect(test.sources).toHaveLength(2)
    expect(test.session.getState()).toMatchObject({
      warning: { code: 'audio-lost' },
      transcript: { gaps: [{ start: 1, reason: 'new-recording' }] },
    })
    await nextLine(test)
    await test.accept()
    await recordWebm(test, 120)
    // As the recorder made it.
    expect(audioOn(test.line()).slice(0, 2)).toEqual([
      header,
      writeCluster([{ ...packet!, time: 0 }], { startTime: 0 }),
    ])
    test.line().receive(result(0, 0.1, 'two'))
    expect(test.session.getState().transcript.text).toBe('one two')
    test.session.abort()
  })

  it('is tried again when a line dies without a word, or after one that answered', async () => {
    const test = bench({}, () => new HandSource(WEBM))
    await test.open()
    await recordWebm(test, 2000)
    test.line().end(1006)
    for (const isAnswered of [false, true, false]) {
      await nextLine(test)
      await test.accept()
      await recordWebm(test, 600)
      const line = test.line()
      if (isAnswered) line.receive(result(0, 0.5, '', { isFinal: false }))
      for (let s = 0; s < 8 && !line.closes.length; s += 0.06) await recordWebm(test, 60)
      expect(line.closes).toEqual([1000])
    }
    // And lines too short to answer count for nothing.
    for (let i = 0; i < 3; i++) {
      await nextLine(test)
      await test.accept()
      await recordWebm(test, 1200)
      test.line().end(1006)
    }
    expect(test.sources).toHaveLength(1)
    expect(test.session.getState().transcript.gaps).toEqual([])
    test.session.abort()
  })
})

describe('the page', () => {
  it('pain 90: offline is told at once, online is acted on at once, and what was said meanwhile is heard', async () => {
    const { emulator, session, page } = spoken(TEXT)
    void session.start()
    await pass(2500)
    page('offline')
    expect(session.getState()).toMatchObject({ status: 'reconnecting', isCapturing: true })
    expect(session.diagnostics().attempts.at(-1)).toMatchObject({ error: 'connection-lost' })
    // A network that is not there is not asked: it refuses whoever tries.
    emulator.faults = { refuse: 0 }
    const { length } = emulator.handshakes
    await pass(8000)
    expect(emulator.handshakes).toHaveLength(length)
    emulator.faults = {}
    page('online')
    await pass(50)
    expect(emulator.handshakes).toHaveLength(length + 1)
    expect(session.getState().status).toBe('listening')
    await pass(20_000)
    const ended = session.stop()
    await pass(5000)
    expect((await ended).text).toBe(TEXT)
  })

  it('pain 90: what is longer than the limit is told, with its length', async () => {
    const test = bench({ bufferMs: 5000 })
    await test.open()
    await record(test, 2000)
    test.line().receive(result(0, 2, 'before'))
    test.page('offline')
    for (const line of test.lines) line.end()
    const source = test.source
    for (let i = 0; i < 80; i++) source.push(bytes(i, 200))
    test.page('online')
    await test.accept()
    // Eight seconds went by, of which five were kept.
    expect(test.session.getState().warning).toMatchObject({
      code: 'audio-lost',
      message: expect.stringContaining('3.0 s'),
    })
    test.line().receive(result(0, 1, 'after'))
    const { segments, gaps } = test.session.getState().transcript
    expect(segments.map(({ text, start }) => [text, start])).toEqual([
      ['before', 0],
      ['after', 5],
    ])
    expect(gaps).toEqual([{ id: expect.stringMatching(/^g/), start: 2, end: 5, duration: 3, reason: 'buffer-full' }])
    test.session.abort()
    // What had been asked to end so has lost nothing more.
    expect(test.session.getState().transcript.gaps).toBe(gaps)
  })

  it('pain 31: a line that was lost behind the back of a throttled page is back as soon as it is looked at', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1))
    test.session.pause()
    // Timers stand still, and the service hears nothing for too long.
    test.line().end(1011, 'See https://dpgr.am/net0001')
    expect(test.session.getState()).toMatchObject({ status: 'paused', error: null })
    test.page('visible')
    await test.accept()
    expect(test.lines).toHaveLength(2)
    test.session.resume()
    expect(test.session.getState().status).toBe('listening')
    test.session.abort()
  })

  it('pain 31: every look at the page keeps the line, and one that slept too long is replaced', async () => {
    const test = bench()
    await test.open()
    test.session.pause()
    vi.setSystemTime(Date.now() + 6000)
    test.page('visible')
    expect(textsOn(test.line())).toEqual([KEEP_ALIVE])
    vi.setSystemTime(Date.now() + 60_000)
    test.page('visible')
    await pass(1000)
    expect(test.lines).toHaveLength(2)
    // Nobody was to be heard.
    expect(test.session.getState().warning).toBeNull()
    test.session.abort()
  })

  it('pain 102: a page that is left closes its line and gives its microphone back; shown again, it is idle and starts', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1))
    test.line().receive(result(0, 1, 'kept'))
    test.page('left')
    expect(test.line().closes).toEqual([1000])
    expect(test.source.count.abort).toBe(1)
    expect(test.session.getState()).toMatchObject({ status: 'idle', error: null, transcript: { text: 'kept' } })
    expect(test.watchers.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
    test.page('visible')
    await test.open()
    expect(test.session.getState().status).toBe('listening')
    test.session.abort()
  })

  it('is watched only while a session runs', async () => {
    const test = bench()
    expect(test.watchers.size).toBe(0)
    await test.open()
    expect(test.watchers.size).toBe(1)
    test.session.abort()
    const misused = bench({ apiKey: 'two credentials' })
    await expect(misused.session.start()).rejects.toThrow(TypeError)
    expect([test.watchers.size, misused.watchers.size]).toEqual([0, 0])
  })
})

describe('a network that is too slow', () => {
  it('pain 103: is told, with the lag, and taken back when it is over', async () => {
    const test = bench()
    await test.open()
    await record(test, 1000)
    test.line().bufferedAmount = 2 * 2000
    await record(test, 100)
    expect(test.session.getState().warning).toBeNull()
    test.line().bufferedAmount = 7 * 2000
    await record(test, 100)
    expect(test.session.getState().warning).toMatchObject({
      code: 'congested',
      message: expect.stringContaining('7.0 s late'),
    })
    const { length } = test.states
    await record(test, 500)
    // The same news are no news.
    expect(test.states).toHaveLength(length)
    test.line().bufferedAmount = 100
    await record(test, 100)
    expect(test.session.getState().warning).toBeNull()
    expect(test.lines).toHaveLength(1)
    test.session.abort()
  })

  it('pain 103: that takes nothing at all is given up: a new line, what is kept is bounded, what is lost is told', async () => {
    const test = bench({ bufferMs: 10_000 })
    await test.open()
    const first = test.line()
    let sent = 0
    for (let second = 0; second < 40 && test.lines.length === 1; second++) {
      await record(test, 1000)
      first.bufferedAmount += 2000
      first.receive(result(0, 1, '', { isFinal: false }))
      sent = audioOn(first).length
    }
    expect(sent).toBeGreaterThan(290)
    expect(sent).toBeLessThan(330)
    expect(first.closes).toEqual([1000])
    test.line().accept()
    await pass(1)
    expect(test.session.getState().warning?.code).toBe('audio-lost')
    await pass(30_000)
    // Ten seconds, not thirty.
    expect(audioOn(test.line()).length).toBeLessThanOrEqual(101)
    test.session.abort()
  })

  it('pain 103: a burst of what was recorded before the line opened is no congestion of half a minute', async () => {
    const test = bench()
    void test.session.start()
    await test.settle()
    await record(test, 5000)
    await test.accept()
    test.line().bufferedAmount = 5 * 2000
    await record(test, 100)
    expect(test.session.getState()).toMatchObject({ status: 'listening', warning: { code: 'congested' } })
    test.session.abort()
  })
})

describe('limits', () => {
  const silence = (test: Bench, second: number) => test.line().receive(result(0, second, '', { isFinal: false }))

  it('pain 50: without a word for so long it stops, which was told before; any word begins it anew', async () => {
    const test = bench({ idleTimeoutMs: 300_000 })
    await test.open()
    await pass(200_000)
    test.line().receive(result(0, 1, 'still here'))
    await pass(280_000)
    silence(test, 2)
    expect(test.session.getState().warning).toBeNull()
    await pass(6000)
    expect(test.session.getState()).toMatchObject({ status: 'listening', warning: { code: 'ending-soon' } })
    test.line().receive(result(1, 2, 'wait', { isFinal: false }))
    expect(test.session.getState().warning).toBeNull()
    await pass(299_000)
    expect(test.session.getState()).toMatchObject({ status: 'listening', warning: { code: 'ending-soon' } })
    await pass(2000)
    expect(textsOn(test.line()).at(-1)).toBe('{"type":"CloseStream"}')
    test.line().end(1000)
    await test.settle()
    expect(test.session.getState()).toMatchObject({ status: 'idle', error: null, warning: { code: 'idle-timeout' } })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 50: after the longest time it stops, whatever is said, which was told before', async () => {
    const test = bench({ maxDurationMs: 60_000, idleTimeoutMs: 300_000 })
    await test.open()
    for (let second = 0; second < 44; second++) {
      await pass(1000)
      test.line().receive(result(second, second + 1, 'word'))
    }
    expect(test.session.getState().warning).toBeNull()
    await pass(2000)
    expect(test.session.getState().warning?.code).toBe('ending-soon')
    await pass(15_000)
    expect(test.session.getState().status).toBe('stopping')
    test.line().end(1000)
    await test.settle()
    expect(test.session.getState()).toMatchObject({ status: 'idle', warning: { code: 'max-duration' } })
    // The next run has its own time.
    await test.open()
    await pass(40_000)
    expect(test.session.getState()).toMatchObject({ status: 'listening', warning: null })
    test.session.abort()
  })

  it('pain 50: without limits there are none, and no timer for them', async () => {
    const test = bench()
    void test.session.start()
    await test.settle()
    const count = vi.getTimerCount()
    test.session.abort()
    const limited = bench({ idleTimeoutMs: 1000 })
    void limited.session.start()
    await limited.settle()
    expect(vi.getTimerCount()).toBe(count + 1)
    limited.session.abort()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 50: seconds streamed are those recorded, and those sent again', async () => {
    for (const makeSource of [() => new HandSource(), () => new HandSource(MP4)]) {
      const test = bench({}, makeSource)
      await test.open()
      await record(test, 3000)
      expect(test.session.diagnostics().secondsStreamed).toBeCloseTo(3, 1)
      test.session.pause()
      await pass(60_000)
      test.session.resume()
      await record(test, 1000)
      expect(test.session.diagnostics().secondsStreamed).toBeCloseTo(4, 1)
      const isRaw = test.source.format?.kind === 'raw'
      test.line().end(1006)
      await nextLine(test)
      await test.accept()
      await pass(5000)
      // Raw audio is sent again; of the other a fresh recording counts.
      const { secondsStreamed } = test.session.diagnostics()
      if (isRaw) expect(secondsStreamed).toBeCloseTo(8, 1)
      else expect(secondsStreamed).toBeGreaterThan(8.9)
      test.session.abort()
      expect(test.session.diagnostics().secondsStreamed).toBe(secondsStreamed)
    }
  })
})
