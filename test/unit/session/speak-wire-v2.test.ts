import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { encodeQuery } from '../../../src/protocol/endpoint.ts'
import { createSpeakV2 } from '../../../src/session/speak-wire-v2.ts'
import { createToneSpeechRecogniser, encodeToneSpeech, type EmulatorOptions } from '../../../src/testing/index.ts'
import { decodeLinear16 } from '../../../src/audio/pcm.ts'
import { openSession, settle } from '../testing/session.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const model = 'flux-alexis-en'

/** A session reduced to its dealings with the wire: it keeps the audio that it asked for and did not give up. */
async function open(speak: EmulatorOptions['speak'] = {}) {
  const wire = createSpeakV2()
  const { path, query } = wire.address({ model })
  const session = await openSession(`${path}?${encodeQuery(query ?? {})}`, { speak })
  const events: object[] = []
  const audio: Uint8Array[] = []
  let isDropping = false
  let read = 0
  const listen = (): void => {
    for (const frame of session.frames.slice(read)) {
      read++
      if (typeof frame !== 'string') {
        if (!isDropping) audio.push(frame)
        continue
      }
      const event = wire.read(frame)
      if (event) events.push(event)
      if (event?.type === 'reply') session.ws.send(event.text)
      if (event?.type === 'cleared') isDropping = false
    }
  }
  session.ws.addEventListener('message', listen)
  return {
    ...session,
    wire,
    events,
    audio,
    say(text: string) {
      expect(wire.isHeld).toBe(false)
      session.ws.send(wire.speak(text))
      session.ws.send(wire.flush())
    },
    stop(heardMs: number) {
      const message = wire.clear(heardMs)
      if (message === null) return false
      isDropping = true
      session.ws.send(message)
      return true
    },
    interrupts: () => session.socket.receivedText.filter((each) => each.includes('Interrupt')),
    heard() {
      const recogniser = createToneSpeechRecogniser({ sampleRate: 24_000 })
      for (const frame of audio) recogniser.push(decodeLinear16(frame))
      recogniser.flush()
      return recogniser.words.map((word) => word.text).join(' ')
    },
  }
}

const content = 'one two, three four five'
const times = encodeToneSpeech(content, { sampleRate: 24_000 }).words
const msOf = (word: number): number => Math.round(times[word]!.start * 1000) + 20
const types = (events: object[]): string[] => events.map((event) => (event as { type: string }).type)

describe('the address', () => {
  test('has the path, the format, and no parameter of another endpoint', () => {
    const options = { model, speed: 1.15, expressivity: -1, smartFormat: true, parameters: { tag: ['a'] } }
    expect(createSpeakV2().address(options)).toEqual({
      path: '/v2/speak',
      query: expect.objectContaining({
        model,
        encoding: 'linear16',
        sample_rate: 24_000,
        speed: 1.15,
        expressivity: -1,
        tag: ['a'],
      }) as object,
    })
    expect(Object.keys(createSpeakV2().address(options).query ?? {})).not.toContain('smart_format')
  })

  test.each([
    [{ sampleRate: 44_100 }, { encoding: 'linear16', sampleRate: 44_100 }],
    [{ encoding: 'mulaw' as const }, { encoding: 'mulaw', sampleRate: 8000 }],
  ])('the format of %j', (options, format) => {
    expect(createSpeakV2().formatOf(options)).toEqual(format)
  })

  test.each([
    [{ sampleRate: 22_050 }, 'sampleRate'],
    [{ encoding: 'alaw' as const, sampleRate: 24_000 }, 'sampleRate'],
    [{ speed: 1.6 }, 'speed'],
    [{ speed: 1.01 }, 'speed'],
    [{ expressivity: 1.5 }, 'expressivity'],
  ])('%j is a TypeError that names the option', (options, name) => {
    expect(() => createSpeakV2().address({ model, ...options })).toThrow(TypeError)
    expect(() => createSpeakV2().formatOf(options)).toThrow(name)
  })
})

describe('speaking', () => {
  test('a flush is answered once, when all its audio is there', async () => {
    const session = await open()
    session.say('one two.')
    session.say('three')
    await wait(5000)
    expect(types(session.events)).toEqual(['started', 'flushed', 'flushed'])
    expect(session.heard()).toBe('one two. three')
    expect(session.stop(0)).toBe(false)
  })

  test('a turn without sound, and one that the service does not know, are answered too', async () => {
    const session = await open()
    session.say(' ... ')
    session.ws.send(session.wire.flush())
    await settle()
    expect(session.events.slice(1)).toEqual([
      { type: 'warning', text: 'NO_SYNTHESIZABLE_TEXT' },
      { type: 'flushed' },
      { type: 'flushed' },
    ])
  })

  test('warnings and errors are told by their code; limits of the line are no errors', async () => {
    const session = await open()
    const { wire } = session
    expect(wire.read('{"type":"Warning","code":"SYNTHESIS_RETRYING"}')).toEqual({
      type: 'warning',
      text: 'SYNTHESIS_RETRYING',
    })
    expect(wire.read('{"type":"Warning","code":"NO_ACTIVE_SPEECH"}')).toMatchObject({ type: 'warning' })
    expect(wire.read('{"type":"ConfigureFailure","code":"SPEED_NOT_SUPPORTED"}')).toMatchObject({ type: 'warning' })
    expect(wire.read('{"type":"Error","code":"DATA-0000"}')).toEqual({ type: 'error', text: 'DATA-0000' })
    expect(wire.read('{"type":"Error","code":"NET-0004"}')).toEqual({ type: 'warning', text: 'NET-0004' })
    expect(wire.read('{"type":"Hello"}')).toEqual({ type: 'unread', frame: { kind: 'unknown', type: 'Hello' } })
    expect(wire.read('hello')).toEqual({ type: 'unread', frame: { kind: 'invalid', reason: 'not-json' } })
  })
})

describe('stopping', () => {
  test('tells the position heard, and what the service makes of it', async () => {
    const session = await open({ pace: 'realtime' })
    session.say(content)
    await wait(msOf(3))
    expect(session.stop(msOf(2))).toBe(true)
    expect(session.wire.isHeld).toBe(true)
    expect(session.stop(msOf(2))).toBe(false)
    await wait(100)
    expect(session.interrupts()).toEqual([
      `{"type":"Interrupt","playback_offset":{"type":"time_ms","value":${msOf(2)}}}`,
    ])
    expect(session.events.at(-1)).toEqual({ type: 'cleared', spoken: 'one two,', remaining: ' three four five' })
    expect(session.wire.isHeld).toBe(false)
  })

  test('the position counts on from turns that were heard, and from where others were cut off', async () => {
    const session = await open({ pace: 'realtime' })
    session.say('zero')
    await wait(3000)
    for (let i = 0; i < 3; i++) {
      session.say(content)
      await wait(msOf(3))
      session.stop(msOf(1))
      await wait(1000)
      expect(session.events.at(-1)).toMatchObject({ type: 'cleared', spoken: 'one' })
    }
    expect(types(session.events)).toEqual(['started', 'flushed', 'cleared', 'cleared', 'cleared'])
  })

  test('what was heard lies before the turn under way: the position is told all the same', async () => {
    const session = await open()
    session.say(content)
    await wait(3000)
    const durationMs = (session.audio.length * 3840) / 48
    session.say(content)
    await wait(200)
    session.stop(msOf(2) - durationMs)
    await wait(100)
    expect(session.interrupts()[0]).toContain(`"value":${msOf(2)}`)
    expect(session.events.at(-1)).toEqual({ type: 'cleared', spoken: '', remaining: content })
  })

  test('a position that does not advance is not told', async () => {
    const session = await open({ pace: 'realtime' })
    session.say(content)
    await wait(1000)
    session.stop(500)
    await wait(100)
    session.say(content)
    await wait(400)
    session.stop(0)
    await wait(100)
    expect(session.interrupts()).toHaveLength(2)
    expect(session.interrupts()[1]).toBe('{"type":"Interrupt"}')
    expect(session.events.at(-1)).toEqual({ type: 'cleared' })
    expect(session.closes).toEqual([])
  })

  test.each(['speak', 'drop'] as const)(
    'turns that wait behind it are never heard, whether the service would %s them',
    async (waitingTurns) => {
      const session = await open({ pace: 'realtime', waitingTurns })
      session.say(content)
      session.say('six')
      session.say('seven')
      await wait(msOf(3))
      session.stop(msOf(2))
      const kept = session.audio.length
      await wait(1000)
      expect(types(session.events).filter((type) => type !== 'reply')).toEqual(['started', 'cleared'])
      expect(session.events.at(-1)).toEqual({ type: 'cleared', spoken: 'one two,', remaining: ' three four five' })
      expect(session.interrupts()).toHaveLength(waitingTurns === 'speak' ? 3 : 1)
      expect(session.audio).toHaveLength(kept)
      session.audio.length = 0
      session.say('eight nine')
      await wait(3000)
      expect(session.heard()).toBe('eight nine')
      expect(session.wire.read('{"type":"Warning","code":"NO_ACTIVE_SPEECH"}')).toMatchObject({ type: 'warning' })
    },
  )

  test('a turn that ended while the interruption was on its way leaves nothing behind', async () => {
    const session = await open()
    session.say('one')
    await wait(100)
    const message = session.wire.clear(0)!
    await wait(3000)
    expect(types(session.events)).toEqual(['started', 'reply', 'cleared'])
    session.ws.send(message)
    await settle()
    session.say('two')
    await wait(3000)
    expect(types(session.events).slice(3)).toEqual(['warning', 'flushed'])
    expect(session.heard()).toBe('one two')
  })

  test('the answer to such an interruption is not taken for one to the next text', async () => {
    const wire = createSpeakV2()
    wire.flush()
    wire.clear(10)
    expect(wire.read('{"type":"SpeechMetadata"}')).toEqual({ type: 'reply', text: '{"type":"Configure"}' })
    expect(wire.isHeld).toBe(true)
    for (const code of ['NO_ACTIVE_SPEECH', 'INVALID_INTERRUPT_OFFSET', 'NO_AUDIO_GENERATED']) {
      expect(wire.read(JSON.stringify({ type: 'Warning', code }))).toBeNull()
    }
    expect(wire.read('{"type":"ConfigureSuccess","applied":{}}')).toEqual({ type: 'cleared' })
    wire.flush()
    expect(wire.read('{"type":"SpeechMetadata"}')).toEqual({ type: 'flushed' })
  })

  test('before the first audio of a connection the service cannot be stopped: the connection is lost', async () => {
    const session = await open()
    session.say(content)
    session.stop(0)
    await settle()
    expect(types(session.events)).toEqual(['started', 'lost'])
  })

  test('a refused position is not told a second time', async () => {
    const wire = createSpeakV2()
    wire.flush()
    wire.clear(500)
    expect(wire.read('{"type":"Warning","code":"INVALID_INTERRUPT_OFFSET"}')).toEqual({
      type: 'reply',
      text: '{"type":"Interrupt"}',
    })
    expect(wire.read('{"type":"SpeechInterrupted"}')).toEqual({ type: 'cleared' })
    expect(wire.isHeld).toBe(false)
  })
})
