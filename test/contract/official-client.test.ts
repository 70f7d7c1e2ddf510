import { DeepgramClient } from '@deepgram/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStreamDecoder } from '../../src/testing/audio-decoder.ts'
import { type DeepgramEmulatorServer, startDeepgramEmulator } from '../../src/testing/node.ts'
import { createToneSpeechRecogniser, encodeToneSpeech } from '../../src/testing/tone-speech.ts'
import { encodeLinear16 } from '../../src/audio/pcm.ts'

const text = 'the quick brown fox jumps over the lazy dog'
const apiKey = 'a-key-of-the-test'
let server: DeepgramEmulatorServer

beforeAll(async () => {
  server = await startDeepgramEmulator({ port: 0, apiKey, speak: { pace: Infinity, firstAudioMs: 0 } })
})
afterAll(() => server.close())

function createClient(credentials: { apiKey: string } | { accessToken: string }): DeepgramClient {
  return new DeepgramClient({
    ...credentials,
    environment: { base: server.httpUrl, production: server.url, agent: server.url, agentRest: server.httpUrl },
  })
}

test('the official client grants a token and completes a Listen v1 session with it', async () => {
  const { access_token: accessToken, expires_in } = await createClient({ apiKey }).auth.v1.tokens.grant()
  expect(expires_in).toBe(30)
  const connection = await createClient({ accessToken }).listen.v1.connect({
    model: 'nova-3',
    encoding: 'linear16',
    sample_rate: 16_000,
    interim_results: 'true',
    reconnectAttempts: 0,
  })
  const types: string[] = []
  const transcripts: string[] = []
  const closed = new Promise<{ code: number }>((resolve) => connection.on('close', resolve))
  connection.on('message', (message) => {
    types.push(message.type)
    if (message.type === 'Results' && message.is_final === true) {
      transcripts.push(message.channel.alternatives[0]?.transcript ?? '')
    }
  })
  connection.connect()
  await connection.waitForOpen()
  const audio = encodeLinear16(encodeToneSpeech(text, { sampleRate: 16_000 }).samples)
  for (let offset = 0; offset < audio.length; offset += 3200) connection.sendMedia(audio.slice(offset, offset + 3200))
  connection.sendCloseStream({ type: 'CloseStream' })
  expect((await closed).code).toBe(1000)
  expect(transcripts.filter(Boolean).join(' ')).toBe(text)
  expect(types.filter((type) => type === 'Metadata')).toHaveLength(1)
  expect(types.at(-1)).toBe('Metadata')
  expect(server.sockets.at(-1)).toMatchObject({ scheme: 'bearer', path: '/v1/listen' })
})

test('the official client completes a Speak v1 session, and its audio is the text', async () => {
  const connection = await createClient({ apiKey }).speak.v1.connect({
    model: 'aura-2-thalia-en',
    encoding: 'linear16',
    sample_rate: 24_000,
    reconnectAttempts: 0,
  } as never)
  const recogniser = createToneSpeechRecogniser({ sampleRate: 24_000 })
  const decoder = createStreamDecoder({
    format: { encoding: 'linear16', sampleRate: 24_000, channels: 1 },
    onAudio: ([samples]) => recogniser.push(samples!),
    onInvalid: (why) => expect.unreachable(why),
  })
  const types: string[] = []
  let work: Promise<unknown> = Promise.resolve()
  const closed = new Promise<{ code: number }>((resolve) => connection.on('close', resolve))
  connection.on('message', (message: unknown) => {
    const { type } = message as { type: string }
    if (message instanceof Blob) {
      work = work.then(async () => decoder.push(new Uint8Array(await message.arrayBuffer())))
      if (types.at(-1) !== 'audio') types.push('audio')
    } else {
      types.push(type)
      if (type === 'Flushed') connection.sendClose({ type: 'Close' })
    }
  })
  connection.connect()
  await connection.waitForOpen()
  connection.sendText({ type: 'Speak', text })
  connection.sendFlush({ type: 'Flush' })
  expect((await closed).code).toBe(1000)
  await work
  recogniser.flush()
  expect(recogniser.words.map((word) => word.text).join(' ')).toBe(text)
  expect(types).toEqual(['Metadata', 'audio', 'Flushed'])
})

test('the official client is refused with a wrong key', async () => {
  await expect(createClient({ apiKey: 'wrong' }).auth.v1.tokens.grant({}, { maxRetries: 0 })).rejects.toMatchObject({
    statusCode: 401,
  })
})
