import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCoordinator } from '../../../src/session/coordination.ts'
import { createDialogueSession, type AssistantMessage, type TurnPolicy } from '../../../src/session/dialogue.ts'
import { createListenSession, type ListenSessionOptions } from '../../../src/session/listen-session.ts'
import { createRandom } from '../../../src/testing/random.ts'
import { createDeepgramEmulator } from '../../../src/testing/index.ts'
import { createRoom } from '../../support/room.ts'
import { setUp, wordsIn } from './speak-support.ts'

const RATE = 16_000
const TURNS = 50
const FLUX = { model: 'flux-general-en', eotThreshold: 0.8, eagerEotThreshold: 0.55 }
const NOVA = { model: 'nova-3', endpointing: 300, utteranceEndMs: 1000, vadEvents: true }

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** Somebody and the page talk, in a room, over the emulator that really hears and really speaks. */
async function converse(turn: TurnPolicy, listening: ListenSessionOptions, seed: number, echo: number) {
  const random = createRandom(seed)
  const between = (least: number, most: number) => Math.round(least + (most - least) * random())
  // No word of one is ever a word of the other's.
  const word = (letters: string) =>
    Array.from({ length: between(2, 4) }, () => letters[between(0, letters.length - 1)]).join('')
  const sentence = (letters: string, least: number, most: number) =>
    Array.from({ length: between(least, most) }, () => word(letters)).join(' ')

  const coordinator = createCoordinator()
  const mouth = setUp(
    { sampleRate: RATE },
    { speak: { charactersPerMinute: Infinity, flushesPerMinute: Infinity } },
    coordinator,
  )
  const room = createRoom(mouth.sink, echo)
  const ears = createDeepgramEmulator()
  const listen = createListenSession(() => ({ WebSocket: ears.WebSocket, getToken: ears.getToken, ...listening }), {
    createSource: () => room.microphone,
  })
  const asked: { text: string; signal: AbortSignal; answer: string }[] = []
  const dialogue = createDialogueSession(
    () => ({
      turn,
      onTurn(text, { signal }) {
        const answer = sentence('nopqrstuvwxyz', 2, 9)
        asked.push({ text, signal, answer })
        return answer
      },
    }),
    { listen, speak: mouth.session, coordinator },
  )
  closing.push(() => {
    dialogue.destroy()
    listen.abort()
  })
  const phase = () => dialogue.getState().phase
  const until = async (what: string, ...wanted: string[]) => {
    for (let i = 0; !wanted.includes(phase()); i++) {
      if (i > 3000) throw new Error(`${what}: still ${phase()}`)
      await pass(10)
    }
  }

  void dialogue.start()
  await until('start', 'listening')
  await pass(300)
  const said: { text: string; isOver: boolean }[] = []
  for (let i = 0; i < TURNS; i++) {
    const text = sentence('abcdefghijklm', 3, 5)
    const isOver = phase() === 'speaking'
    if (turn === 'half-duplex') {
      // Nobody is heard before the page has fallen silent.
      dialogue.interrupt()
      await pass(300)
    }
    said.push({ text, isOver })
    const before = asked.length
    await pass(room.say(text))
    for (let ms = 0; asked.length === before && ms < 10_000; ms += 10) await pass(10)
    await until(`answer ${i}`, 'speaking')
    if (random() < 0.5) await pass(between(100, 2500))
    else {
      await until(`end ${i}`, 'listening')
      await pass(between(300, 1500))
    }
  }
  await until('end', 'listening')
  await pass(4_000)
  const { history } = dialogue.getState()
  dialogue.destroy()
  return { history, said, asked, heard: mouth.sink.heard }
}

describe.each([
  ['half-duplex', 'Flux', FLUX, 0],
  ['half-duplex', 'Nova', NOVA, 0.3],
  ['barge-in', 'Flux', FLUX, 0.25],
  ['barge-in', 'Nova', NOVA, 0],
] as const)('fifty turns, %s, %s', (turn, _name, listening, echo) => {
  it.each([1])(
    'seed %i: each is answered once, and the history tells what was heard',
    async (seed) => {
      const { history, said, asked, heard } = await converse(turn, listening, seed, echo)
      const kept = asked.filter(
        ({ signal }, i) =>
          !signal.aborted || history.some((m) => m.role === 'assistant' && m.text === asked[i]!.answer),
      )
      const turns = history.filter(({ role }) => role === 'user').map(({ content }) => content)
      expect(turns).toEqual(kept.map(({ text }) => text))
      // Whoever is spoken over may not be understood, but is heard, and nobody else is.
      expect(turns).toHaveLength(TURNS)
      turns.forEach((text, i) => {
        if (!said[i]!.isOver || turn === 'half-duplex') expect(text).toBe(said[i]!.text)
        // What cannot be understood is written down as a voice.
        expect(text.replaceAll('voice', '')).not.toMatch(/[n-z]/)
      })
      const answers = history.filter((message): message is AssistantMessage => message.role === 'assistant')
      expect(answers.map(({ text }) => text)).toEqual(kept.map(({ answer }) => answer))
      const streams = heard.filter(({ length }) => length > 0)
      expect(streams).toHaveLength(answers.length)
      answers.forEach(({ state, text, content, playedSeconds }, i) => {
        expect(Math.abs(streams[i]!.length / RATE - playedSeconds)).toBeLessThan(0.06)
        if (state === 'spoken') {
          expect(content).toBe(text)
          expect(wordsIn(streams[i]!, RATE)).toBe(text)
        } else {
          expect(state).toBe('interrupted')
          expect(text.startsWith(content)).toBe(true)
        }
      })
      expect(answers.filter(({ state }) => state === 'interrupted').length).toBeGreaterThan(5)
      expect(answers.filter(({ state }) => state === 'spoken').length).toBeGreaterThan(5)
    },
    120_000,
  )
})
