import { describe, expect, it } from 'vitest'
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from '../../../src/audio/companding.ts'
import { decodeLinear16, readWavHeader } from '../../../src/audio/pcm.ts'
import {
  createToneSpeechRecogniser,
  encodeToneSpeech,
  toneSpeechWav,
  type SpokenWord,
} from '../../../src/testing/tone-speech.ts'
import { createRandom, codedWords } from '../../support/coded-words.ts'

const RATE = 16000

function hear(samples: Float32Array, sampleRate = RATE): readonly SpokenWord[] {
  const recogniser = createToneSpeechRecogniser({ sampleRate })
  recogniser.push(samples)
  recogniser.flush()
  return recogniser.words
}
const textOf = (words: readonly SpokenWord[]) => words.map(({ text }) => text).join(' ')
const say = (text: string, sampleRate = RATE, gain = 0.5) => encodeToneSpeech(text, { sampleRate, gain }).samples
const silence = (seconds: number, sampleRate = RATE) => new Float32Array(Math.round(seconds * sampleRate))
function join(...parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
function noise(seconds: number, level: number, seed = 1): Float32Array {
  const random = createRandom(seed)
  return silence(seconds).map(() => (random(2e6) / 1e6 - 1) * level)
}
const mix = (a: Float32Array, b: Float32Array) => a.map((sample, i) => sample + (b[i] ?? 0))

/** Something like a human voice: a buzz of a wavering pitch through three resonances, in syllables of varied length. */
function humanVoice(seconds: number, seed = 7): Float32Array {
  const random = createRandom(seed)
  const samples = silence(seconds)
  let phase = 0
  let [length, left, loud] = [0, 0, 1]
  let formants = [500, 1500, 2500]
  const states = formants.map(() => [0, 0] as [number, number])
  return samples.map((_, i) => {
    if (left-- <= 0) {
      length = left = Math.round(RATE * (0.09 + random(120) / 1000))
      loud = random(4) ? 0.5 + random(50) / 100 : 0
      formants = [300 + random(500), 900 + random(1300), 2300 + random(800)]
    }
    phase += (115 + 25 * Math.sin((2 * Math.PI * i) / RATE / 0.7)) / RATE
    const pulse = phase >= 1 ? 1 : 0
    phase %= 1
    const syllable = Math.sin((Math.PI * left) / length) ** 0.5 * loud
    return (
      syllable *
      formants.reduce((sum, frequency, k) => {
        const state = states[k]!
        const out = pulse + 2 * 0.97 * Math.cos((2 * Math.PI * frequency) / RATE) * state[0] - 0.97 ** 2 * state[1]
        state[1] = state[0]
        state[0] = out
        return sum + (out * 0.12) / (k + 1)
      }, 0)
    )
  })
}

const FOX = 'the quick brown fox jumps over the lazy dog'

describe('tone speech', () => {
  it.each([8000, 11025, 16000, 22050, 24000, 44100, 48000])('comes back word for word at %d Hz', (rate) => {
    const text = `${FOX}. sphinx of black quartz, judge my vow! 0123456789 don't well-known aaa bookkeeper why?`
    expect(textOf(hear(say(text, rate), rate))).toBe(text)
  })

  it('tells the times of words within 30 ms', () => {
    const { samples, words } = encodeToneSpeech(codedWords(40, 1), { sampleRate: RATE })
    const heard = hear(join(silence(0.5), samples))
    expect(heard.map(({ text }) => text)).toEqual(words.map(({ text }) => text))
    heard.forEach(({ start, end }, i) => {
      expect(Math.abs(start - 0.5 - words[i]!.start)).toBeLessThan(0.03)
      expect(Math.abs(end - 0.5 - words[i]!.end)).toBeLessThan(0.03)
    })
  })

  it('carries any Unicode text; only A–Z lose their case', () => {
    const text = 'Ünïcode 日本語のテキスト 👩‍👩‍👧 naïve €5 Ǆ \ufffd a\u0301 <b> "quoted" und\u00adso (x)'
    expect(textOf(hear(say(text)))).toBe(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
  })

  it('says how it was spoken: lower case, one space, U+FFFD for half a character', () => {
    const { words } = encodeToneSpeech('  Hello\n\tWORLD \ud800 ', { sampleRate: RATE })
    expect(textOf(words)).toBe('hello world \ufffd')
  })

  it('is silent for no words', () => {
    expect(encodeToneSpeech(' \n ', { sampleRate: RATE })).toEqual({ samples: new Float32Array(0), words: [] })
  })

  it('gives the same words, times and state for any chunking', () => {
    const audio = join(silence(0.2), say(FOX), silence(0.4), humanVoice(1), silence(0.5))
    const whole = createToneSpeechRecogniser({ sampleRate: RATE })
    whole.push(audio)
    for (const size of [1, 7, 160, 961]) {
      const recogniser = createToneSpeechRecogniser({ sampleRate: RATE })
      for (let at = 0; at < audio.length; at += size) recogniser.push(audio.subarray(at, at + size))
      expect(recogniser.words).toEqual(whole.words)
      expect(recogniser.position).toBe(whole.position)
      expect(recogniser.lastVoiceEnd).toBe(whole.lastVoiceEnd)
    }
    expect(whole.words.length).toBe(10)
  })

  it.each([0.05, 0.2, 1])('is understood at a gain of %d, through mu-law and A-law at 8 kHz', (gain) => {
    const audio = say(FOX, 8000, gain)
    expect(textOf(hear(decodeMulaw(encodeMulaw(audio)), 8000))).toBe(FOX)
    expect(textOf(hear(decodeAlaw(encodeAlaw(audio)), 8000))).toBe(FOX)
  })

  it('stays within the peak that was asked for, and between 400 and 3400 Hz', () => {
    const audio = say(FOX, RATE, 0.8)
    expect(audio.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThanOrEqual(0.8)
    const power = (frequency: number) => {
      let [re, im] = [0, 0]
      audio.forEach((sample, i) => {
        re += sample * Math.cos((2 * Math.PI * frequency * i) / RATE)
        im += sample * Math.sin((2 * Math.PI * frequency * i) / RATE)
      })
      return re * re + im * im
    }
    const inside = Math.max(...[640, 1695, 2770].map(power))
    for (const outside of [60, 200, 3700, 5000, 7000]) expect(power(outside)).toBeLessThan(inside / 1000)
  })

  it('is understood in noise 10 dB below it', () => {
    const audio = join(silence(2), say(codedWords(30, 5)), silence(1))
    const level = 0.35 * Math.sqrt(3) * 10 ** (-10 / 20)
    const heard = hear(mix(audio, noise(audio.length / RATE, level)))
    expect(textOf(heard)).toBe(codedWords(30, 5))
  })

  it('is understood when the other side’s clock is half a percent off', () => {
    const audio = say(FOX, 16080)
    expect(textOf(hear(audio, 16000))).toBe(FOX)
  })
})

describe('a distorted word', () => {
  const word = say('distorted')
  const seconds = word.length / RATE

  it('without its end or beginning is no word, and above all no other word', () => {
    for (let ms = 25; ms < seconds * 1000 - 10; ms += 15) {
      const cut = Math.round((ms / 1000) * RATE)
      for (const part of [word.subarray(0, cut), word.subarray(cut)])
        expect(['', 'voice']).toContain(textOf(hear(join(silence(0.3), part, silence(0.3)))))
    }
  })

  it('with a piece missing, repeated or replaced is a placeholder', () => {
    const at = (ms: number) => Math.round((ms / 1000) * RATE)
    const other = say('something')
    const broken = [
      join(word.subarray(0, at(120)), word.subarray(at(160))),
      join(word.subarray(0, at(160)), word.subarray(at(120))),
      join(
        word.subarray(0, at(80)),
        word.subarray(at(120), at(160)),
        word.subarray(at(80), at(120)),
        word.subarray(at(160)),
      ),
      join(word.subarray(0, at(120)), other.subarray(at(120), at(160)), word.subarray(at(160))),
    ]
    for (const audio of broken) expect(textOf(hear(join(silence(0.3), audio, silence(0.3))))).toBe('voice')
  })

  it('does not take its neighbours with it', () => {
    const { samples, words } = encodeToneSpeech('one two three four', { sampleRate: RATE })
    const audio = samples.slice()
    const { start, end } = words[1]!
    for (let i = Math.round((start + 0.05) * RATE); i < (end - 0.05) * RATE; i++) audio[i] = 0.4 * Math.sin(i * 0.31)
    expect(textOf(hear(audio))).toBe('one voice three four')
  })

  it('in 2,000 random rearrangements of symbols is never another word', () => {
    const random = createRandom(3)
    const symbol = RATE * 0.04
    const pool = say('abcdefghijklmnopqrstuvwxyz0123456789')
    const parts: Float32Array[] = []
    for (let i = 0; i < 2000; i++) {
      const length = 3 + random(5)
      for (let k = 0; k < length; k++) {
        const from = random(Math.floor(pool.length / symbol)) * symbol
        parts.push(pool.subarray(from, from + symbol))
      }
      parts.push(silence(0.08))
    }
    expect(hear(join(...parts)).filter(({ text }) => text !== 'voice')).toEqual([])
  })
})

describe('what is no tone speech', () => {
  it('human voice gives one placeholder per burst, where it was', () => {
    const audio = join(silence(0.5), humanVoice(1.5), silence(0.6), humanVoice(0.8, 9), silence(0.6))
    const heard = hear(audio)
    expect(textOf(heard)).toBe('voice voice')
    expect(heard[0]!.start).toBeGreaterThan(0.4)
    expect(heard[0]!.end).toBeLessThan(2.1)
    expect(heard[1]!.start).toBeGreaterThan(2.5)
  })

  it('the placeholder is the one asked for', () => {
    const recogniser = createToneSpeechRecogniser({ sampleRate: RATE, placeholder: '…' })
    recogniser.push(join(humanVoice(1), silence(1)))
    expect(textOf(recogniser.words)).toBe('…')
  })

  it('a minute of voice spells nothing', () => {
    expect(hear(humanVoice(60, 21)).filter(({ text }) => text !== 'voice')).toEqual([])
  })

  it('music spells nothing', () => {
    const random = createRandom(11)
    const notes = Array.from({ length: 300 }, () => {
      const chord = Array.from({ length: 1 + random(3) }, () => 220 * 2 ** (random(36) / 12))
      return silence([0.04, 0.08, 0.12, 0.25][random(4)]!).map(
        (_, i) =>
          (0.2 * chord.reduce((sum, note) => sum + Math.sin((2 * Math.PI * note * i) / RATE), 0)) / chord.length,
      )
    })
    expect(hear(join(...notes)).filter(({ text }) => text !== 'voice')).toEqual([])
  })

  it('steady noise, hum and a steady pair of tones give nothing, however they begin and end', () => {
    const tone = (...frequencies: number[]) =>
      silence(3).map((_, i) => frequencies.reduce((sum, f) => sum + 0.2 * Math.sin((2 * Math.PI * f * i) / RATE), 0))
    for (const sound of [noise(3, 0.3), tone(50, 100, 150), tone(100, 200, 300, 400), tone(440), tone(640, 1695)]) {
      const recogniser = createToneSpeechRecogniser({ sampleRate: RATE })
      let spoke = false
      const audio = join(silence(1), sound, silence(1))
      for (let at = 0; at < audio.length; at += 160) {
        recogniser.push(audio.subarray(at, at + 160))
        spoke ||= recogniser.isSpeaking
      }
      recogniser.flush()
      expect([recogniser.words, spoke, recogniser.lastVoiceEnd]).toEqual([[], false, 0])
    }
  })

  it('what is no number does no lasting harm', () => {
    expect(textOf(hear(join(Float32Array.of(NaN, Infinity, -Infinity), silence(0.2), say('still here'))))).toBe(
      'still here',
    )
  })
})

describe('the recogniser', () => {
  const { samples, words } = encodeToneSpeech('hello big world', { sampleRate: RATE })

  it('guesses the word that is being spoken, letter by letter, then settles it', () => {
    const recogniser = createToneSpeechRecogniser({ sampleRate: RATE })
    const guesses = new Set<string>()
    for (let at = 0; at < 0.36 * RATE; at += 80) {
      recogniser.push(samples.subarray(at, at + 80))
      if (recogniser.pending) guesses.add(recogniser.pending.text)
    }
    expect([...guesses]).toEqual(['he', 'hel', 'hell', 'hello'])
    expect(recogniser.pending).toBeNull()
    expect(textOf(recogniser.words)).toBe('hello')
  })

  it('is speaking over the gaps between words, and not long after the end', () => {
    const recogniser = createToneSpeechRecogniser({ sampleRate: RATE })
    const states: string[] = []
    const audio = join(silence(0.3), samples, silence(0.5))
    for (let at = 0; at < audio.length; at += 80) {
      recogniser.push(audio.subarray(at, at + 80))
      const state = recogniser.isSpeaking ? 'speaking' : 'quiet'
      if (states.at(-1) !== state) states.push(state)
    }
    expect(states).toEqual(['quiet', 'speaking', 'quiet'])
    expect(Math.abs(recogniser.lastVoiceEnd - 0.3 - words[2]!.end)).toBeLessThan(0.03)
  })

  it('knows its position by the samples alone', () => {
    const recogniser = createToneSpeechRecogniser({ sampleRate: RATE })
    recogniser.push(silence(1.25))
    expect(recogniser.position).toBe(1.25)
    expect(recogniser.pending).toBeNull()
    expect(recogniser.isSpeaking).toBe(false)
  })

  it('settles a word whose audio ends with its last sample', () => {
    const recogniser = createToneSpeechRecogniser({ sampleRate: RATE })
    recogniser.push(samples)
    expect(textOf(recogniser.words)).toBe('hello big')
    recogniser.flush()
    expect(textOf(recogniser.words)).toBe('hello big world')
    expect(recogniser.position).toBe(samples.length / RATE)
    recogniser.push(join(silence(0.2), samples))
    recogniser.flush()
    expect(textOf(recogniser.words)).toBe('hello big world hello big world')
  })

  it('refuses a rate that cannot hold the tones', () => {
    expect(() => createToneSpeechRecogniser({ sampleRate: 4000 })).toThrow(TypeError)
    expect(() => encodeToneSpeech('a', { sampleRate: NaN })).toThrow(/sampleRate/)
  })
})

describe('toneSpeechWav', () => {
  it('is what a fake microphone takes: 48 kHz, 16 bits, mono, with silence around', () => {
    const wav = toneSpeechWav('hello world', { leadingSilenceMs: 500, trailingSilenceMs: 250 })
    const header = readWavHeader(wav)!
    expect(header).toMatchObject({ encoding: 'linear16', sampleRate: 48000, channels: 1 })
    const samples = decodeLinear16(wav.subarray(header.byteLength))
    const spoken = encodeToneSpeech('hello world', { sampleRate: 48000 }).samples.length
    expect(samples.length).toBe(24000 + spoken + 12000)
    expect(textOf(hear(samples, 48000))).toBe('hello world')
    expect(Math.abs(hear(samples, 48000)[0]!.start - 0.5)).toBeLessThan(0.03)
  })
})
