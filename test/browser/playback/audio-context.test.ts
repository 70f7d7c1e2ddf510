import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AudioSinkHandlers } from '../../../src/audio/ports.ts'
import { leaseContext } from '../../../src/playback/audio-context.ts'
import { createPlayer } from '../../../src/playback/player.ts'
import { createRandom } from '../../../src/testing/random.ts'
import { noiseBytes, sleep } from '../../support/sound-tap.ts'

const RATE = 24_000

/** A real context that counts its like, and whose clock can be stopped, as it is when a device is pulled out. */
class CountedContext extends AudioContext {
  static all: CountedContext[] = []
  stoppedAt: number | null = null
  asked: AudioContextOptions | undefined

  constructor(options?: AudioContextOptions) {
    super(options)
    this.asked = options
    CountedContext.all.push(this)
  }
  override get currentTime() {
    return this.stoppedAt ?? super.currentTime
  }
  static alive = () => CountedContext.all.filter(({ state }) => state !== 'closed').length
}

// A constructor of its own per test: the contexts of a page are found by it.
let Context: typeof CountedContext

beforeEach(() => {
  CountedContext.all = []
  Context = class extends CountedContext {}
})

afterEach(async () => {
  await vi.waitFor(() => expect(CountedContext.alive()).toBe(0))
})

function listen() {
  const log: string[] = []
  let finish!: () => void
  const drained = new Promise<void>((resolve) => (finish = resolve))
  const handlers: AudioSinkHandlers = {
    onAudible: (isAudible) => log.push(isAudible ? 'audible' : 'silent'),
    onBlocked: (isBlocked) => log.push(isBlocked ? 'blocked' : 'unblocked'),
    onProgress: () => {},
    onError: (error) => log.push(error.message),
    onDrained() {
      log.push('drained')
      finish()
    },
  }
  return { log, drained, handlers }
}

const format = { encoding: 'linear16', sampleRate: RATE } as const

describe('pain 75: contexts', () => {
  test('are shared by rate, and closed with the last player', async () => {
    const players = Array.from({ length: 20 }, () => createPlayer(() => ({ AudioContext: Context })))
    expect(CountedContext.all).toHaveLength(0)
    for (const player of players) player.start(format, listen().handlers)
    expect(CountedContext.all).toHaveLength(1)
    expect(CountedContext.all[0]!.sampleRate).toBe(RATE)
    for (const player of players.slice(1)) player.destroy()
    expect(CountedContext.alive()).toBe(1)
    players[0]!.destroy()
    await vi.waitFor(() => expect(CountedContext.alive()).toBe(0))
  })

  test('sleep when nobody has spoken for a while, and wake for the next word', async () => {
    const player = createPlayer(() => ({ AudioContext: Context }))
    const first = listen()
    player.start(format, first.handlers)
    player.write(noiseBytes(2_400, createRandom(1)))
    player.end()
    await first.drained
    await vi.waitFor(() => expect(CountedContext.all[0]!.state).toBe('suspended'), { timeout: 8_000 })
    const second = listen()
    player.start(format, second.handlers)
    player.write(noiseBytes(2_400, createRandom(1)))
    player.end()
    await second.drained
    expect(second.log).toEqual(['audible', 'drained'])
    player.destroy()
  }, 15_000)
})

test('pain 110: a constructor that refuses the rate is asked for its own', () => {
  class Stubborn extends Context {
    constructor(options?: AudioContextOptions) {
      if (options?.sampleRate) throw new DOMException('no such rate', 'NotSupportedError')
      super(options)
    }
  }
  const lease = leaseContext(Stubborn, RATE, () => {})
  expect((lease.context as AudioContext & { asked?: unknown }).asked).toBeUndefined()
  lease.release()
})

test('pain 98: when the clock stands still while sound is due, it goes on in another context with what was not heard', async () => {
  const player = createPlayer(() => ({ AudioContext: Context }))
  const { log, drained, handlers } = listen()
  player.start(format, handlers)
  player.write(noiseBytes(RATE * 2, createRandom(2)))
  player.end()
  await vi.waitFor(() => expect(player.getPlayedFrames()).toBeGreaterThan(RATE / 4), { timeout: 5_000 })
  const [first] = CountedContext.all
  first!.stoppedAt = first!.currentTime
  const heard = player.getPlayedFrames()
  await vi.waitFor(() => expect(CountedContext.all).toHaveLength(2), { timeout: 2_000 })
  expect(first!.state).toBe('closed')
  expect(Math.abs(player.getPlayedFrames() - heard)).toBeLessThan(RATE / 10)
  const begin = performance.now()
  await drained
  // The rest, not the whole, was played in the second one.
  expect(performance.now() - begin).toBeGreaterThan(500)
  expect(player.getPlayedFrames()).toBe(RATE * 2)
  expect(log.filter((entry) => entry === 'drained')).toHaveLength(1)
  player.destroy()
}, 15_000)

describe('pain 113: the output device', () => {
  test('is set before the first sound, and again by the verb', async () => {
    const asked: string[] = []
    class Choosing extends Context {
      async setSinkId(id: string) {
        asked.push(id)
      }
    }
    const player = createPlayer(() => ({ AudioContext: Choosing, outputDeviceId: 'headset' }))
    await player.setOutputDevice('speaker')
    player.start(format, listen().handlers)
    expect(asked).toEqual(['headset'])
    await player.setOutputDevice('other')
    expect(asked).toEqual(['headset', 'other'])
    player.destroy()
  })

  test('that is not there is a typed error, and so is a browser that cannot choose', async () => {
    const player = createPlayer(() => ({ AudioContext: Context }))
    player.start(format, listen().handlers)
    await expect(player.setOutputDevice('no-such-device')).rejects.toMatchObject({ code: 'device-not-found' })
    player.destroy()
    class Unable extends Context {}
    Object.defineProperty(Unable.prototype, 'setSinkId', { value: undefined })
    const { setSinkId } = HTMLMediaElement.prototype
    Object.assign(HTMLMediaElement.prototype, { setSinkId: undefined })
    const other = createPlayer(() => ({ AudioContext: Unable }))
    expect(other.canSetOutputDevice()).toBe(false)
    other.start(format, listen().handlers)
    await expect(other.setOutputDevice('x')).rejects.toMatchObject({ code: 'unsupported' })
    other.destroy()
    Object.assign(HTMLMediaElement.prototype, { setSinkId })
  })
})

test('pain 118: a context at rest with nothing to say is not blocked', async () => {
  const player = createPlayer(() => ({ AudioContext: Context }))
  const { log, handlers } = listen()
  player.start(format, handlers)
  await CountedContext.all[0]!.suspend()
  await sleep(600)
  expect(log).toEqual([])
  player.write(noiseBytes(RATE / 4, createRandom(3)))
  player.end()
  await vi.waitFor(() => expect(log).toEqual(['blocked']))
  expect(player.getPlayedFrames()).toBe(0)
  await CountedContext.all[0]!.resume()
  await vi.waitFor(() => expect(log).toEqual(['blocked', 'unblocked', 'audible', 'drained']))
  player.destroy()
})

test('gives everything back when it is destroyed in the middle of a word', async () => {
  const player = createPlayer(() => ({ AudioContext: Context }))
  player.start(format, listen().handlers)
  player.write(noiseBytes(RATE, createRandom(4)))
  await sleep(100)
  player.destroy()
  await vi.waitFor(() => expect(CountedContext.alive()).toBe(0))
})
