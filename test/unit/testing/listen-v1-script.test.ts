import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createDeepgramEmulator, type EmulatorOptions } from '../../../src/testing/index.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const raw = 'encoding=linear16&sample_rate=8000'

interface WireMessage {
  type: string
  start: number
  duration: number
  is_final: boolean
  speech_final: boolean
  channel: { alternatives: [{ transcript: string; words: { word: string; punctuated_word?: string }[] }] }
}

async function listen(options: EmulatorOptions, query: string) {
  const emulator = createDeepgramEmulator(options)
  const { access_token } = await emulator.getToken()
  const messages: WireMessage[] = []
  const texts: string[] = []
  const ws = new emulator.WebSocket(`wss://api.deepgram.com/v1/listen?${query}`, ['bearer', access_token])
  ws.onmessage = (event) => {
    texts.push(event.data as string)
    messages.push(JSON.parse(event.data as string) as WireMessage)
  }
  const closes: CloseEvent[] = []
  ws.onclose = (event) => closes.push(event)
  await vi.advanceTimersByTimeAsync(10)
  const sendAudio = async (seconds: number): Promise<void> => {
    for (let ms = 0; ms < seconds * 1000 - 1e-6; ms += 100) {
      ws.send(new Uint8Array(1600))
      await vi.advanceTimersByTimeAsync(1)
    }
  }
  const finals = () => messages.filter((message) => message.is_final)
  const words = () => finals().flatMap((message) => message.channel.alternatives[0].words)
  return { emulator, ws, messages, texts, closes, sendAudio, finals, words, socket: emulator.sockets[0]! }
}

test('a scripted line comes out word by word as the audio clock goes on', async () => {
  const session = await listen(
    { script: ['Hello there, world.', { at: 4, text: 'Again.' }] },
    `${raw}&model=nova-3&interim_results=true&punctuate=true&endpointing=300`,
  )
  await session.sendAudio(6)
  session.ws.send('{"type":"CloseStream"}')
  await vi.advanceTimersByTimeAsync(50)
  expect(session.words().map((word) => word.punctuated_word)).toEqual(['Hello', 'there,', 'world.', 'Again.'])
  expect(session.words().map((word) => word.word)).toEqual(['hello', 'there', 'world', 'again'])
  expect(session.messages.at(-1)).toMatchObject({ type: 'Metadata', duration: 6, channels: 1 })
  expect(session.closes.map(({ code, reason, wasClean }) => ({ code, reason, wasClean }))).toEqual([
    { code: 1000, reason: '', wasClean: true },
  ])
})
