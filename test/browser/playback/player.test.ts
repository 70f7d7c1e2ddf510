import { afterEach, describe, expect, test } from 'vitest'
import { encodeMulaw, decodeMulaw } from '../../../src/audio/companding.ts'
import { encodeWav } from '../../../src/audio/pcm.ts'
import type { AudioSinkHandlers, PcmFormat } from '../../../src/audio/ports.ts'
import { createResampler } from '../../../src/audio/resampler.ts'
import { createPlayer } from '../../../src/playback/player.ts'
import { createRandom } from '../../../src/testing/random.ts'
import {
  firstDifference,
  noiseBytes,
  openSoundTap,
  placeParts,
  samplesOf,
  sleep,
  trimSilence,
  type SoundTap,
} from '../../support/sound-tap.ts'

const RATE = 24_000
const taps: SoundTap[] = []

afterEach(async () => {
  for (const tap of taps.splice(0)) await tap.close()
})

interface Events extends AudioSinkHandlers {
  drained: Promise<void>
  log: string[]
}

function events(): Events {
  const log: string[] = []
  let onDrained!: () => void
  const drained = new Promise<void>((resolve) => {
    onDrained = () => {
      log.push('drained')
      resolve()
    }
  })
  return {
    drained,
    log,
    onDrained,
    onAudible: (isAudible) => log.push(isAudible ? 'audible' : 'silent'),
    onBlocked: (isBlocked) => log.push(isBlocked ? 'blocked' : 'unblocked'),
    onProgress: () => {},
    onError: (error) => log.push(String(error)),
  }
}

async function setUp(format: Partial<PcmFormat> = {}, tapRate?: number) {
  const full: PcmFormat = { encoding: 'linear16', sampleRate: RATE, ...format }
  const tap = await openSoundTap(tapRate ?? full.sampleRate)
  taps.push(tap)
  const player = createPlayer(() => ({ output: tap.node }))
  const told = events()
  const start = () => player.start(full, told)
  return { tap, player, told, start }
}

/** Cuts bytes into frames of random lengths; views begin at odd offsets of larger buffers. */
function* framesOf(bytes: Uint8Array, random: () => number, longest: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(bytes.length - at, Math.max(1, Math.floor(longest ** random())))
    const buffer = new Uint8Array(length + 3)
    buffer.set(bytes.subarray(at, at + length), 1)
    yield buffer.subarray(1, 1 + length)
    at += length
  }
}

function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

describe('pain 27: no seam between frames', () => {
  test.each([1, 2, 3])('of 1 byte to 64 kB at odd offsets, in a burst (seed %i)', async (seed) => {
    const { tap, player, told, start } = await setUp()
    const random = createRandom(seed)
    const bytes = noiseBytes(RATE * 2, random)
    start()
    for (const frame of framesOf(bytes, random, 65_536)) player.write(frame)
    player.end()
    await told.drained
    expect(firstDifference(trimSilence(await tap.read()), samplesOf(bytes))).toBe(-1)
    expect(player.underruns).toBe(0)
    expect(told.log).toEqual(['audible', 'drained'])
    expect(player.getPlayedFrames()).toBe(RATE * 2)
  })

  test('that come one by one, small, a little faster than they are heard', async () => {
    const { tap, player, told, start } = await setUp()
    const random = createRandom(4)
    const bytes = noiseBytes(RATE * 2, random)
    start()
    const begin = performance.now()
    let sent = 0
    for (const frame of framesOf(bytes, random, 800)) {
      player.write(frame)
      sent += frame.length / 2
      const aheadMs = (sent / RATE) * 800 - (performance.now() - begin)
      if (aheadMs > 0) await sleep(aheadMs)
    }
    player.end()
    await told.drained
    const played = trimSilence(await tap.read())
    if (player.underruns === 0) expect(firstDifference(played, samplesOf(bytes))).toBe(-1)
    expect(played.filter((value) => value !== 0)).toEqual(samplesOf(bytes))
    expect(player.underruns).toBeLessThanOrEqual(1)
  })

  test('while the page is blocked for 200 ms, again and again', async () => {
    const { tap, player, told, start } = await setUp()
    const random = createRandom(5)
    const bytes = noiseBytes(RATE * 3, random)
    start()
    for (const frame of framesOf(bytes, random, 20_000)) player.write(frame)
    player.end()
    for (let i = 0; i < 8; i++) {
      await sleep(30)
      block(200)
    }
    await told.drained
    expect(firstDifference(trimSilence(await tap.read()), samplesOf(bytes))).toBe(-1)
  })

  test.each([8_000, 16_000, 48_000])('at %i Hz', async (sampleRate) => {
    const { tap, player, told, start } = await setUp({ sampleRate })
    const random = createRandom(sampleRate)
    const bytes = noiseBytes(sampleRate, random)
    start()
    for (const frame of framesOf(bytes, random, 9_000)) player.write(frame)
    player.end()
    await told.drained
    expect(firstDifference(trimSilence(await tap.read()), samplesOf(bytes))).toBe(-1)
  })
})

test('pain 53: mu-law is heard as what it stands for, and a remainder never becomes noise in the next stream', async () => {
  const { tap, player, told, start } = await setUp({ encoding: 'mulaw', sampleRate: 8_000 })
  const bytes = encodeMulaw(samplesOf(noiseBytes(8_000, createRandom(6))))
  start()
  for (const frame of framesOf(bytes, createRandom(7), 3_000)) player.write(frame)
  player.end()
  await told.drained
  expect(firstDifference(trimSilence(await tap.read()), decodeMulaw(bytes))).toBe(-1)

  const other = await setUp()
  const noise = noiseBytes(RATE / 2, createRandom(8))
  other.start()
  other.player.write(noise.subarray(0, 999))
  other.player.stop()
  other.start()
  other.player.write(noise)
  other.player.end()
  await other.told.drained
  const heard = trimSilence(await other.tap.read())
  expect(firstDifference(heard.slice(-RATE / 2), samplesOf(noise))).toBe(-1)
})

test('pain 41: WAV headers are not heard, wherever a message brings one', async () => {
  const { tap, player, told, start } = await setUp()
  const bytes = noiseBytes(RATE / 2, createRandom(9))
  const wav = encodeWav(bytes, { sampleRate: RATE })
  start()
  player.write(wav.subarray(0, 7))
  player.write(wav.subarray(7, 1_000))
  player.write(bytes.subarray(956, 8_000))
  player.write(encodeWav(bytes.subarray(8_000), { sampleRate: RATE }))
  player.end()
  await told.drained
  expect(firstDifference(trimSilence(await tap.read()), samplesOf(bytes))).toBe(-1)
})

test('pain 42: a header that names another rate is an error, not a chipmunk', async () => {
  const { player, told, start } = await setUp()
  start()
  player.write(encodeWav(noiseBytes(100, createRandom(1)), { sampleRate: 48_000 }))
  expect(told.log.join()).toContain('another format')
  player.stop()
})

const toneBytes = (hertz: number, seconds: number, gain = 0.5) =>
  new Uint8Array(
    Int16Array.from({ length: RATE * seconds }, (_, i) => gain * 32_767 * Math.sin((2 * Math.PI * hertz * i) / RATE))
      .buffer,
  )

/** Amplitude of one frequency. */
function amplitude(samples: Float32Array, hertz: number, rate: number): number {
  let re = 0
  let im = 0
  let sum = 0
  samples.forEach((value, i) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length)
    const angle = (2 * Math.PI * hertz * i) / rate
    re += value * window * Math.cos(angle)
    im += value * window * Math.sin(angle)
    sum += window
  })
  return (2 * Math.hypot(re, im)) / sum
}

test.each([44_100, 48_000])(
  'pain 110: where the context must run at %i Hz, one filtered stream is heard, without images',
  async (tapRate) => {
    const { tap, player, told, start } = await setUp({}, tapRate)
    const bytes = toneBytes(5_000, 1)
    start()
    for (const frame of framesOf(bytes, createRandom(10), 2_000)) player.write(frame)
    player.end()
    await told.drained
    const heard = trimSilence(await tap.read())
    expect(Math.abs(heard.length - tapRate)).toBeLessThan(80)
    const middle = heard.slice(2_000, -2_000)
    expect(amplitude(middle, 5_000, tapRate)).toBeCloseTo(0.5, 2)
    // 60 dB below the tone.
    expect(amplitude(middle, 19_000, tapRate)).toBeLessThan(0.0005)
    expect(player.getPlayedFrames()).toBe(RATE)
  },
)

/** What is heard of a stream in a context of another rate. */
function resampled(samples: Float32Array, rate: number): Float32Array {
  if (rate === RATE) return samples
  const resampler = createResampler(RATE, rate)
  const parts = [resampler.push(samples), resampler.flush()]
  return Float32Array.from(parts.flatMap((part) => [...part]))
}

test.each([RATE, 44_100, 48_000])(
  'loses and repeats not one sample over twenty pauses (context at %i Hz)',
  async (tapRate) => {
    const { tap, player, told, start } = await setUp({}, tapRate)
    const random = createRandom(11)
    const bytes = noiseBytes(RATE * 4, random)
    const sent = resampled(samplesOf(bytes), tapRate)
    start()
    player.write(bytes)
    player.end()
    for (let i = 0; i < 20; i++) {
      await sleep(60 + random() * 80)
      player.pause()
      await sleep(50 + random() * 60)
      player.resume()
    }
    await told.drained
    const parts = placeParts(await tap.read(), sent)
    expect(parts).toHaveLength(21)
    expect(parts[0]!.from).toBe(0)
    expect(parts.at(-1)!.to).toBe(sent.length)
    for (const [i, { from, faded }] of parts.entries()) {
      // A fade begins and ends with a silent sample, which cannot be seen; nothing else lies between two parts.
      if (i) expect(Math.abs(from - parts[i - 1]!.to - 1)).toBeLessThanOrEqual(1)
      expect(faded).toBeLessThanOrEqual(2 * 0.0125 * tapRate)
    }
    expect(player.getPlayedFrames()).toBe(RATE * 4)
  },
)

describe('pain 43: an uneven line', () => {
  test.each([
    [0, RATE],
    [60, RATE],
    [150, RATE],
    [100, 44_100],
    [100, 48_000],
  ])(
    'of %i ms of jitter, in real time, in a context at %i Hz, loses no sample',
    async (jitterMs, tapRate) => {
      const { tap, player, told, start } = await setUp({}, tapRate)
      const random = createRandom(jitterMs + tapRate)
      const bytes = noiseBytes(RATE * 3, random)
      start()
      const begin = performance.now()
      let due = 0
      let at = 0
      for (const frame of framesOf(bytes, random, 4_000)) {
        // Frames keep their order, as on a TCP connection.
        due = Math.max(due, (at / 2 / RATE) * 1000 + random() * jitterMs)
        at += frame.length
        await sleep(Math.max(0, due - (performance.now() - begin)))
        player.write(frame)
      }
      player.end()
      await told.drained
      const parts = placeParts(await tap.read(), resampled(samplesOf(bytes), tapRate))
      // One part more than there were gaps, each of them counted, and each part goes on where the one before ended.
      expect(parts.map(({ from }) => from)).toEqual([0, ...parts.slice(0, -1).map(({ to }) => to)])
      expect(parts.at(-1)!.to).toBe(RATE === tapRate ? RATE * 3 : Math.ceil((RATE * 3 * tapRate) / RATE))
      expect(parts.every(({ faded }) => faded === 0)).toBe(true)
      expect(parts.length - 1).toBeLessThanOrEqual(player.underruns)
      expect(player.underruns).toBeLessThanOrEqual(1)
    },
    20_000,
  )

  test('that stands still for a second costs one gap; one that is too slow costs more, and each is counted', async () => {
    const { tap, player, told, start } = await setUp()
    const bytes = noiseBytes(RATE * 2, createRandom(17))
    start()
    player.write(bytes.subarray(0, RATE))
    await sleep(1_500)
    player.write(bytes.subarray(RATE, RATE * 2))
    await sleep(600)
    // Half as fast as it is heard.
    for (let at = RATE * 2; at < bytes.length; at += 2_400) {
      player.write(bytes.subarray(at, at + 2_400))
      await sleep(100)
    }
    player.end()
    await told.drained
    const parts = placeParts(await tap.read(), samplesOf(bytes))
    expect(parts[0]!.to).toBe(RATE / 2)
    expect(parts[1]!.to).toBeGreaterThanOrEqual(RATE)
    expect(parts.map(({ from }) => from)).toEqual([0, ...parts.slice(0, -1).map(({ to }) => to)])
    expect(parts.at(-1)!.to).toBe(RATE * 2)
    expect(parts.length - 1).toBeGreaterThanOrEqual(2)
    expect(player.underruns).toBe(parts.length - 1)
  }, 20_000)
})

test.each([
  [8_000, 44_100],
  [16_000, 48_000],
  [32_000, 44_100],
  [48_000, 44_100],
  [48_000, 48_000],
])(
  'pain 42: a second at %i Hz is a second, and keeps its pitch, in a context at %i Hz',
  async (sampleRate, tapRate) => {
    const { tap, player, told, start } = await setUp({ sampleRate }, tapRate)
    start()
    const tone = Int16Array.from(
      { length: sampleRate },
      (_, i) => 16_384 * Math.sin((2 * Math.PI * 1_000 * i) / sampleRate),
    )
    player.write(new Uint8Array(tone.buffer))
    player.end()
    await told.drained
    const heard = trimSilence(await tap.read())
    expect(Math.abs(heard.length / tapRate - 1)).toBeLessThan(0.001)
    expect(amplitude(heard.slice(1_000, -1_000), 1_000, tapRate)).toBeCloseTo(0.5, 2)
    expect(amplitude(heard.slice(1_000, -1_000), 1_030, tapRate)).toBeLessThan(0.01)
  },
)

test('pain 116: stopping is silent within 25 ms, without a click, and nothing comes afterwards', async () => {
  const late: number[] = []
  const { tap, player, start } = await setUp()
  const slope = (2 * Math.PI * 440 * 0.5) / RATE
  let worst = 0
  for (let i = 0; i < 25; i++) {
    start()
    player.write(toneBytes(440, 3))
    await sleep(60 + (i % 7) * 9)
    const before = tap.context.currentTime
    player.stop()
    player.write(toneBytes(440, 0.1))
    await sleep(60)
    const heard = await tap.read()
    const end = heard.findLastIndex((value) => value !== 0)
    late.push(end / RATE - before)
    worst = Math.max(
      worst,
      ...heard.slice(end - 1_000).map((value, at, all) => Math.abs(value - (all[at - 1] ?? value))),
    )
  }
  late.sort((a, b) => a - b)
  // The tap began at frame 0 of its context, or a few blocks later.
  expect(late[23]! * 1000).toBeLessThan(26)
  expect(worst).toBeLessThan(slope * 1.3)
})

test('pain 43: a short answer waits for no cushion', async () => {
  const { tap, player, told, start } = await setUp()
  const bytes = noiseBytes(240, createRandom(13))
  start()
  player.write(bytes)
  await sleep(200)
  expect(trimSilence(await tap.read())).toHaveLength(0)
  player.end()
  await told.drained
  expect(firstDifference(trimSilence(await tap.read()), samplesOf(bytes))).toBe(-1)
})

test('forgets what is not yet audible when told so, and goes on with what comes instead', async () => {
  const { tap, player, told, start } = await setUp()
  const bytes = noiseBytes(RATE * 2, createRandom(14))
  start()
  player.write(bytes)
  await sleep(100)
  player.truncate(RATE)
  expect(player.receivedFrames).toBe(RATE)
  player.write(bytes.subarray(RATE * 2, RATE * 3))
  player.end()
  await told.drained
  expect(firstDifference(trimSilence(await tap.read()), samplesOf(bytes.slice(0, RATE * 3)))).toBe(-1)
})

test('changes the volume without a click, and measures the level of what is heard', async () => {
  const { tap, player, start } = await setUp()
  start()
  player.write(toneBytes(440, 2))
  await sleep(150)
  player.getLevel()
  await sleep(100)
  expect(player.getLevel()).toBeCloseTo(0.5 / Math.SQRT2, 1)
  player.setVolume(0.25)
  await sleep(200)
  const heard = trimSilence(await tap.read())
  const steps = heard.map((value, i) => Math.abs(value - (heard[i - 1] ?? value)))
  expect(Math.max(...steps)).toBeLessThan(((2 * Math.PI * 440 * 0.5) / RATE) * 1.3)
  expect(Math.max(...heard.slice(-1_000))).toBeCloseTo(0.125, 2)
  player.destroy()
})

test('lowers the voice for a while, whatever the loudness is meanwhile, and without a click', async () => {
  const { tap, player, start } = await setUp()
  player.duck(0.5)
  start()
  player.write(toneBytes(440, 2))
  await sleep(200)
  player.setVolume(0.5)
  await sleep(200)
  const low = Math.max(...trimSilence(await tap.read()).slice(-1_000))
  player.duck(1)
  await sleep(200)
  const heard = trimSilence(await tap.read())
  expect(Math.max(...heard.slice(2_000, 3_000))).toBeCloseTo(0.25, 2)
  expect(low).toBeCloseTo(0.125, 2)
  expect(Math.max(...heard.slice(-1_000))).toBeCloseTo(0.25, 2)
  const steps = heard.map((value, i) => Math.abs(value - (heard[i - 1] ?? value)))
  expect(Math.max(...steps)).toBeLessThan(((2 * Math.PI * 440 * 0.25) / RATE) * 1.3)
  player.destroy()
})

test('keeps the recording it was asked for', async () => {
  const { player, told, tap } = await setUp()
  const bytes = noiseBytes(2_400, createRandom(15))
  player.start({ encoding: 'linear16', sampleRate: RATE }, told, { recording: true })
  for (const frame of framesOf(bytes, createRandom(16), 500)) player.write(frame)
  player.end()
  await told.drained
  expect(player.getRecording()).toEqual(encodeWav(bytes, { sampleRate: RATE }))
  await tap.read()
})
