import { cleanup, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  DeepgramProvider,
  useDeepgramDialogue,
  useDeepgramListen,
  useDeepgramSpeak,
  type AssistantMessage,
  type UseDeepgramDialogueOptions,
} from 'react-deepgram'
import { createDeepgramEmulator, createToneSpeechRecogniser, encodeToneSpeech } from 'react-deepgram/testing'
import { createRandom } from '../../../src/testing/random.ts'
import { holdsNothingAfterwards } from '../../support/browser-gauges.ts'
import { openSoundTap, sleep, type SoundTap } from '../../support/sound-tap.ts'

const RATE = 24_000
/** How long a conversation is: `VITE_TURNS=50 npx vitest run --project browser test/browser/hooks/use-deepgram-dialogue.test.tsx`. */
const TURNS = Number(import.meta.env['VITE_TURNS'] ?? 8)

/** A loudspeaker that is written down, and a microphone that hears it a little, and somebody who speaks. */
async function openRoom(echo: number) {
  const tap: SoundTap = await openSoundTap(RATE)
  const { context } = tap
  const ear = context.createMediaStreamDestination()
  const mouth = context.createGain()
  mouth.connect(ear)
  // No room is without any noise; Chromium records nothing at all of a stream without a source that plays.
  const noise = new ConstantSourceNode(context, { offset: 1e-5 })
  noise.connect(ear)
  noise.start()
  const voice = context.createGain()
  voice.connect(tap.node)
  if (echo) {
    const quiet = context.createGain()
    quiet.gain.value = echo
    voice.connect(quiet).connect(ear)
  }
  return {
    tap,
    voice,
    stream: ear.stream,
    /** Resolves when it was said. */
    say(text: string): Promise<void> {
      const { samples } = encodeToneSpeech(text, { sampleRate: RATE })
      const buffer = context.createBuffer(1, samples.length, RATE)
      buffer.copyToChannel(samples, 0)
      const node = new AudioBufferSourceNode(context, { buffer })
      node.connect(mouth)
      node.start()
      return new Promise((resolve) => (node.onended = () => resolve()))
    },
  }
}

function wordsIn(samples: Float32Array): string[] {
  const recogniser = createToneSpeechRecogniser({ sampleRate: RATE })
  recogniser.push(samples)
  recogniser.flush()
  return recogniser.words.map(({ text }) => text)
}

/** Seconds from the beginning of a text's speech to the last sound in so many of them. */
function soundUpTo(text: string, seconds: number): number {
  const { samples } = encodeToneSpeech(text, { sampleRate: RATE })
  const isSound = (value: number): boolean => Math.abs(value) >= 1e-4
  const said = samples.subarray(0, Math.max(0, Math.round(seconds * RATE)))
  return Math.max(0, said.findLastIndex(isSound) - samples.findIndex(isSound)) / RATE
}

/** Pieces of sound that are parted by at least 0.15 s of silence, in seconds. */
function soundsIn(samples: Float32Array): { start: number; end: number }[] {
  const sounds: { start: number; end: number }[] = []
  for (let i = 0; i < samples.length; i++) {
    if (Math.abs(samples[i]!) < 1e-4) continue
    const at = i / RATE
    const last = sounds.at(-1)
    if (last && at - last.end < 0.3) last.end = at
    else sounds.push({ start: at, end: at })
  }
  return sounds
}

function mount(options: UseDeepgramDialogueOptions, emulator = createDeepgramEmulator()) {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
      {children}
    </DeepgramProvider>
  )
  return { emulator, ...renderHook(() => useDeepgramDialogue(options), { wrapper, reactStrictMode: true }) }
}

describe('useDeepgramDialogue in a real browser', () => {
  const held = holdsNothingAfterwards()
  afterEach(cleanup)

  it.each([
    ['half-duplex', { model: 'nova-3' }, 0.3],
    ['barge-in', { model: 'flux-general-en', capture: { format: 'pcm' } }, 0],
  ] as const)(
    'talks (%s): each turn is answered once, each answer is heard whole or to where the history says',
    async (turn, listen, echo) => {
      const room = await openRoom(echo)
      const random = createRandom(7)
      const between = (least: number, most: number) => Math.round(least + (most - least) * random())
      const sentence = (letters: string, words: number) =>
        Array.from({ length: words }, () =>
          Array.from({ length: between(2, 3) }, () => letters[between(0, letters.length - 1)]).join(''),
        ).join(' ')
      const asked: string[] = []
      const answers: string[] = []
      const { result, unmount, emulator } = mount({
        listen: { source: room.stream, ...listen },
        speak: { output: room.voice },
        turn,
        // An answer may be lowered in the middle of its last word and still end by itself. At 0.2 the recogniser would take
        // such a word for a voice; at 0.6 it reads it wherever the step falls.
        interruption: { duckTo: 0.6 },
        onTurn(text) {
          asked.push(text)
          answers.push(sentence('nopqrstuvwxyz', between(3, 6)))
          return answers.at(-1)!
        },
      })
      const { session } = result.current
      const phase = () => session.getState().phase
      const until = (...phases: string[]) =>
        vi.waitFor(() => expect(phases).toContain(phase()), { timeout: 15_000, interval: 10 })
      await session.start()
      await until('listening')
      await sleep(300)
      const said: string[] = []
      const over: boolean[] = []
      for (let i = 0; i < TURNS; i++) {
        over.push(phase() === 'speaking')
        if (turn === 'half-duplex') session.interrupt()
        if (turn === 'half-duplex') await sleep(400)
        said.push(sentence('abcdefghijklm', 3))
        await room.say(said.at(-1)!)
        await vi.waitFor(() => expect(asked).toHaveLength(i + 1), { timeout: 15_000, interval: 10 })
        await until('speaking')
        if (i % 2) await sleep(between(300, 900))
        else {
          await until('listening')
          await sleep(500)
        }
      }
      await until('listening')
      const { history } = session.getState()
      const heard = await room.tap.read()
      const turns = history.filter(({ role }) => role === 'user').map(({ content }) => content)
      expect(turns).toEqual(asked)
      turns.forEach((text, i) => {
        if (!over[i] || turn === 'half-duplex') expect(text).toBe(said[i])
        expect(text.replaceAll('voice', '')).not.toMatch(/[n-z]/)
      })
      const replies = history.filter((message): message is AssistantMessage => message.role === 'assistant')
      expect(replies.map(({ text }) => text)).toEqual(answers)
      const sounds = soundsIn(heard)
      expect(sounds).toHaveLength(replies.length)
      replies.forEach(({ state, text, content, playedSeconds }, i) => {
        const { start, end } = sounds[i]!
        if (state === 'spoken') {
          expect(content).toBe(text)
          expect(wordsIn(heard.slice(start * RATE - 100, end * RATE + 100)).join(' ')).toBe(text)
        } else {
          expect(state).toBe('interrupted')
          expect(text.startsWith(content)).toBe(true)
          // Between two words there is nothing to be heard: where it was cut shows as the end of the word before.
          expect(end - start).toBeGreaterThan(soundUpTo(text, playedSeconds - 0.06) - 0.005)
          expect(end - start).toBeLessThan(soundUpTo(text, playedSeconds + 0.06) + 0.005)
        }
      })
      expect(new Set(replies.map(({ state }) => state))).toEqual(new Set(['spoken', 'interrupted']))
      unmount()
      await vi.waitFor(() => expect(emulator.sockets.every(({ state }) => state === 'closed')).toBe(true))
      await room.tap.close()
    },
    TURNS * 12_500,
  )

  it('opens nothing on mounting, and ends everything when it is unmounted, at any moment', async () => {
    const room = await openRoom(0)
    const before = held()
    for (const delayMs of [0, 20, 200, 700]) {
      const { result, unmount, emulator } = mount({
        listen: { source: room.stream },
        speak: { output: room.voice },
        onTurn: () => 'one two three',
      })
      expect(held()).toEqual(before)
      expect(result.current).toMatchObject({ phase: 'idle', history: [], unfinished: '', problem: null, error: null })
      void result.current.start()
      result.current.say('she sells sea shells')
      await sleep(delayMs)
      unmount()
      await vi.waitFor(() => expect(emulator.sockets.every(({ state }) => state === 'closed')).toBe(true))
      await vi.waitFor(() => expect(held()).toEqual(before))
    }
    await room.tap.close()
  })

  it('joins sessions that exist, and leaves them as they are', async () => {
    const room = await openRoom(0)
    const emulator = createDeepgramEmulator({ script: ['hello there'] })
    const wrapper = ({ children }: { children: ReactNode }) => (
      <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
        {children}
      </DeepgramProvider>
    )
    const asked: string[] = []
    const both = renderHook(
      () => ({
        listen: useDeepgramListen({ source: room.stream, endpointing: 300 }),
        speak: useDeepgramSpeak({ output: room.voice }),
      }),
      { wrapper },
    )
    const { listen, speak } = both.result.current
    const joined = renderHook(
      () =>
        useDeepgramDialogue({
          listen: listen.session,
          speak: speak.session,
          onTurn(text) {
            asked.push(text)
            return 'one two'
          },
        }),
      { wrapper },
    )
    expect(joined.result.current.listen).toBe(listen.session)
    await joined.result.current.start()
    await vi.waitFor(() => expect(speak.session.getState().status).toBe('speaking'), { timeout: 10_000 })
    expect(asked).toEqual(['hello there'])
    expect(emulator.sockets.map(({ path }) => path).sort()).toEqual(['/v1/listen', '/v1/speak'])
    joined.unmount()
    // Silent at once; `speaking` ends with the last sample of the fade that is heard.
    await vi.waitFor(() => expect(speak.session.getState().status).toBe('idle'), { timeout: 300, interval: 5 })
    expect(listen.session.getState().status).toBe('listening')
    both.unmount()
    await vi.waitFor(() => expect(emulator.sockets.every(({ state }) => state === 'closed')).toBe(true))
    await room.tap.close()
  })
})
