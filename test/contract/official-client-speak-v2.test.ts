import { DeepgramClient } from '@deepgram/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeLinear16 } from '../../src/audio/pcm.ts'
import { type DeepgramEmulatorServer, startDeepgramEmulator } from '../../src/testing/node.ts'
import { createToneSpeechRecogniser } from '../../src/testing/tone-speech.ts'

const long = 'one two three four five six '.repeat(8)
const apiKey = 'a-key-of-the-test'
let server: DeepgramEmulatorServer

beforeAll(async () => {
  server = await startDeepgramEmulator({ port: 0, apiKey, speak: { pace: 4, firstAudioMs: 0 } })
})
afterAll(() => server.close())

interface Message {
  type: string
  text_spoken?: string
  text_remaining?: string
  audio_duration_ms?: number
}

test('the official client completes a session with a Flux voice: a turn, an interruption, Configure, the totals', async () => {
  const client = new DeepgramClient({
    apiKey,
    environment: { base: server.httpUrl, production: server.url, agent: server.url, agentRest: server.httpUrl },
  })
  const connection = await client.speak.v2.connect({
    model: 'flux-alexis-en',
    encoding: 'linear16',
    sample_rate: '24000',
    speed: 1.1,
    expressivity: 1,
    reconnectAttempts: 0,
  })
  const recogniser = createToneSpeechRecogniser({ sampleRate: 24_000 })
  const messages: Message[] = []
  const kinds: string[] = []
  let work: Promise<unknown> = Promise.resolve()
  let bytes = 0
  let firstMs = 0
  const closed = new Promise<{ code: number }>((resolve) => connection.on('close', resolve))
  connection.on('message', (message: unknown) => {
    if (message instanceof Blob) {
      if (kinds.at(-1) !== 'audio') kinds.push('audio')
      if (firstMs > 0) {
        bytes += message.size
        // A second of the second turn is here: the listener breaks in.
        if (bytes >= 48_000 && bytes < 48_000 + message.size) {
          const playedMs = firstMs + 700
          connection.sendInterrupt({ type: 'Interrupt', playback_offset: { type: 'time_ms', value: playedMs } })
        }
        return
      }
      work = work.then(async () => recogniser.push(decodeLinear16(new Uint8Array(await message.arrayBuffer()))))
      return
    }
    const known = message as Message
    kinds.push(known.type)
    messages.push(known)
    if (known.type === 'SpeechMetadata') {
      firstMs = known.audio_duration_ms ?? 0
      connection.sendConfigure({ type: 'Configure', speed: 0.9 })
      connection.sendSpeak({ type: 'Speak', text: long })
      connection.sendFlush({ type: 'Flush' })
    }
    if (known.type === 'SpeechInterrupted') connection.sendClose({ type: 'Close' })
  })
  connection.connect()
  await connection.waitForOpen()
  connection.sendSpeak({ type: 'Speak', text: 'hello ' })
  connection.sendSpeak({ type: 'Speak', text: 'world' })
  connection.sendFlush({ type: 'Flush' })
  expect((await closed).code).toBe(1000)
  await work
  recogniser.flush()
  expect(recogniser.words.map((word) => word.text).join(' ')).toBe('hello world')
  expect(kinds).toEqual([
    'Connected',
    'SpeechStarted',
    'Flushed',
    'audio',
    'SpeechMetadata',
    'ConfigureSuccess',
    'SpeechStarted',
    'Flushed',
    'audio',
    'SpeechInterrupted',
    'SessionMetadata',
  ])
  const interrupted = messages.find(({ type }) => type === 'SpeechInterrupted')
  expect(interrupted).toMatchObject({ text_spoken: 'one two', text_remaining: long.slice('one two'.length) })
  expect(server.sockets.at(-1)).toMatchObject({ scheme: 'token', path: '/v2/speak' })
})
