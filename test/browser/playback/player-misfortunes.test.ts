import { afterEach, describe, expect, test, vi } from 'vitest'
import type { AudioSinkHandlers } from '../../../src/audio/ports.ts'
import { createPlayer, type PlayerOptions } from '../../../src/playback/player.ts'
import { createRandom } from '../../../src/testing/random.ts'
import {
  firstDifference,
  noiseBytes,
  samplesOf,
  sleep,
  tap,
  trimSilence,
  type SoundTap,
} from '../../support/sound-tap.ts'

const RATE = 24_000
const FORMAT = { encoding: 'linear16', sampleRate: RATE } as const

/** A real context that can fare as contexts do on telephones: what it says of itself, and what it lets be done. */
class TroubledContext extends AudioContext {
  /** What it says it is; `null`: the truth. */
  shown: string | null = null
  /** Resuming it is in vain. */
  isStuck = false
  /** What it said it was, at each call of `resume()`. */
  readonly resumed: string[] = []
  /** Added to what the platform says, in seconds. */
  extraLatency = 0

  override get state() {
    return (super.state === 'closed' ? 'closed' : (this.shown ?? super.state)) as AudioContextState
  }
  override get outputLatency() {
    return super.outputLatency + this.extraLatency
  }
  override resume() {
    this.resumed.push(this.state)
    if (this.isStuck) return new Promise<void>(() => {})
    this.shown = null
    return super.resume()
  }
  /** The clock stops. */
  async halt(shown: string, isStuck = false) {
    this.shown = shown
    this.isStuck = isStuck
    await super.suspend()
  }
  /** The platform itself lets it run again. */
  recover() {
    this.isStuck = false
    this.shown = null
    return super.resume()
  }
}

const taps: SoundTap<TroubledContext>[] = []
const players: { destroy(): void }[] = []
afterEach(async () => {
  for (const player of players.splice(0)) player.destroy()
  await sleep(60)
  for (const { context } of taps.splice(0)) if (context.state !== 'closed') await context.close()
})

/** A player whose contexts, one after the other, are those prepared: what reaches their loudspeakers is written down. */
async function setUp(contexts = 1, options: PlayerOptions = {}) {
  const own: SoundTap<TroubledContext>[] = []
  for (let i = 0; i < contexts; i++) {
    const made = await tap(new TroubledContext({ sampleRate: RATE }))
    Object.defineProperty(made.context, 'destination', { get: () => made.node })
    made.context.resumed.length = 0
    own.push(made)
  }
  taps.push(...own)
  const waiting = own.map(({ context }) => context)
  // Called with `new`, a function may return an object of its own.
  const AudioContext = function () {
    return waiting.shift()
  } as unknown as typeof globalThis.AudioContext
  const player = createPlayer(() => ({ AudioContext, ...options }))
  players.push(player)
  const log: string[] = []
  const drained = new Promise<void>((resolve) => {
    const handlers: AudioSinkHandlers = {
      onAudible: (isAudible) => log.push(isAudible ? 'audible' : 'silent'),
      onBlocked: (isBlocked) => log.push(isBlocked ? 'blocked' : 'unblocked'),
      onProgress: () => {},
      onError: (error) => log.push(error.message),
      onDrained() {
        log.push('drained')
        resolve()
      },
    }
    player.start(FORMAT, handlers)
  })
  return { taps: own, player, log, drained }
}

/** Two seconds of noise, under way. */
async function speakFor(player: ReturnType<typeof createPlayer>, seconds: number) {
  const bytes = noiseBytes(RATE * 2, createRandom(21))
  player.write(bytes)
  player.end()
  await vi.waitFor(() => expect(player.getPlayedFrames()).toBeGreaterThan(RATE * seconds), {
    timeout: 8_000,
    interval: 10,
  })
  return samplesOf(bytes)
}

const gesture = () => document.dispatchEvent(new Event('pointerdown'))

describe('pain 22: after a call the text goes on where it was, and is heard once', () => {
  test('when the platform resumes by itself: nobody interferes meanwhile', async () => {
    const { taps, player, log, drained } = await setUp()
    const sent = await speakFor(player, 0.3)
    const { context } = taps[0]!
    context.resumed.length = 0
    await context.halt('interrupted', true)
    await vi.waitFor(() => expect(log).toContain('blocked'))
    const heard = player.getPlayedFrames()
    await sleep(400)
    expect(player.getPlayedFrames()).toBe(heard)
    expect(context.resumed).toEqual([])
    await context.recover()
    await drained
    expect(firstDifference(trimSilence(await taps[0]!.read()), sent)).toBe(-1)
    expect(log).toEqual(['audible', 'blocked', 'unblocked', 'drained'])
  })

  test('when it is left suspended: it is resumed, at once or in a gesture', async () => {
    const { taps, player, log, drained } = await setUp()
    const sent = await speakFor(player, 0.3)
    const { context } = taps[0]!
    await context.halt('interrupted', true)
    await sleep(150)
    context.resumed.length = 0
    context.shown = 'suspended'
    await vi.waitFor(() => expect(log).toContain('blocked'))
    expect(context.resumed).toEqual(['suspended'])
    await sleep(300)
    expect(context.resumed).toEqual(['suspended'])
    context.isStuck = false
    gesture()
    await drained
    expect(firstDifference(trimSilence(await taps[0]!.read()), sent)).toBe(-1)
    expect(log).toEqual(['audible', 'blocked', 'unblocked', 'drained'])
  })

  test.each([
    ['whose clock stands still though it runs', async (context: TroubledContext) => context.halt('running', true)],
    ['that the platform has closed', async (context: TroubledContext) => context.close()],
    [
      'that no gesture brings back',
      async (context: TroubledContext) => {
        await context.halt('interrupted', true)
        await sleep(400)
        gesture()
        await sleep(600)
        gesture()
      },
    ],
  ])('pain 98: in the place of a context %s comes another one', async (_, befall) => {
    const { taps, player, log, drained } = await setUp(2)
    const sent = await speakFor(player, 0.3)
    await befall(taps[0]!.context)
    const since = performance.now()
    await vi.waitFor(async () => expect(trimSilence(await taps[1]!.read()).length).toBeGreaterThan(0), {
      timeout: 3_000,
    })
    expect(performance.now() - since).toBeLessThan(1_000)
    await drained
    const [before, after] = [trimSilence(await taps[0]!.read()), trimSilence(await taps[1]!.read())]
    // The first context played a beginning, the second one the rest, and only what was on its way to the ear comes twice.
    expect(firstDifference(before, sent.slice(0, before.length))).toBe(-1)
    expect(firstDifference(after, sent.slice(-after.length))).toBe(-1)
    const repeated = before.length + after.length - sent.length
    expect(repeated).toBeGreaterThanOrEqual(0)
    expect(repeated).toBeLessThan(RATE * 0.15)
    expect(taps[0]!.context.state).toBe('closed')
    expect(player.getPlayedFrames()).toBe(sent.length)
    expect(log.filter((entry) => entry === 'drained')).toHaveLength(1)
  })
})

test('pain 44: sound has ended when the last sample has left the loudspeaker, however late that is', async () => {
  const { taps, player, drained } = await setUp()
  const { context } = taps[0]!
  context.extraLatency = 0.4
  const bytes = noiseBytes(RATE / 2, createRandom(22))
  player.write(bytes)
  player.end()
  await vi.waitFor(async () => expect(trimSilence(await taps[0]!.read()).length).toBe(RATE / 2), { timeout: 3_000 })
  const renderedAt = context.currentTime
  expect(player.getPlayedFrames()).toBeLessThan(RATE / 2)
  await drained
  expect(context.currentTime - renderedAt).toBeGreaterThan(0.2)
  expect(player.getPlayedFrames()).toBe(RATE / 2)
})

describe('pain 118: blocked', () => {
  test('clears itself within 250 ms when the context runs, by whichever route', async () => {
    const { taps, player, log, drained } = await setUp()
    const { context } = taps[0]!
    await context.halt('suspended', true)
    player.write(noiseBytes(RATE / 4, createRandom(23)))
    player.end()
    await vi.waitFor(() => expect(log).toEqual(['blocked']))
    await context.recover()
    const since = performance.now()
    await vi.waitFor(() => expect(log).toContain('unblocked'), { interval: 5 })
    expect(performance.now() - since).toBeLessThan(250)
    await drained
  })
})

describe('the audio session of an iPhone', () => {
  const session = { type: 'auto' }
  const use = () => {
    session.type = 'auto'
    Object.defineProperty(navigator, 'audioSession', { configurable: true, value: session })
  }
  afterEach(() => Reflect.deleteProperty(navigator, 'audioSession'))

  test('pain 97: is playback before the first sound, in the same task as start(), and is given back at the end', async () => {
    use()
    const types: string[] = []
    const { taps, player, drained } = await setUp()
    expect(session.type).toBe('playback')
    const { context } = taps[0]!
    expect(context.resumed).toHaveLength(1)
    player.write(noiseBytes(RATE / 4, createRandom(24)))
    player.end()
    types.push(session.type)
    await drained
    await Promise.resolve()
    expect([...types, session.type]).toEqual(['playback', 'auto'])
  })

  test('pain 84: is play-and-record while a microphone is open, playback beside it afterwards, and restored when idle', async () => {
    use()
    const { openMicrophone } = await import('../../../src/capture/microphone.ts')
    const opening = openMicrophone({}, new AbortController().signal)
    // Before the browser is asked: a microphone that opens under `playback` is refused.
    expect(session.type).toBe('play-and-record')
    const microphone = await opening
    const { player } = await setUp()
    expect(session.type).toBe('play-and-record')
    microphone.release()
    expect(session.type).toBe('playback')
    player.stop()
    await Promise.resolve()
    expect(session.type).toBe('auto')
  })

  test('that the application has set itself in the meantime stays as it is', async () => {
    use()
    const { player } = await setUp()
    session.type = 'ambient'
    player.stop()
    await Promise.resolve()
    expect(session.type).toBe('ambient')
  })
})

describe('output through an element', () => {
  const undo: (() => void)[] = []
  afterEach(() => undo.splice(0).forEach((each) => each()))

  /** Watches `play()`; the first `refusals` calls fail as they do without a gesture. */
  function watchElements(refusals = 0) {
    const played: { stream: MediaStream; hasAutoplay: boolean }[] = []
    const own = HTMLMediaElement.prototype.play
    const spy = vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(async function (
      this: HTMLMediaElement,
    ) {
      played.push({ stream: this.srcObject as MediaStream, hasAutoplay: this.autoplay })
      if (refusals-- > 0) throw new DOMException('no gesture', 'NotAllowedError')
      await own.call(this)
    })
    undo.push(() => spy.mockRestore())
    return played
  }

  /** Seconds of sound in a stream until it is asked for. */
  async function listenTo(stream: MediaStream) {
    const listener = await tap(new TroubledContext({ sampleRate: RATE }))
    taps.push(listener)
    listener.context.createMediaStreamSource(stream).connect(listener.node)
    return async () => trimSilence(await listener.read()).length / RATE
  }

  test('pain 97: goes through a MediaStream, and play() is called in the task of start()', async () => {
    const played = watchElements()
    const { taps, player, drained } = await setUp(1, { output: 'element' })
    expect(played).toHaveLength(1)
    const seconds = await listenTo(played[0]!.stream)
    player.write(noiseBytes(RATE, createRandom(25)))
    player.end()
    await drained
    await sleep(100)
    expect(await seconds()).toBeCloseTo(1, 1)
    expect(trimSilence(await taps[0]!.read())).toHaveLength(0)
  })

  test('pain 111: play() that is refused is blocked, nothing is lost, and the next gesture plays from the beginning', async () => {
    // Once at the start, and at `canplay`.
    const played = watchElements(2)
    const { player, log, drained } = await setUp(1, { output: 'element' })
    player.write(noiseBytes(RATE, createRandom(26)))
    player.end()
    await vi.waitFor(() => expect(log).toEqual(['blocked']))
    await sleep(500)
    expect(player.getPlayedFrames()).toBe(0)
    const before = played.length
    const seconds = await listenTo(played[0]!.stream)
    gesture()
    // In the gesture's own task.
    expect(played.length).toBe(before + 1)
    await drained
    await sleep(100)
    expect(log).toEqual(['blocked', 'unblocked', 'audible', 'drained'])
    expect(await seconds()).toBeCloseTo(1, 1)
    expect(played.every(({ hasAutoplay }) => !hasAutoplay)).toBe(true)
  })

  test('pain 111: an element that the platform pauses is played again, and the text goes on', async () => {
    watchElements()
    const elements: HTMLMediaElement[] = []
    const Own = globalThis.Audio
    globalThis.Audio = class extends Own {
      constructor() {
        super()
        elements.push(this)
      }
    }
    undo.push(() => (globalThis.Audio = Own))
    const { player, log, drained } = await setUp(1, { output: 'element' })
    await speakFor(player, 0.3)
    elements[0]!.pause()
    await drained
    expect(elements[0]!.paused).toBe(false)
    expect(player.getPlayedFrames()).toBe(RATE * 2)
    expect(log.filter((entry) => entry === 'drained')).toHaveLength(1)
    player.destroy()
    expect(elements[0]!.srcObject).toBeNull()
  })

  test('pain 113: it is used where only an element can choose the device, before the first sound', async () => {
    const played = watchElements()
    const asked: string[] = []
    const setSinkId = vi
      .spyOn(HTMLMediaElement.prototype, 'setSinkId')
      .mockImplementation((id) => Promise.resolve(void asked.push(id)))
    undo.push(() => setSinkId.mockRestore())
    const own = TroubledContext.prototype as { setSinkId?: unknown }
    Object.defineProperty(own, 'setSinkId', { configurable: true, value: undefined })
    undo.push(() => Reflect.deleteProperty(own, 'setSinkId'))
    const { taps, player, drained } = await setUp(1, { outputDeviceId: 'headset' })
    expect(player.canSetOutputDevice()).toBe(true)
    expect(asked).toEqual(['headset'])
    expect(played).toHaveLength(1)
    player.write(noiseBytes(RATE / 2, createRandom(27)))
    player.end()
    await drained
    expect(trimSilence(await taps[0]!.read())).toHaveLength(0)
  })
})

test('pain 113: a context of the application’s own is played in, woken, and never closed', async () => {
  const own = await tap(new TroubledContext({ sampleRate: 48_000 }))
  taps.push(own)
  const player = createPlayer(() => ({ output: own.node }))
  const drained = new Promise<void>((resolve) => {
    const ignore = () => {}
    player.start(FORMAT, {
      onAudible: ignore,
      onBlocked: ignore,
      onProgress: ignore,
      onError: ignore,
      onDrained: resolve,
    })
  })
  player.write(noiseBytes(RATE / 2, createRandom(28)))
  player.end()
  await drained
  expect(Math.abs(trimSilence(await own.read()).length - 24_000)).toBeLessThan(80)
  player.destroy()
  await sleep(60)
  expect(own.context.state).toBe('running')
})
