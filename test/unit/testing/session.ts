import { vi } from 'vitest'
import {
  createDeepgramEmulator,
  type EmulatedSocket,
  type EmulatorOptions,
  encodeToneSpeech,
} from '../../../src/testing/index.ts'
import { encodeLinear16 } from '../../../src/audio/pcm.ts'

/** The members of Listen v1 messages that these tests read. */
export interface WireMessage {
  type: string
  channel_index: [number, number]
  start: number
  duration: number
  is_final: boolean
  speech_final: boolean
  from_finalize: boolean
  channel: { alternatives: [{ transcript: string; words: WireWord[]; languages?: string[] }] }
  last_word_end: number
  timestamp: number
  sha256: string
}

export interface WireWord {
  word: string
  start: number
  end: number
  punctuated_word?: string
  speaker?: number
  language?: string
}

export const linear16 = 'model=nova-3&encoding=linear16&sample_rate=16000'

/** A connection to an emulator in faked time. Call `vi.useFakeTimers()` first. */
export async function openSession(path: string, options: EmulatorOptions = {}) {
  const emulator = createDeepgramEmulator(options)
  const { access_token } = await emulator.getToken()
  const texts: string[] = []
  const frames: (string | Uint8Array)[] = []
  const events: string[] = []
  const closes: { code: number; reason: string; wasClean: boolean }[] = []
  const ws = new emulator.WebSocket(`wss://api.deepgram.com${path}`, ['bearer', access_token])
  ws.binaryType = 'arraybuffer'
  ws.onopen = () => events.push('open')
  ws.onerror = () => events.push('error')
  ws.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
    if (typeof event.data === 'string') texts.push(event.data)
    frames.push(typeof event.data === 'string' ? event.data : new Uint8Array(event.data))
  }
  ws.onclose = ({ code, reason, wasClean }) => {
    events.push('close')
    closes.push({ code, reason, wasClean })
  }
  await vi.advanceTimersByTimeAsync(5)

  const messages = (): WireMessage[] => texts.map((text) => JSON.parse(text) as WireMessage)
  const results = (): WireMessage[] => messages().filter((message) => message.type === 'Results')
  const finals = (): WireMessage[] => results().filter((message) => message.is_final)
  return {
    emulator,
    ws,
    texts,
    frames,
    events,
    closes,
    messages,
    results,
    finals,
    /** Words of all finals. */
    words: (): WireWord[] => finals().flatMap((final) => final.channel.alternatives[0].words),
    /** The text of all finals. */
    transcript: (): string =>
      finals()
        .map((final) => final.channel.alternatives[0].transcript)
        .filter(Boolean)
        .join(' '),
    get socket(): EmulatedSocket {
      return emulator.sockets[0]!
    },
    /** Sends bytes in frames of one length, without letting the wall clock go on. */
    async send(bytes: Uint8Array, frameBytes = 3200): Promise<void> {
      for (let offset = 0; offset < bytes.length; offset += frameBytes) {
        ws.send(bytes.slice(offset, offset + frameBytes))
      }
      await settle()
    },
    async say(message: object): Promise<void> {
      ws.send(JSON.stringify(message))
      await settle()
    },
  }
}

/** Lets everything that is due now happen, tasks and promises. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 4; round++) await vi.advanceTimersByTimeAsync(1)
}

/** Tone speech and silences, as linear16 at 16 kHz: a string is spoken, a number is so many seconds of silence. */
export function speak(parts: (string | number)[], sampleRate = 16_000) {
  const pieces: Float32Array[] = []
  const words: { text: string; start: number; end: number }[] = []
  let at = 0
  for (const part of parts) {
    const piece =
      typeof part === 'number'
        ? { samples: new Float32Array(Math.round(part * sampleRate)), words: [] }
        : encodeToneSpeech(part, { sampleRate })
    words.push(...piece.words.map(({ text, start, end }) => ({ text, start: start + at, end: end + at })))
    pieces.push(piece.samples)
    at += piece.samples.length / sampleRate
  }
  const samples = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  pieces.reduce((offset, piece) => {
    samples.set(piece, offset)
    return offset + piece.length
  }, 0)
  return { bytes: encodeLinear16(samples), samples, words, seconds: at }
}

/** Words that differ, made of a seed. */
export function randomWords(count: number, seed = 1): string[] {
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * below)
  }
  const word = (): string =>
    Array.from({ length: 2 + next(7) }, () => 'abcdefghijklmnopqrstuvwxyz'.charAt(next(26))).join('')
  return Array.from({ length: count }, word)
}
