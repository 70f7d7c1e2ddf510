import { cleanup, render, renderHook, screen } from '@testing-library/react'
import { Profiler, useEffect, useState, type ReactNode } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DeepgramProvider, useDeepgramListen, useDeepgramSession, type UseDeepgramListenOptions } from 'react-deepgram'
import { createDeepgramEmulator, type DeepgramEmulator, type EmulatorOptions } from 'react-deepgram/testing'
import { gaugePage, holdsNothingAfterwards, nothing } from '../../support/browser-gauges.ts'

function setUp(options: EmulatorOptions = {}) {
  const emulator = createDeepgramEmulator(options)
  const tokens: string[] = []
  const connection = {
    WebSocket: emulator.WebSocket,
    getToken: async () => {
      const token = await emulator.getToken()
      tokens.push(token.access_token)
      return token
    },
  } as const
  const wrapper = ({ children }: { children: ReactNode }) => (
    <DeepgramProvider {...connection}>{children}</DeepgramProvider>
  )
  return { emulator, tokens, wrapper, connection }
}

const openSockets = (emulator: DeepgramEmulator): number =>
  emulator.sockets.filter(({ state }) => state !== 'closed').length

describe('useDeepgramListen in a real browser', () => {
  const held = holdsNothingAfterwards()
  afterEach(cleanup)

  it('turns what the microphone hears into settled text, and stops with every word', async () => {
    const { emulator, wrapper } = setUp({ script: ['hello out there', 'how are you'] })
    const onFinal = vi.fn<(segment: { text: string }) => void>()
    const { result } = renderHook(() => useDeepgramListen({ onFinal }), { wrapper })
    await result.current.start()
    await vi.waitFor(() => expect(result.current.status).toBe('listening'))
    // A recorder that has begun has recorded nothing yet.
    const { isCapturing } = result.current.session.getState()
    expect(isCapturing).toBe(result.current.diagnostics().latency.captureMs !== null)
    await vi.waitFor(() => expect(result.current.isCapturing).toBe(true))
    expect(result.current.deviceLabel).not.toBe('')
    await vi.waitFor(() => expect(result.current.transcript.text).toBe('hello out there how are you'), {
      timeout: 10_000,
    })
    await result.current.stop()
    await vi.waitFor(() => expect(result.current.status).toBe('idle'))
    expect(onFinal.mock.calls.map(([segment]) => segment.text).join(' ')).toBe('hello out there how are you')
    const [socket] = emulator.sockets
    expect(socket?.query.get('encoding')).toBeNull()
    expect(socket?.receivedText.at(-1)).toBe('{"type":"CloseStream"}')
    expect(socket?.end).toMatchObject({ code: 1000 })
    expect(socket?.receivedFrames.every((frame) => frame.length > 0)).toBe(true)
    expect([...(socket?.receivedFrames[0] ?? []).slice(0, 4)]).toEqual([0x1a, 0x45, 0xdf, 0xa3])
  })

  it('pain 16: stop, a fatal error and unmounting each end the microphone, and leave a stream of the application alone', async () => {
    const { emulator, wrapper } = setUp()
    const { result, unmount } = renderHook(() => useDeepgramListen({ reconnect: false }), { wrapper })
    await result.current.start()
    expect(held().tracks).toBe(1)
    await result.current.stop()
    expect(held().tracks).toBe(0)

    await result.current.start()
    expect(held().tracks).toBe(1)
    emulator.sockets.at(-1)?.close(1011, 'gone')
    await vi.waitFor(() => expect(result.current.status).toBe('error'))
    expect(held().tracks).toBe(0)

    await result.current.start()
    expect(held().tracks).toBe(1)
    unmount()
    await vi.waitFor(() => expect(held()).toEqual(nothing))

    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    const own = renderHook(() => useDeepgramListen({ source: stream }), { wrapper })
    await own.result.current.start()
    own.unmount()
    expect(stream.getAudioTracks()[0]?.readyState).toBe('live')
    for (const track of stream.getTracks()) track.stop()
  })

  it('pain 23: under Strict Mode an automatic start opens one socket and one microphone', async () => {
    const { emulator, tokens, wrapper } = setUp()
    const onError = vi.fn()
    const getUserMedia = vi.spyOn(navigator.mediaDevices, 'getUserMedia')
    const { result } = renderHook(() => useDeepgramListen({ autoStart: true, onError }), {
      wrapper,
      // Only a Strict Mode at the very root runs effects twice.
      reactStrictMode: true,
    })
    await vi.waitFor(() => expect(result.current.status).toBe('listening'))
    expect(openSockets(emulator)).toBe(1)
    expect(emulator.sockets).toHaveLength(1)
    expect(tokens).toHaveLength(1)
    expect(getUserMedia).toHaveBeenCalledTimes(1)
    expect(held().tracks).toBe(1)
    expect(onError).not.toHaveBeenCalled()
    getUserMedia.mockRestore()
  })

  it('pain 26: who reads the status alone does not render for interim text; who reads the text renders once a picture', async () => {
    const { emulator, connection } = setUp({ script: [] })
    const renders = { status: 0, selected: 0, transcript: 0 }
    let start!: () => Promise<void>
    let pictures = 0
    function StatusOnly() {
      const { status, session, start: begin } = useDeepgramListen(connection)
      useEffect(() => {
        renders.status++
        start = begin
      })
      return (
        <>
          <output>{status}</output>
          <Profiler id="selected" onRender={() => renders.selected++}>
            <Selected session={session} />
          </Profiler>
          <Profiler id="transcript" onRender={() => renders.transcript++}>
            <Text session={session} />
          </Profiler>
        </>
      )
    }
    type Session = ReturnType<typeof useDeepgramListen>['session']
    const Selected = ({ session }: { session: Session }) => useDeepgramSession(session, (state) => state.error?.code)
    const Text = ({ session }: { session: Session }) => (
      <p data-testid="text">{useDeepgramSession(session, (state) => state.transcript.interim?.text)}</p>
    )
    render(<StatusOnly />)
    await start()
    const before = { ...renders }
    const count = (): void => {
      pictures++
      frame = requestAnimationFrame(count)
    }
    let frame = requestAnimationFrame(count)
    const [socket] = emulator.sockets
    for (let index = 1; index <= 100; index++) {
      socket?.send({
        type: 'Results',
        channel_index: [0, 1],
        start: 0,
        duration: index / 100,
        is_final: false,
        channel: { alternatives: [{ transcript: `word ${index}`, confidence: 1, words: [] }] },
      })
      if (index % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await vi.waitFor(() => expect(screen.getByTestId('text').textContent).toBe('word 100'))
    cancelAnimationFrame(frame)
    const transcriptRenders = renders.transcript - before.transcript
    expect(transcriptRenders).toBeGreaterThan(0)
    expect(transcriptRenders).toBeLessThanOrEqual(pictures + 1)
    expect(renders.selected - before.selected).toBe(0)
    expect(renders.status - before.status).toBe(0)
    expect(renders.status).toBeLessThanOrEqual(5)
  })

  it('pain 64: mounting asks for nothing, connects to nothing and opens no audio context', async () => {
    const { emulator, wrapper, tokens } = setUp()
    const getUserMedia = vi.spyOn(navigator.mediaDevices, 'getUserMedia')
    const fetched = vi.spyOn(globalThis, 'fetch')
    const { unmount } = renderHook(() => useDeepgramListen(), { wrapper })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(getUserMedia).not.toHaveBeenCalled()
    expect(fetched).not.toHaveBeenCalled()
    expect(tokens).toHaveLength(0)
    expect(emulator.handshakes).toHaveLength(0)
    expect(held()).toMatchObject({ contexts: 0, recorders: 0, sockets: 0, tracks: 0 })
    unmount()
    vi.restoreAllMocks()
  })

  it('pain 79: the latest callback is called, and verbs keep their identity and act on the current state', async () => {
    const { emulator, wrapper } = setUp({ script: [] })
    const heard: string[] = []
    function useCounter(name: string) {
      const listen = useDeepgramListen({ onFinal: () => heard.push(name) })
      return { listen, rerender: useState(0)[1] }
    }
    const { result, rerender } = renderHook(({ name }) => useCounter(name), {
      wrapper,
      initialProps: { name: 'first' },
    })
    const first = { ...result.current.listen }
    await result.current.listen.start()
    for (let index = 0; index < 50; index++) {
      rerender({ name: index === 49 ? 'latest' : `render ${index}` })
      for (const verb of ['start', 'stop', 'abort', 'pause', 'resume', 'finalize', 'clear', 'setDevice'] as const) {
        expect(result.current.listen[verb]).toBe(first[verb])
      }
    }
    emulator.sockets[0]?.say('hello')
    await vi.waitFor(() => expect(heard).toEqual(['latest']), { timeout: 5000 })
    await first.stop()
    await vi.waitFor(() => expect(result.current.listen.status).toBe('idle'))
    expect(emulator.sockets).toHaveLength(1)
  })

  it('ends everything when it is unmounted at any moment', async () => {
    const { emulator, wrapper } = setUp({ faults: { openDelayMs: 30 } })
    for (const delayMs of [0, 1, 5, 15, 30, 45, 60, 120]) {
      const { result, unmount } = renderHook(() => useDeepgramListen(), { wrapper })
      const started = result.current.start().catch((error: unknown) => (error as { code: string }).code)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      unmount()
      expect(await Promise.race([started, new Promise((resolve) => setTimeout(resolve, 0, 'pending'))])).not.toBe(
        'pending',
      )
      await vi.waitFor(() => expect(held()).toMatchObject({ tracks: 0, recorders: 0, contexts: 0, timers: 0 }))
      await vi.waitFor(() => expect(openSockets(emulator)).toBe(0))
    }
  })

  it('shows on the server what the first client render shows, and is supported here', () => {
    const { wrapper } = setUp()
    const { result } = renderHook((_: UseDeepgramListenOptions) => useDeepgramListen(), { wrapper, initialProps: {} })
    expect(result.current).toMatchObject({ status: 'idle', isSupported: true, unsupportedReason: null })
  })
})

describe('the gauge', () => {
  it('counts what is held', async () => {
    const gauge = gaugePage()
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    expect(gauge.held().tracks).toBe(1)
    for (const track of stream.getTracks()) track.stop()
    expect(gauge.held().tracks).toBe(0)
    gauge.restore()
  })
})
