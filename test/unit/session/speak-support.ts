import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createCoordinator } from '../../../src/session/coordination.ts'
import { createLinePool } from '../../../src/session/speak-line.ts'
import { createSpeakSession, type SpeakOptions, type SpeakSessionDeps } from '../../../src/session/speak-session.ts'
import type { EmulatorOptions } from '../../../src/testing/emulator.ts'
import {
  createDeepgramEmulator,
  createToneSpeechRecogniser,
  type DeepgramEmulator,
} from '../../../src/testing/index.ts'
import { createClockSink, type ClockSink } from '../../support/clock-sink.ts'

const opened: (() => () => void)[] = []

// Whoever imports this gets faked time, and is held to leave no line and no timer.
beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(async () => {
  const checks = opened.splice(0).map((close) => close())
  await vi.advanceTimersByTimeAsync(5_000)
  for (const check of checks) check()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

interface Surroundings extends Pick<SpeakSessionDeps, 'lines' | 'watchPage' | 'isOnline'> {
  emulator?: DeepgramEmulator
  sink?: ClockSink
}

/** A speak session before the emulator, on a sink that runs by the faked clock; by itself on its page unless told otherwise. */
export function setUp(
  options: SpeakOptions = {},
  emulation: EmulatorOptions = {},
  coordinator = createCoordinator(),
  { lines = createLinePool(), watchPage, isOnline, ...around }: Surroundings = {},
) {
  const { emulator = createDeepgramEmulator({ hears: false, ...emulation }), sink = createClockSink() } = around
  const { WebSocket, getToken } = emulator
  const session = createSpeakSession(() => ({ WebSocket, getToken, ...options }), {
    createSink: () => sink,
    coordinator,
    lines,
    watchPage,
    isOnline,
  })
  const statuses: string[] = []
  session.subscribe(({ status }) => statuses.at(-1) === status || statuses.push(status))
  opened.push(() => {
    session.destroy()
    return () => expect(open()).toBe(0)
  })
  const open = () => emulator.sockets.filter(({ state, isFrozen }) => state === 'open' && !isFrozen).length
  const sent = (index = emulator.sockets.length - 1) =>
    (emulator.sockets[index]?.receivedText ?? []).map((text) => JSON.parse(text) as { type: string; text?: string })
  const texts = () =>
    emulator.sockets.flatMap((_, index) => sent(index).flatMap(({ type, text }) => (type === 'Speak' ? [text!] : [])))
  return { emulator, sink, session, options, statuses, sent, texts, open }
}

/** Sessions of one page: one coordinator, one pool of lines, one emulator. */
export function setUpPage(count: number, options: SpeakOptions = {}, emulation: EmulatorOptions = {}) {
  const emulator = createDeepgramEmulator({ hears: false, ...emulation })
  const coordinator = createCoordinator()
  const lines = createLinePool()
  /** One more speaker on it. */
  const add = (own: SpeakOptions = options) => setUp(own, {}, coordinator, { lines, emulator })
  const speakers = Array.from({ length: count }, () => add())
  return { emulator, add, speakers, open: speakers[0]!.open }
}

/** Runs the clock until the promise settles. */
export async function settle<T>(promise: Promise<T>, limitMs = 120_000): Promise<T> {
  let isDone = false
  promise.then(
    () => (isDone = true),
    () => (isDone = true),
  )
  for (let ms = 0; !isDone && ms < limitMs; ms += 50) await vi.advanceTimersByTimeAsync(50)
  if (!isDone) throw new Error('nothing was settled in time')
  return promise
}

/** The words of tone speech in samples. */
export function wordsIn(samples: Float32Array, sampleRate = 24_000): string {
  const recogniser = createToneSpeechRecogniser({ sampleRate })
  recogniser.push(samples)
  recogniser.flush()
  return recogniser.words.map(({ text }) => text).join(' ')
}
