import { createSpeakSession } from 'react-deepgram/core'
import { createDeepgramEmulator, encodeToneSpeech } from 'react-deepgram/testing'
import { startSoundClock } from './sound-clock.ts'

/** Milliseconds, one entry an utterance, where nothing else is said. */
export interface SpeakFigures {
  /** From the first byte of audio to the first sample that is rendered. */
  byteToSound: number[]
  /** From `stop()` to the last sample that is rendered. */
  toSilence: number[]
  /** Stops after which something was heard again. */
  afterwards: number
  /** Stops without a fade, or with a step between two samples that the speech itself does not have. */
  clicks: number
  /** Underruns of each utterance that came in real time with 120 ms of jitter. */
  underruns: number[]
  /** Samples of sound that were sent, and by how many those that were heard differ: underruns are faded. */
  samples: number
  samplesOff: number
}

const RATE = 24_000
const LONG = 'one two three four five six seven eight nine ten eleven twelve'
/** Without a pause in it: whenever it is stopped, something sounds. */
const WORD = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnop'

/** Speaks and stops so many times over a good line, then speaks over one that jitters. */
export async function measureSpeak(stops: number, jittery: number): Promise<SpeakFigures> {
  const context = new AudioContext({ sampleRate: RATE })
  await context.resume()
  await context.audioWorklet.addModule(new URL('./speak-tap.js', import.meta.url))
  const tap = new AudioWorkletNode(context, 'speak-tap')
  tap.connect(context.destination)
  let blocks: { frame: number; samples: Float32Array }[] = []
  tap.port.onmessage = ({ data }: MessageEvent<(typeof blocks)[0]>) => blocks.push(data)
  const clock = startSoundClock(context)
  const timeOf = (frame: number): number => clock.timeOf(frame / RATE)
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  const figures: SpeakFigures = {
    byteToSound: [],
    toSilence: [],
    afterwards: 0,
    clicks: 0,
    underruns: [],
    samples: 0,
    samplesOff: 0,
  }

  function open(jitterMs: number) {
    let firstByteAt = 0
    const emulator = createDeepgramEmulator({
      speak: jitterMs ? { pace: 'realtime', jitterMs } : { pace: 'burst' },
    })
    class Timed extends emulator.WebSocket {
      constructor(...values: ConstructorParameters<typeof WebSocket>) {
        super(...values)
        this.addEventListener('message', ({ data }) => {
          if (typeof data !== 'string') firstByteAt ||= performance.now()
        })
      }
    }
    const connection = { getToken: () => emulator.getToken(), WebSocket: Timed }
    // The service takes twenty texts a minute over one line; here each has a line of its own.
    const session = createSpeakSession(() => ({ ...connection, output: tap, idleMs: 0 }))
    return {
      session,
      say(text: string) {
        blocks = []
        clock.restart()
        firstByteAt = 0
        return session.speak(text)
      },
      firstByteAt: () => firstByteAt,
    }
  }

  const good = open(0)
  const steepest = largestStep(encodeToneSpeech(WORD, { sampleRate: RATE }).samples)
  for (let index = 0; index < stops; index++) {
    void good.say(WORD).finished.catch(() => {})
    while (good.session.getState().status !== 'speaking') await sleep(2)
    await sleep(150 + (index % 7) * 23)
    const stoppedAt = performance.now()
    good.session.stop()
    await sleep(150)
    figures.byteToSound.push(timeOf(firstSound(blocks)) - good.firstByteAt())
    const heard = blocks.flatMap(({ samples }) => [...samples])
    const last = blocks.at(-1)!
    figures.toSilence.push(timeOf(last.frame + last.samples.findLastIndex((value) => value !== 0)) - stoppedAt)
    // A fade ends in samples next to nothing, and is nowhere steeper than the sound.
    const end = heard.slice(0, heard.findLastIndex((value) => value !== 0) + 1).slice(-4)
    if (peak(end) > 0.1 * peak(heard) || largestStep(heard) > 1.05 * steepest) figures.clicks++
    const count = blocks.length
    await sleep(150)
    if (blocks.length > count) figures.afterwards++
  }
  good.session.destroy()

  const bad = open(120)
  const expected = encodeToneSpeech(LONG, { sampleRate: RATE }).samples
  for (let index = 0; index < jittery; index++) {
    const before = bad.session.diagnostics().underruns
    await bad.say(LONG).finished
    await sleep(200)
    figures.underruns.push(bad.session.diagnostics().underruns - before)
    const heard = blocks.flatMap(({ samples }) => [...samples])
    figures.samples += sounding(expected)
    figures.samplesOff += Math.abs(sounding(heard) - sounding(expected))
  }
  bad.session.destroy()
  clock.stop()
  await context.close()
  return figures
}

const firstSound = ([block]: readonly { frame: number; samples: Float32Array }[]): number =>
  block!.frame + block!.samples.findIndex((value) => value !== 0)

const peak = (samples: readonly number[]): number => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

const largestStep = (samples: ArrayLike<number>): number =>
  Array.from(samples).reduce(
    (largest, value, at) => (at ? Math.max(largest, Math.abs(value - samples[at - 1]!)) : 0),
    0,
  )

/** Samples that can be told from silence: the pauses between the words are left out. */
const sounding = (samples: ArrayLike<number>): number =>
  Array.from(samples).reduce((count, value) => count + (Math.abs(value) > 1e-4 ? 1 : 0), 0)
