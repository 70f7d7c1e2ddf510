import { describe, expect, it, vi } from 'vitest'
import type { ListenSessionOptions } from '../../../src/session/listen-session.ts'
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
  turnInfo,
  useFakedTime,
  type Bench,
} from './listen-support.ts'
import type { FakeLine } from '../socket/fake-web-socket.ts'

const CLOSE_STREAM = '{"type":"CloseStream"}'
const TEXT = 'the quick brown fox jumps over the lazy dog and the dog does not mind'

useFakedTime()

const languageOf = ({ url }: { url: string }) => new URL(url).searchParams.get('language')

/** Records a second of something, in pieces of 100 ms. */
function record({ source }: Bench, value: number): void {
  for (let i = 0; i < 10; i++) source.push(bytes(value, 200))
}

/** How much of what is on a line, in tenths of a second. */
function tenthsOn(line: FakeLine): Record<string, number> {
  const tenths: Record<string, number> = {}
  for (const [value] of audioOn(line)) tenths[value!] = (tenths[value!] ?? 0) + 1
  return tenths
}

function change(test: Bench, options: ListenSessionOptions): Promise<void> {
  test.options = { ...test.options, ...options }
  return test.session.applyOptions()
}

describe('applyOptions()', () => {
  it('pain 95: changes in quick succession are one clean hand-over, and no sound is lost in it', async () => {
    const test = bench({ language: 'en' })
    await test.open()
    record(test, 1)
    test.line().receive(result(0, 0.5, 'before'))
    const changes = [change(test, { language: 'de' })]
    await pass(40)
    changes.push(change(test, { language: 'fr' }))
    record(test, 2)
    await pass(10)
    const [first] = test.lines
    expect(textsOn(first!)).toEqual([CLOSE_STREAM])
    expect(test.session.getState()).toMatchObject({ status: 'reconnecting', isCapturing: true })
    // Said while the old line finishes: for the new one.
    record(test, 3)
    first!.receive(result(0.5, 1.7, 'and the rest', { speechFinal: true }))
    first!.receive(result(1.7, 2, '', { speechFinal: true }))
    expect(test.lines).toHaveLength(1)
    first!.end(1000)
    await test.accept()
    record(test, 4)
    await Promise.all(changes)
    await pass(5000)
    expect(test.lines.map(languageOf)).toEqual(['en', 'fr'])
    // What was silent at the end of the old line may have been the beginning of a word: that goes over both.
    expect(test.lines.map(tenthsOn)).toEqual([
      { 1: 10, 2: 10 },
      { 2: 3, 3: 10, 4: 10 },
    ])
    expect(test.tokens).toBe(2)
    expect(test.sources).toHaveLength(1)
    test.line().receive(result(0.3, 2.3, 'après'))
    expect(test.session.getState()).toMatchObject({
      status: 'listening',
      warning: null,
      transcript: { text: 'before and the rest après', gaps: [] },
    })
    expect(test.session.getState().transcript.segments.at(-1)).toMatchObject({ start: 2, end: 4, streamIndex: 1 })
    test.session.abort()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 95: what the service refuses is told, and transcription goes on as before', async () => {
    const test = bench({ language: 'en' })
    await test.open()
    test.source.push(bytes(1, 2000))
    const changed = change(test, { language: 'xx' })
    const outcome = changed.catch((error: unknown) => error)
    await pass(50)
    test.line().end(1000)
    for (let i = 0; i < 3; i++) {
      await test.settle()
      expect(languageOf(test.line())).toBe('xx')
      test.line().end(1006)
      await pass(1000)
    }
    expect(await outcome).toMatchObject({ code: 'handshake-failed' })
    expect(languageOf(test.line())).toBe('en')
    await test.accept()
    expect(test.session.getState()).toMatchObject({
      status: 'listening',
      error: null,
      warning: { code: 'options-refused' },
    })
    // Nothing had been settled: all of it is heard there.
    expect(audioOn(test.line()).map(([byte]) => byte)).toEqual([1])
    // A later drop does not try again what was refused; a later change does.
    test.line().end(1006)
    await nextLine(test)
    expect(languageOf(test.line())).toBe('en')
    await test.accept()
    void change(test, { language: 'de' })
    await pass(50)
    test.line().end(1000)
    await test.accept()
    expect(languageOf(test.line())).toBe('de')
    test.session.abort()
  })

  it('pain 95: options that are equal by value change nothing, nor do callbacks', async () => {
    const test = bench({ language: 'en', keyterm: ['a', 'b'] })
    await test.open()
    await Promise.all([
      change(test, { language: 'en', keyterm: ['a', 'b'], tag: undefined, onFinal: () => {} }),
      pass(200),
    ])
    expect(test.lines).toHaveLength(1)
    expect(textsOn(test.line())).toEqual([])
    test.session.abort()
    await test.session.applyOptions()
    expect(test.lines).toHaveLength(1)
  })

  it('a word in the midst of which the old line ends is heard whole by the new one', async () => {
    const test = bench({ language: 'en' })
    await test.open()
    for (let i = 0; i < 20; i++) test.source.push(bytes(i, 200))
    const changed = change(test, { language: 'de' })
    await pass(50)
    test.line().receive(result(0, 2, 'all is we', { speechFinal: true }))
    test.line().receive(result(2, 2, '', { speechFinal: true }))
    test.line().end(1000)
    await test.accept()
    await changed
    expect(test.session.getState().transcript.text).toBe('all is')
    // The word began at 1.33.
    expect(audioOn(test.line()).map(([byte]) => byte)).toEqual([13, 14, 15, 16, 17, 18, 19])
    test.line().receive(result(0, 1, 'well now'))
    expect(test.session.getState().transcript.text).toBe('all is well now')
    test.session.abort()
  })

  it('a change while the new line opens is another hand-over; one while nothing is open is made at once', async () => {
    const test = bench({ language: 'en' })
    void test.session.start()
    await test.settle()
    const changed = change(test, { language: 'de' })
    await pass(50)
    await test.settle()
    expect(test.lines.map(languageOf)).toEqual(['en', 'de'])
    expect(test.lines[0]!.closes).toEqual([1000])
    test.options = { ...test.options, language: 'fr' }
    await test.accept()
    expect(textsOn(test.line())).toEqual([CLOSE_STREAM])
    test.line().end(1000)
    await test.accept()
    await changed
    expect(test.lines.map(languageOf)).toEqual(['en', 'de', 'fr'])
    test.session.abort()
  })

  it('an old line that is cut off, or never closes, loses nothing: the new one hears it again', async () => {
    for (const isCut of [true, false]) {
      const test = bench({ language: 'en', drainTimeoutMs: 1000 })
      await test.open()
      test.source.push(bytes(1, 2000), bytes(2, 2000))
      test.line().receive(result(0, 1, 'one'))
      test.line().receive(result(1, 2, 'half', { isFinal: false }))
      const changed = change(test, { language: 'de' })
      await pass(50)
      if (isCut) test.line().end(1006)
      else await pass(1000)
      await test.accept()
      await changed
      await pass(20)
      expect(languageOf(test.line())).toBe('de')
      expect(audioOn(test.line()).map(([byte]) => byte)).toEqual([2])
      expect(test.session.getState().transcript).toMatchObject({
        text: 'one',
        interim: { isProvisional: true },
        gaps: [],
      })
      test.session.abort()
    }
  })

  it('a container that cannot go on begins anew when the old line gets no more; what that had not heard is a gap', async () => {
    for (const isClean of [true, false]) {
      const test = bench({ language: 'en' }, () => new HandSource(MP4))
      await test.open()
      test.source.push(bytes(1))
      await pass(3000)
      const changed = change(test, { language: 'de' })
      await pass(50)
      expect(test.sources).toHaveLength(2)
      test.source.push(bytes(2))
      test.lines[0]!.receive(result(0, 2, 'before'))
      if (isClean) test.lines[0]!.receive(result(2, 3.05, ''))
      test.lines[0]!.end(isClean ? 1000 : 1006)
      await test.accept()
      test.source.push(bytes(3))
      await changed
      expect(test.lines.map((line) => audioOn(line).map(([byte]) => byte))).toEqual([[1], [2, 3]])
      const { gaps } = test.session.getState().transcript
      expect(gaps.map(({ reason, start, end }) => [reason, start, Math.round(end)])).toEqual(
        isClean ? [] : [['new-recording', 2, 3]],
      )
      test.line().receive(result(0, 1, 'after'))
      expect(test.session.getState().transcript.segments.at(-1)!.start).toBeCloseTo(3.05, 1)
      test.session.abort()
    }
  })

  it('stop(), abort() and a pause in the midst of it are what they always are', async () => {
    const test = bench({ language: 'en' })
    await test.open()
    test.source.push(bytes(1, 2000))
    void change(test, { language: 'de' })
    await pass(50)
    const ended = test.session.stop()
    test.line().receive(result(0, 0.7, 'first'))
    test.line().receive(result(0.7, 1, ''))
    test.line().end(1000)
    await test.accept()
    await pass(200)
    expect(textsOn(test.line())).toEqual([CLOSE_STREAM])
    test.line().end(1000)
    expect((await ended).text).toBe('first')
    await test.open()
    const aborted = change(test, { language: 'fr' })
    await pass(50)
    test.session.abort()
    await aborted
    expect(vi.getTimerCount()).toBe(0)
    expect(test.session.getState().status).toBe('idle')
  })

  it('of a Flux session whose line was let go of for a pause, the next line is made with the new options', async () => {
    const test = bench({ model: 'flux-general-multi', languageHint: 'en' }, () => new HandSource(MP4))
    await test.open()
    test.source.push(bytes(1))
    await pass(1000)
    test.session.pause()
    test.line().receive(turnInfo('EndOfTurn', 0, 1, 'Done.'))
    await test.settle()
    await Promise.all([change(test, { languageHint: 'de' }), pass(100)])
    expect(test.lines).toHaveLength(1)
    test.session.resume()
    await test.settle()
    expect(new URL(test.line().url).searchParams.get('language_hint')).toBe('de')
    test.session.abort()
  })
})

it.each([
  ['nova-3', { language: 'de' }],
  ['flux-general-en', { eotThreshold: 0.8 }],
  ['nova-3', { model: 'flux-general-en' }],
  ['flux-general-en', { model: 'nova-3' }],
] satisfies [string, ListenSessionOptions][])(
  'pain 95: in mid-speech, from %s to %j, no word is lost and none said twice',
  async (model, changes) => {
    const options: ListenSessionOptions = { model }
    const { emulator, session } = spoken(TEXT, options)
    void session.start()
    await pass(2300)
    Object.assign(options, changes)
    // `spoken` copies its options.
    expect(emulator.sockets).toHaveLength(1)
    const changed = session.applyOptions()
    await pass(2000)
    await changed
    expect(emulator.sockets).toHaveLength(2)
    await pass(15_000)
    const ended = session.stop()
    await pass(5000)
    const transcript = await ended
    expect(transcript.text.replaceAll('.', '')).toBe(TEXT)
    const starts = transcript.segments.flatMap(({ words }) => words.map(({ start }) => start))
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    expect(session.getState().turn === null).toBe((options.model ?? model) === 'nova-3')
    expect(vi.getTimerCount()).toBe(0)
  },
)
