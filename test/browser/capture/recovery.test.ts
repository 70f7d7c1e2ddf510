import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createListenSession, type ListenOptions, type ListenSession, type ListenState } from 'react-deepgram/core'
import { createDeepgramEmulator, type DeepgramEmulator, type EmulatorOptions } from 'react-deepgram/testing'
import { holdsNothingAfterwards } from '../../support/browser-gauges.ts'
import { openPlugboard, type Plugboard } from '../../support/devices.ts'

const EBML = [0x1a, 0x45, 0xdf, 0xa3]
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a microphone to which things happen', () => {
  holdsNothingAfterwards()
  let board: Plugboard
  const undo: (() => void)[] = []

  beforeEach(async () => {
    board = await openPlugboard()
    undo.push(() => board.restore())
  })
  afterEach(() => {
    for (const each of undo.splice(0).reverse()) each()
  })

  function setUp(options: ListenOptions = {}, emulatorOptions: EmulatorOptions = { script: [] }) {
    const emulator = createDeepgramEmulator(emulatorOptions)
    const states: ListenState[] = []
    const session = createListenSession(() => ({
      WebSocket: emulator.WebSocket,
      getToken: emulator.getToken,
      ...options,
    }))
    undo.push(
      session.abort,
      session.subscribe((state) => void states.push(state)),
    )
    return { emulator, session, states }
  }
  /** What a state went through, without repeating itself. */
  const course = <T>(states: ListenState[], pick: (state: ListenState) => T): T[] =>
    states.map(pick).filter((value, i, all) => i === 0 || value !== all[i - 1])
  const until = (session: ListenSession, wanted: Partial<ListenState>, timeout = 3000) =>
    vi.waitFor(() => expect(session.getState()).toMatchObject(wanted), { timeout })
  async function hear(emulator: DeepgramEmulator, session: ListenSession, text: string): Promise<void> {
    emulator.sockets.at(-1)?.say(text)
    await vi.waitFor(() => expect(session.getState().transcript.text).toContain(text), { timeout: 8000 })
  }
  /** The page is shown or hidden. */
  function look(state: 'visible' | 'hidden'): void {
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: state })
    undo.push(() => void Reflect.deleteProperty(document, 'visibilityState'))
    document.dispatchEvent(new Event('visibilitychange'))
  }
  function mute(track: MediaStreamTrack, isMuted: boolean): void {
    Object.defineProperty(track, 'muted', { configurable: true, value: isMuted })
    track.dispatchEvent(new Event(isMuted ? 'mute' : 'unmute'))
  }

  it('pain 35: unplugged, the default goes on in the same transcript; the chosen one is taken again when it is back', async () => {
    const deviceId = board.idOf('Input 1')
    const { emulator, session, states } = setUp({ capture: { deviceId } })
    await session.start()
    expect(session.getState()).toMatchObject({ activeDevice: { deviceId }, deviceLabel: 'Fake Audio Input 1' })
    await hear(emulator, session, 'one')
    const unpluggedAt = Date.now()
    board.unplug('Input 1')
    await until(session, { status: 'listening', deviceLabel: 'Fake Default Audio Input' }, 1000)
    expect(Date.now() - unpluggedAt).toBeLessThan(1000)
    expect(session.getState()).toMatchObject({ selectedDevice: deviceId, warning: { code: 'device-changed' } })
    expect(session.getState().warning?.message).toContain('Fake Default Audio Input')
    expect(course(states, ({ input }) => input)).toEqual(['off', 'live', 'recovering', 'live'])
    await hear(emulator, session, 'two')
    board.plug('Input 1')
    await until(session, { deviceLabel: 'Fake Audio Input 1', warning: null })
    await hear(emulator, session, 'three')
    expect(board.tracks.filter(({ readyState }) => readyState === 'live')).toHaveLength(1)
    expect((await session.stop()).text).toBe('one two three')
    expect(board.tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'ended', 'ended'])
  })

  it('pain 35: without any device it waits, keeps the line, and goes on with the first that is there; a burst of news is one', async () => {
    const { emulator, session } = setUp()
    await session.start()
    await hear(emulator, session, 'before')
    board.unplug('Default', 'Input 1', 'Input 2')
    await until(session, {
      status: 'reconnecting',
      input: 'waiting-for-device',
      isCapturing: false,
      activeDevice: null,
      warning: { code: 'device-lost', message: expect.stringContaining('Fake Default Audio Input') as string },
    })
    const asked = board.asked.length
    await pass(400)
    board.plug('Input 2')
    for (let i = 0; i < 4; i++) board.tell()
    await until(session, { status: 'listening', deviceLabel: 'Fake Audio Input 2', warning: null })
    await pass(600)
    expect(board.asked).toHaveLength(asked + 1)
    await hear(emulator, session, 'after')
    expect(emulator.sockets).toHaveLength(1)
    expect((await session.stop()).text).toBe('before after')
  })

  it('pain 35: stopped while it waits, it ends with what it has; a device that comes later is left alone', async () => {
    const { emulator, session } = setUp()
    await session.start()
    await hear(emulator, session, 'before')
    board.unplug('Default', 'Input 1', 'Input 2')
    await until(session, { input: 'waiting-for-device' })
    expect((await session.stop()).text).toBe('before')
    const asked = board.asked.length
    board.plug('Default')
    await pass(600)
    expect(board.asked).toHaveLength(asked)
    expect(session.getState()).toMatchObject({ status: 'idle', input: 'off', error: null })
  })

  it('pain 25: a microphone that is taken away with its permission ends it with that error', async () => {
    const { session } = setUp()
    await session.start()
    board.answer = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'))
    board.track().stop()
    board.track().dispatchEvent(new Event('ended'))
    await until(session, { status: 'error' })
    expect(session.getState().error?.code).toBe('permission-denied')
  })

  it('pain 59: what is active is read from the track, apart from what was selected; the default follows the system', async () => {
    const [one, two] = [board.idOf('Input 1'), board.idOf('Input 2')]
    board.answer = () => {
      board.answer = null
      return navigator.mediaDevices.getUserMedia({ audio: { deviceId: { exact: two } } })
    }
    const { session } = setUp({ capture: { deviceId: one } })
    await session.start()
    expect(session.getState()).toMatchObject({ selectedDevice: one, activeDevice: { deviceId: two } })
    session.abort()

    const other = setUp()
    await other.session.start()
    expect(other.session.getState()).toMatchObject({ selectedDevice: undefined, activeDevice: { deviceId: 'default' } })
    await vi.waitFor(() => expect(other.session.getLevel()).toBeGreaterThanOrEqual(0))
    await pass(100)
    const { length } = board.tracks
    // News that changes nothing is none.
    board.tell()
    await pass(400)
    expect(board.tracks).toHaveLength(length)
    board.setDefault('Input 2')
    await vi.waitFor(() => expect(board.tracks).toHaveLength(length + 1))
    await vi.waitFor(() => expect(board.tracks.at(-2)?.readyState).toBe('ended'))
    expect(board.track().readyState).toBe('live')
    expect(other.session.getState()).toMatchObject({ status: 'listening', activeDevice: { deviceId: 'default' } })
  })

  it.each([
    ['elsewhere', undefined, ['two is live', 'one ends']],
    ['on iOS', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X)', ['one ends', 'two is live']],
  ])(
    'pain 60: setDevice asks exactly, then by wish, and changes over %s in the order that works there',
    async (_, userAgent, order) => {
      if (userAgent) {
        Object.defineProperty(navigator, 'userAgent', { configurable: true, value: userAgent })
        undo.push(() => void Reflect.deleteProperty(navigator, 'userAgent'))
      }
      const { emulator, session } = setUp()
      await session.start()
      await hear(emulator, session, 'one')
      const [before] = board.tracks
      const events: string[] = []
      const stop = before!.stop.bind(before)
      before!.stop = () => {
        events.push('one ends')
        stop()
      }
      const two = board.idOf('Input 2')
      let tries = 0
      board.answer = async (audio) => {
        if (++tries === 1) throw new DOMException('', 'OverconstrainedError')
        board.answer = null
        const stream = await navigator.mediaDevices.getUserMedia({ audio: { ...audio, deviceId: { exact: two } } })
        events.push('two is live')
        return stream
      }
      await session.setDevice(two)
      expect(board.asked.slice(1, 3).map(({ deviceId }) => deviceId)).toEqual([{ exact: two }, { ideal: two }])
      expect(events).toEqual(order)
      expect(session.getState()).toMatchObject({
        status: 'listening',
        selectedDevice: two,
        activeDevice: { deviceId: two, label: 'Fake Audio Input 2' },
      })
      await hear(emulator, session, 'two')
      expect((await session.stop()).text).toBe('one two')
    },
  )

  it('pain 60: a device that cannot be had leaves the one before, and the selection with it', async () => {
    const { emulator, session } = setUp()
    await session.start()
    board.answer = () => Promise.reject(new DOMException('', 'NotReadableError'))
    await expect(session.setDevice(board.idOf('Input 2'))).rejects.toMatchObject({ code: 'device-busy' })
    board.answer = null
    expect(session.getState()).toMatchObject({
      status: 'listening',
      selectedDevice: undefined,
      activeDevice: { deviceId: 'default' },
    })
    await hear(emulator, session, 'still here')
  })

  it('pain 21: still muted a second after the page is seen again, the track is replaced, once, by a fresh stream', async () => {
    const { emulator, session, states } = setUp()
    await session.start()
    await hear(emulator, session, 'before')
    const { length } = states
    mute(board.track(), true)
    expect(session.getState()).toMatchObject({ input: 'muted', warning: { code: 'input-muted' } })
    look('hidden')
    await pass(100)
    look('visible')
    await vi.waitFor(() => expect(session.getState().input).toBe('live'), { timeout: 2500 })
    expect(course(states.slice(length), ({ input }) => input)).toEqual(['live', 'muted', 'live'])
    await pass(1200)
    expect(board.tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'live'])
    expect(session.getState()).toMatchObject({ status: 'listening', warning: null })
    await hear(emulator, session, 'after')
    expect([...(emulator.sockets[0]?.receivedFrames[0] ?? []).slice(0, 4)]).toEqual(EBML)

    // A call that ends by itself needs no new microphone.
    mute(board.track(), true)
    look('hidden')
    look('visible')
    await pass(200)
    mute(board.track(), false)
    await pass(1200)
    expect(board.tracks).toHaveLength(2)
  })
})
