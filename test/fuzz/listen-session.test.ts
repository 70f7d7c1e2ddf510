import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createListenSession } from '../../src/session/listen-session.ts'
import { createDeepgramEmulator } from '../../src/testing/index.ts'
import { createToneSource } from '../support/tone-source.ts'
import { expectConsistent } from '../unit/session/listen-support.ts'

const TEXT = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const misfortune = fc.record({
  /** Milliseconds of luck before. */
  afterMs: fc.integer({ min: 0, max: 3000 }),
  kind: fc.constantFrom('drop', 'close 1011', 'refuse', 'slow', 'freeze', 'change'),
})

it.each([
  ['nova-3', 25],
  ['flux-general-en', 15],
])(
  'whatever happens on the line, %s hears every word, once, in order, its time where it was said',
  async (model, numRuns) => {
    const truth = await hear([], model)
    expect(truth.text).toBe(TEXT)
    await fc.assert(
      fc.asyncProperty(fc.array(misfortune, { maxLength: 6 }).filter(isBearable), async (misfortunes) => {
        const transcript = await hear(misfortunes, model)
        expect(transcript.text).toBe(TEXT)
        const words = transcript.segments.flatMap((segment) => segment.words)
        const starts = words.map(({ start }) => start)
        expect(starts).toEqual(starts.toSorted((a, b) => a - b))
        const exact = truth.segments.flatMap((segment) => segment.words)
        words.forEach(({ start }, i) => expect(Math.abs(start - exact[i]!.start)).toBeLessThan(0.1))
      }),
      // One word had begun, and the line that was let go of had not heard it yet.
      { numRuns, examples: [[[{ afterMs: 0, kind: 'change' as const }]]] },
    )
  },
  60_000,
)

/** A service that closes again and again at once is given up on, rightly. */
const isBearable = (misfortunes: readonly { kind: string }[]): boolean =>
  misfortunes.filter(({ kind }) => kind === 'close 1011').length < 3

async function hear(misfortunes: readonly { afterMs: number; kind: string }[], model: string) {
  const emulator = createDeepgramEmulator()
  const source = createToneSource(TEXT)
  let changes = 0
  const session = createListenSession(
    () => ({
      WebSocket: emulator.WebSocket,
      getToken: emulator.getToken,
      drainTimeoutMs: 5000,
      model,
      tag: [`${changes}`],
    }),
    { createSource: () => source },
  )
  session.subscribe(expectConsistent)
  const started = session.start()
  await vi.advanceTimersByTimeAsync(10)
  await started
  for (const { afterMs, kind } of misfortunes) {
    await vi.advanceTimersByTimeAsync(afterMs)
    const socket = emulator.sockets.at(-1)!
    if (kind === 'change') {
      changes++
      void session.applyOptions()
      continue
    }
    if (kind === 'refuse') emulator.faults = { refuse: { status: 503, times: 2 } }
    else emulator.faults = kind === 'slow' ? { openDelayMs: 800, latencyMs: 150 } : {}
    if (kind === 'close 1011') socket.close(1011, 'See https://dpgr.am/net0000')
    else if (kind === 'freeze') socket.freeze()
    else socket.drop()
  }
  await vi.advanceTimersByTimeAsync(20_000)
  const ended = session.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  const transcript = await ended
  expect(session.getState()).toMatchObject({ status: 'idle', error: null, warning: null })
  expect(emulator.sockets.every(({ state }) => state === 'closed')).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
  return transcript
}
