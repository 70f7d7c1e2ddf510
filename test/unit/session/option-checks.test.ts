import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createBrowserListenSession, type ListenOptions } from '../../../src/browser-listen.ts'
import { createBrowserSpeakSession, type SpeakOptions } from '../../../src/browser-speak.ts'
import { createDeepgramEmulator, createFakeAudioSource } from '../../../src/testing/index.ts'

const SECRET = 'not-to-be-shown'

const connection: [option: string, value: unknown][] = [
  ['getToken', SECRET],
  ['apiKey', 40],
  ['dangerouslyAllowApiKey', 'yes'],
  ['baseUrl', 7],
  ['baseUrl', 'https://user:not-to-be-shown@deepgram.example'],
  ['allowInsecure', 'false'],
  ['WebSocket', {}],
  ['connectTimeoutMs', '10'],
  ['connectTimeoutMs', -1],
  ['connectTimeoutMs', Number.NaN],
  ['connectTimeoutMs', Infinity],
  ['revoked', true],
  ['reconnect', true],
  ['reconnect', null],
  ['reconnect.maxAttempts', '3'],
  ['reconnect.baseDelayMs', -5],
  ['reconnect.maxDelayMs', 2 ** 31],
  ['reconnect.healthyMs', null],
  ['logger', console],
]

const listening: [option: string, value: unknown][] = [
  ...connection,
  ['source', 'micro'],
  ['source', 5],
  ['parameters', 'a=b'],
  ['parameters.foo', { nested: true }],
  ['parameters.a b', [new Date(0)]],
  ['smartFormat', {}],
  ['keyterm', ['a', null]],
  ['endpointing', Number.NaN],
  ['model', () => 'nova-3'],
  ['drainTimeoutMs', '5s'],
  ['bufferMs', -1],
  ['catchUpRate', 2],
  ['utteranceTimeoutMs', Infinity],
  ['idleTimeoutMs', 2 ** 31],
  ['maxDurationMs', -1],
  ['onFinal', 'log'],
  ['onUtterance', {}],
  ['onTurn', 1],
  ['onError', []],
  ['capture', 'pcm'],
  ['capture.format', 'mp3'],
  ['capture.chunkMs', 0],
  ['capture.bitsPerSecond', '32k'],
  ['capture.sampleRate', 1],
  ['capture.deviceId', 4],
  ['capture.echoCancellation', 'on'],
]

const speaking: [option: string, value: unknown][] = [
  ...connection,
  ['parameters.foo', {}],
  ['model', {}],
  ['encoding', 'mp3'],
  ['sampleRate', 11_025],
  ['speed', Number.NaN],
  ['volume', 2],
  ['volume', '0.5'],
  ['outputDeviceId', 4],
  ['exclusive', 'no'],
  ['recording', 1],
  ['prepare', 'markdown'],
  ['idleMs', -1],
  ['onError', {}],
]

/** `{ reconnect: { maxAttempts: value } }` for `reconnect.maxAttempts`. */
const optionsOf = (option: string, value: unknown): object => {
  const [first, ...rest] = option.split('.')
  return { [first!]: rest.length ? optionsOf(rest.join('.'), value) : value }
}

function setUp() {
  const emulator = createDeepgramEmulator({ hears: false })
  const getToken = vi.fn(emulator.getToken)
  const base = { WebSocket: emulator.WebSocket, getToken }
  onTestFinished(() => {
    // Nothing is asked for, and nothing opened.
    expect(getToken).not.toHaveBeenCalled()
    expect(emulator.handshakes).toEqual([])
  })
  return base
}

const isNamed = (error: unknown, option: string): void => {
  expect(error).toBeInstanceOf(TypeError)
  const { message } = error as TypeError
  expect(message).toMatch(new RegExp(`^${option.replaceAll('.', '\\.')} must `))
  expect(message).not.toContain(SECRET)
}

describe('what the application passes in', () => {
  it.each(listening)('start() names %s when it is %s', async (option, value) => {
    const source = createFakeAudioSource({ text: 'one' })
    const options = { ...setUp(), source, ...optionsOf(option, value) } as ListenOptions
    if (option === 'apiKey') delete options.getToken
    const session = createBrowserListenSession(() => options)
    const error: unknown = await session.start().catch((reason: unknown) => reason)
    isNamed(error, option)
    expect(source.starts).toBe(0)
    expect(session.getState().status).toBe('idle')
  })

  it.each(speaking)('speak() names %s when it is %s', (option, value) => {
    const options = { ...setUp(), ...optionsOf(option, value) } as SpeakOptions
    if (option === 'apiKey') delete options.getToken
    const session = createBrowserSpeakSession(() => options)
    let error: unknown
    try {
      session.speak('one')
    } catch (reason) {
      error = reason
    }
    isNamed(error, option)
    expect(session.getState()).toEqual({ status: 'idle', error: null, utterance: null })
  })

  it('takes everything that is documented, and what is undefined is not there', async () => {
    const emulator = createDeepgramEmulator({ hears: false })
    const options: ListenOptions = {
      WebSocket: emulator.WebSocket,
      getToken: emulator.getToken,
      source: createFakeAudioSource(),
      model: 'nova-3',
      endpointing: false,
      keyterm: ['a', 'b'],
      redact: true,
      parameters: { foo: 'x', bar: ['1', 2, false], gone: undefined, none: null },
      idleTimeoutMs: Infinity,
      maxDurationMs: Infinity,
      catchUpRate: 1,
      reconnect: { maxAttempts: Infinity, baseDelayMs: 0 },
      capture: { format: 'auto', chunkMs: undefined },
      onFinal: undefined,
    }
    const session = createBrowserListenSession(() => options)
    await session.start()
    expect(session.getState().status).toBe('listening')
    expect([...emulator.sockets[0]!.query.getAll('bar')]).toEqual(['1', '2', 'false'])
    session.abort()
  })
})
