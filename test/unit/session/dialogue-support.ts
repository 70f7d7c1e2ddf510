import { afterEach, expect, vi } from 'vitest'
import { createDialogueSession, type DialogueOptions, type DialogueState } from '../../../src/session/dialogue.ts'
import type { ListenSessionOptions } from '../../../src/session/listen-session.ts'
import type { SpeakOptions } from '../../../src/session/speak-session.ts'
import { createCoordinator } from '../../../src/session/coordination.ts'
import type { EmulatorOptions } from '../../../src/testing/index.ts'
import { bench, bytes, HandSource, result, turnInfo } from './listen-support.ts'
import { setUp } from './speak-support.ts'

const opened: (() => void)[] = []

afterEach(() => {
  for (const close of opened.splice(0)) close()
})

export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** An answer whose text comes when the test says. */
export function createPen() {
  const pieces: (string | Error | null)[] = []
  let wake = (): void => {}
  const put = (piece: string | Error | null): void => {
    pieces.push(piece)
    wake()
  }
  let returns = 0
  const iterator: AsyncIterableIterator<string, undefined> = {
    [Symbol.asyncIterator]: () => iterator,
    async next() {
      while (!pieces.length) await new Promise<void>((resolve) => (wake = resolve))
      const piece = pieces.shift()!
      if (piece instanceof Error) throw piece
      return piece === null ? { done: true, value: undefined } : { done: false, value: piece }
    },
    return: () => {
      returns++
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return {
    stream: iterator,
    write: (text: string) => put(text),
    end: () => put(null),
    fail: (error: Error) => put(error),
    get returns() {
      return returns
    },
  }
}

/** A turn that the application was asked to answer. */
interface Asked {
  text: string
  eager: boolean
  signal: AbortSignal
  history: { role: string; content: string }[]
}

interface TalkOptions extends Partial<DialogueOptions> {
  listen?: ListenSessionOptions
  speak?: SpeakOptions
  emulation?: EmulatorOptions
  makeSource?: () => HandSource
}

/**
 * A dialogue whose ears are a line that the test plays, and whose voice speaks tone speech through the emulator, by the
 * faked clock. `model: 'nova-3'` hears results, the default hears turns.
 */
export function talk({ listen, speak, emulation, makeSource, onTurn, ...options }: TalkOptions = {}) {
  const coordinator = createCoordinator()
  const ears = bench({ model: 'flux-general-en', ...listen }, makeSource)
  const mouth = setUp(speak, emulation, coordinator)
  const asked: Asked[] = []
  const current: DialogueOptions = {
    onTurn(text, context) {
      const { signal, eager, history } = context
      asked.push({ text, eager, signal, history: history.map(({ role, content }) => ({ role, content })) })
      return onTurn ? onTurn(text, context) : `you said ${text}`
    },
    ...options,
  }
  const dialogue = createDialogueSession(() => current, { listen: ears.session, speak: mouth.session, coordinator })
  const phases: string[] = []
  const states: DialogueState[] = []
  dialogue.subscribe((state) => {
    if (phases.at(-1) !== state.phase) phases.push(state.phase)
    states.push(state)
    expect(state.error).toBe(state.problem?.error ?? null)
  })
  opened.push(() => {
    dialogue.destroy()
    ears.session.abort()
  })

  let clock = 0
  let index = 0
  const state = () => dialogue.getState()
  const isAudible = () => mouth.session.getState().status === 'speaking'
  return {
    dialogue,
    ears,
    mouth,
    coordinator,
    options: current,
    asked,
    phases,
    states,
    state,
    isAudible,
    messages: () => state().history.map(({ role, content }) => `${role}: ${content}`),
    async start() {
      void dialogue.start()
      await ears.accept()
      await pass(50)
    },
    /** Flux tells of the running turn. */
    flux(event: string, text: string, confidence = 0.2) {
      const start = clock
      const end = clock + Math.max(0.3, text.length / 12)
      ears.line().receive(turnInfo(event, start, end, text, { index, confidence }))
      if (event !== 'EndOfTurn') return
      clock = end
      index++
    },
    /** Another line counts turns and time anew. */
    renew() {
      clock = index = 0
    },
    /** Nova tells of the running utterance. */
    nova(text: string, { isFinal = false, speechFinal = false } = {}) {
      const end = clock + Math.max(0.3, text.length / 12)
      ears.line().receive(result(clock, end, text, { isFinal: isFinal || speechFinal, speechFinal }))
      if (isFinal || speechFinal) clock = end
    },
    notice() {
      ears.line().receive({ type: 'SpeechStarted', channel: [0, 1], timestamp: (clock += 0.1) })
    },
    /** The microphone goes on, 20 ms at a time; returns how many frames reached the line. */
    async record(ms: number) {
      const before = ears.line().sent.length
      for (let i = 0; i < ms; i += 20) {
        if (
          !ears.source.calls.includes('pause') ||
          ears.source.calls.lastIndexOf('resume') > ears.source.calls.lastIndexOf('pause')
        )
          ears.source.push(bytes(1, 40))
        await pass(20)
      }
      return ears.line().sent.slice(before)
    },
    async untilAudible() {
      for (let i = 0; !isAudible(); i++) {
        if (i > 500) throw new Error('nothing was heard')
        await pass(10)
      }
    },
    async untilSilent() {
      for (let i = 0; mouth.session.getState().utterance; i++) {
        if (i > 6000) throw new Error('the voice did not end')
        await pass(10)
      }
    },
  }
}
