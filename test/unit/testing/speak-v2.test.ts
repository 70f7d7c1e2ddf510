import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createStreamDecoder } from '../../../src/testing/audio-decoder.ts'
import { createToneSpeechRecogniser, encodeToneSpeech, type EmulatorOptions } from '../../../src/testing/index.ts'
import { openSession } from './session.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const text = 'the quick brown fox jumps over the lazy dog'
const model = 'model=flux-alexis-en'

/** The members of Speak v2 messages that these tests read. */
interface Message {
  type: string
  speech_id: string
  code: string
  audio_played_ms: number
  audio_duration_ms: number
  input_character_count: number
  billable_character_count: number
  text_spoken?: string
  text_remaining?: string
  metadata: Message
}

async function open(query = '', options: EmulatorOptions = {}) {
  const session = await openSession(`/v2/speak?${model}${query}`, options)
  const messages = (): Message[] => session.texts.map((each) => JSON.parse(each) as Message)
  return {
    ...session,
    messages,
    find: (type: string) => messages().filter((message) => message.type === type),
    codes: () => messages().flatMap(({ code }) => code ?? []),
    audio: () => session.frames.filter((frame): frame is Uint8Array => typeof frame !== 'string'),
    bytes: () => session.frames.reduce((sum, frame) => sum + (typeof frame === 'string' ? 0 : frame.length), 0),
    /** Kinds of what came, runs of audio as one. */
    kinds: () =>
      session.frames
        .map((frame) => (typeof frame === 'string' ? (JSON.parse(frame) as Message).type : 'audio'))
        .filter((kind, i, all) => kind !== 'audio' || all[i - 1] !== 'audio'),
  }
}

async function read(frames: Uint8Array[], encoding: string, sampleRate: number): Promise<string> {
  const recogniser = createToneSpeechRecogniser({ sampleRate })
  const decoder = createStreamDecoder({
    format: { encoding, sampleRate, channels: 1 },
    onAudio: ([samples]) => recogniser.push(samples!),
    onInvalid: (why) => expect.unreachable(why),
  })
  for (const frame of frames) await decoder.push(frame)
  recogniser.flush()
  return recogniser.words.map((word) => word.text).join(' ')
}

const speak = (content: string) => ({ type: 'Speak', text: content })
const flush = { type: 'Flush' }
const interrupt = (value?: number) =>
  value === undefined ? { type: 'Interrupt' } : { type: 'Interrupt', playback_offset: { type: 'time_ms', value } }
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('turns', () => {
  test('Connected comes first, with the bare voice and the request id', async () => {
    const session = await open()
    expect(session.messages()).toEqual([
      {
        type: 'Connected',
        request_id: session.socket.requestId,
        model_name: 'alexis',
        model_version: expect.any(String) as string,
        model_uuids: expect.any(Array) as string[],
      },
    ])
  })

  test('a turn is SpeechStarted, Flushed before the end of its audio, and SpeechMetadata, under one id', async () => {
    const session = await open()
    await session.say(speak(text))
    await session.say(flush)
    await wait(10_000)
    expect(session.kinds()).toEqual(['Connected', 'SpeechStarted', 'Flushed', 'audio', 'SpeechMetadata'])
    const ids = session.messages().flatMap(({ speech_id }) => speech_id ?? [])
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^dg_sp_[0-9a-f]{12}$/)
    expect(await read(session.audio(), 'linear16', 24_000)).toBe(text)
  })

  test.each([
    ['linear16', 8000],
    ['linear16', 16_000],
    ['linear16', 24_000],
    ['linear16', 32_000],
    ['linear16', 44_100],
    ['linear16', 48_000],
    ['mulaw', 8000],
    ['mulaw', 16_000],
    ['alaw', 8000],
    ['alaw', 16_000],
  ])('as %s at %i Hz, every frame is 80 ms, and what it says is the text', async (encoding, sampleRate) => {
    const session = await open(`&encoding=${encoding}&sample_rate=${sampleRate}`)
    await session.say(speak(text))
    await session.say(flush)
    await wait(10_000)
    const frame = (sampleRate * (encoding === 'linear16' ? 2 : 1) * 80) / 1000
    expect(new Set(session.audio().map((bytes) => bytes.length))).toEqual(new Set([frame]))
    expect(await read(session.audio(), encoding, sampleRate)).toBe(text)
    expect(session.find('SpeechMetadata')[0]!.audio_duration_ms).toBe(session.audio().length * 80)
  })

  test('by default a frame is 3840 bytes; the options for pacing are those of v1', async () => {
    const plain = await open()
    const odd = await open('', { speak: { frameBytes: [1, 999], pace: 'realtime' } })
    for (const session of [plain, odd]) {
      await session.say(speak(text))
      await session.say(flush)
      await wait(1000)
    }
    expect(plain.audio()[0]).toHaveLength(3840)
    expect(odd.audio().some((frame) => frame.length % 2 === 1)).toBe(true)
    expect(odd.socket.audioSeconds).toBeLessThan(1)
    expect(plain.socket.audioSeconds).toBeGreaterThan(2)
  })

  test('audio begins before Flush when a sentence is complete; the rest waits for Flush', async () => {
    const session = await open()
    await session.say(speak('one two. thr'))
    await wait(5000)
    expect(session.kinds()).toEqual(['Connected', 'SpeechStarted', 'audio'])
    expect(await read(session.audio(), 'linear16', 24_000)).toBe('one two.')
    await session.say(speak('ee four'))
    await session.say(flush)
    await wait(5000)
    expect(session.kinds()).toEqual(['Connected', 'SpeechStarted', 'audio', 'Flushed', 'audio', 'SpeechMetadata'])
    expect(await read(session.audio(), 'linear16', 24_000)).toBe('one two. three four')
    expect(session.find('SpeechStarted')).toHaveLength(1)
  })

  test('texts are joined as they are, without a blank between them', async () => {
    const session = await open()
    for (const part of ['Hello wor', 'ld.How ', 'are you']) await session.say(speak(part))
    await session.say(flush)
    await wait(5000)
    expect(await read(session.audio(), 'linear16', 24_000)).toBe('hello world.how are you')
  })

  test('what is spoken after Flush waits for the end of the active turn', async () => {
    const session = await open('', { speak: { pace: 'realtime' } })
    for (const each of ['first', 'second', 'third']) {
      await session.say(speak(each))
      await session.say(flush)
    }
    await session.say(speak('fourth'))
    expect(session.find('SpeechStarted')).toHaveLength(1)
    await wait(20_000)
    const turn = ['SpeechStarted', 'Flushed', 'audio', 'SpeechMetadata']
    expect(session.kinds()).toEqual(['Connected', ...turn, ...turn, ...turn, 'SpeechStarted'])
    expect(await read(session.audio(), 'linear16', 24_000)).toBe('first second third')
    expect(new Set(session.find('SpeechStarted').map(({ speech_id }) => speech_id)).size).toBe(4)
  })

  test('turns that wait follow each other in real time without a pause of their own', async () => {
    const session = await open('', { speak: { pace: 'realtime', firstAudioMs: 1000 } })
    for (let i = 0; i < 6; i++) {
      await session.say(speak(text))
      await session.say(flush)
    }
    await wait(13_000)
    expect(session.socket.audioSeconds).toBeGreaterThan(11.9)
    expect(session.find('SpeechMetadata').length).toBeGreaterThan(2)
  })

  test('what is counted: characters as sent, and for billing those without markup', async () => {
    const session = await open()
    await session.say(speak('<speak>héllo</speak> '))
    await session.say(speak('[laughs] 😀 <b>you</b>'))
    await session.say(flush)
    await wait(5000)
    expect(session.codes()).toEqual(['INPUT_MARKUP_STRIPPED', 'INPUT_MARKUP_STRIPPED'])
    expect(session.find('SpeechMetadata')[0]).toMatchObject({
      input_character_count: 21 + 21,
      billable_character_count: 6 + 13,
      controls_applied: { pronunciations_applied: 0, breaks_applied: 0, pronunciation_warnings: 0 },
    })
    expect(await read(session.audio(), 'linear16', 24_000)).toBe('héllo 😀 <b>you</b>')
  })

  test('Flush without a turn, or for a turn that is flushed already, is a warning', async () => {
    const session = await open()
    await session.say(flush)
    await session.say(speak('one'))
    await session.say(flush)
    await session.say(flush)
    await wait(2000)
    expect(session.codes()).toEqual(['NO_ACTIVE_SPEECH', 'NO_ACTIVE_SPEECH'])
    expect(session.closes).toEqual([])
  })

  test.each(['active', 'waiting'])('an %s turn of blanks and marks completes with nothing', async (place) => {
    const session = await open()
    if (place === 'waiting') {
      await session.say(speak('one'))
      await session.say(flush)
    }
    await session.say(speak(' ... '))
    await session.say(speak('!\n'))
    await session.say(flush)
    await wait(3000)
    expect(session.kinds().slice(-4)).toEqual(['SpeechStarted', 'Warning', 'Flushed', 'SpeechMetadata'])
    expect(session.codes()).toEqual(['NO_SYNTHESIZABLE_TEXT'])
    expect(session.find('SpeechMetadata').at(-1)).toMatchObject({ audio_duration_ms: 0, input_character_count: 7 })
  })
})

describe('Interrupt', () => {
  const content = 'one two, three four five'
  const times = encodeToneSpeech(content, { sampleRate: 24_000 }).words

  test.each([
    ['in the middle of the third word', (times[2]!.start + times[2]!.end) / 2, 'one two,'],
    ['just after the third word', times[2]!.end + 0.01, 'one two, three'],
    ['before the end of the first word', times[0]!.end - 0.01, ''],
  ])('%s, it splits the text at the words heard by then', async (_when, seconds, spoken) => {
    const session = await open('', { speak: { pace: 'realtime' } })
    await session.say(speak(content))
    await session.say(flush)
    await wait(times[3]!.end * 1000)
    const playedMs = Math.round(seconds * 1000)
    await session.say(interrupt(playedMs))
    await wait(10_000)
    const [message] = session.find('SpeechInterrupted')
    expect(message).toMatchObject({ audio_played_ms: playedMs, text_spoken: spoken })
    expect(message!.text_spoken! + message!.text_remaining!).toBe(content)
    expect(message!.metadata).toMatchObject({
      speech_id: session.find('SpeechStarted')[0]!.speech_id,
      audio_duration_ms: session.audio().length * 80,
      input_character_count: content.length,
    })
  })

  test('SpeechInterrupted takes the place of SpeechMetadata, and no audio follows it', async () => {
    const session = await open('', { speak: { pace: 'realtime' } })
    await session.say(speak(text))
    await session.say(flush)
    await wait(1000)
    const before = session.audio().length
    await session.say(interrupt(700))
    await wait(10_000)
    expect(session.kinds()).toEqual(['Connected', 'SpeechStarted', 'Flushed', 'audio', 'SpeechInterrupted'])
    expect(session.audio().length - before).toBeLessThan(3)
  })

  test('audio goes on until SpeechInterrupted', async () => {
    const session = await open('', { speak: { interruptMs: 300 } })
    await session.say(speak(text))
    await session.say(flush)
    await wait(150)
    const before = session.audio().length
    await session.say(interrupt(10))
    await wait(5000)
    expect(session.audio().length - before).toBeGreaterThan(10)
    expect(session.kinds().at(-1)).toBe('SpeechInterrupted')
  })

  test('a turn whose audio ends while the interruption is handled is interrupted all the same', async () => {
    const session = await open('', { speak: { interruptMs: 5000 } })
    await session.say(speak(text))
    await session.say(flush)
    await wait(150)
    await session.say(interrupt(10))
    await wait(4000)
    expect(session.kinds().at(-1)).toBe('audio')
    await wait(2000)
    expect(session.kinds()).toEqual(['Connected', 'SpeechStarted', 'Flushed', 'audio', 'SpeechInterrupted'])
  })

  test('a turn that is still open is cancelled too, and the next text begins another', async () => {
    const session = await open()
    await session.say(speak('one two. three'))
    await wait(1000)
    await session.say(interrupt(10))
    await wait(100)
    await session.say(speak('four'))
    await session.say(flush)
    await wait(5000)
    const turn = ['SpeechStarted', 'audio', 'SpeechInterrupted', 'SpeechStarted', 'Flushed', 'audio', 'SpeechMetadata']
    expect(session.kinds()).toEqual(['Connected', ...turn])
    const [message] = session.find('SpeechInterrupted')
    expect(message).toMatchObject({ text_spoken: '', text_remaining: 'one two. three' })
    // Only the complete sentence had gone into synthesis.
    expect(message!.metadata.billable_character_count).toBe('one two. '.length)
  })

  test('without an offset it tells the audio sent, and not the text', async () => {
    const session = await open()
    await session.say(speak(text))
    await session.say(flush)
    await wait(200)
    await session.say(interrupt())
    await wait(100)
    const [message] = session.find('SpeechInterrupted')
    expect(Object.keys(message!)).toEqual(['type', 'audio_played_ms', 'metadata'])
    expect(message!.audio_played_ms).toBe(session.audio().length * 80)
  })

  test('offsets count from the start of the session, whose audio goes on from where an interruption was heard', async () => {
    const session = await open('', { speak: { pace: 'realtime' } })
    await session.say(speak('zero'))
    await session.say(flush)
    await wait(3000)
    let clockMs = session.find('SpeechMetadata')[0]!.audio_duration_ms
    for (let i = 0; i < 3; i++) {
      await session.say(speak(content))
      await session.say(flush)
      await wait(times[3]!.start * 1000)
      // 20 ms into the second word of this turn: the first one was heard, wherever the turn before it was cut.
      clockMs += Math.round(times[1]!.start * 1000) + 20
      await session.say(interrupt(clockMs))
      await wait(3000)
      expect(session.find('SpeechInterrupted').at(-1)).toMatchObject({ audio_played_ms: clockMs, text_spoken: 'one' })
    }
    await session.say({ type: 'Close' })
    await wait(10)
    expect(session.messages().at(-1)).toMatchObject({
      type: 'SessionMetadata',
      total_audio_duration_ms: clockMs,
    })
  })

  test('an offset that does not advance is a warning, and the turn goes on', async () => {
    const session = await open('', { speak: { pace: 'realtime' } })
    await session.say(speak(text))
    await session.say(flush)
    await wait(1000)
    await session.say(interrupt(500))
    await wait(100)
    await session.say(speak('again'))
    await session.say(flush)
    await wait(300)
    await session.say(interrupt(500))
    await session.say(interrupt(499))
    await wait(5000)
    expect(session.codes()).toEqual(['INVALID_INTERRUPT_OFFSET', 'INVALID_INTERRUPT_OFFSET'])
    expect(session.kinds().at(-1)).toBe('SpeechMetadata')
  })

  test('before any audio, without a turn, and while another is handled, it is a warning', async () => {
    const session = await open('', { speak: { interruptMs: 200 } })
    await session.say(interrupt(0))
    await session.say(speak('one'))
    await session.say(interrupt(0))
    await session.say(flush)
    await wait(3000)
    await session.say(interrupt(100))
    await session.say(speak(text))
    await session.say(flush)
    await wait(150)
    await session.say(interrupt(200))
    await session.say(interrupt(300))
    await wait(3000)
    expect(session.codes()).toEqual([
      'NO_AUDIO_GENERATED',
      'NO_AUDIO_GENERATED',
      'NO_ACTIVE_SPEECH',
      'INTERRUPT_IN_PROGRESS',
    ])
    expect(session.find('SpeechInterrupted')).toHaveLength(1)
  })

  test.each([
    ['speak', 'third fourth'],
    ['drop', 'fourth'],
  ] as const)('turns that wait behind it: %s', async (waitingTurns, expected) => {
    const session = await open('', { speak: { pace: 'realtime', waitingTurns } })
    for (const each of [text, 'third']) {
      await session.say(speak(each))
      await session.say(flush)
    }
    await wait(1000)
    session.ws.send(JSON.stringify(interrupt(900)))
    session.ws.send(JSON.stringify(speak('fourth')))
    session.ws.send(JSON.stringify(flush))
    await wait(10_000)
    const at = session.frames.findIndex((frame) => typeof frame === 'string' && frame.includes('SpeechInterrupted'))
    const later = session.frames.slice(at).filter((frame) => typeof frame !== 'string')
    expect(await read(later, 'linear16', 24_000)).toBe(expected)
    expect(session.find('SpeechMetadata')).toHaveLength(expected.split(' ').length)
  })
})

describe('Configure', () => {
  test('changes the speed of the next segment, and says what was applied', async () => {
    const session = await open('', { speak: { pace: 'realtime' } })
    const say = async (): Promise<void> => {
      await session.say(speak('one. two. three. four.'))
      await session.say(flush)
    }
    await say()
    await session.say({ type: 'Configure' })
    await session.say({ type: 'Configure', speed: 0.5 })
    await say()
    await wait(30_000)
    expect(session.texts.filter((each) => each.includes('Configure'))).toEqual([
      '{"type":"ConfigureSuccess","applied":{}}',
      '{"type":"ConfigureSuccess","applied":{"speed":0.5}}',
    ])
    const [first, second] = session.find('SpeechMetadata').map((each) => each.audio_duration_ms)
    expect(second! - first!).toBeGreaterThan(1000)
  })

  test.each([
    [1.55, 'SPEED_OUT_OF_RANGE'],
    [0.45, 'SPEED_OUT_OF_RANGE'],
    [1.07, 'SPEED_INCREMENT_INVALID'],
  ])('refuses %d with %s, and everything stays as it is', async (speed, code) => {
    const session = await open('&speed=1.15')
    await session.say({ type: 'Configure', speed })
    await session.say({ type: 'Configure', speed: 1.15 })
    expect(session.messages().slice(1)).toEqual([
      { type: 'ConfigureFailure', code, field: 'speed', value: speed, description: expect.any(String) as string },
      { type: 'ConfigureSuccess', applied: { speed: 1.15 } },
    ])
    expect(session.closes).toEqual([])
  })
})

describe('the end', () => {
  test.each([
    ['finish', text],
    ['stop', ''],
  ] as const)('Close with onClose: %s tells the totals, then closes with 1000', async (onClose, heard) => {
    const session = await open('', { speak: { onClose } })
    await session.say(speak(text))
    await session.say({ type: 'Close' })
    await session.say(speak('too late'))
    await wait(10_000)
    expect(await read(session.audio(), 'linear16', 24_000)).toBe(heard)
    const [metadata] = session.find('SpeechMetadata')
    expect(session.messages().at(-1)).toEqual({
      type: 'SessionMetadata',
      total_audio_duration_ms: metadata?.audio_duration_ms ?? 0,
      total_input_character_count: heard.length,
      total_billable_character_count: heard.length,
    })
    expect(session.closes).toEqual([{ code: 1000, reason: '', wasClean: true }])
  })

  test('Close lets turns that wait be spoken', async () => {
    const session = await open()
    await session.say(speak('one'))
    await session.say(flush)
    await session.say(speak('two'))
    await session.say({ type: 'Close' })
    await wait(10_000)
    expect(await read(session.audio(), 'linear16', 24_000)).toBe('one two')
    expect(session.kinds().slice(-2)).toEqual(['SpeechMetadata', 'SessionMetadata'])
    expect(session.closes).toHaveLength(1)
  })

  test.each([
    ['no JSON', 'hello', 'MESSAGE-0000'],
    ['no object', '[]', 'MESSAGE-0000'],
    ['no type', '{}', 'MESSAGE-0000'],
    ['a Speak without text', '{"type":"Speak"}', 'MESSAGE-0000'],
    ['an unknown field', '{"type":"Interrupt","speech_id":"dg_sp_0"}', 'MESSAGE-0000'],
    ['an unknown unit', '{"type":"Interrupt","playback_offset":{"type":"frames","value":1}}', 'MESSAGE-0000'],
    [
      'an unknown field of the offset',
      '{"type":"Interrupt","playback_offset":{"type":"time_ms","value":1,"of":"turn"}}',
      'MESSAGE-0000',
    ],
    ['a negative offset', '{"type":"Interrupt","playback_offset":{"type":"time_ms","value":-1}}', 'MESSAGE-0000'],
    ['a speed that is no number', '{"type":"Configure","speed":"fast"}', 'MESSAGE-0000'],
    ['a command of v1', '{"type":"Clear"}', 'DATA-0000'],
    ['a message of more than 2 MB', `{"type":"Speak","text":"${'x'.repeat(2 * 1024 * 1024)}"}`, 'BIG-0000'],
    ['a binary frame', Uint8Array.of(1, 2), 'MESSAGE-0000'],
  ])('%s is an Error, and the connection is closed', async (_what, frame, code) => {
    const session = await open()
    session.ws.send(frame)
    await wait(10)
    expect(session.messages().slice(1)).toEqual([{ type: 'Error', code, description: expect.any(String) as string }])
    expect(session.closes).toMatchObject([{ reason: code, wasClean: true }])
  })

  test('60 s without a message are an Error NET-0004 and the close, whatever is being spoken', async () => {
    const session = await open('', { speak: { pace: 0.05 } })
    await session.say(speak(text))
    await session.say(flush)
    await wait(59_900)
    expect(session.closes).toEqual([])
    await session.say({ type: 'Configure' })
    await wait(59_900)
    expect(session.closes).toEqual([])
    await wait(200)
    expect(session.codes()).toEqual(['NET-0004'])
    expect(session.closes).toMatchObject([{ code: 1011 }])
  })

  test('an hour is an Error NET-0003 and the close', async () => {
    const session = await open('', { speak: { fluxIdleMs: Infinity } })
    await wait(3_600_000)
    expect(session.codes()).toEqual(['NET-0003'])
    expect(session.closes).toHaveLength(1)
  })

  test('when the client leaves, nothing is left ticking', async () => {
    const session = await open()
    await session.say(speak(text))
    await session.say(flush)
    await wait(200)
    await session.say(interrupt(10))
    session.ws.close()
    await wait(10)
    expect(session.closes).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the handshake', () => {
  const refused = async (query: string) => {
    const session = await openSession(`/v2/speak?${query}`)
    expect([session.events, session.emulator.handshakes[0]!.status]).toEqual([['error', 'close'], 400])
    const { access_token } = await session.emulator.getToken()
    const { createEmulatorCore } = await import('../../../src/testing/emulator.ts')
    const core = createEmulatorCore({ apiKey: access_token })
    const answer = core.handshake({ url: `/v2/speak?${query}`, protocols: ['token', access_token] })
    return answer.kind === 'refuse' ? (JSON.parse(answer.body) as { err_code: string }).err_code : answer.kind
  }

  test.each([
    ['', 'INVALID_QUERY_PARAMETER'],
    ['model=aura-2-thalia-en', 'Bad Request'],
    ['model=flux-nobody-en', 'Bad Request'],
    ['model=flux-alexis-de', 'Bad Request'],
    [`${model}&container=wav`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&bit_rate=32000`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&callback=https%3A%2F%2Fx.example`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&priority=low`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&foo=1`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&encoding=mp3`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&sample_rate=22050`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&encoding=mulaw&sample_rate=24000`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&mip_opt_out=maybe`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&speed=fast`, 'INVALID_QUERY_PARAMETER'],
    [`${model}&speed=1.6`, 'SPEED_OUT_OF_RANGE'],
    [`${model}&speed=1.01`, 'SPEED_INCREMENT_INVALID'],
    [`${model}&expressivity=3`, 'EXPRESSIVITY_OUT_OF_RANGE'],
    [`${model}&expressivity=-2.5`, 'EXPRESSIVITY_OUT_OF_RANGE'],
    [`${model}&expressivity=1.5`, 'EXPRESSIVITY_INCREMENT_INVALID'],
  ])('refuses "%s" with 400 %s', async (query, code) => {
    expect(await refused(query)).toBe(code)
  })

  test('takes everything that is documented', async () => {
    const query = '&encoding=linear16&sample_rate=44100&speed=1.15&expressivity=-2&mip_opt_out=true&tag=a&tag=b'
    expect((await open(query)).events).toEqual(['open'])
  })

  test('v1 still refuses 44100 and Flux voices', async () => {
    for (const query of ['sample_rate=44100', model]) {
      expect((await openSession(`/v1/speak?${query}`)).events).toEqual(['error', 'close'])
    }
  })
})
