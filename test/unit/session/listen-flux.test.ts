import { describe, expect, it, vi } from 'vitest'
import type { TurnEvent } from '../../../src/transcript/fold-listen-v2.ts'
import { expectConsole } from '../../support/console.ts'
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
  turnInfo,
  useFakedTime,
} from './listen-support.ts'

const FLUX = 'flux-general-en'
const FORCE_END_TURN = '{"type":"ForceEndTurn"}'
const CLOSE_STREAM = '{"type":"CloseStream"}'
const LONG = Array.from({ length: 50 }, (_, i) => `${'bdfklmn'[i % 7]}a${'prstvz'[i % 6]}o`).join(' ')

useFakedTime()

describe('the model', () => {
  it('pain 104: the model selects address, parameters and parser; what the other one would refuse is not sent', async () => {
    const options = {
      model: FLUX,
      language: 'en',
      smartFormat: true,
      interimResults: true,
      endpointing: 300,
      diarize: true,
      multichannel: false,
      utteranceEndMs: 1000,
      vadEvents: true,
      eotThreshold: 0.8,
      eagerEotThreshold: 0.5,
      keyterm: ['Deepgram'],
      tag: 'a',
    }
    const test = bench(options)
    await test.open()
    const { pathname, searchParams } = new URL(test.line().url)
    expect(pathname).toBe('/v2/listen')
    expect(Object.fromEntries(searchParams)).toEqual({
      model: FLUX,
      eot_threshold: '0.8',
      eager_eot_threshold: '0.5',
      keyterm: 'Deepgram',
      tag: 'a',
      encoding: 'linear16',
      sample_rate: '1000',
    })
    // A result of the other generation is no message here.
    test.line().receive(result(0, 1, 'stranger'))
    expect(test.session.getState().transcript.text).toBe('')
    test.line().receive(turnInfo('EndOfTurn', 0, 1, 'Hello.'))
    expect(test.session.getState().transcript.text).toBe('Hello.')
    test.session.abort()
    for (const model of [undefined, 'nova-3', 'nova-2-meeting']) {
      const other = bench({ ...options, keyterm: undefined, model })
      await other.open()
      expect(new URL(other.line().url).pathname).toBe('/v1/listen')
      expect(other.line().url).not.toMatch(/eot|numerals/)
      other.line().receive(turnInfo('EndOfTurn', 0, 1, 'stranger'))
      expect(other.session.getState()).toMatchObject({ turn: null, transcript: { text: '' } })
      other.session.abort()
    }
  })

  it('a developer is told what the service is going to refuse', async () => {
    const warnings = expectConsole('warn', /eagerEotThreshold must not be greater than eotThreshold/)
    const test = bench({ model: FLUX, eagerEotThreshold: 0.9, eotThreshold: 0.6 })
    await test.open()
    expect(warnings()).toBe(1)
    test.session.abort()
  })

  it('a session that changes from one generation to the other keeps the text, but shows no turn', async () => {
    const test = bench({ model: FLUX })
    await test.open()
    test.source.push(bytes(1, 4000))
    test.line().receive(turnInfo('EndOfTurn', 0, 2, 'One.'))
    expect(test.session.getState().turn).toMatchObject({ index: 0, state: 'ended', text: 'One.' })
    test.session.abort()
    test.options = { ...test.options, model: 'nova-3' }
    await test.open()
    test.line().receive(result(0, 1, 'two'))
    expect(test.session.getState()).toMatchObject({ turn: null, transcript: { text: 'One. two' } })
    test.session.abort()
  })
})

describe('turns', () => {
  it('are shown and told, in order, and each is one segment and one utterance', async () => {
    const told: string[] = []
    const test = bench({
      model: FLUX,
      onTurn: ({ type, index, text }) => told.push(`${index} ${type} ${text}`),
      onFinal: ({ text }) => told.push(`final ${text}`),
      onUtterance: ({ text, source }) => told.push(`utterance ${text} ${source}`),
    })
    await test.open()
    expect(test.session.getState().turn).toBeNull()
    for (const [event, end, text] of [
      ['Update', 0.24, ''],
      ['Update', 0.48, 'We'],
      ['StartOfTurn', 0.72, 'We, the'],
      ['EagerEndOfTurn', 1.2, 'We, the people'],
      ['TurnResumed', 1.4, 'We, the people of'],
      ['EndOfTurn', 2, 'We, the people of.'],
    ] as const) {
      test.line().receive(turnInfo(event, 0, end, text))
      expect(test.session.getState().turn?.text).toBe(text)
    }
    test.line().receive(turnInfo('StartOfTurn', 2, 2.5, 'Next', { index: 1 }))
    expect(test.session.getState().turn).toMatchObject({ index: 1, state: 'speaking' })
    expect(told).toEqual([
      '0 update ',
      '0 update We',
      '0 start We, the',
      '0 eager-end We, the people',
      '0 resumed We, the people of',
      'final We, the people of.',
      'utterance We, the people of. speech-final',
      '0 end We, the people of.',
      '1 start Next',
    ])
    test.session.abort()
    // Nobody will hear its end.
    expect(told.slice(9)).toEqual(['1 end Next', 'final Next', 'utterance Next stop'])
    expect(test.session.getState().transcript.segments.at(-1)).toMatchObject({ text: 'Next', isProvisional: true })
  })

  it('stop() returns the words of the turn that nobody had ended', async () => {
    const ends: TurnEvent[] = []
    const { emulator, session } = spoken('one two three', {
      model: FLUX,
      onTurn(event) {
        if (event.type === 'end') ends.push(event)
      },
    })
    void session.start()
    await pass(1900)
    expect(session.getState().turn?.state).toBe('speaking')
    expect(session.getState().transcript.text).toBe('')
    const ended = session.stop()
    await pass(1000)
    const transcript = await ended
    expect(transcript.text).toMatch(/^one two/)
    expect(transcript.segments).toMatchObject([{ isProvisional: false }])
    expect(ends).toMatchObject([{ text: transcript.text, trigger: 'manual' }])
    expect(emulator.sockets[0]!.receivedText).toEqual([FORCE_END_TURN, CLOSE_STREAM])
    expect(session.getState()).toMatchObject({ status: 'idle', error: null, warning: null })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('finalize() ends the turn; without one it is null, as soon as the service says so', async () => {
    const { session } = spoken('one two three', { model: FLUX })
    void session.start()
    await pass(60)
    let answer: unknown = 'pending'
    void session.finalize().then((segment) => (answer = segment))
    await pass(50)
    expect(answer).toBeNull()
    await pass(1700)
    const segment = await Promise.all([session.finalize(), pass(50)])
    expect(segment[0]).toBe(session.getState().transcript.segments[0])
    expect(segment[0]?.text).toMatch(/two/)
    session.abort()
  })

  it('finalize() waits for its own answer, not for a turn that ended by itself meanwhile', async () => {
    const test = bench({ model: FLUX })
    await test.open()
    let answer: unknown = 'pending'
    void test.session.finalize().then((segment) => (answer = segment))
    test.line().receive({ ...turnInfo('EndOfTurn', 0, 1, 'By itself.'), trigger: 'model' })
    await test.settle()
    expect(answer).toBe('pending')
    test.line().receive({ ...turnInfo('EndOfTurn', 1, 2, 'Asked for', { index: 1 }), trigger: 'manual' })
    await test.settle()
    expect(answer).toMatchObject({ text: 'Asked for' })
    test.session.abort()
  })

  it('a callback that ends the session is told of no further end', async () => {
    const types: string[] = []
    const test = bench({
      model: FLUX,
      onFinal: () => test.session.abort(),
      onTurn: ({ type }) => types.push(type),
    })
    await test.open()
    test.line().receive(turnInfo('StartOfTurn', 0, 0.5, 'Stop'))
    test.line().receive(turnInfo('EndOfTurn', 0, 1, 'Stop.'))
    expect(types).toEqual(['start', 'end'])
    expect(test.session.getState().status).toBe('idle')
  })
})

describe('a pause', () => {
  it('pain 104: of raw audio, silence goes on and holds the line; no KeepAlive, no word of the pause', async () => {
    const { emulator, session } = spoken(LONG, { model: FLUX })
    void session.start()
    await pass(1200)
    session.pause()
    await pass(60_000)
    expect(session.getState().status).toBe('paused')
    const [socket] = emulator.sockets
    expect(socket!.state).toBe('open')
    expect(socket!.receivedText).toEqual([])
    expect(socket!.receivedBytes).toBeGreaterThan(59 * 32_000)
    await pass(5)
    session.resume()
    const before = socket!.receivedBytes
    await pass(2000)
    // The silence has ended: what comes is what is recorded.
    expect(socket!.receivedBytes - before).toBe(2 * 32_000)
    await pass(15_000)
    const ended = session.stop()
    await pass(2000)
    expect((await ended).text.replaceAll('.', '')).toBe(LONG)
    expect(emulator.sockets).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 104: in any encoding, what holds the line sounds like nothing', async () => {
    for (const [encoding, silence, size] of [
      ['linear16', 0, 200],
      ['mulaw', 0xff, 100],
      ['alaw', 0xd5, 100],
    ] as const) {
      const test = bench({ model: FLUX }, () => new HandSource({ ...RAW, encoding }))
      await test.open()
      test.session.pause()
      await pass(1000)
      expect(audioOn(test.line())).toEqual(Array(10).fill(bytes(silence, size)))
      test.session.abort()
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  it('pain 104: of a container, the line is closed, and opens again on resume with a header', async () => {
    const test = bench({ model: FLUX }, () => new HandSource(MP4))
    await test.open()
    test.source.push(bytes(1))
    await pass(1000)
    test.session.pause()
    expect(textsOn(test.line())).toEqual([FORCE_END_TURN])
    test.line().receive(turnInfo('EndOfTurn', 0, 1, 'Done.'))
    await test.settle()
    expect(test.line().closes).toEqual([1000])
    expect(test.session.getState()).toMatchObject({ status: 'paused', transcript: { text: 'Done.' } })
    test.page('visible')
    test.page('offline')
    await pass(600_000)
    expect(test.lines).toHaveLength(1)
    test.session.resume()
    expect(test.session.getState().status).toBe('reconnecting')
    // A recording that cannot be continued begins anew, so with its own header.
    expect(test.sources.length).toBe(2)
    test.source.push(bytes(2))
    await test.accept()
    test.source.push(bytes(3))
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([2, 3])
    expect(test.session.getState()).toMatchObject({ status: 'listening', warning: null })
    test.session.abort()
  })

  it('of a container, a change of mind keeps the line', async () => {
    const test = bench({ model: FLUX }, () => new HandSource(MP4))
    await test.open()
    test.session.pause()
    test.session.resume()
    await pass(5000)
    expect(test.lines).toHaveLength(1)
    expect(test.line().closes).toEqual([])
    expect(test.session.getState().status).toBe('listening')
    test.session.abort()
  })

  it('stop() in a pause ends at once, whether there is a line or not', async () => {
    for (const format of [RAW, MP4]) {
      const test = bench({ model: FLUX }, () => new HandSource(format))
      await test.open()
      await pass(1000)
      test.session.pause()
      test.line().receive({ type: 'Warning', code: 'FORCE_END_TURN_NO_ACTIVE_TURN' })
      await pass(2000)
      const sent = audioOn(test.line()).length
      const ended = test.session.stop()
      await test.settle()
      if (format === MP4) await test.accept()
      await pass(100)
      expect(textsOn(test.line()).slice(-2)).toEqual([FORCE_END_TURN, CLOSE_STREAM])
      // Nothing is heard after the end was asked for.
      if (format === RAW) expect(audioOn(test.line())).toHaveLength(sent)
      test.line().end(1005)
      await ended
      expect(test.session.getState()).toMatchObject({ status: 'idle', warning: null })
      expect(vi.getTimerCount()).toBe(0)
    }
  })
})

describe('a line that drops', () => {
  it.each([[[1300]], [[2600]], [[4100]], [[900, 1500, 700]]])(
    'in mid-turn, after %j ms, loses no word and repeats none',
    async (times) => {
      const text = 'the quick brown fox jumps over the lazy dog'
      const events: TurnEvent[] = []
      const { emulator, session } = spoken(text, { model: FLUX, onTurn: (event) => events.push(event) })
      void session.start()
      for (const ms of times) {
        await pass(ms)
        emulator.sockets.at(-1)!.drop()
      }
      await pass(12_000)
      const ended = session.stop()
      await pass(3000)
      expect((await ended).text).toBe(text)
      expect(emulator.sockets).toHaveLength(times.length + 1)
      const kinds = events.map(({ type }) => type).filter((type) => type !== 'update')
      expect(kinds).toEqual(['start', 'end'])
      expect(events.find(({ type }) => type === 'end')).toMatchObject({ index: 0, text })
    },
  )

  it('again and again within one long turn gets on: what is sure is settled, the turn is told whole', async () => {
    const ends: TurnEvent[] = []
    const { emulator, session } = spoken(LONG, {
      model: FLUX,
      onTurn(event) {
        if (event.type === 'end') ends.push(event)
      },
    })
    void session.start()
    const furthest: number[] = []
    for (let i = 0; i < 4; i++) {
      await pass(6000)
      const { interim } = session.getState().transcript
      emulator.sockets.at(-1)!.drop()
      await pass(16)
      // Nothing vanishes from the screen.
      const { text, interim: rest } = session.getState().transcript
      furthest.push(text.length + (rest?.text.length ?? 0))
      if (interim) expect(`${text} ${rest?.text ?? ''}`.length).toBeGreaterThanOrEqual(interim.text.length)
    }
    await pass(15_000)
    const ended = session.stop()
    await pass(3000)
    const transcript = await ended
    expect(transcript.text).toBe(LONG)
    expect(transcript.utterances.map(({ text }) => text)).toEqual([LONG])
    expect(ends.map(({ text }) => text)).toEqual([LONG])
    // Each line got further than the one before.
    expect(new Set(transcript.segments.map(({ streamIndex }) => streamIndex)).size).toBeGreaterThan(2)
    expect(furthest).toEqual(furthest.toSorted((a, b) => a - b))
    expect(furthest.at(-1)).toBeGreaterThan(2 * furthest[0]!)
  })

  it('a long turn that was settled in part is shown as it was, while it is heard again', async () => {
    const test = bench({ model: FLUX })
    await test.open()
    for (let i = 0; i < 10; i++) test.source.push(bytes(i, 2000))
    test.line().receive(turnInfo('StartOfTurn', 0, 10, 'a b c d e f g h i j'))
    test.line().end(1006)
    expect(test.session.getState().transcript).toMatchObject({
      text: 'a b c d e f g h',
      interim: { text: 'i j', isProvisional: true },
    })
    await nextLine(test)
    await test.accept()
    test.line().receive(turnInfo('Update', 0, 0.2, ''))
    expect(test.session.getState().turn?.text).toBe('a b c d e f g h i j')
    test.line().receive(turnInfo('Update', 0, 1, 'i'))
    expect(test.session.getState().turn?.text).toBe('a b c d e f g h i')
    test.line().receive(turnInfo('EndOfTurn', 0, 3, 'i j k.'))
    expect(test.session.getState().turn).toMatchObject({ index: 0, state: 'ended', text: 'a b c d e f g h i j k.' })
    expect(test.session.getState().transcript.utterances).toMatchObject([{ text: 'a b c d e f g h i j k.' }])
    test.session.abort()
  })

  it('turns are counted on, and a time is where it was said', async () => {
    const events: string[] = []
    const test = bench({ model: FLUX, onTurn: ({ type, index, text }) => events.push(`${index} ${type} ${text}`) })
    await test.open()
    for (let i = 0; i < 4; i++) test.source.push(bytes(i, 1000))
    test.line().receive(turnInfo('EndOfTurn', 0, 1, 'One.'))
    test.line().receive(turnInfo('StartOfTurn', 1, 1.5, 'Two', { index: 1 }))
    test.line().end(1006)
    expect(test.session.getState().turn).toMatchObject({ index: 1, text: 'Two' })
    await nextLine(test)
    await test.accept()
    expect(audioOn(test.line()).map(([first]) => first)).toEqual([2, 3])
    test.line().receive(turnInfo('Update', 0, 0.2, ''))
    expect(test.session.getState().turn).toMatchObject({ index: 1, text: 'Two' })
    test.line().receive(turnInfo('StartOfTurn', 0, 0.5, 'Two'))
    test.line().receive(turnInfo('EndOfTurn', 0, 1, 'Two.'))
    test.line().receive(turnInfo('StartOfTurn', 1, 1.5, 'Three', { index: 1 }))
    expect(events.filter((event) => !event.includes('update'))).toEqual([
      '0 end One.',
      '1 start Two',
      '1 end Two.',
      '2 start Three',
    ])
    expect(test.session.getState().transcript.segments).toMatchObject([
      { text: 'One.', start: 0, end: 1 },
      { text: 'Two.', start: 1, end: 2, streamIndex: 1 },
    ])
    test.session.abort()
  })

  it('an Error of the service is the end of the line, not of the session, unless it did not understand us', async () => {
    const test = bench({ model: FLUX })
    await test.open()
    test.line().receive({ type: 'Warning', code: 'ANY', description: 'x' })
    expect(test.session.getState()).toMatchObject({ status: 'listening', warning: null })
    test.line().receive({ type: 'Error', code: 'INTERNAL_SERVER_ERROR', description: 'x' })
    expect(test.session.getState().status).toBe('reconnecting')
    ;(await nextLine(test)).accept()
    test.line().receive({ type: 'Error', code: 'UNPARSABLE_CLIENT_MESSAGE', description: 'x' })
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'service-error' } })
    expect(vi.getTimerCount()).toBe(0)
  })
})
