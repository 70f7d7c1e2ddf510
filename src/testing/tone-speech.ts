import { encodeWav } from '../audio/pcm.ts'

// How tone speech is built. A symbol is one of nine low tones together with one of nine high ones, so 81 symbols, each
// of the same length. 44 of them are data: letters, digits, marks, an escape and "the same again", so that no two
// neighbours are alike and a steady tone spells nothing. The other 37 occur only as the check in the last place but one.
// A word is its data, then two check symbols (the second is written with data symbols again), then silence. So a word
// whose end or beginning was cut off, or in which a symbol was changed, lost or doubled, fails, but for one in 1,369.

/** One word as it was spoken or heard. */
export interface SpokenWord {
  /** Lower case; punctuation is part of the word it follows. */
  text: string
  /** Seconds of audio. */
  start: number
  /** Seconds of audio. */
  end: number
  /** 0…1; how clearly the tones stood out. */
  confidence: number
}

/** How {@link encodeToneSpeech} speaks. */
export interface ToneSpeechOptions {
  /** Hertz, 8000 or more. */
  sampleRate: number
  /** The peak, 0…1. @default 0.5 */
  gain?: number
  /** Milliseconds of silence between two words; below 70 they may run together. @default 80 */
  wordGapMs?: number
  /** Milliseconds of silence after a word that ends with a full stop, question mark or exclamation mark. @default 500 */
  sentenceGapMs?: number
}

/** Writes down the tone speech it hears. */
export interface ToneSpeechRecogniser {
  /** Takes mono samples at the recogniser's rate; any chunking gives the same words. */
  push(samples: Float32Array): void
  /** The audio is over: settles what is pending. Audio pushed afterwards goes on in time. */
  flush(): void
  /** Seconds of audio received. */
  readonly position: number
  /** Settled words, in order; grows only. A word settles about 60 ms after its end, a placeholder 300 ms after. */
  readonly words: readonly SpokenWord[]
  /** Best guess of the word being spoken right now. */
  readonly pending: SpokenWord | null
  /**
   * Whether there is voice (tones or human) right now.
   *
   * Stays true over the gap between two words: it turns false 160 ms after {@link ToneSpeechRecogniser.lastVoiceEnd}.
   */
  readonly isSpeaking: boolean
  /** Seconds; end of the latest voice activity, exact also while `isSpeaking` lingers. 0 when there was none. */
  readonly lastVoiceEnd: number
}

const LOW = Array.from({ length: 9 }, (_, i) => 420 + 110 * i)
const HIGH = Array.from({ length: 9 }, (_, i) => 1480 + 215 * i)
const TONES = [...LOW, ...HIGH]

/** Seconds of one symbol. */
const SYMBOL = 0.04
/** Seconds of the fade between symbols, and into and out of silence. */
const FADE = 0.004
/** The share of noise in the sound. */
const BREATH = 0.03

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789'-.,?!"
const ESCAPE = 42
const AGAIN = 43
const DATA = 44
const CHECKS = 37

// Data and check symbols are strewn over the grid by a step that has no factor in common with 81, so that neighbours in
// the alphabet are not neighbours in tone.
const pairOfSymbol = (symbol: number): number => (symbol * 32) % 81
const symbolOfPair = Array.from({ length: 81 }, () => 0)
for (let symbol = 0; symbol < 81; symbol++) symbolOfPair[pairOfSymbol(symbol)] = symbol

/** The two check symbols after these data symbols. 2 and 5 both generate all residues of 37, so each place counts. */
function checksOf(data: readonly number[]): [number, number] {
  let first = data.length
  let second = 7 * data.length
  for (const symbol of data) {
    first = (first * 2 + symbol + 1) % CHECKS
    second = (second * 5 + 3 * symbol + 1) % CHECKS
  }
  return [DATA + first, second]
}

/** Spells a word, without checks. */
function symbolsOf(word: string): number[] {
  const spelled: number[] = []
  let isEscaped = false
  for (const letter of word.replace(/[A-Z]/g, (capital) => capital.toLowerCase())) {
    const symbol = LETTERS.indexOf(letter)
    if (isEscaped !== symbol < 0) {
      isEscaped = !isEscaped
      spelled.push(ESCAPE)
    }
    if (symbol >= 0) spelled.push(symbol)
    else
      for (const byte of new TextEncoder().encode(letter))
        for (const nibble of [byte >> 4, byte & 15]) spelled.push(LETTERS.indexOf(nibble.toString(16)))
  }
  // In a row of equals every second one says "again": a a a a is spoken a + a +.
  return spelled.reduce<number[]>((spoken, symbol) => {
    spoken.push(spoken.at(-1) === symbol ? AGAIN : symbol)
    return spoken
  }, [])
}

/** Reads data symbols; null when nobody would have spelled so. `isWhole` is false for a word that is not over yet. */
function readSymbols(spoken: readonly number[], isWhole: boolean): string | null {
  let text = ''
  let last = -1
  let hex = ''
  let isEscaped = false
  const closeEscape = (): boolean => {
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16))
    const isOdd = hex.length % 2 > 0
    hex = ''
    try {
      text += new TextDecoder('utf-8', { fatal: isWhole, ignoreBOM: true }).decode(bytes)
    } catch {
      return false
    }
    return !isOdd || !isWhole
  }
  for (const heard of spoken) {
    const symbol = heard === AGAIN ? last : heard
    if (symbol < 0 || symbol >= DATA) return null
    last = heard === AGAIN ? -1 : heard
    if (symbol === ESCAPE) {
      if (isEscaped && !closeEscape()) return null
      isEscaped = !isEscaped
    } else if (isEscaped) {
      if (!/[\da-f]/.test(LETTERS[symbol]!)) return null
      hex += LETTERS[symbol]!
    } else text += LETTERS[symbol]!
  }
  if (isEscaped && !closeEscape()) return null
  return text || null
}

function checkRate(sampleRate: number): void {
  if (!(sampleRate >= 8000)) throw new TypeError('sampleRate must be a number of hertz, 8000 or more.')
}

/**
 * Speaks a text as pairs of tones between 420 and 3,200 Hz, 40 ms per symbol, at about the pace of speech.
 *
 * Words are what white space separates. Letters A–Z lose their case; every other character survives as it is. A lone
 * surrogate becomes U+FFFD. Audio begins with the first word and ends with the last; `words` tells where each one is.
 *
 * @throws TypeError when `sampleRate` is below 8000.
 */
export function encodeToneSpeech(
  text: string,
  { sampleRate, gain = 0.5, wordGapMs = 80, sentenceGapMs = 500 }: ToneSpeechOptions,
): { samples: Float32Array<ArrayBuffer>; words: SpokenWord[] } {
  checkRate(sampleRate)
  const words: SpokenWord[] = []
  const pairs: { start: number; pair: number }[] = []
  let at = 0
  let isSentenceOver = false
  for (const word of text.split(/\s+/u).filter(Boolean)) {
    if (words.length) at += (isSentenceOver ? sentenceGapMs : wordGapMs) / 1000
    isSentenceOver = /[.?!]$/.test(word)
    const symbols = symbolsOf(word)
    symbols.push(...checksOf(symbols))
    const start = at
    for (const symbol of symbols) {
      pairs.push({ start: at, pair: pairOfSymbol(symbol) })
      at += SYMBOL
    }
    words.push({ text: readSymbols(symbols.slice(0, -2), true) ?? word, start, end: at, confidence: 1 })
  }
  const samples = new Float32Array(Math.round(at * sampleRate))
  // A breath of noise. Without it Opus' speech coder, at full scale, now and then answers such pure tones with a howl.
  let noise = 1
  for (const { start, pair } of pairs) {
    const low = 2 * Math.PI * LOW[Math.floor(pair / 9)]!
    const high = 2 * Math.PI * HIGH[pair % 9]!
    const end = Math.min(samples.length, Math.ceil((start + SYMBOL) * sampleRate))
    for (let i = Math.ceil(start * sampleRate); i < end; i++) {
      const time = i / sampleRate - start
      const fade = Math.min(1, time / FADE, (SYMBOL - time) / FADE)
      noise = (Math.imul(noise, 1664525) + 1013904223) | 0
      const tones = (Math.sin(low * time) + Math.sin(high * time)) / 2
      samples[i] = gain * Math.sin((Math.PI / 2) * fade) ** 2 * (tones * (1 - BREATH) + (noise / 2 ** 31) * BREATH)
    }
  }
  return { samples, words }
}

/**
 * Speaks a text into a WAV file, 16-bit mono: what Chromium's `--use-file-for-fake-audio-capture` takes.
 *
 * @param options - As for {@link encodeToneSpeech}, with `sampleRate` @default 48000, and silence before and after,
 * in milliseconds, @default 0.
 */
export function toneSpeechWav(
  text: string,
  {
    leadingSilenceMs = 0,
    trailingSilenceMs = 0,
    sampleRate = 48000,
    ...options
  }: Partial<ToneSpeechOptions> & { leadingSilenceMs?: number; trailingSilenceMs?: number } = {},
): Uint8Array<ArrayBuffer> {
  const { samples } = encodeToneSpeech(text, { sampleRate, ...options })
  const leading = Math.round((leadingSilenceMs / 1000) * sampleRate)
  const all = new Float32Array(leading + samples.length + Math.round((trailingSilenceMs / 1000) * sampleRate))
  all.set(samples, leading)
  return encodeWav(all, { sampleRate })
}

/** Seconds from one look at the audio to the next. */
const HOP = 0.005
/** Seconds that one look takes in. */
const WINDOW = 0.025
/** Mean square below which there is nothing: −63 dB. */
const QUIET = 5e-7
/** Hops without tones after which a word is over. */
const END_HOPS = 8
/** Hops without voice after which a burst is over. */
const BURST_HOPS = 60
/** Hops for which `isSpeaking` outlasts the voice. */
const LINGER_HOPS = 32
/** Hops of voice that make a burst, and that need not change in level to count as tones. */
const LEAST_HOPS = 20
/** Hops after which a row of tones in which nothing is like tone speech is given up. */
const STEADY_HOPS = 40
/** Hops (five minutes) after which a row is given up. */
const MOST_HOPS = 60000
/** Hops over which the background is the quietest moment. */
const FLOOR_HOPS = 300

/** One look at the audio. */
interface Look {
  /** Power of each tone. */
  powers: Float32Array
  /** Power of what stands out: the two strongest low and the two strongest high tones. */
  tonal: number
  /** Power of everything within the band. */
  total: number
}

/** A second-order filter: its coefficients, and what it remembers. */
interface Filter {
  readonly gain: number
  readonly side: number
  readonly a1: number
  readonly a2: number
  s1: number
  s2: number
}

/** A filter (Butterworth, by the bilinear transform), which keeps hum and hiss out of the totals. */
function createFilter(kind: 'high' | 'low', frequency: number, sampleRate: number): Filter {
  const k = Math.tan((Math.PI * frequency) / sampleRate)
  const norm = 1 / (1 + Math.SQRT2 * k + k * k)
  const gain = (kind === 'low' ? k * k : 1) * norm
  return {
    gain,
    side: kind === 'low' ? 2 * gain : -2 * gain,
    a1: 2 * (k * k - 1) * norm,
    a2: (1 - Math.SQRT2 * k + k * k) * norm,
    s1: 0,
    s2: 0,
  }
}

function passThrough(filter: Filter, sample: number): number {
  const out = filter.gain * sample + filter.s1
  filter.s1 = filter.side * sample - filter.a1 * out + filter.s2
  filter.s2 = filter.gain * sample - filter.a2 * out
  return out
}

/** Twice the power of the samples from `start` on, as far as they move with a tone. Most of the recogniser's time is spent here. */
function powerOf(samples: Float64Array, start: number, cosine: Float64Array, sine: Float64Array): number {
  let re = 0
  let im = 0
  for (let i = 0; i < cosine.length; i++) {
    const sample = samples[start + i]!
    re += cosine[i]! * sample
    im += sine[i]! * sample
  }
  return 2 * (re * re + im * im)
}

/** Looks at the audio every {@link HOP}; `onLook` gets the number of the hop that the look is centred on. */
function createLooks(sampleRate: number, onLook: (look: Look, hop: number) => void) {
  const size = Math.round(WINDOW * sampleRate)
  const window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / size))
  const sum = window.reduce((total, weight) => total + weight, 0)
  const cosines = TONES.map((tone) => window.map((w, i) => w * Math.cos((2 * Math.PI * tone * i) / sampleRate)))
  const sines = TONES.map((tone) => window.map((w, i) => w * Math.sin((2 * Math.PI * tone * i) / sampleRate)))
  const highPass = createFilter('high', 300, sampleRate)
  const lowPass = sampleRate >= 12000 ? createFilter('low', 3700, sampleRate) : null
  // Everything is written twice, so that the latest window is always in one piece.
  const ring = new Float64Array(size * 2)
  let count = 0
  let hop = 0
  // The sample after which the window around a hop is complete.
  const dueAt = (at: number): number => Math.ceil(size / 2 + at * HOP * sampleRate)
  let due = dueAt(0)

  const lookAt = (samples: Float64Array, start: number): Look => {
    let total = 0
    for (let i = 0; i < size; i++) total += window[i]! * samples[start + i]! ** 2
    total /= sum
    const powers = new Float32Array(TONES.length)
    let tonal = 0
    if (total > QUIET) {
      for (let tone = 0; tone < powers.length; tone++) {
        powers[tone] = powerOf(samples, start, cosines[tone]!, sines[tone]!) / (sum * sum)
      }
      for (const band of [powers.slice(0, 9), powers.slice(9)]) {
        band.sort()
        tonal += band[8]! + band[7]!
      }
    }
    return { powers, tonal, total }
  }

  return {
    get seconds() {
      return count / sampleRate
    },
    push(samples: Float32Array): void {
      for (const sample of samples) {
        // One sample that is no number would stay in the filters for ever.
        let out = passThrough(highPass, Number.isFinite(sample) ? sample : 0)
        if (lowPass) out = passThrough(lowPass, out)
        const slot = count++ % size
        ring[slot] = out
        ring[slot + size] = out
        if (count < due) continue
        onLook(lookAt(ring, (slot + 1) % size), hop++)
        due = dueAt(hop)
      }
    },
    /** The looks that the audio so far would give if silence followed. */
    getRest(): Look[] {
      const latest = new Float64Array(size * 2)
      latest.set(ring.subarray(count % size, (count % size) + size))
      const rest: Look[] = []
      for (let at = hop; dueAt(at) <= count + size; at++) rest.push(lookAt(latest, dueAt(at) - count))
      return rest
    },
  }
}

/** The best tone of a band in a slot, and how far it is ahead of the next, 0…1. */
function pickTone(powers: Float32Array, from: number): { tone: number; lead: number } {
  let best = from
  let second = -1
  for (let tone = from + 1; tone < from + 9; tone++) {
    if (powers[tone]! > powers[best]!) {
      second = best
      best = tone
    } else if (second < 0 || powers[tone]! > powers[second]!) second = tone
  }
  return { tone: best - from, lead: powers[best]! > 0 ? 1 - powers[second]! / powers[best]! : 0 }
}

/** Reads the symbols of `count` slots from hop `start` (may be between hops) within `looks`. */
function readSlots(looks: readonly Look[], start: number, count: number) {
  const slotHops = SYMBOL / HOP
  const symbols: number[] = []
  let lead = 0
  let least = 1
  for (let slot = 0; slot < count; slot++) {
    // Only the looks whose window lies (nearly) within the slot.
    const middle = Math.round(start + (slot + 0.5) * slotHops)
    const powers = new Float32Array(TONES.length)
    for (let i = middle - 1; i <= middle + 1; i++) looks[i]?.powers.forEach((power, tone) => (powers[tone]! += power))
    const low = pickTone(powers, 0)
    const high = pickTone(powers, 9)
    symbols.push(symbolOfPair[low.tone * 9 + high.tone]!)
    lead += (low.lead + high.lead) / 2 / count
    least = Math.min(least, low.lead, high.lead)
  }
  return { symbols, lead, least }
}

/** Hop, between hops too, at which the tones reach a quarter of their power (half of their amplitude): the true edge. */
function findEdge(looks: readonly Look[], from: number, step: 1 | -1, level: number): number {
  for (let i = from; i >= 0 && i < looks.length; i += step) {
    const here = Math.sqrt(looks[i]!.tonal)
    if (here < level / 2) continue
    const before = Math.sqrt(looks[i - step]?.tonal ?? 0)
    return i - step * (here > before ? Math.min(1, (here - level / 2) / (here - before)) : 0)
  }
  return from
}

/**
 * Creates a recogniser of tone speech.
 *
 * Voice that spells nothing, such as human speech or a distorted word, comes out as one placeholder per burst (until
 * 300 ms of quiet or a word that spells something). Steady noise and hum give nothing. Has no timer: it knows time only by the audio.
 *
 * @param options - `sampleRate` in hertz, 8000 or more; `placeholder` @default 'voice'.
 * @throws TypeError when `sampleRate` is below 8000.
 */
export function createToneSpeechRecogniser({
  sampleRate,
  placeholder = 'voice',
}: {
  sampleRate: number
  placeholder?: string
}): ToneSpeechRecogniser {
  checkRate(sampleRate)
  const words: SpokenWord[] = []
  // A row of tones: its looks, with a few before it, so that its edge can be found.
  let row: Look[] | null = null
  let rowStart = 0
  let rowQuiet = 0
  let rowPeak = 0
  let rowPair = -1
  let rowChange = 0
  let rowSpells = false
  const before: Look[] = []
  // A burst: voice that has not been spelled yet.
  let burst: { hop: number; db: number }[] = []
  let burstIsVoice = false
  let burstEnd = -1
  // The background: the quietest looks of halves of FLOOR_HOPS.
  let floors: number[] = []
  let halfFloor = Infinity
  let halfHops = 0
  let lastHop = 0
  let voiceHop = -LINGER_HOPS
  let lastVoiceEnd = 0

  /** Whether the level changes as that of a voice does. The edges do not count: a steady noise has them too. */
  const isModulated = (): boolean => {
    const inner = burst.slice(6, -6).map(({ db }) => db)
    const mean = inner.reduce((sum, db) => sum + db, 0) / inner.length
    return inner.length > 0 && inner.reduce((sum, db) => sum + (db - mean) ** 2, 0) / inner.length > 9
  }

  const settleBurst = (beforeHop = Infinity): void => {
    const rest = burst.filter(({ hop }) => hop < beforeHop)
    if (burstIsVoice && rest.length >= LEAST_HOPS)
      words.push({ text: placeholder, start: rest[0]!.hop * HOP, end: rest.at(-1)!.hop * HOP, confidence: 0.5 })
    burst = []
    burstIsVoice = false
  }

  /** Reads a row as far as it is there; `phases` are the places to try, in hops from its beginning. */
  const readRow = (looks: readonly Look[], isOver: boolean) => {
    const levels = looks.map(({ tonal }) => Math.sqrt(tonal)).sort((a, b) => a - b)
    const level = levels[Math.floor(levels.length * 0.6)] ?? 0
    const start = findEdge(looks, 0, 1, level)
    const end = findEdge(looks, looks.length - 1, -1, level)
    const count = ((end - start) * HOP) / SYMBOL
    const slots = isOver ? Math.round(count) : Math.floor(count + 0.1)
    // A codec moves both edges a little in the same direction.
    const first = isOver ? (start + end - (slots * SYMBOL) / HOP) / 2 : start
    let best: ReturnType<typeof readSlots> | undefined
    for (const offset of [0, -1, 1, -2, 2]) {
      const read = readSlots(looks, first + offset, slots)
      if (!best || read.lead > best.lead) best = read
    }
    return { ...best!, start, end, isWhole: Math.abs(count - slots) <= 0.4 }
  }

  const wordOf = (looks: readonly Look[]): SpokenWord | null => {
    const { symbols, lead, least, start, end, isWhole } = readRow(looks, true)
    if (!isWhole || symbols.length < 3 || least < 0.3) return null
    const data = symbols.slice(0, -2)
    const checks = checksOf(data)
    if (checks[0] !== symbols.at(-2) || checks[1] !== symbols.at(-1)) return null
    const text = readSymbols(data, true)
    return text === null
      ? null
      : { text, start: (rowStart + start) * HOP, end: (rowStart + end) * HOP, confidence: lead }
  }

  /** Whether the row has symbols that stand out and differ: not speech perhaps, but no steady tone either. */
  const isSpelling = (looks: readonly Look[]): boolean => {
    const { symbols, lead } = readRow(looks, false)
    return lead > 0.7 && new Set(symbols).size > 1
  }

  const endRow = (looks: readonly Look[]): void => {
    const word = wordOf(looks)
    if (word) {
      settleBurst(word.start / HOP - 8)
      words.push(word)
      lastVoiceEnd = Math.max(lastVoiceEnd, word.end)
      // Codecs ring on for a little; that is no new voice.
      ignoreUntil = word.end / HOP + 8
    } else if (isSpelling(looks)) burstIsVoice = true
    row = null
  }
  let ignoreUntil = 0

  const looks = createLooks(sampleRate, (look, hop) => {
    const { powers, tonal, total } = look
    lastHop = hop
    const isTonal = tonal > QUIET && tonal > total * 0.45 && (!row || tonal > rowPeak * 0.03)
    if (isTonal && !row) {
      row = [...before]
      rowStart = hop - row.length
      rowPeak = 0
      rowPair = -1
      // Right after voice it needs no proof; so the state does not flicker between words.
      rowSpells = hop - voiceHop < LINGER_HOPS
    }
    before.push(look)
    if (before.length > 4) before.shift()
    if (row) {
      row.push(look)
      rowPeak = Math.max(rowPeak, tonal)
      rowQuiet = isTonal ? 0 : rowQuiet + 1
      const pair = pickTone(powers, 0).tone * 9 + pickTone(powers, 9).tone
      if (pair !== rowPair) rowChange = hop
      rowPair = pair
      if (!rowSpells && row.length % 8 === 0) rowSpells = isSpelling(row)
      if (rowQuiet >= END_HOPS) endRow(row)
      // A steady tone, or an endless row, is not worth the memory.
      else if (hop - rowChange > STEADY_HOPS || row.length > MOST_HOPS) row = null
    }

    const floor = Math.min(halfFloor, ...floors)
    halfFloor = Math.min(halfFloor, total)
    if (++halfHops >= FLOOR_HOPS / 2) {
      floors = [...floors.slice(-1), halfFloor]
      halfFloor = Infinity
      halfHops = 0
    }
    if (row && isTonal ? true : hop > ignoreUntil && total > Math.max(QUIET * 4, floor * 6)) {
      burstEnd = hop
      burst.push({ hop, db: 10 * Math.log10(total + QUIET) })
      // The first look stays: it is the beginning.
      if (burst.length > 4000) burst.splice(1, 2000)
      if (!burstIsVoice && !row && burst.length >= LEAST_HOPS && hop % 4 === 0) burstIsVoice = isModulated()
      if (burstIsVoice || (row && rowSpells)) {
        voiceHop = hop
        // The window reaches a little beyond the end.
        lastVoiceEnd = Math.max(lastVoiceEnd, (hop - 2) * HOP)
      }
    } else if (burst.length && !row && hop - burstEnd >= BURST_HOPS) settleBurst()
  })

  return {
    push: (samples) => looks.push(samples),
    flush() {
      if (row) endRow([...row, ...looks.getRest()])
      settleBurst()
      voiceHop = -LINGER_HOPS
    },
    get position() {
      return looks.seconds
    },
    words,
    get pending() {
      if (row) {
        const { symbols, lead, least, start, end } = readRow(row, false)
        const check = symbols.findIndex((symbol) => symbol >= DATA)
        const text =
          symbols.length > 1 &&
          least > 0.3 &&
          lead > 0.7 &&
          readSymbols(check < 0 ? symbols : symbols.slice(0, check), false)
        if (text) return { text, start: (rowStart + start) * HOP, end: (rowStart + end) * HOP, confidence: lead / 2 }
      }
      return burstIsVoice && burst.length >= LEAST_HOPS
        ? { text: placeholder, start: burst[0]!.hop * HOP, end: burstEnd * HOP, confidence: 0.25 }
        : null
    },
    get isSpeaking() {
      return lastHop - voiceHop < LINGER_HOPS
    },
    get lastVoiceEnd() {
      return lastVoiceEnd
    },
  }
}
