import { createCoordinator } from '../../../src/session/coordination.ts'
import { describe, expect, test, vi } from 'vitest'
import type { SpeakResult } from '../../../src/session/speak-session.ts'
import { encodeToneSpeech } from '../../../src/testing/index.ts'
import { toSpeakable } from '../../../src/text/speakable.ts'
import { createTextStream } from '../../../src/text/text-stream.ts'
import { settle, setUp, wordsIn } from './speak-support.ts'

/** Yields each item so many milliseconds after the one before. */
async function* stream(items: Iterable<string>, everyMs: number): AsyncGenerator<string> {
  for (const item of items) {
    await new Promise((resolve) => setTimeout(resolve, everyMs))
    yield item
  }
}

test('speaks a text: every word is heard once, and the promise settles with the last sample', async () => {
  const { session, sink, statuses } = setUp()
  const result = await settle(session.speak('The quick brown fox. It jumps over the lazy dog.').finished)
  expect(wordsIn(sink.heard[0]!)).toBe('the quick brown fox. it jumps over the lazy dog.')
  expect(result).toEqual({
    reason: 'ended',
    playedSeconds: sink.heard[0]!.length / 24_000,
    spokenText: 'The quick brown fox. It jumps over the lazy dog.',
  })
  expect(statuses).toEqual(['connecting', 'buffering', 'speaking', 'idle'])
  expect(session.getState()).toEqual({ status: 'idle', error: null, utterance: null })
})

test('opens nothing before it is asked to speak', async () => {
  const { emulator, sink } = setUp()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(emulator.handshakes).toEqual([])
  expect(sink.calls).toEqual([])
})

test.each(['', '   \n', '***', '?!', '```js\nfoo()\n```'])(
  'pain 119: %j has nothing to say and is done at once, without a connection',
  async (text) => {
    const { session, emulator } = setUp({ prepare: (raw) => raw.replace(/```[\s\S]*```/g, '') })
    expect(await session.speak(text).finished).toEqual({ reason: 'ended', playedSeconds: 0, spokenText: '' })
    expect(session.getState().status).toBe('idle')
    expect(emulator.handshakes).toEqual([])
  },
)

describe('stopping', () => {
  test('pain 14: stop() drops every late frame, and the next text begins with its own first sample', async () => {
    const { session, sink, sent } = setUp({}, { faults: { latencyMs: 150 }, speak: { pace: 2 } })
    const first = session.speak('one two three four five six seven eight nine ten')
    await vi.advanceTimersByTimeAsync(1_500)
    session.stop()
    const result = await first.finished
    expect(result.reason).toBe('stopped')
    expect(result.playedSeconds).toBeGreaterThan(0.5)
    const second = session.speak('alpha beta')
    await vi.advanceTimersByTimeAsync(300)
    expect(sent().map(({ type }) => type)).toEqual(['Speak', 'Flush', 'Clear', 'Speak', 'Flush'])
    await settle(second.finished)
    // Nothing but the new text, and its pause: not a sample of the old one.
    expect(sink.heard[1]!.length).toBe(encodeToneSpeech('alpha beta', { sampleRate: 24_000 }).samples.length + 2_400)
    expect(sink.heard).toHaveLength(2)
    expect(wordsIn(sink.heard[1]!)).toBe('alpha beta')
  })

  test('a text that follows a stop is sent once, however long it takes', async () => {
    const { session, sink, texts } = setUp({}, { speak: { pace: 'realtime' } })
    session.speak('one two three four five six')
    await vi.advanceTimersByTimeAsync(800)
    session.stop()
    const text = 'Alpha beta gamma delta. Epsilon zeta eta theta.'
    await settle(session.speak(text).finished)
    expect(texts().slice(1).join('')).toBe(text)
    expect(wordsIn(sink.heard[1]!)).toBe(text.toLowerCase())
  })

  test('a service that never confirms the Clear does not make the next text silent', async () => {
    const { session, sink, emulator } = setUp({}, { speak: { pace: 'realtime' } })
    session.speak('one two three four five six seven')
    await vi.advanceTimersByTimeAsync(1_500)
    emulator.sockets[0]!.freeze()
    session.stop()
    await settle(session.speak('alpha beta').finished)
    expect(wordsIn(sink.heard[1]!)).toBe('alpha beta')
    emulator.sockets[0]!.drop()
  })

  test('a new text replaces the old one; with `queue` it waits', async () => {
    const { session, sink } = setUp()
    const results: SpeakResult[] = []
    const note = (result: SpeakResult) => results.push(result)
    session.speak('one two three').finished.then(note, note)
    await vi.advanceTimersByTimeAsync(400)
    session.speak('four five').finished.then(note, note)
    const last = session.speak('six seven', { queue: true })
    await settle(last.finished.then(note))
    expect(results.map(({ reason }) => reason)).toEqual(['replaced', 'ended', 'ended'])
    expect(sink.heard.slice(1).map((samples) => wordsIn(samples))).toEqual(['four five', 'six seven'])
  })

  test('stop() empties the queue, and an aborted signal stops its own text', async () => {
    const { session, sink } = setUp()
    const abort = new AbortController()
    const first = session.speak('one two three')
    const second = session.speak('four five', { queue: true, signal: abort.signal })
    abort.abort()
    expect(await second.finished).toEqual({ reason: 'stopped', playedSeconds: 0, spokenText: '' })
    session.stop()
    expect((await first.finished).reason).toBe('stopped')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(sink.heard).toHaveLength(1)
  })
})

test('pain 44: an underrun is not an end; the end comes once, with the last sample', async () => {
  const { session, sink, statuses } = setUp({}, { speak: { pace: 0.5 } })
  const ends: SpeakResult[] = []
  const utterance = session.speak('one two three four')
  void utterance.finished.then((result) => ends.push(result))
  await settle(utterance.finished)
  expect(statuses.filter((status) => status === 'speaking').length).toBeGreaterThan(1)
  expect(statuses.at(-1)).toBe('idle')
  expect(ends).toHaveLength(1)
  expect(wordsIn(sink.heard[0]!.subarray())).toBe('one two three four')
  expect(ends[0]!.playedSeconds).toBe(sink.heard[0]!.length / 24_000)
})

test('pause() keeps the place, and resume() goes on', async () => {
  const { session, sink } = setUp()
  const utterance = session.speak('one two three four')
  await vi.advanceTimersByTimeAsync(1_000)
  session.pause()
  expect(session.getState().status).toBe('paused')
  const { playedSeconds } = session.getState().utterance!
  await vi.advanceTimersByTimeAsync(20_000)
  expect(session.getState().utterance!.playedSeconds).toBe(playedSeconds)
  session.resume()
  await settle(utterance.finished)
  expect(wordsIn(sink.heard[0]!)).toBe('one two three four')
})

test('pain 12: without a gesture it is blocked, nothing counts as heard, and the text starts from its beginning', async () => {
  const { session, sink, statuses } = setUp()
  sink.setBlocked(true)
  const utterance = session.speak('one two three')
  expect(sink.calls).toEqual(['start'])
  await vi.advanceTimersByTimeAsync(5_000)
  expect(session.getState()).toMatchObject({ status: 'blocked', utterance: { playedSeconds: 0, spokenText: '' } })
  expect(statuses).not.toContain('speaking')
  sink.setBlocked(false)
  await settle(utterance.finished)
  expect(wordsIn(sink.heard[0]!)).toBe('one two three')
})

test('pain 42: a rate that the encoding cannot have is refused before anything is opened', () => {
  const { session, emulator, sink } = setUp({ sampleRate: 44_100 })
  expect(() => session.speak('hello')).toThrow(TypeError)
  expect(() => session.speak('hello')).toThrow(/sampleRate/)
  expect(emulator.handshakes).toEqual([])
  expect(sink.calls).toEqual([])
})

test('pain 45: a text of any length is sent completely, in order, below the limit', async () => {
  const { session, texts, emulator } = setUp({}, { speak: { pace: 30, frameBytes: [3000, 9001] } })
  const text = Array.from({ length: 40 }, (_, i) => `Sentence number ${i} says, in ${i}.5 words, very little.`).join(
    ' ',
  )
  const { reason, spokenText } = await settle(session.speak(text).finished, 3_600_000)
  expect(reason).toBe('ended')
  expect(spokenText).toBe(text)
  expect(texts().join('')).toBe(text)
  expect(Math.max(...texts().map(({ length }) => length))).toBeLessThanOrEqual(2_000)
  expect(emulator.sockets).toHaveLength(1)
  expect(emulator.sockets[0]!.sentText.filter((message) => message.includes('Warning'))).toEqual([])
}, 60_000)

describe('pain 46: the token stream of a language model', () => {
  const text = 'Yes, of course. Pi is about 3.14, as Dr. Smith said. That is all.'
  const tokens = text.match(/\s?\S{1,4}/g)!

  test('is spoken sentence by sentence, and no piece ends inside a word', async () => {
    const { session, texts, sent } = setUp()
    const utterance = session.speak(stream(tokens, 50))
    await vi.advanceTimersByTimeAsync(450)
    expect(texts()).toEqual(['Yes, of course. '])
    expect((await settle(utterance.finished)).spokenText).toBe(text)
    expect(texts().join('')).toBe(text)
    expect(texts().every((piece) => /[.] ?$/.test(piece) && !/3\.$|Dr\. ?$/.test(piece))).toBe(true)
    expect(sent().filter(({ type }) => type === 'Flush')).toHaveLength(texts().length)
  })

  test('is ended when the speech is stopped', async () => {
    const { session } = setUp()
    let isReturned = false
    const utterance = session.speak({
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise<IteratorResult<string, undefined>>((resolve) => {
            setTimeout(() => resolve({ done: false, value: 'word and ' }), 100)
          }),
        return: (): Promise<IteratorResult<string, undefined>> => {
          isReturned = true
          return Promise.resolve({ done: true, value: undefined })
        },
      }),
    })
    await vi.advanceTimersByTimeAsync(350)
    session.stop()
    expect((await utterance.finished).reason).toBe('stopped')
    expect(isReturned).toBe(true)
  })

  test('is read from a ReadableStream, too, and cancelled', async () => {
    const { session, sink } = setUp()
    const utterance = session.speak(
      new ReadableStream<string>({
        start(controller) {
          for (const piece of ['One ', 'two. ', 'Three']) controller.enqueue(piece)
          controller.close()
        },
      }),
    )
    await settle(utterance.finished)
    expect(wordsIn(sink.heard[0]!)).toBe('one two. three')
  })

  test('can be pushed, and ends with the speech', async () => {
    const { session, texts, sent } = setUp({ prepare: toSpeakable })
    const stream = createTextStream()
    const utterance = session.speak(stream)
    // What is split over pushes is one word to the ear.
    for (const piece of ['It is **bo', 'ld** and 2*3', '*4. Then call_', 'me_now. **No', 't yet']) {
      stream.push(piece)
      await vi.advanceTimersByTimeAsync(100)
    }
    stream.end()
    await settle(utterance.finished)
    expect(texts().map((text) => text.trim())).toEqual(['It is bold and 2*3*4.', 'Then call_me_now.', 'Not yet'])
    expect(sent().filter(({ type }) => type === 'Flush')).toHaveLength(3)
  })

  test('that rests at the end of a sentence is spoken without waiting for more', async () => {
    const { session, texts } = setUp()
    async function* source() {
      yield 'Let me look that up.'
      await new Promise((resolve) => setTimeout(resolve, 8_000))
      yield ' Here it is.'
    }
    const utterance = session.speak(source())
    await vi.advanceTimersByTimeAsync(1_000)
    expect(texts()).toEqual(['Let me look that up.'])
    await settle(utterance.finished)
    expect(texts()).toEqual(['Let me look that up.', ' Here it is.'])
  })

  test('that fails rejects, and the state says so', async () => {
    const { session } = setUp()
    async function* source() {
      yield 'one. '
      throw new Error('the model is gone')
    }
    const utterance = session.speak(source())
    await expect(settle(utterance.finished)).rejects.toMatchObject({ code: 'source-ended' })
    expect(session.getState()).toMatchObject({ status: 'error', error: { code: 'source-ended' } })
  })
})

describe('pain 74: the limits of the service', () => {
  test('many short sentences need no more flushes than are allowed', async () => {
    const { session, texts, emulator, sink } = setUp()
    const sentences = Array.from({ length: 120 }, (_, i) => `Go ${i}. `)
    await settle(session.speak(stream(sentences, 100)).finished, 600_000)
    expect(texts().join('')).toBe(sentences.join(''))
    expect(emulator.sockets).toHaveLength(1)
    expect(emulator.sockets[0]!.sentText.filter((message) => message.includes('Warning'))).toEqual([])
    expect(wordsIn(sink.heard[0]!).split(' ')).toHaveLength(240)
  }, 60_000)

  test('a text of very short sentences is heard without an underrun', async () => {
    const { session, sink, statuses } = setUp()
    await settle(session.speak(Array.from({ length: 60 }, (_, i) => `No ${i}!`).join(' ')).finished, 600_000)
    expect(statuses).toEqual(['connecting', 'buffering', 'speaking', 'idle'])
    expect(sink.underruns).toBe(0)
  }, 20_000)

  test('a refused flush is repeated later, and every word is heard once', async () => {
    const { session, sink } = setUp({}, { speak: { flushesPerMinute: 2 } })
    await settle(session.speak('One two. Three four. Five six. Seven eight.').finished, 300_000)
    expect(session.diagnostics().refusedFlushes).toBeGreaterThan(0)
    expect(wordsIn(sink.heard[0]!)).toBe('one two. three four. five six. seven eight.')
  })
})

describe('pain 76: a line that is gone', () => {
  test('after an idle time is replaced at the next text', async () => {
    const { session, sink, emulator } = setUp({ idleMs: 600_000 }, { speak: { idleMs: 30_000 } })
    await settle(session.speak('one').finished)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(session.getState().status).toBe('idle')
    await settle(session.speak('two').finished)
    expect(emulator.sockets).toHaveLength(2)
    expect(sink.heard.map((samples) => wordsIn(samples))).toEqual(['one', 'two'])
  })

  test('in the middle of a text costs no sentence, and none is heard twice', async () => {
    const { session, sink, emulator, statuses } = setUp({}, { speak: { pace: 4 } })
    const utterance = session.speak('One two. Three four. Five six. Seven eight.')
    let count = 0
    emulator.onSocket(() => count++)
    const flushed = () => emulator.sockets[0]?.sentText.filter((text) => text.includes('Flushed')).length
    while (flushed() !== 2) await vi.advanceTimersByTimeAsync(5)
    const { sentBytes } = emulator.sockets[0]!
    while (emulator.sockets[0]!.sentBytes < sentBytes + 5_000) await vi.advanceTimersByTimeAsync(5)
    emulator.sockets[0]!.drop()
    await settle(utterance.finished)
    expect(wordsIn(sink.heard[0]!)).toBe('one two. three four. five six. seven eight.')
    expect(count).toBe(2)
    expect(emulator.grants).toHaveLength(2)
    expect(statuses.at(-1)).toBe('idle')
  })

  test('while nothing is wanted of it is no error', async () => {
    const { session, emulator } = setUp({ idleMs: 600_000 })
    await settle(session.speak('one').finished)
    emulator.sockets[0]!.drop()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(session.getState()).toMatchObject({ status: 'idle', error: null })
    expect(emulator.sockets).toHaveLength(1)
  })
})

describe('pain 77: the connection', () => {
  test('stays for the next text, and is closed after a short idle time', async () => {
    const { session, emulator, open } = setUp()
    await settle(session.speak('one').finished)
    await vi.advanceTimersByTimeAsync(5_000)
    await settle(session.speak('two').finished)
    expect(emulator.sockets).toHaveLength(1)
    expect(open()).toBe(1)
    await vi.advanceTimersByTimeAsync(11_000)
    expect(open()).toBe(0)
    expect(emulator.sockets[0]!.end).toMatchObject({ code: 1000 })
  })
})

test('connect() opens the line that the next text uses; unused, and unasked, it goes away again', async () => {
  const { session, emulator, open, sent } = setUp()
  session.connect()
  session.connect()
  await vi.advanceTimersByTimeAsync(500)
  expect(open()).toBe(1)
  expect(session.getState().status).toBe('idle')
  await vi.advanceTimersByTimeAsync(9_000)
  const { finished } = session.speak('one')
  await vi.advanceTimersByTimeAsync(1)
  expect(sent().map(({ type }) => type)).toEqual(['Speak', 'Flush'])
  session.connect()
  await settle(finished)
  expect(emulator.sockets).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(11_000)
  expect(open()).toBe(0)
  session.connect()
  await vi.advanceTimersByTimeAsync(500)
  emulator.sockets[1]!.drop()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(emulator.sockets).toHaveLength(2)
  expect(session.getState()).toMatchObject({ status: 'idle', error: null })
})

test('whether a voice sounds is known from before its first sample to after its last, whoever it is', async () => {
  const coordinator = createCoordinator()
  const log: string[] = []
  const { session, sink, statuses } = setUp({}, { speak: { pace: 'realtime' } }, coordinator)
  const undo = coordinator.onSounding(() => {
    log.push(`${coordinator.isSounding ? 'begins' : 'is over'} (${session.getState().status})`)
  })
  await settle(session.speak('one').finished)
  expect(log).toEqual(['begins (buffering)', 'is over (speaking)'])
  expect(statuses).toContain('speaking')

  // Not while it is paused, or refused by the browser; and not for audio that nobody wants any more.
  log.length = 0
  session.speak('one two three four')
  session.pause()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(log).toEqual([])
  session.resume()
  expect(coordinator.isSounding).toBe(true)
  await vi.advanceTimersByTimeAsync(300)
  session.pause()
  expect(coordinator.isSounding).toBe(false)
  session.resume()
  sink.setBlocked(true)
  expect(coordinator.isSounding).toBe(false)
  sink.setBlocked(false)
  expect(coordinator.isSounding).toBe(true)
  session.stop()
  expect(coordinator.isSounding).toBe(false)

  const other = setUp({ exclusive: false }, {}, coordinator)
  const both = [session.speak('one'), other.session.speak('two three four')]
  await settle(both[0]!.finished)
  expect(coordinator.isSounding).toBe(true)
  undo()
  const count = log.length
  await settle(both[1]!.finished)
  expect(coordinator.isSounding).toBe(false)
  expect(log).toHaveLength(count)
})

test('a connection that cannot be made rejects and is told in the state; the next text starts anew', async () => {
  const { session, emulator } = setUp({ reconnect: false }, { faults: { refuse: { status: 401, times: 1 } } })
  const errors: unknown[] = []
  const utterance = session.speak('one')
  utterance.finished.catch((error: unknown) => errors.push(error))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(errors).toMatchObject([{ code: 'handshake-failed' }])
  expect(session.getState()).toMatchObject({ status: 'error', error: errors[0] })
  const again = session.speak('two')
  expect(session.getState()).toMatchObject({ status: 'connecting', error: null })
  expect((await settle(again.finished)).reason).toBe('ended')
  expect(emulator.sockets).toHaveLength(1)
})

test('misused options throw at once, and hold nothing open', () => {
  const { session, emulator } = setUp({ apiKey: 'two-credentials' })
  expect(() => session.speak('one')).toThrow(TypeError)
  expect(session.getState().status).toBe('idle')
  expect(() => session.speak(7 as never)).toThrow(/input/)
  expect(() => session.setVolume(2)).toThrow(/volume/)
  expect(() => session.duck(-1)).toThrow(/factor/)
  expect(emulator.handshakes).toEqual([])
})

test.each([1, 2, 3, 4, 5, 6])(
  'a line that drops again and again costs no sentence and repeats none (seed %i)',
  async (seed) => {
    const { session, sink, emulator } = setUp(
      // No line is healthy; each brings speech.
      { reconnect: { maxAttempts: 1, baseDelayMs: 20, maxDelayMs: 100 } },
      { seed, speak: { pace: 3 }, faults: { dropAfterMs: [2_400, 3_500] } },
    )
    const sentences = Array.from({ length: 14 }, (_, i) => `Number ${seed} times ${i}.`)
    await settle(session.speak(sentences.join(' ')).finished, 300_000)
    expect(emulator.sockets.length).toBeGreaterThan(1)
    // A sentence that was audible already when the line dropped is begun again, and only its beginning is heard twice.
    const words = wordsIn(sink.heard[0]!).split(' ')
    let next = 0
    const wanted = sentences.join(' ').toLowerCase().split(' ')
    for (const word of words) if (word === wanted[next]) next++
    expect(next).toBe(wanted.length)
    expect(words.filter((word) => /^\d+\.$/.test(word))).toEqual(sentences.map((_, i) => `${i}.`))
  },
  20_000,
)

test('spokenText follows the ear in whole words', async () => {
  const { session } = setUp()
  const text = 'One two three. Four five six.'
  const utterance = session.speak(text)
  const seen = new Set<string>()
  session.subscribe((state) => state.utterance && seen.add(state.utterance.spokenText))
  await settle(utterance.finished)
  const spoken = [...seen]
  expect(spoken.length).toBeGreaterThan(4)
  for (const part of spoken)
    expect(
      text.startsWith(part) &&
        /\b$|\s$|\.$|^$/.test(part) &&
        !/\w\w/.test(`${part.slice(-1)}${text[part.length] ?? ''}`),
    ).toBe(true)
})

test('the store is written at most ten times a second while speaking', async () => {
  const { session } = setUp()
  const utterance = session.speak('one two three four five six seven eight')
  await vi.advanceTimersByTimeAsync(1_000)
  let writes = 0
  session.subscribe(() => writes++)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(writes).toBeLessThanOrEqual(11)
  await settle(utterance.finished)
})
