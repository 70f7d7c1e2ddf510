import { DeepgramClient } from '@deepgram/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeLinear16 } from '../../src/audio/pcm.ts'
import { type DeepgramEmulatorServer, startDeepgramEmulator } from '../../src/testing/node.ts'
import { encodeToneSpeech } from '../../src/testing/tone-speech.ts'

const text = 'the quick brown fox jumps over the lazy dog'
const apiKey = 'a-key-of-the-test'
let server: DeepgramEmulatorServer

beforeAll(async () => {
  server = await startDeepgramEmulator({ port: 0, apiKey })
})
afterAll(() => server.close())

test('the official client completes a Flux session: turns, Configure, an end by hand, a close without a code', async () => {
  const client = new DeepgramClient({
    apiKey,
    environment: { base: server.httpUrl, production: server.url, agent: server.url, agentRest: server.httpUrl },
  })
  const connection = await client.listen.v2.connect({
    model: 'flux-general-en',
    encoding: 'linear16',
    sample_rate: 16_000,
    eager_eot_threshold: 0.5,
    reconnectAttempts: 0,
  })
  const messages: { type: string; event?: string; transcript?: string }[] = []
  const closed = new Promise<{ code: number }>((resolve) => connection.on('close', resolve))
  connection.on('message', (message: unknown) => messages.push(message as (typeof messages)[number]))
  connection.connect()
  await connection.waitForOpen()
  connection.sendConfigure({ type: 'Configure', thresholds: { eot_threshold: 0.9 } })
  const speech = encodeToneSpeech(text, { sampleRate: 16_000 }).samples
  const samples = new Float32Array(2 * speech.length + 4 * 16_000)
  samples.set(speech)
  samples.set(speech, samples.length - speech.length)
  const audio = encodeLinear16(samples)
  for (let offset = 0; offset < audio.length; offset += 2560) connection.sendMedia(audio.slice(offset, offset + 2560))
  connection.sendForceEndTurn({ type: 'ForceEndTurn' })
  connection.sendCloseStream({ type: 'CloseStream' })
  expect((await closed).code).toBe(1005)
  const marks = messages.filter(({ event }) => event !== 'Update')
  expect(marks.map(({ type, event }) => event ?? type)).toEqual([
    'Connected',
    'ConfigureSuccess',
    'StartOfTurn',
    'EagerEndOfTurn',
    'EndOfTurn',
    'StartOfTurn',
    'EndOfTurn',
  ])
  expect(marks.filter(({ event }) => event === 'EndOfTurn').map(({ transcript }) => transcript)).toEqual([text, text])
})
