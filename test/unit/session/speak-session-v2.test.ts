import { describe, expect, test, vi } from 'vitest'
import { createCoordinator } from '../../../src/session/coordination.ts'
import { createSpeakSession, type SpeakOptions } from '../../../src/session/speak-session.ts'
import { createDeepgramEmulator } from '../../../src/testing/index.ts'
import { createClockSink } from '../../support/clock-sink.ts'
import { settle, setUp, wordsIn } from './speak-support.ts'

const model = 'flux-alexis-en'
type Interrupted = { type: string; audio_played_ms: number; text_spoken?: string; text_remaining?: string }
const interruptedOf = (emulator: ReturnType<typeof setUp>['emulator']): Interrupted[] =>
  emulator.sockets
    .flatMap(({ sentText }) => sentText)
    .map((text) => JSON.parse(text) as Interrupted)
    .filter(({ type }) => type === 'SpeechInterrupted')

describe.each(['burst', 'realtime', 1.3] as const)('a Flux voice (pace: %s)', (pace) => {
  test('speaks a text of many sentences, every word once', async () => {
    const text = Array.from({ length: 30 }, (_, i) => `This is sentence number ${i} of them.`).join(' ')
    const { session, sink, emulator } = setUp({ model }, { speak: { pace } })
    const result = await settle(session.speak(text).finished, 400_000)
    expect(wordsIn(sink.heard[0]!)).toBe(text.toLowerCase())
    expect(result.spokenText).toBe(text)
    expect(emulator.sockets[0]!.path).toBe('/v2/speak')
  })

  test('stop() reports the position heard, and the result carries what the service makes of it', async () => {
    const { session, emulator, sink } = setUp({ model }, { faults: { latencyMs: 60 }, speak: { pace } })
    const text = Array.from({ length: 12 }, (_, i) => `word${i} and more of it`).join(' ')
    const first = session.speak(text)
    await vi.advanceTimersByTimeAsync(1_500)
    session.stop()
    const result = await settle(first.finished, 5_000)
    const [message] = interruptedOf(emulator)
    expect(message!.audio_played_ms).toBe(Math.floor(result.playedSeconds * 1000))
    expect(result).toMatchObject({ textSpoken: message!.text_spoken, textRemaining: message!.text_remaining })
    if (message!.text_spoken) expect(result.spokenText).toBe(message!.text_spoken)
    expect(text.startsWith(result.spokenText)).toBe(true)
    const second = session.speak('alpha beta')
    await settle(second.finished)
    expect(wordsIn(sink.heard[1]!)).toBe('alpha beta')
    expect(emulator.sockets).toHaveLength(1)
  })

  test('replaced again and again, only the last one is heard to its end, and the position always advances', async () => {
    const { session, emulator, sink } = setUp({ model }, { faults: { latencyMs: 40 }, speak: { pace } })
    const text = 'First sentence of it. Second sentence follows. Third sentence after that. Fourth sentence ends it.'
    let last = session.speak(text)
    for (const ms of [1500, 900, 700, 50, 2500, 400]) {
      await vi.advanceTimersByTimeAsync(ms)
      last = session.speak(text)
    }
    await settle(last.finished)
    expect(wordsIn(sink.heard.at(-1)!)).toBe(text.toLowerCase())
    const warnings = emulator.sockets.flatMap(({ sentText }) => sentText).filter((each) => each.includes('INVALID'))
    expect(warnings).toEqual([])
    expect(session.getState().status).toBe('idle')
  })
})

const long = Array.from({ length: 30 }, (_, i) => `This is sentence number ${i} of them.`).join(' ')

test('after a dropped line the position counts from the beginning of the new one', async () => {
  const { session, emulator } = setUp({ model, reconnect: { baseDelayMs: 20 } }, { speak: { pace: 'realtime' } })
  const { finished } = session.speak(long)
  await vi.advanceTimersByTimeAsync(15_000)
  emulator.sockets[0]!.drop()
  await vi.advanceTimersByTimeAsync(4_000)
  session.stop()
  const result = await settle(finished, 5_000)
  expect(emulator.sockets).toHaveLength(2)
  const [message] = interruptedOf(emulator)
  expect(message!.audio_played_ms).toBeLessThan(4_000)
  expect(result.textSpoken).not.toBe('')
  expect(result.spokenText.endsWith(result.textSpoken!)).toBe(true)
  expect(result.textSpoken! + result.textRemaining!).toBe(message!.text_spoken! + message!.text_remaining!)
})

test.each([true, false])(
  'a stopped text settles though the service never answers (reconnect: %s)',
  async (doesReconnect) => {
    const options: SpeakOptions = doesReconnect ? { model } : { model, reconnect: false }
    const { session, emulator } = setUp(options, { speak: { pace: 'realtime', interruptMs: 60_000 } })
    const { finished } = session.speak(long)
    await vi.advanceTimersByTimeAsync(2_000)
    session.stop()
    if (!doesReconnect) emulator.sockets[0]!.drop()
    const result = await settle(finished, 4_000)
    expect(result).toMatchObject({ reason: 'stopped', textSpoken: undefined, textRemaining: undefined })
    expect(result.spokenText).not.toBe('')
    expect(long.startsWith(result.spokenText)).toBe(true)
    expect(session.getState()).toMatchObject({ status: 'idle', error: null })
  },
)

test('the next text waits until the service has confirmed the interruption', async () => {
  const { session, sink, sent } = setUp({ model }, { speak: { pace: 'realtime', interruptMs: 500 } })
  session.speak(long)
  await vi.advanceTimersByTimeAsync(2_000)
  const next = session.speak('alpha beta')
  await vi.advanceTimersByTimeAsync(400)
  expect(sent().at(-1)?.type).toBe('Interrupt')
  await settle(next.finished)
  expect(wordsIn(sink.heard[1]!)).toBe('alpha beta')
})

test('an Aura voice after a Flux voice has a connection of its own generation', async () => {
  let options: SpeakOptions = { model }
  const emulator = createDeepgramEmulator({ hears: false })
  const { WebSocket, getToken } = emulator
  const sink = createClockSink()
  const session = createSpeakSession(() => ({ WebSocket, getToken, ...options }), {
    createSink: () => sink,
    coordinator: createCoordinator(),
  })
  await settle(session.speak('one two').finished)
  options = { model: 'aura-2-thalia-en' }
  await settle(session.speak('three four').finished)
  expect(sink.heard.map((samples) => wordsIn(samples))).toEqual(['one two', 'three four'])
  expect(emulator.sockets.map(({ path }) => path)).toEqual(['/v2/speak', '/v1/speak'])
  session.destroy()
})

test('what a Flux voice would refuse is a TypeError of speak(), and nothing is opened', () => {
  const { session, emulator } = setUp({ model, speed: 0.52 })
  expect(() => session.speak('one')).toThrow(TypeError)
  expect(emulator.handshakes).toEqual([])
})
