import { cleanup, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DeepgramProvider, useDeepgramSpeak } from 'react-deepgram'
import { createDeepgramEmulator, createToneSpeechRecogniser, type EmulatorOptions } from 'react-deepgram/testing'
import { holdsNothingAfterwards } from '../../support/browser-gauges.ts'

function setUp(options: EmulatorOptions = {}) {
  const emulator = createDeepgramEmulator(options)
  const wrapper = ({ children }: { children: ReactNode }) => (
    <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
      {children}
    </DeepgramProvider>
  )
  return { emulator, wrapper }
}

describe('useDeepgramSpeak in a real browser', () => {
  const held = holdsNothingAfterwards()
  afterEach(cleanup)

  it('says a text aloud, and has finished when its last sample was heard', async () => {
    const { emulator, wrapper } = setUp()
    const { result, unmount } = renderHook(() => useDeepgramSpeak({ recording: true }), {
      wrapper,
      reactStrictMode: true,
    })
    const seen: string[] = []
    result.current.session.subscribe(({ status }) => {
      if (seen.at(-1) !== status) seen.push(status)
    })
    const { finished } = result.current.speak('nothing is lost')
    const { reason, spokenText, playedSeconds } = await finished
    expect(reason).toBe('ended')
    expect(spokenText).toBe('nothing is lost')
    expect(seen).toEqual(['connecting', 'buffering', 'speaking', 'idle'])
    const wav = new Uint8Array(await result.current.download()!.arrayBuffer())
    const samples = Float32Array.from(new Int16Array(wav.slice(44).buffer), (sample) => sample / 32768)
    expect(playedSeconds).toBeCloseTo(samples.length / 24_000, 1)
    const recogniser = createToneSpeechRecogniser({ sampleRate: 24_000 })
    recogniser.push(samples)
    recogniser.flush()
    expect(recogniser.words.map(({ text }) => text).join(' ')).toBe('nothing is lost')
    expect(emulator.sockets).toHaveLength(1)
    unmount()
    await vi.waitFor(() => expect(emulator.sockets.every(({ state }) => state === 'closed')).toBe(true))
  })

  it('pain 77: a page that is left holds no socket, while it speaks, afterwards and before the first text', async () => {
    const { emulator, wrapper } = setUp()
    const { result, unmount } = renderHook(() => useDeepgramSpeak(), { wrapper })
    const open = (): number => emulator.sockets.filter(({ state }) => state === 'open').length
    const leave = async (): Promise<void> => {
      expect(open()).toBe(1)
      window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
      await vi.waitFor(() => expect(open()).toBe(0))
      await vi.waitFor(() => expect(result.current.status).toBe('idle'))
    }
    result.current.session.connect()
    await vi.waitFor(() => expect(open()).toBe(1))
    await leave()
    const { finished } = result.current.speak('she sells sea shells')
    await vi.waitFor(() => expect(result.current.status).toBe('speaking'))
    await leave()
    expect((await finished).reason).toBe('stopped')
    // Shown again it speaks as before.
    expect((await result.current.speak('one').finished).reason).toBe('ended')
    await leave()
    unmount()
  })

  it('opens nothing on mounting, and ends everything when it is unmounted at any moment', async () => {
    const { emulator, wrapper } = setUp({ faults: { openDelayMs: 30 } })
    for (const delayMs of [0, 1, 10, 30, 45, 80, 200, 500]) {
      const { result, unmount } = renderHook(() => useDeepgramSpeak(), { wrapper, reactStrictMode: true })
      expect(held()).toMatchObject({ contexts: 0, sockets: 0 })
      const { finished } = result.current.speak('she sells sea shells by the sea shore')
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      unmount()
      await finished.catch(() => {})
      await vi.waitFor(() => expect(held()).toMatchObject({ contexts: 0, timers: 0 }))
      await vi.waitFor(() => expect(emulator.sockets.every(({ state }) => state === 'closed')).toBe(true))
    }
  })
})
