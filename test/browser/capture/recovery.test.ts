import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createListenSession, type ListenOptions, type ListenSession, type ListenState } from 'react-deepgram/core'
import { createDeepgramEmulator, type DeepgramEmulator, type EmulatorOptions } from 'react-deepgram/testing'
import { holdsNothingAfterwards } from '../../support/browser-gauges.ts'
import { expectConsole } from '../../support/console.ts'
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

  /** A stream as an application supplies it: a tone, and whether it sounds. */
  function openTone(): { stream: MediaStream; track: MediaStreamTrack; sound: (isOn: boolean) => void } {
    const context = new AudioContext()
    const [oscillator, gain, to] = [
      context.createOscillator(),
      context.createGain(),
      context.createMediaStreamDestination(),
    ]
    oscillator.connect(gain).connect(to)
    oscillator.start()
    undo.push(() => void context.close())
    return {
      stream: to.stream,
      track: to.stream.getAudioTracks()[0]!,
      sound: (isOn) => gain.gain.setValueAtTime(isOn ? 0.3 : 0, context.currentTime),
    }
  }

  it.each(['auto', 'pcm'] as const)(
    'pain 36: recording %s, digital silence is told with the device’s name, and taken back with the first sound',
    async (format) => {
      const tone = openTone()
      tone.sound(false)
      await pass(50)
      board.answer = () => Promise.resolve(tone.stream)
      const { session, states } = setUp({ capture: { format, noInputMs: 700 } })
      await session.start()
      const startedAt = Date.now()
      await until(session, {
        warning: { code: 'no-input', message: expect.stringContaining(tone.track.label) as string },
      })
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(650)
      expect(tone.track.label).not.toBe('')
      await pass(600)
      expect(course(states, ({ warning }) => warning)).toHaveLength(2)
      tone.sound(true)
      await until(session, { warning: null })
      // A noise gate is silent between words.
      tone.sound(false)
      await pass(1200)
      expect(session.getState().warning).toBeNull()
      await until(session, { warning: { code: 'no-input', message: expect.any(String) as string } })
      session.pause()
      await session.stop()
    },
  )

  it('pain 36: the noise of a quiet room is no silence, nor is a stream of the application that has nothing to say', async () => {
    const tone = openTone()
    tone.sound(false)
    const own = setUp({ source: tone.stream, capture: { noInputMs: 500 } })
    const room = setUp({ capture: { noInputMs: 500, preset: 'raw' } })
    const context = new AudioContext()
    const noise = new AudioBufferSourceNode(context, { loop: true })
    noise.buffer = context.createBuffer(1, 4800, 48_000)
    // Two thousandths of a hundredth of full scale: −94 dB.
    noise.buffer.copyToChannel(
      Float32Array.from({ length: 4800 }, (_, i) => ((i * 7919) % 13 < 6 ? 2e-5 : -2e-5)),
      0,
    )
    const to = context.createMediaStreamDestination()
    noise.connect(to)
    noise.start()
    undo.push(() => void context.close())
    board.answer = () => Promise.resolve(to.stream)
    await Promise.all([own.session.start(), room.session.start()])
    await pass(1500)
    expect([...own.states, ...room.states].map(({ warning }) => warning?.code)).not.toContain('no-input')
  })

  it.each(['auto', 'pcm'] as const)(
    'pain 51: recording %s, a track that the application switches off is a pause, and goes on as a stream that is understood',
    async (format) => {
      const tone = openTone()
      const { emulator, session } = setUp({ source: tone.stream, capture: { format } })
      await session.start()
      await hear(emulator, session, 'before')
      tone.track.enabled = false
      await until(session, { status: 'paused', input: 'disabled', isCapturing: false })
      // What was under way at that moment.
      await pass(150)
      const count = () => emulator.sockets[0]!.receivedFrames.length
      const before = count()
      await pass(4500)
      expect(count()).toBe(before)
      expect(emulator.sockets[0]?.receivedText).toEqual(['{"type":"KeepAlive"}'])
      tone.track.enabled = true
      await until(session, { status: 'listening', input: 'live' }, 500)
      await vi.waitFor(() => expect(count()).toBeGreaterThan(before))
      await hear(emulator, session, 'after')
      expect(emulator.sockets).toHaveLength(1)
      expect((await session.stop()).text).toBe('before after')
      expect(tone.track.readyState).toBe('live')
    },
  )

  it.each([
    ['voice-chat', { echoCancellation: true, noiseSuppression: true, autoGainControl: true }],
    ['dictation', { echoCancellation: false, noiseSuppression: false, autoGainControl: true }],
    ['raw', { echoCancellation: false, noiseSuppression: false, autoGainControl: false }],
  ] as const)('pain 67: %s asks for what is documented, and what was applied is seen', async (preset, settings) => {
    const { session } = setUp({ capture: { preset } })
    await session.start()
    expect(board.asked[0]).toMatchObject(settings)
    expect(session.getState().settings).toMatchObject(settings)
    expect(session.diagnostics().settings).toMatchObject(settings)
  })

  it('pain 67: a setting of its own wins; what the browser did otherwise is seen; another preset restarts capture only', async () => {
    const { emulator, session } = setUp({ capture: { preset: 'raw', noiseSuppression: true } })
    board.answer = async (audio) => {
      board.answer = null
      return navigator.mediaDevices.getUserMedia({ audio: { ...audio, noiseSuppression: false } })
    }
    await session.start()
    expect(board.asked[0]).toMatchObject({ echoCancellation: false, noiseSuppression: true, autoGainControl: false })
    expect(session.getState().settings).toMatchObject({ noiseSuppression: false })
    await hear(emulator, session, 'one')
    await session.setPreset('voice-chat')
    expect(session.getState().settings).toMatchObject({ echoCancellation: true, noiseSuppression: true })
    await hear(emulator, session, 'two')
    expect(emulator.sockets).toHaveLength(1)
    expect((await session.stop()).text).toBe('one two')
  })

  it('pain 57: MP4 is recorded in pieces of a second, whatever was asked for, which is told; what holds nothing is not sent', async () => {
    expectConsole('warn', /MP4.*chunkMs/)
    const started = vi.spyOn(MediaRecorder.prototype, 'start')
    const asked = vi.spyOn(MediaRecorder.prototype, 'requestData')
    undo.push(() => vi.restoreAllMocks())
    const { emulator, session } = setUp({ capture: { format: 'mp4', chunkMs: 100 } })
    await session.start()
    expect(session.getState().recorderType).toMatch(/^audio\/mp4/)
    expect(started.mock.calls.every(([timeslice]) => timeslice! >= 1000)).toBe(true)
    const recorder = started.mock.contexts[0] as MediaRecorder
    const empty = () => recorder.dispatchEvent(new BlobEvent('dataavailable', { data: new Blob([]) }))
    for (let i = 0; i < 9; i++) empty()
    recorder.dispatchEvent(new BlobEvent('dataavailable', { data: new Blob(['full']) }))
    await vi.waitFor(() => expect(emulator.sockets[0]?.receivedFrames).toHaveLength(1))
    expect(asked).not.toHaveBeenCalled()
  })

  it('pain 105: a recorder that delivers nothing gives way to the next format, and samples come last', async () => {
    // It claims everything and hands over nothing, as WebKitGTK's does.
    const requested = vi.spyOn(MediaRecorder.prototype, 'requestData').mockImplementation(() => {})
    const starts = vi.spyOn(MediaRecorder.prototype, 'start').mockImplementation(() => {})
    const states = vi.spyOn(MediaRecorder.prototype, 'state', 'get').mockReturnValue('recording')
    const stops = vi.spyOn(MediaRecorder.prototype, 'stop').mockImplementation(function (this: MediaRecorder) {
      this.dispatchEvent(new Event('stop'))
    })
    undo.push(() => [requested, starts, states, stops].forEach((spy) => spy.mockRestore()))
    const { emulator, session, states: seen } = setUp()
    await session.start()
    expect(session.getState().recorderType).toMatch(/webm/)
    await until(session, { recorderType: 'linear16' }, 12_000)
    expect(course(seen, ({ recorderType }) => recorderType.slice(0, 10))).toEqual([
      '',
      'audio/webm',
      'audio/mp4;',
      'linear16',
    ])
    expect(seen.map(({ warning }) => warning?.code)).toContain('format-changed')
    await vi.waitFor(() => expect(emulator.sockets.at(-1)?.receivedFrames.length).toBeGreaterThan(3), { timeout: 4000 })
    expect(emulator.sockets.at(-1)?.query.get('encoding')).toBe('linear16')
    await hear(emulator, session, 'understood')
    // The next start knows.
    session.abort()
    await session.start()
    expect(session.getState().recorderType).toBe('linear16')
  })
})
