import { cleanup, renderHook } from '@testing-library/react'
import { StrictMode, type ReactNode } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DeepgramProvider, useDeepgramSpeak, type UseDeepgramSpeakOptions } from 'react-deepgram'
import {
  createDeepgramEmulator,
  createToneSpeechRecogniser,
  type DeepgramEmulator,
  type EmulatorOptions,
} from 'react-deepgram/testing'
import { holdsNothingAfterwards } from '../../support/browser-gauges.ts'
import { openSoundTap } from '../../support/sound-tap.ts'

function setUp(options: EmulatorOptions = {}) {
  const emulator = createDeepgramEmulator({ hears: false, ...options })
  const { WebSocket, getToken } = emulator
  const wrapper = ({ children }: { children: ReactNode }) => (
    <DeepgramProvider WebSocket={WebSocket} getToken={getToken}>
      {children}
    </DeepgramProvider>
  )
  return { emulator, wrapper }
}

const openSockets = (emulator: DeepgramEmulator): number =>
  emulator.sockets.filter(({ state }) => state !== 'closed').length

describe('useDeepgramSpeak in a real browser', () => {
  const held = holdsNothingAfterwards()
  afterEach(cleanup)

  it('is heard word for word, and tells the truth about it', async () => {
    const tap = await openSoundTap(24_000)
    const { wrapper } = setUp()
    const statuses: string[] = []
    const { result } = renderHook(
      () => {
        const speech = useDeepgramSpeak({ output: tap.node })
        if (statuses.at(-1) !== speech.status) statuses.push(speech.status)
        return speech
      },
      { wrapper },
    )
    const { finished } = result.current.speak('The quick brown fox. It jumps over the lazy dog.')
    const { reason } = await finished
    expect(reason).toBe('ended')
    await vi.waitFor(() => expect(statuses).toEqual(['idle', 'connecting', 'buffering', 'speaking', 'idle']))
    const recogniser = createToneSpeechRecogniser({ sampleRate: 24_000 })
    recogniser.push(await tap.read())
    recogniser.flush()
    expect(recogniser.words.map(({ text }) => text).join(' ')).toBe('the quick brown fox. it jumps over the lazy dog.')
    await tap.close()
  })

  it('under Strict Mode opens nothing on mounting, and gives everything back when it is unmounted in the middle of a word', async () => {
    const { emulator, wrapper } = setUp()
    const { result, unmount } = renderHook(() => useDeepgramSpeak(), {
      wrapper: ({ children }: { children: ReactNode }) => <StrictMode>{wrapper({ children })}</StrictMode>,
    })
    expect(emulator.handshakes).toHaveLength(0)
    expect(held().contexts).toBe(0)
    const { finished } = result.current.speak('One two three four five six seven eight nine ten')
    await vi.waitFor(() => expect(result.current.status).toBe('speaking'), { timeout: 5_000 })
    expect(held().contexts).toBe(1)
    unmount()
    expect((await finished).reason).toBe('stopped')
    await vi.waitFor(() => expect(openSockets(emulator)).toBe(0))
    await vi.waitFor(() => expect(held().contexts).toBe(0))
  })

  it('pain 77: twenty of them mounted open no connection until one is asked to speak, one then, and none after the idle time', async () => {
    const { emulator, wrapper } = setUp()
    const { result } = renderHook(() => Array.from({ length: 20 }, () => useDeepgramSpeak({ idleMs: 300 })), {
      wrapper,
    })
    expect(emulator.handshakes).toHaveLength(0)
    const { finished } = result.current[7]!.speak('One')
    await finished
    expect(openSockets(emulator)).toBe(1)
    await vi.waitFor(() => expect(openSockets(emulator)).toBe(0), { timeout: 3_000 })
    expect(emulator.handshakes).toHaveLength(1)
  })

  it('has verbs that never change, and reads options when it speaks', async () => {
    const { emulator, wrapper } = setUp()
    const initialProps: UseDeepgramSpeakOptions = { sampleRate: 16_000 }
    const { result, rerender } = renderHook((options: UseDeepgramSpeakOptions) => useDeepgramSpeak(options), {
      wrapper,
      initialProps,
    })
    const { speak, stop, pause, session } = result.current
    rerender({ sampleRate: 8_000, encoding: 'mulaw', model: 'aura-2-zeus-en' })
    expect(result.current).toMatchObject({ speak, stop, pause, session })
    await speak('One two').finished
    expect(emulator.sockets[0]!.query.toString()).toBe('model=aura-2-zeus-en&encoding=mulaw&sample_rate=8000')
  })

  it('keeps what it played, for a download', async () => {
    const { wrapper } = setUp()
    const { result } = renderHook(() => useDeepgramSpeak({ recording: true }), { wrapper })
    expect(result.current.download()).toBeNull()
    const { playedSeconds } = await result.current.speak('One two').finished
    const wav = result.current.download()!
    expect(wav.type).toBe('audio/wav')
    expect(wav.size).toBeCloseTo(44 + playedSeconds * 48_000, 3)
  })
})
