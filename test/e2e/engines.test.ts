import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createToneSpeechRecogniser, encodeToneSpeech, toneSpeechWav } from 'react-deepgram/testing'
import type { EmulatedSocket } from 'react-deepgram/testing/node'
import { randomWords } from '../support/random-words.ts'
import { ENGINES } from './support/engine.ts'
import { openEngineStage, type EngineStage } from './support/engine-stage.ts'
import { compareSound, firstSound, lastSound } from './support/sound-match.ts'

// The same promises in each engine, with the devices of a sound system of their own: what the page plays is recorded where
// the loudspeaker would be, and what it hears is played where the microphone would be.

/** What each engine records by the library's own choice. WebKitGTK has no container that the service reads. */
const RECORDS = { Chromium: 'audio/webm;codecs=opus', Firefox: 'audio/webm;codecs=opus', WebKitGTK: 'linear16' }
/** What the table in stories/docs/Browsers.mdx rests on; a newer engine that differs makes it wrong. */
const FACTS = {
  Chromium: { records: ['webm;codecs=opus'], choosesLoudspeaker: true },
  Firefox: { records: ['webm;codecs=opus', 'ogg;codecs=opus'], choosesLoudspeaker: false },
  WebKitGTK: { records: [], choosesLoudspeaker: false },
}
const RATE = 24_000

const UNPROCESSED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
const textOf = (words: readonly { text: string }[]): string => words.map(({ text }) => text).join(' ')
/** Sound takes its time, and no fake clock can hurry it. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What an emulator was asked to say, as the samples it made of that. */
function samplesSaid({ receivedText }: EmulatedSocket): Float32Array {
  const messages = receivedText.map((frame) => JSON.parse(frame) as { type: string; text: string })
  const texts = messages.filter(({ type }) => type === 'Speak').map(({ text }) => text)
  return Float32Array.from(texts.flatMap((text) => [...encodeToneSpeech(text, { sampleRate: RATE }).samples]))
}

function wordsIn(samples: Float32Array): string {
  const recogniser = createToneSpeechRecogniser({ sampleRate: RATE })
  recogniser.push(samples)
  recogniser.flush()
  return textOf(recogniser.words)
}

// When others take the processors, a sound system runs out of samples now and then, and no page can help; what the library
// itself loses, it loses every time.
const retry = 2

describe.each(ENGINES.map((engine) => [engine.title, engine] as const))(
  '%s',
  { retry, timeout: 60_000 },
  (_, { name, missing, open }) => {
    let stage: EngineStage
    beforeAll(async () => {
      if (!missing) stage = await openEngineStage(open)
    })
    afterAll(() => stage?.close())

    const test = it.skipIf(missing)

    const complaints = () => stage.browser.evaluate(() => window.complaints)

    /** Presses Listen and waits until sound arrives. */
    async function startListening(): Promise<void> {
      await stage.browser.click('#listen')
      await stage.until(() => window.subject.listen.getState().status === 'listening')
      await stage.until(() => window.subject.listen.diagnostics().secondsRecorded > 0.2)
    }

    const stopListening = () =>
      stage.browser.evaluate(async () => {
        const { segments } = await window.subject.listen.stop()
        return {
          words: segments.flatMap(({ words }) => words.map(({ text, start, end }) => ({ text, start, end }))),
          facts: window.subject.listen.diagnostics(),
          warning: window.subject.listen.getState().warning,
        }
      })

    /**
     * Every word, in order, none twice. WebKitGTK's own way from the microphone to Web Audio holds nothing in reserve: when its
     * threads are late, silence takes the place of sound, and a word is heard without being understood. The page receives it so.
     */
    function expectWords(heard: readonly { text: string }[], text: string): void {
      const words = text.split(' ')
      const damaged = heard.filter(({ text }) => text === 'voice').length
      expect(damaged).toBeLessThanOrEqual(name === 'WebKitGTK' ? 2 : 0)
      const same = heard.map((word, index) => (word.text === 'voice' ? words[index]! : word.text))
      expect(same.join(' ')).toBe(text)
    }

    const playToMicrophone = (text: string) =>
      stage.sound.play(toneSpeechWav(text, { leadingSilenceMs: 200, trailingSilenceMs: 200 }))

    const spoken = () =>
      stage.browser.evaluate(() => {
        const { ends, speakStatuses: statuses, speak } = window.subject
        return { ends, statuses, underruns: speak.diagnostics().underruns }
      })
    const untilSpoken = () => stage.until(() => window.subject.ends.length > 0)

    test('can do what the table of browsers in the documentation says', async () => {
      await stage.openPage()
      const facts = await stage.browser.evaluate(async () => ({
        records: ['webm;codecs=opus', 'ogg;codecs=opus'].filter((type) =>
          MediaRecorder.isTypeSupported(`audio/${type}`),
        ),
        choosesLoudspeaker: 'setSinkId' in AudioContext.prototype,
        tellsOfPermission: await navigator.permissions.query({ name: 'microphone' }).then(
          () => true,
          () => false,
        ),
        rate: new AudioContext({ sampleRate: 24_000 }).sampleRate,
      }))
      expect(facts).toEqual({ ...FACTS[name], tellsOfPermission: true, rate: 24_000 })
    })

    test('hears random words in what it records by its own choice: each one, in order, at its time', async () => {
      await stage.openPage()
      const support = await stage.browser.evaluate(() => [window.subject.isSupported, window.subject.unsupportedReason])
      expect(support).toEqual([true, null])
      const { words } = encodeToneSpeech(randomWords(12, 7).join(' '), { sampleRate: 48_000 })
      await startListening()
      await playToMicrophone(textOf(words))
      const heard = await stopListening()
      expectWords(heard.words, textOf(words))
      expect(heard.facts.format).toBe(RECORDS[name])
      // When the file begins to play is not known to the millisecond.
      const shift = median(heard.words.map(({ start }, index) => start - words[index]!.start))
      const worst = Math.max(...heard.words.map(({ start }, index) => Math.abs(start - words[index]!.start - shift)))
      expect(worst).toBeLessThanOrEqual(0.06)
      console.info(`${name}: ${heard.facts.format}; words within ${Math.round(worst * 1000)} ms of the truth`)
      expect(await complaints()).toEqual([])
    })

    test('loses no word of it, and repeats none, when the line drops', async () => {
      await stage.openPage()
      const text = randomWords(14, 9).join(' ')
      await startListening()
      const playing = playToMicrophone(text)
      await pause(2000)
      stage.emulator.sockets.at(-1)!.drop()
      await playing
      const heard = await stopListening()
      expectWords(heard.words, text)
      expect(heard.warning).toBeNull()
      expect(heard.facts.attempts.filter(({ closeCode }) => closeCode === 1006)).toHaveLength(1)
      const starts = heard.words.map(({ start }) => start)
      expect(starts).toEqual([...starts].sort((a, b) => a - b))
      expect(await complaints()).toEqual([])
    })

    if (name === 'Firefox') {
      test('with Ogg, which comes in pages of a second, a drop costs at most those, and they are told', async () => {
        await stage.openPage({ listen: { capture: { format: 'ogg' } } })
        const words = randomWords(30, 11)
        await startListening()
        const playing = playToMicrophone(words.join(' '))
        await pause(5000)
        stage.emulator.sockets.at(-1)!.drop()
        await playing
        const heard = await stopListening()
        expect(heard.facts.format).toBe('audio/ogg;codecs=opus')
        expect(heard.warning?.code).toBe('audio-lost')
        const firstLost = heard.words.findIndex(({ text }, index) => text !== words[index])
        const after = heard.words.slice(firstLost).filter(({ text }) => text !== 'voice')
        // Whatever was heard after the drop is what was spoken last, in order, and nothing of it twice.
        expect(textOf(after)).toBe(words.slice(-after.length).join(' '))
        expect(firstLost).toBeGreaterThan(3)
        expect(after.length).toBeGreaterThan(3)
      })
    }

    test('pain 34: captures samples and shows a level without an error about sample rates', async () => {
      await stage.openPage({ listen: { capture: { format: 'pcm' } } })
      await startListening()
      const playing = playToMicrophone('pack my box with five')
      await stage.until(() => window.subject.listen.getLevel() > 0.02)
      await playing
      const heard = await stopListening()
      expectWords(heard.words, 'pack my box with five')
      expect(heard.facts.format).toBe('linear16')
      expect(await complaints()).toEqual([])
      // The meter of a recorder is another one: an analyser beside it.
      await stage.openPage()
      await startListening()
      const again = playToMicrophone('pack my box')
      await stage.until(() => window.subject.listen.getLevel() > 0.02)
      await again
      await stopListening()
      expect(await complaints()).toEqual([])
    })

    test('speaks from the first sample to the last without a seam, and knows when it was heard', async () => {
      const text = randomWords(10, 3).join(' ')
      await stage.openPage({ text })
      const recording = await stage.sound.record(RATE)
      await stage.browser.click('#speak')
      await untilSpoken()
      const endedAt = recording.seconds()
      await pause(700)
      const recorded = await recording.stop()
      expect(wordsIn(recorded)).toBe(text)
      const said = samplesSaid(stage.emulator.sockets.at(-1)!)
      const pieces = compareSound(said, recorded, RATE / 20)
      expect(pieces.length).toBeGreaterThan(30)
      expect(Math.min(...pieces)).toBeGreaterThan(0.85)
      // Nothing of it comes again.
      expect(lastSound(recorded) - firstSound(recorded)).toBeLessThan(lastSound(said) - firstSound(said) + RATE / 20)
      const { ends, statuses, underruns } = await spoken()
      expect({ ends, underruns }).toMatchObject({ ends: [{ reason: 'ended', spokenText: text }], underruns: 0 })
      expect(statuses.slice(-2)).toEqual(['speaking', 'idle'])
      expect(endedAt).toBeGreaterThan(lastSound(recorded) / RATE - 0.1)
      console.info(`${name}: pieces of 50 ms alike by ${Math.min(...pieces).toFixed(3)} at least`)
      expect(await complaints()).toEqual([])
    })

    test('falls silent when it is stopped, and stays silent', async () => {
      await stage.openPage({ text: randomWords(30, 3).join(' ') })
      const recording = await stage.sound.record(RATE)
      await stage.browser.click('#speak')
      await stage.until(() => window.subject.speak.getState().status === 'speaking')
      await pause(800)
      await stage.browser.click('#hush')
      await untilSpoken()
      await pause(2000)
      const recorded = await recording.stop()
      const { ends } = await spoken()
      const { reason, playedSeconds } = ends[0] as { reason: string; playedSeconds: number }
      expect(reason).toBe('stopped')
      expect(JSON.parse(stage.emulator.sockets.at(-1)!.receivedText.at(-1)!)).toEqual({ type: 'Clear' })
      const soundedFor = (lastSound(recorded) - firstSound(recorded)) / RATE
      console.info(`${name}: heard ${playedSeconds} s by its own account, ${soundedFor} s in the recording`)
      // What is in the browser's and the system's own buffers cannot be taken back.
      expect(soundedFor).toBeLessThan(playedSeconds + 0.4)
      expect(soundedFor).toBeGreaterThan(playedSeconds - 0.1)
    })

    test('hears what it says, through the air of a room', async () => {
      const text = randomWords(8, 5).join(' ')
      await stage.openPage({ text, listen: { capture: UNPROCESSED } })
      const part = await stage.sound.joinSpeakerToMicrophone()
      try {
        await startListening()
        await stage.browser.click('#speak')
        await untilSpoken()
        await pause(500)
        expectWords((await stopListening()).words, text)
      } finally {
        await part()
      }
    })

    test('is blocked without a gesture, and says everything from its beginning after the first one', async () => {
      const text = 'the quick brown fox'
      await stage.openPage({ text, unasked: true })
      const recording = await stage.sound.record(RATE)
      await pause(2500)
      expect(firstSound(recording.samples())).toBe(-1)
      await stage.browser.click('h1')
      await untilSpoken()
      await pause(500)
      expect(wordsIn(await recording.stop())).toBe(text)
      const { ends, statuses } = await spoken()
      expect(ends).toMatchObject([{ reason: 'ended', spokenText: text }])
      expect(statuses).toContain('blocked')
      expect(statuses.indexOf('blocked')).toBeLessThan(statuses.indexOf('speaking'))
    })
  },
)
