import { cleanup, fireEvent, render, renderHook, screen } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DeepgramProvider, SpeakButton, useDeepgramListen, useDeepgramSpeak } from 'react-deepgram'
import { createDeepgramEmulator, type DeepgramEmulator, type EmulatorOptions } from 'react-deepgram/testing'
import { holdsNothingAfterwards } from '../../support/browser-gauges.ts'

const openOf = (emulator: DeepgramEmulator) => emulator.sockets.filter(({ state }) => state !== 'closed').length

describe('a page of speakers', () => {
  const held = holdsNothingAfterwards()
  afterEach(cleanup)

  function show(count: number, options: EmulatorOptions = {}) {
    const emulator = createDeepgramEmulator({ hears: false, ...options })
    const view = render(
      // Written inline, as most applications do.
      <DeepgramProvider WebSocket={emulator.WebSocket} getToken={() => emulator.getToken()}>
        {Array.from({ length: count }, (_, i) => (
          <SpeakButton key={i} text="one two" aria-label={`speaker ${i}`} idleMs={700} />
        ))}
      </DeepgramProvider>,
    )
    const button = (i: number) => screen.getByRole('button', { name: `speaker ${i}` })
    const statuses = () => screen.getAllByRole('button').map((each) => each.dataset.status)
    return { emulator, button, statuses, ...view }
  }

  it('pain 77: twenty buttons open no socket before a press, one from then on, and none after the idle time', async () => {
    const { emulator, button, statuses, unmount } = show(20)
    expect(emulator.handshakes).toHaveLength(0)
    expect(held()).toMatchObject({ contexts: 0, timers: 0 })
    for (const i of [3, 7, 12]) {
      fireEvent.click(button(i))
      await vi.waitFor(() => expect(statuses()[i]).toBe('speaking'), { timeout: 4_000 })
      expect(openOf(emulator)).toBe(1)
      expect(statuses().filter((status) => status !== 'idle')).toHaveLength(1)
    }
    await vi.waitFor(() => expect(statuses().every((status) => status === 'idle')).toBe(true), { timeout: 4_000 })
    expect(emulator.sockets).toHaveLength(1)
    expect(held().contexts).toBe(1)
    await vi.waitFor(() => expect(openOf(emulator)).toBe(0), { timeout: 3_000 })
    unmount()
  })

  it('pain 83: ten clicked in turn, then one twice at once: never two voices, and every button tells the truth', async () => {
    const { emulator, button, statuses, unmount } = show(10)
    for (let i = 0; i < 10; i++) {
      fireEvent.click(button(i))
      await vi.waitFor(() => expect(statuses()[i]).toBe('speaking'), { timeout: 4_000 })
      expect(statuses().filter((status) => status === 'idle')).toHaveLength(9)
    }
    fireEvent.click(button(9))
    expect(statuses()).toEqual(Array.from({ length: 10 }, () => 'idle'))
    fireEvent.click(button(0))
    fireEvent.click(button(0))
    expect(statuses()[0]).toBe('idle')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(statuses()).toEqual(Array.from({ length: 10 }, () => 'idle'))
    expect(emulator.sockets).toHaveLength(1)
    unmount()
  }, 60_000)

  it('pain 75: 200 mounts and 200 utterances never have more than two contexts, and none at the end', async () => {
    const emulator = createDeepgramEmulator({ hears: false, speak: { firstAudioMs: 0 } })
    let most = 0
    for (let i = 0; i < 200; i++) {
      const { result, unmount } = renderHook(() =>
        useDeepgramSpeak({ WebSocket: emulator.WebSocket, getToken: emulator.getToken }),
      )
      const { finished } = result.current.speak('a')
      // Some are heard, most are left in the middle of something.
      if (i % 40 === 0) await finished
      else await new Promise((resolve) => setTimeout(resolve, (i % 7) * 5))
      most = Math.max(most, held().contexts)
      unmount()
      if (i % 50 === 0) most = Math.max(most, held().contexts)
    }
    expect(most).toBeLessThanOrEqual(2)
    await vi.waitFor(() => expect(held()).toMatchObject({ contexts: 0, timers: 0 }))
    await vi.waitFor(() => expect(openOf(emulator)).toBe(0))
  }, 100_000)

  it('pain 75: 200 utterances of one page use one context and one line', async () => {
    const emulator = createDeepgramEmulator({ hears: false, speak: { firstAudioMs: 0 } })
    const { result, unmount } = renderHook(() =>
      useDeepgramSpeak({ WebSocket: emulator.WebSocket, getToken: emulator.getToken }),
    )
    let most = 0
    for (let i = 0; i < 200; i++) {
      result.current.speak('a b')
      await new Promise((resolve) => setTimeout(resolve, 10))
      most = Math.max(most, held().contexts)
    }
    result.current.stop()
    expect(most).toBe(1)
    unmount()
  }, 60_000)
})

describe('pain 112: listening and speaking fail alone', () => {
  afterEach(cleanup)

  it('a microphone that is refused leaves the voice, and a voice that is refused leaves the microphone', async () => {
    const emulator = createDeepgramEmulator({ hears: false })
    const { WebSocket, getToken } = emulator
    const refused = vi
      .spyOn(navigator.mediaDevices, 'getUserMedia')
      .mockRejectedValue(new DOMException('no', 'NotAllowedError'))
    const { result, unmount } = renderHook(() => ({
      listen: useDeepgramListen({ WebSocket, getToken, reconnect: false }),
      speech: useDeepgramSpeak({ WebSocket, getToken, reconnect: false }),
    }))
    const utterance = result.current.speech.speak('one two')
    await expect(result.current.listen.start()).rejects.toMatchObject({ code: 'permission-denied' })
    await expect(utterance.finished).resolves.toMatchObject({ reason: 'ended', spokenText: 'one two' })
    refused.mockRestore()

    await result.current.listen.start()
    emulator.faults = { refuse: 403 }
    // The shared line is still warm: this one needs another.
    result.current.speech.setSpeed(1.2)
    await expect(result.current.speech.speak('three').finished).rejects.toMatchObject({ code: 'handshake-failed' })
    expect(result.current.listen.session.getState()).toMatchObject({ status: 'listening', error: null })
    await result.current.listen.stop()
    unmount()
  })
})
