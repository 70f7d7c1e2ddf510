import { cleanup, render, renderHook, screen } from '@testing-library/react'
import { createElement, type ReactNode } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DeepgramProvider, useAudioLevel, useDeepgramListen, type UseDeepgramListenOptions } from 'react-deepgram'
import { createDeepgramEmulator, type EmulatorOptions } from 'react-deepgram/testing'
import { holdsNothingAfterwards } from '../../support/browser-gauges.ts'
import { openPlugboard, type Plugboard } from '../../support/devices.ts'

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('the microphone behind the hooks', () => {
  const held = holdsNothingAfterwards()
  let board: Plugboard
  const undo: (() => void)[] = []
  beforeEach(async () => {
    board = await openPlugboard()
    undo.push(() => board.restore())
  })
  afterEach(() => {
    cleanup()
    for (const each of undo.splice(0).reverse()) each()
  })

  function setUp(emulatorOptions: EmulatorOptions = { script: [] }) {
    const emulator = createDeepgramEmulator(emulatorOptions)
    const wrapper = ({ children }: { children: ReactNode }) => (
      <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
        {children}
      </DeepgramProvider>
    )
    const listen = (options: UseDeepgramListenOptions = {}) =>
      renderHook(() => useDeepgramListen(options), { wrapper }).result
    return { emulator, wrapper, listen }
  }
  /** Replaces a property of the page for the test. */
  function define(owner: object, key: string, value: unknown): void {
    const own = Object.getOwnPropertyDescriptor(owner, key)
    Object.defineProperty(owner, key, { configurable: true, writable: true, value })
    undo.push(() => {
      if (own) Object.defineProperty(owner, key, own)
      else Reflect.deleteProperty(owner, key)
    })
  }

  it('pain 62: two hooks and a meter open one microphone; the first to stop leaves it to the other, the last one ends it', async () => {
    const { wrapper } = setUp()
    let renders = 0
    function useBoth() {
      renders++
      const [one, two] = [useDeepgramListen(), useDeepgramListen()]
      return { one, two, level: useAudioLevel(two.session) }
    }
    const { result } = renderHook(useBoth, { wrapper })
    const { one, two, level } = result.current
    const { container } = render(createElement('div', { ref: level.ref }))
    await Promise.all([one.start(), two.start()])
    await vi.waitFor(() => expect(level.getLevel()).toBeGreaterThan(0), { timeout: 3000 })
    const meter = container.firstElementChild as HTMLElement
    await vi.waitFor(() => expect(Number(meter.style.getPropertyValue('--dg-level'))).toBeGreaterThan(0))
    expect(board.asked).toHaveLength(1)
    expect(held().tracks).toBe(1)
    await one.stop()
    expect(board.track().readyState).toBe('live')
    expect(two.session.getState()).toMatchObject({ status: 'listening', input: 'live' })
    // The level moves many times a second, and nothing of it renders.
    const before = renders
    await pass(300)
    expect(renders).toBe(before)
    await two.stop()
    expect(board.track().readyState).toBe('ended')
  })

  it('pain 62: unplugged, both go on with one and the same', async () => {
    const { listen } = setUp()
    const [one, two] = [listen(), listen()]
    await Promise.all([one.current.start(), two.current.start()])
    board.unplug('Default')
    await vi.waitFor(() => {
      expect(one.current.deviceLabel).toBe('Fake Audio Input 1')
      expect(two.current.deviceLabel).toBe('Fake Audio Input 1')
    })
    expect(board.asked).toHaveLength(2)
  })

  it('pain 52: start() asks for the microphone in the caller’s stack, with the token still on its way', () => {
    const { emulator } = setUp()
    const order: string[] = []
    board.answer = () => {
      order.push('microphone')
      return new Promise(() => {})
    }
    const { result } = renderHook(() =>
      useDeepgramListen({
        WebSocket: emulator.WebSocket,
        getToken: () => {
          order.push('token')
          return new Promise<string>(() => {})
        },
      }),
    )
    const started = result.current.start()
    order.push('returned')
    expect(order.indexOf('microphone')).toBe(0)
    expect(order.indexOf('returned')).toBeGreaterThan(0)
    result.current.abort()
    return expect(started).rejects.toMatchObject({ code: 'aborted' })
  })

  it('pain 49: released before permission is there, nothing starts, and the late microphone is given back at once', async () => {
    const { emulator, listen } = setUp()
    let grant!: () => void
    const asked = new Promise<void>((resolve) => (grant = resolve))
    board.answer = async (audio) => {
      await asked
      board.answer = null
      return navigator.mediaDevices.getUserMedia({ audio })
    }
    const result = listen()
    const started = result.current.start()
    void result.current.stop()
    await expect(started).rejects.toMatchObject({ code: 'aborted' })
    await vi.waitFor(() => expect(result.current.status).toBe('idle'))
    grant()
    await vi.waitFor(() => expect(board.tracks.length).toBeGreaterThan(0))
    await vi.waitFor(() => expect(board.tracks.map(({ readyState }) => readyState)).not.toContain('live'))
    expect(result.current).toMatchObject({ status: 'idle', input: 'off', error: null })
    expect(emulator.sockets.filter(({ state }) => state !== 'closed')).toEqual([])
  })

  it('pain 25: an error of the permission clears when it is granted in the settings, without a reload', async () => {
    const { listen } = setUp()
    const permission = Object.assign(new EventTarget(), { state: 'denied' })
    const watched = vi.spyOn(permission, 'addEventListener')
    define(navigator.permissions, 'query', () => Promise.resolve(permission))
    board.answer = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'))
    const result = listen()
    await expect(result.current.start()).rejects.toMatchObject({ code: 'permission-denied' })
    await vi.waitFor(() => expect(result.current.error?.code).toBe('permission-denied'))
    await vi.waitFor(() => expect(watched).toHaveBeenCalledTimes(1), 3000)
    permission.state = 'granted'
    permission.dispatchEvent(new Event('change'))
    await vi.waitFor(() => expect(result.current).toMatchObject({ status: 'idle', error: null }))
    board.answer = null
    await result.current.start()
    await vi.waitFor(() => expect(result.current.status).toBe('listening'))
  })

  it('pain 25: without a microphone the error clears when one is connected; after unmounting nobody listens', async () => {
    const { wrapper } = setUp()
    board.unplug('Default', 'Input 1', 'Input 2')
    const { result, unmount } = renderHook(() => useDeepgramListen(), { wrapper })
    await expect(result.current.start()).rejects.toMatchObject({ code: 'device-not-found' })
    await pass(200)
    board.tell()
    await pass(50)
    expect(result.current.error?.code).toBe('device-not-found')
    board.plug('Input 1')
    await vi.waitFor(() => expect(result.current).toMatchObject({ status: 'idle', error: null }))
    unmount()
  })

  it.each<[string, object, string[]]>([
    ['navigator.mediaDevices', navigator, ['mediaDevices']],
    ['MediaRecorder and worklets', globalThis, ['MediaRecorder', 'AudioWorkletNode']],
  ])('pain 37: without %s it renders, says why, and start() rejects with the same code', async (_, owner, keys) => {
    const code = 'unsupported'
    for (const key of keys) define(owner, key, undefined)
    const { wrapper } = setUp()
    function Page() {
      const { isSupported, unsupportedReason, start } = useDeepgramListen()
      begin = start
      return <output>{isSupported ? 'supported' : unsupportedReason}</output>
    }
    let begin!: () => Promise<void>
    render(<Page />, { wrapper })
    expect(screen.getByRole('status').textContent).toBe(code)
    await expect(begin()).rejects.toMatchObject({ code })
  })

  it('pain 37: without an AudioContext it listens, and the level is nothing', async () => {
    define(globalThis, 'AudioContext', undefined)
    const { listen } = setUp()
    const result = listen()
    await result.current.start()
    await pass(400)
    expect(result.current.getLevel()).toBe(0)
    expect(result.current.status).toBe('listening')
    await result.current.stop()
  })

  it('pain 102: a page that is left gives everything back; shown again it is idle, and starts', async () => {
    const { emulator, listen } = setUp()
    const result = listen()
    await result.current.start()
    window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    await vi.waitFor(() => expect(board.track().readyState).toBe('ended'))
    await vi.waitFor(() => expect(emulator.sockets[0]?.end).toMatchObject({ code: 1000 }))
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    await vi.waitFor(() => expect(result.current).toMatchObject({ status: 'idle', input: 'off', error: null }))
    await result.current.start()
    await vi.waitFor(() => expect(result.current.status).toBe('listening'))
  })

  it('pain 108: with wakeLock the screen is kept awake from start to stop; without, nothing is asked', async () => {
    const release = vi.fn(() => Promise.resolve())
    const request = vi.fn(() => Promise.resolve({ release }))
    define(navigator, 'wakeLock', { request })
    const { listen } = setUp()
    const plain = listen()
    await plain.current.start()
    await pass(100)
    expect(request).not.toHaveBeenCalled()
    plain.current.abort()
    const result = listen({ wakeLock: true })
    await result.current.start()
    await vi.waitFor(() => expect(request).toHaveBeenCalledTimes(1))
    await result.current.stop()
    expect(release).toHaveBeenCalledTimes(1)
  })

  it('pain 31: paused in a hidden page whose timers sleep, a worker keeps the line; where none is allowed, looking at it does', async () => {
    const { emulator, listen } = setUp()
    const result = listen()
    await result.current.start()
    const [socket] = emulator.sockets
    const own = globalThis.setTimeout
    const keepAlives = () => socket!.receivedText.filter((text) => text.includes('KeepAlive')).length
    result.current.pause()
    // From now on what waits for seconds takes a minute at least, as in a page that was hidden for long.
    define(globalThis, 'setTimeout', (run: () => void, ms = 0) => own(run, ms < 1000 ? ms : Math.max(ms, 60_000)))
    define(document, 'visibilityState', 'hidden')
    document.dispatchEvent(new Event('visibilitychange'))
    await new Promise((resolve) => own(resolve, 10_500))
    expect(keepAlives()).toBeGreaterThanOrEqual(2)
    expect(emulator.sockets).toHaveLength(1)
    define(globalThis, 'Worker', function Forbidden() {
      throw new DOMException('Refused by the Content-Security-Policy', 'SecurityError')
    })
    define(document, 'visibilityState', 'visible')
    document.dispatchEvent(new Event('visibilitychange'))
    define(document, 'visibilityState', 'hidden')
    document.dispatchEvent(new Event('visibilitychange'))
    await new Promise((resolve) => own(resolve, 200))
    const before = keepAlives()
    define(document, 'visibilityState', 'visible')
    document.dispatchEvent(new Event('visibilitychange'))
    await new Promise((resolve) => own(resolve, 100))
    expect(keepAlives()).toBe(before + 1)
    result.current.abort()
  })
})
