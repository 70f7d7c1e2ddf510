import { describe, expect, test, vi } from 'vitest'
import { createRandom } from '../../../src/testing/random.ts'
import { encodeToneSpeech, type EmulatorOptions } from '../../../src/testing/index.ts'
import type { SpeakOptions } from '../../../src/session/speak-session.ts'
import { createClockSink } from '../../support/clock-sink.ts'
import { settle, setUp, wordsIn } from './speak-support.ts'

const SMALL = ['one', 'two', 'no', 'so', 'we', 'it', 'up', 'go', 'at', 'by']

/** Sentences of uneven length, paragraphs among them. */
function prose(random: () => number, characters: number): string {
  let text = ''
  while (text.length < characters) {
    const words = Array.from(
      { length: 2 + Math.floor(random() * 18) },
      () => SMALL[Math.floor(random() * SMALL.length)]!,
    )
    const mark = random() < 0.2 ? '? ' : random() < 0.1 ? '!\n\n' : '. '
    text += words.join(random() < 0.2 ? ', ' : ' ') + mark
  }
  return text.slice(0, characters)
}

/** Every limit that the service has, as it has them. */
const strict: EmulatorOptions['speak'] = { pace: 'burst', frameBytes: [800, 1_600], idleMs: 60_000 }

describe('pain 45, pain 74: an hour of text, 50,000 characters', () => {
  test.each(['aura-2-thalia-en', 'flux-alexis-en'])(
    'is sent completely, once and in order, without a violation and without a pause (%s)',
    async (model) => {
      // Small samples, for the sake of time: what is tested does not depend on their number.
      const { session, sink, texts, emulator, statuses } = setUp(
        { model, encoding: 'mulaw', sampleRate: 8_000 },
        { speak: strict },
      )
      const text = prose(createRandom(1), 50_000)
      const result = await settle(session.speak(text).finished, 3 * 3_600_000)
      expect(result.playedSeconds).toBeGreaterThan(3_600)
      expect(texts().join('')).toBe(text)
      expect(result.spokenText).toBe(text)
      const received = emulator.sockets.flatMap(({ sentText }) => sentText)
      expect(received.filter((message) => /Warning|Error/.test(message))).toEqual([])
      expect(emulator.sockets.length).toBeGreaterThan(1)
      expect(session.diagnostics().attempts.filter(({ error }) => error)).toEqual([])
      // Heard from the first sample to the last.
      expect(statuses).toEqual(['connecting', 'buffering', 'speaking', 'idle'])
      expect(sink.underruns).toBe(0)
    },
    120_000,
  )
})

test('pain 45: 50,000 characters without a space are sent once, in order, each piece below the limit', async () => {
  const text = 'abcdefghij'.repeat(5_000)
  // Said and heard in no time: what is tested is what is sent, and that takes as long as the service allows.
  const emulation: EmulatorOptions = { speak: { pace: 1_000, frameBytes: [200_000, 400_000] } }
  const format: SpeakOptions = { encoding: 'mulaw', sampleRate: 8_000 }
  const { session, texts, emulator } = setUp(format, emulation, undefined, { sink: createClockSink(100) })
  const utterance = session.speak(text)
  for (let minutes = 0; minutes < 60 && texts().join('').length < text.length; minutes++) {
    await vi.advanceTimersByTimeAsync(60_000)
  }
  expect(texts().join('')).toBe(text)
  expect(Math.max(...texts().map(({ length }) => length))).toBeLessThanOrEqual(2_000)
  expect(emulator.sockets.flatMap(({ sentText }) => sentText).filter((each) => /Warning|Error/.test(each))).toEqual([])
  session.stop()
  await utterance.finished
}, 60_000)

test('twenty pauses of 1 to 60 seconds in one text lose and repeat no sample, though the line is closed meanwhile', async () => {
  for (const model of ['aura-2-thalia-en', 'flux-alexis-en']) {
    const { session, sink } = setUp({ model }, { speak: { pace: 2, idleMs: 30_000 } })
    const text = Array.from({ length: 16 }, (_, i) => `Number ${i} of a long text.`).join(' ')
    const { finished } = session.speak(text)
    const random = createRandom(7)
    await vi.advanceTimersByTimeAsync(1_000)
    for (let i = 0; i < 20; i++) {
      session.pause()
      const { playedSeconds } = session.getState().utterance!
      await vi.advanceTimersByTimeAsync(1_000 + random() * 59_000)
      expect(session.getState()).toMatchObject({ status: 'paused', utterance: { playedSeconds } })
      session.resume()
      await vi.advanceTimersByTimeAsync(300 + random() * 600)
    }
    await settle(finished)
    expect(wordsIn(sink.heard[0]!)).toBe(text.toLowerCase())
  }
}, 60_000)

describe('lines that drop while a text is spoken', () => {
  const sentences = Array.from({ length: 24 }, (_, i) => `Number ${i} of it.`)
  const text = sentences.join(' ')

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'cost no sentence, repeat none, and let nothing be heard twice but the beginning that was audible (seed %i)',
    async (seed) => {
      for (const model of ['aura-2-thalia-en', 'flux-alexis-en']) {
        const random = createRandom(seed)
        const { session, sink, emulator } = setUp(
          { model, reconnect: { maxAttempts: 1_000, baseDelayMs: 20, maxDelayMs: 200, healthyMs: 1_000 } },
          { seed, speak: { pace: 1 + random() * 3 }, faults: { dropAfterAudioSeconds: [3, 9] } },
        )
        const utterance = session.speak(text)
        await settle(utterance.finished, 600_000)
        expect(emulator.sockets.length).toBeGreaterThan(2)
        // Every sentence once to its end, in order. (A word that was cut off runs into the one after it, which is the first
        // of the same sentence.)
        const ends = [...wordsIn(sink.heard[0]!).matchAll(/(\d+) of it\./g)].map(([, number]) => Number(number))
        expect(ends).toEqual(sentences.map((_, i) => i))
        // What is heard beyond the text is the beginning of a sentence that was audible when a line dropped: at most one for each.
        const pure = encodeToneSpeech(sentences[0]!, { sampleRate: 24_000 }).samples.length / 24_000 + 0.3
        const surplus = sink.heard[0]!.length / 24_000 - sentences.length * pure
        expect(surplus).toBeLessThan((emulator.sockets.length - 1) * pure)
      }
    },
    60_000,
  )
})

test('pain 44: a confirmation that overtakes the last of the audio cuts nothing off, and the end comes once', async () => {
  const { session, sink, emulator } = setUp({}, { speak: { firstAudioMs: 100_000 } })
  const ends: string[] = []
  const utterance = session.speak('one')
  void utterance.finished.then(({ reason }) => ends.push(reason))
  await vi.advanceTimersByTimeAsync(100)
  const frame = new Uint8Array(4_800).fill(1)
  const [socket] = emulator.sockets
  socket!.send(frame)
  // Runs dry, and goes on.
  await vi.advanceTimersByTimeAsync(500)
  expect(ends).toEqual([])
  socket!.send(frame)
  socket!.send({ type: 'Flushed', sequence_id: 0 })
  await vi.advanceTimersByTimeAsync(30)
  socket!.send(frame)
  const { playedSeconds } = await settle(utterance.finished)
  expect(playedSeconds).toBeCloseTo(0.3, 5)
  expect(sink.heard[0]).toHaveLength(7_200)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(ends).toEqual(['ended'])
})

test('spokenText is proportional to the time heard within each sentence, and never runs ahead of one', async () => {
  const { session } = setUp()
  const text = 'Alpha beta gamma delta epsilon zeta. One two. Seven eight nine ten eleven twelve thirteen.'
  const { finished } = session.speak(text)
  const ends: { seconds: number; to: number }[] = []
  let to = 0
  let seconds = 0
  for (const sentence of text.match(/[^.]+\.\s?/g)!) {
    to += sentence.length
    seconds += encodeToneSpeech(sentence.trim(), { sampleRate: 24_000 }).samples.length / 24_000 + 0.1
    ends.push({ seconds, to })
  }
  let looks = 0
  session.subscribe(({ utterance }) => {
    if (!utterance?.durationSeconds) return
    const { playedSeconds, spokenText } = utterance
    const i = ends.findIndex((end) => end.seconds >= playedSeconds)
    if (i < 0) return
    const from = ends[i - 1] ?? { seconds: 0, to: 0 }
    const share = (playedSeconds - from.seconds) / (ends[i]!.seconds - from.seconds)
    const exact = from.to + share * (ends[i]!.to - from.to)
    expect(spokenText.length).toBeLessThanOrEqual(exact + 1)
    // Whole words: the one under way is not counted.
    expect(spokenText.length).toBeGreaterThanOrEqual(exact - 'thirteen.'.length - 1)
    looks++
  })
  await settle(finished)
  expect(looks).toBeGreaterThan(40)
})
