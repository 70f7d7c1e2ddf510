import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createCoordinator } from '../../../src/session/coordination.ts'
import { createSpeakSession, type SpeakOptions } from '../../../src/session/speak-session.ts'
import type { EmulatorOptions } from '../../../src/testing/emulator.ts'
import { createDeepgramEmulator, createToneSpeechRecogniser } from '../../../src/testing/index.ts'
import { createClockSink } from '../../support/clock-sink.ts'

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

/** A speak session before the emulator, on a sink that runs by the faked clock. */
export function setUp(options: SpeakOptions = {}, emulation: EmulatorOptions = {}, coordinator = createCoordinator()) {
  const emulator = createDeepgramEmulator({ hears: false, ...emulation })
  const sink = createClockSink()
  const { WebSocket, getToken } = emulator
  const session = createSpeakSession(() => ({ WebSocket, getToken, ...options }), {
    createSink: () => sink,
    coordinator,
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
