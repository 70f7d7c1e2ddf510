import { describe, expect, test, vi } from 'vitest'
import type { PageEvent } from '../../../src/session/listen-session.ts'
import { encodeToneSpeech } from '../../../src/testing/index.ts'
import { settle, setUp, setUpPage, wordsIn } from './speak-support.ts'

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('pain 77: the page’s speakers share one connection', () => {
  test('opened with the first text, used by each of them, and closed after the idle time', async () => {
    const { emulator, speakers, open } = setUpPage(20)
    await wait(60_000)
    expect(emulator.handshakes).toEqual([])
    for (const { session } of speakers) {
      await settle(session.speak('one two').finished)
      expect(open()).toBe(1)
      await wait(3_000)
    }
    expect(emulator.sockets).toHaveLength(1)
    expect(emulator.grants).toHaveLength(1)
    expect(speakers.map(({ sink }) => wordsIn(sink.heard[0]!))).toEqual(speakers.map(() => 'one two'))
    await wait(7_000)
    expect(open()).toBe(0)
    expect(emulator.sockets[0]!.end).toMatchObject({ code: 1000 })
  })

  test.each(['aura-2-thalia-en', 'flux-alexis-en'])(
    'also when one takes over from another in mid-sentence, and hears none of its words (%s)',
    async (model) => {
      const { emulator, speakers } = setUpPage(6, { model }, { faults: { latencyMs: 80 }, speak: { pace: 2 } })
      const texts = [
        'one two three four.',
        'five six seven.',
        'eight nine ten.',
        'alpha beta.',
        'gamma delta.',
        'zeta.',
      ]
      const results = []
      for (const [i, { session }] of speakers.entries()) {
        results.push(session.speak(texts[i]!).finished)
        await wait(700)
      }
      const reasons = (await settle(Promise.all(results))).map(({ reason }) => reason)
      expect(reasons).toEqual(['replaced', 'replaced', 'replaced', 'replaced', 'replaced', 'ended'])
      expect(emulator.sockets).toHaveLength(1)
      for (const [i, { sink }] of speakers.entries()) {
        const own = encodeToneSpeech(texts[i]!, { sampleRate: 24_000 }).samples
        const heard = sink.heard[0]!.subarray(0, own.length)
        expect(heard.length).toBeGreaterThan(2_400)
        expect(heard.every((sample, at) => Math.abs(sample - own[at]!) < 0.001)).toBe(true)
      }
      expect(wordsIn(speakers[5]!.sink.heard[0]!)).toBe('zeta.')
    },
  )

  test('not with another voice, nor with other credentials: then the old one is closed first', async () => {
    const { emulator, add, speakers, open } = setUpPage(1)
    const other = add({ model: 'aura-2-zeus-en' })
    const { getToken } = emulator
    const stranger = add({ getToken: () => getToken() })
    for (const { session } of [speakers[0]!, other, stranger]) {
      await settle(session.speak('one').finished)
      await wait(100)
      expect(open()).toBe(1)
    }
    expect(emulator.sockets).toHaveLength(3)
  })

  test('none outlives the speaker that left it, or the page: pagehide leaves 0 sockets', async () => {
    let tell: (event: PageEvent) => void = () => {}
    let watchers = 0
    const { session, open, emulator } = setUp({}, {}, undefined, {
      watchPage(listener) {
        tell = listener
        watchers++
        return () => {
          watchers--
        }
      },
    })
    await settle(session.speak('one').finished)
    expect([open(), watchers]).toEqual([1, 1])
    tell('left')
    await wait(1)
    expect(open()).toBe(0)
    const { finished } = session.speak('one two three')
    await wait(900)
    tell('left')
    expect((await finished).reason).toBe('stopped')
    expect(session.getState().status).toBe('idle')
    await wait(1)
    expect(open()).toBe(0)
    await settle(session.speak('one').finished)
    session.destroy()
    await wait(1)
    expect([open(), watchers]).toEqual([0, 0])
    expect(emulator.sockets).toHaveLength(3)
  })

  test('nor does one that was opened before there was a text', async () => {
    let tell: (event: PageEvent) => void = () => {}
    const { session, open } = setUp({}, {}, undefined, {
      watchPage(listener) {
        tell = listener
        return () => {}
      },
    })
    session.connect()
    await wait(100)
    expect(open()).toBe(1)
    tell('left')
    await wait(1)
    expect(open()).toBe(0)
  })

  test('the flushes of one count for the next: the service refuses none', async () => {
    const { emulator, speakers } = setUpPage(5, {}, { speak: { pace: 30 } })
    for (const { session, sink } of speakers) {
      await settle(session.speak(Array.from({ length: 9 }, (_, i) => `No ${i}!`).join(' ')).finished, 200_000)
      expect(wordsIn(sink.heard[0]!).split(' ')).toHaveLength(18)
    }
    expect(emulator.sockets).toHaveLength(1)
    expect(speakers.map(({ session }) => session.diagnostics().refusedFlushes)).toEqual([0, 0, 0, 0, 0])
  })

  test('pain 76: one that is nearly an hour old is replaced before the service ends it', async () => {
    const { session, emulator } = setUp({ idleMs: 10_000_000 })
    await settle(session.speak('one').finished)
    await wait(50 * 60_000)
    await settle(session.speak('two').finished)
    expect(emulator.sockets).toHaveLength(1)
    await wait(6 * 60_000)
    await settle(session.speak('three').finished)
    expect(emulator.sockets).toHaveLength(2)
    expect(session.diagnostics().attempts).toHaveLength(2)
  })
})

describe('pain 83: who speaks on a page', () => {
  test('ten speakers, and never two voices', async () => {
    const { speakers, emulator } = setUpPage(10)
    const results = []
    for (const { session } of speakers) {
      results.push(session.speak('one two three four five').finished)
      await wait(700)
      expect(speakers.filter((each) => each.session.getState().status !== 'idle')).toHaveLength(1)
      expect(session.getState().status).toBe('speaking')
    }
    const reasons = (await settle(Promise.all(results))).map(({ reason }) => reason)
    expect(reasons).toEqual([...Array.from({ length: 9 }, () => 'replaced'), 'ended'])
    expect(emulator.sockets).toHaveLength(1)
  })

  test('`queue`: each waits until all is said, its own text before included, and opens nothing while it waits', async () => {
    const { speakers, emulator } = setUpPage(3, { exclusive: 'queue' })
    const order: string[] = []
    const say = (i: number, text: string) =>
      speakers[i]!.session.speak(text).finished.then(({ reason }) => order.push(`${text} ${reason}`))
    const all = [say(0, 'one'), say(1, 'two'), say(2, 'three'), say(0, 'four')]
    await wait(400)
    expect(speakers.map(({ session }) => session.getState().status)).toEqual(['speaking', 'buffering', 'buffering'])
    expect(speakers[1]!.session.getState().utterance).toMatchObject({ text: 'two', playedSeconds: 0, spokenText: '' })
    expect(emulator.sockets).toHaveLength(1)
    let most = 0
    for (const { session } of speakers) {
      session.subscribe(() => {
        const audible = speakers.filter((each) => each.session.getState().status === 'speaking')
        most = Math.max(most, audible.length)
      })
    }
    await settle(Promise.all(all))
    expect(order).toEqual(['one ended', 'four ended', 'two ended', 'three ended'])
    expect(most).toBe(1)
    expect(emulator.sockets).toHaveLength(1)
  })

  test('`queue`: what is stopped while it waits gives up its place; what follows it keeps its own', async () => {
    const { speakers } = setUpPage(3, { exclusive: 'queue' })
    const [first, second, third] = speakers.map(({ session }, i) => session.speak(`number ${i}`).finished)
    const fourth = speakers[1]!.session.speak('number three').finished
    const abort = new AbortController()
    const fifth = speakers[2]!.session.speak('number four', { signal: abort.signal }).finished
    await wait(300)
    speakers[1]!.session.stop()
    abort.abort()
    expect((await second!).reason).toBe('stopped')
    expect((await fourth).reason).toBe('stopped')
    expect((await fifth).reason).toBe('stopped')
    expect(speakers[1]!.session.getState().status).toBe('idle')
    expect((await settle(first!)).reason).toBe('ended')
    expect((await settle(third!)).reason).toBe('ended')
    expect(speakers.map(({ sink }) => sink.heard.length)).toEqual([1, 0, 1])
  })

  test('`queue`: a speaker that replaces its own text keeps the floor', async () => {
    const { add, speakers } = setUpPage(1)
    const [one] = speakers as [ReturnType<typeof setUp>]
    const two = add({ exclusive: 'queue' })
    one.session.speak('one two three')
    const waiting = two.session.speak('later').finished
    await wait(800)
    const replacement = one.session.speak('four').finished
    await wait(200)
    expect(two.session.getState().status).toBe('buffering')
    expect((await settle(replacement)).reason).toBe('ended')
    expect((await settle(waiting)).reason).toBe('ended')
  })

  test.each([false, 'mix'] as const)('`%s`: both are heard at once', async (exclusive) => {
    const { speakers, emulator } = setUpPage(2, { exclusive })
    const results = speakers.map(({ session }) => session.speak('one two three').finished)
    await wait(1_000)
    expect(speakers.map(({ session }) => session.getState().status)).toEqual(['speaking', 'speaking'])
    expect((await settle(Promise.all(results))).map(({ reason }) => reason)).toEqual(['ended', 'ended'])
    expect(emulator.sockets).toHaveLength(2)
  })
})

describe('a line that is half open', () => {
  test.each(['aura-2-thalia-en', 'flux-alexis-en'])(
    'is replaced, and every sentence is heard once (%s)',
    async (model) => {
      const { session, sink, emulator } = setUp({ model }, { speak: { pace: 2 } })
      const { finished } = session.speak('One two. Three four. Five six. Seven eight.')
      const state = () => emulator.sockets[0]!
      while (!emulator.sockets[0] || state().audioSeconds < 2) await wait(20)
      state().freeze()
      await settle(finished)
      expect(emulator.sockets).toHaveLength(2)
      const words = wordsIn(sink.heard[0]!).split(' ')
      expect(words.filter((word) => word.endsWith('.'))).toEqual(['two.', 'four.', 'six.', 'eight.'])
      expect(session.diagnostics().attempts.map(({ error }) => error)).toEqual(['connection-lost', null])
      emulator.sockets[0].drop()
    },
  )

  test('a paused text, and one that waits for its source, hold no line for dead', async () => {
    const { session, emulator } = setUp()
    async function* source() {
      yield 'One two. '
      await new Promise((resolve) => setTimeout(resolve, 40_000))
      yield 'Three.'
    }
    const { finished } = session.speak(source())
    await wait(500)
    session.pause()
    await wait(60_000)
    session.resume()
    await settle(finished)
    expect(emulator.sockets).toHaveLength(1)
  })
})

test('a device without a network makes no attempt, and the text is spoken as soon as there is one', async () => {
  let online = false
  let tell: (event: PageEvent) => void = () => {}
  const { session, emulator, sink } = setUp(
    {},
    { faults: { refuse: (attempt) => (attempt === 1 ? 0 : null) } },
    undefined,
    {
      isOnline: () => online,
      watchPage(listener) {
        tell = listener
        return () => {}
      },
    },
  )
  const { finished } = session.speak('one two')
  await wait(60_000)
  expect(emulator.handshakes).toHaveLength(1)
  online = true
  tell('online')
  await settle(finished)
  expect(wordsIn(sink.heard[0]!)).toBe('one two')
})

describe('the rate of speech', () => {
  const configured = (texts: readonly string[]) => texts.filter((text) => text.includes('Configure'))

  test('of a Flux voice changes on the same line, by option or by verb, from the next sentences on', async () => {
    const options: { model: string; speed?: number } = { model: 'flux-alexis-en' }
    const { session, emulator, sink } = setUp(options)
    await settle(session.speak('one two').finished)
    options.speed = 1.2
    await settle(session.speak('one two').finished)
    session.setSpeed(0.8)
    await settle(session.speak('one two').finished)
    await settle(session.speak('one two').finished)
    expect(emulator.sockets).toHaveLength(1)
    expect(configured(emulator.sockets[0]!.receivedText)).toEqual([
      '{"type":"Configure","speed":1.2}',
      '{"type":"Configure","speed":0.8}',
    ])
    expect(sink.heard.map((samples) => wordsIn(samples))).toEqual(['one two', 'one two', 'one two', 'one two'])
    expect(() => session.setSpeed(0.83)).toThrow(TypeError)
  })

  test('of a Flux voice holds after a dropped line, and stopping still tells what was heard', async () => {
    const { session, emulator } = setUp(
      { model: 'flux-alexis-en', reconnect: { baseDelayMs: 10 } },
      { speak: { pace: 'realtime' } },
    )
    const { finished } = session.speak('One two three four. Five six seven eight. Nine ten.')
    await wait(1_000)
    session.setSpeed(0.9)
    emulator.sockets[0]!.drop()
    await wait(2_000)
    expect(emulator.sockets[1]!.query.get('speed')).toBe('0.9')
    session.setSpeed(1.1)
    session.stop()
    expect((await settle(finished, 5_000)).textSpoken).toMatch(/\w/)
  })

  test('of an Aura voice needs another line, for the next text', async () => {
    const { session, emulator } = setUp()
    await settle(session.speak('one').finished)
    session.setSpeed(1.2)
    await settle(session.speak('two').finished)
    expect(emulator.sockets.map(({ query }) => query.get('speed'))).toEqual([null, '1.2'])
  })
})
