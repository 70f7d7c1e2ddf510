import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { decodeMessage } from '../../../src/protocol/decode.ts'
import { listenV2Schemas } from '../../../src/protocol/listen-v2.ts'
import { createEmulatorCore, type EmulatorOptions } from '../../../src/testing/emulator.ts'
import { createNodeOpusDecoder } from '../../../src/testing/opus-node.ts'
import { foldListenV2, foldTurn, INITIAL_TURN_STATE } from '../../../src/transcript/fold-listen-v2.ts'
import { INITIAL_TRANSCRIPT_STATE } from '../../../src/transcript/transcript.ts'
import { openSession, randomWords, settle, speak } from './session.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

interface Message {
  type: string
  event: string
  turn_index: number
  audio_window_start: number
  audio_window_end: number
  transcript: string
  words: { word: string; start: number; end: number; confidence: number }[]
  end_of_turn_confidence: number
  trigger?: string
  languages?: string[]
  languages_hinted?: string[]
  sequence_id: number
  code: string
  description: string
  thresholds: object
  keyterms: string[]
}

const linear16 = 'model=flux-general-en&encoding=linear16&sample_rate=16000'

async function openFlux(query = '', options: EmulatorOptions = {}) {
  const session = await openSession(`/v2/listen?${linear16}${query && `&${query}`}`, options)
  const messages = () => session.texts.map((text) => JSON.parse(text) as Message)
  const infos = () => messages().filter(({ type }) => type === 'TurnInfo')
  return Object.assign(session, {
    all: messages,
    infos,
    /** Everything but plain updates. */
    events: () => infos().filter(({ event }) => event !== 'Update'),
    names: () =>
      infos()
        .map(({ event }) => event)
        .filter((event) => event !== 'Update'),
    ends: () => infos().filter(({ event }) => event === 'EndOfTurn'),
    close: async () => {
      session.ws.send('{"type":"CloseStream"}')
      await settle()
    },
  })
}

const webm = new Uint8Array(readFileSync(new URL('../../fixtures/audio/fox.webm', import.meta.url)))
const closed = [{ code: 1005, reason: '', wasClean: true }]

describe('a turn', () => {
  test('Connected comes first, and one sequence counts every message', async () => {
    const flux = await openFlux('eager_eot_threshold=0.5')
    expect(flux.texts).toEqual([`{"type":"Connected","request_id":"${flux.socket.requestId}","sequence_id":0}`])
    await flux.send(speak([0.3, 'one two', 1]).bytes)
    await flux.say({ type: 'Configure', keyterms: ['Deepgram'] })
    await flux.send(speak([1.5]).bytes)
    await flux.say({ type: 'ForceEndTurn' })
    await flux.close()
    const messages = flux.all()
    expect(messages.map(({ sequence_id }) => sequence_id)).toEqual(messages.map((_, index) => index))
    expect(new Set(messages.map(({ type }) => type))).toEqual(
      new Set(['Connected', 'TurnInfo', 'ConfigureSuccess', 'Warning']),
    )
  })

  test('the members of a TurnInfo and their order are those of the wire', async () => {
    const flux = await openFlux()
    await flux.send(speak([0.5, 'one', 2]).bytes)
    const common = [
      'type',
      'request_id',
      'event',
      'turn_index',
      'audio_window_start',
      'audio_window_end',
      'transcript',
      'words',
      'end_of_turn_confidence',
    ]
    for (const info of flux.infos()) {
      const trigger = info.event === 'EndOfTurn' ? ['trigger'] : []
      expect(Object.keys(info)).toEqual([...common, ...trigger, 'sequence_id'])
    }
    expect(Object.keys(flux.ends()[0]!.words[0]!)).toEqual(['word', 'confidence', 'start', 'end'])
    expect(flux.texts.join('')).not.toMatch(/"(audio_window_\w+|start|end|confidence|end_of_turn_confidence)":\d+[,}]/)
  })

  test('updates come every 0.24 s of audio, and every 0.08 s while the confidence is high', async () => {
    const flux = await openFlux('eot_threshold=0.9')
    await flux.send(speak([0.5, randomWords(12).join(' '), 2.4]).bytes)
    const [turn] = flux.ends()
    const infos = flux.infos().filter(({ turn_index }) => turn_index === 0)
    const frames = infos.map(({ audio_window_end }) => Math.round(audio_window_end / 0.08))
    const extra = infos.filter((_, i) => frames[i]! % 3 !== 0)
    const grid = frames.filter((frame) => frame % 3 === 0)
    expect(grid).toEqual(grid.map((_, i) => 3 * (i + 1)))
    expect(extra.length).toBeGreaterThan(5)
    for (const { event, end_of_turn_confidence: confidence } of extra) {
      expect(confidence, event).toBeGreaterThanOrEqual(0.5)
    }
    expect(turn!.end_of_turn_confidence).toBeGreaterThanOrEqual(0.9)
  })

  test('text is seen before StartOfTurn, which comes once and has text', async () => {
    const flux = await openFlux()
    await flux.send(speak([0.6, 'hello there world', 2, 'again', 2]).bytes)
    for (const turn of [0, 1]) {
      const infos = flux.infos().filter(({ turn_index }) => turn_index === turn)
      const start = infos.findIndex(({ event }) => event === 'StartOfTurn')
      expect(infos.filter(({ event }) => event === 'StartOfTurn')).toHaveLength(1)
      expect(infos[start]!.transcript).not.toBe('')
      expect(infos[start - 1]).toMatchObject({ event: 'Update', transcript: expect.stringMatching(/./) as string })
      expect(infos[0]).toMatchObject({ event: 'Update', transcript: '', words: [] })
    }
  })

  test('its window is fixed, grows, and begins where the window before ended', async () => {
    const flux = await openFlux()
    await flux.send(speak([0.3, 'one two', 2, 'three', 2, 'four', 2]).bytes)
    const infos = flux.infos()
    expect(flux.ends().map(({ transcript }) => transcript)).toEqual(['one two', 'three', 'four'])
    for (let i = 1; i < infos.length; i++) {
      const [before, info] = [infos[i - 1]!, infos[i]!]
      const isNext = before.event === 'EndOfTurn'
      expect(info.turn_index).toBe(before.turn_index + (isNext ? 1 : 0))
      expect(info.audio_window_start).toBe(isNext ? before.audio_window_end : before.audio_window_start)
      expect(info.audio_window_end).toBeGreaterThan(before.audio_window_end)
    }
  })

  test('word times are those of the speech', async () => {
    const flux = await openFlux()
    const spoken = speak([0.7, 'the quick brown fox', 2])
    await flux.send(spoken.bytes)
    const { words } = flux.ends()[0]!
    expect(words.map(({ word }) => word)).toEqual(spoken.words.map(({ text }) => text))
    words.forEach((word, i) => {
      expect(Math.abs(word.start - spoken.words[i]!.start)).toBeLessThan(0.03)
      expect(Math.abs(word.end - spoken.words[i]!.end)).toBeLessThan(0.03)
    })
  })

  test('without an eager threshold no eager event comes; with one, only after a second of silence', async () => {
    const speech = ['one two.', 0.6, 'three four.', 0.7, 'five', 3]
    const plain = await openFlux()
    await plain.send(speak(speech).bytes)
    expect(plain.names()).toEqual(['StartOfTurn', 'EndOfTurn'])
    const eager = await openFlux('eager_eot_threshold=0.5')
    const spoken = speak(speech)
    await eager.send(spoken.bytes)
    expect(eager.names()).toEqual(['StartOfTurn', 'EagerEndOfTurn', 'EndOfTurn'])
    const [, early, end] = eager.events()
    expect(early!.audio_window_end - spoken.words.at(-1)!.end).toBeGreaterThanOrEqual(0.97)
    expect(early!.transcript).toBe('one two. three four. five')
    expect(end!.transcript).toBe(early!.transcript)
    // A pause within the sentence reached a confidence beyond the threshold, and was no end.
    const between = eager.infos().filter((info) => info.audio_window_end < early!.audio_window_end)
    expect(Math.max(...between.map((info) => info.end_of_turn_confidence))).toBeGreaterThan(0.5)
    const sequence = eager.infos().map(({ event }) => event)
    expect(sequence.slice(sequence.indexOf('EagerEndOfTurn') + 1, sequence.indexOf('EndOfTurn'))).toContain('Update')
  })

  test('speech after an eager end resumes the turn, as often as it happens', async () => {
    const flux = await openFlux('eager_eot_threshold=0.5&eot_threshold=0.9')
    await flux.send(speak(['one', 1.3, 'two', 1.3, 'three', 4]).bytes)
    expect(flux.names()).toEqual([
      'StartOfTurn',
      'EagerEndOfTurn',
      'TurnResumed',
      'EagerEndOfTurn',
      'TurnResumed',
      'EagerEndOfTurn',
      'EndOfTurn',
    ])
    expect(flux.ends()[0]).toMatchObject({ transcript: 'one two three', trigger: 'model', turn_index: 0 })
  })

  test('words of a script are revised by later updates', async () => {
    const flux = await openFlux('', { script: [{ text: 'I scream loudly', at: 0.4, interim: 'ice cream' }] })
    await flux.send(new Uint8Array(32_000 * 4))
    const texts = flux.infos().map(({ transcript }) => transcript)
    expect(texts).toContain('ice cream')
    expect(flux.ends()[0]!.transcript).toBe('I scream loudly')
    expect(texts.indexOf('ice cream')).toBeLessThan(texts.indexOf('I scream loudly'))
  })

  test('eot_timeout_ms counts silence in audio time, not on the wall', async () => {
    const flux = await openFlux('eot_threshold=1.0&eot_timeout_ms=3000')
    const spoken = speak([0.4, 'one', 2])
    await flux.send(spoken.bytes)
    await vi.advanceTimersByTimeAsync(15_000)
    expect(flux.names()).toEqual(['StartOfTurn'])
    await flux.send(speak([2]).bytes)
    expect(flux.names()).toEqual(['StartOfTurn', 'EndOfTurn'])
    const [end] = flux.ends()
    expect(end!.trigger).toBe('timeout')
    expect(end!.audio_window_end - spoken.words[0]!.end).toBeGreaterThanOrEqual(2.97)
    expect(end!.audio_window_end - spoken.words[0]!.end).toBeLessThan(3.2)
  })

  test('any words are heard whole, once and in order, whatever the frames', async () => {
    const words = randomWords(40, 7)
    const parts = words.flatMap((word, i) => [word, i % 9 === 8 ? 2.5 : 0.12])
    const flux = await openFlux('eager_eot_threshold=0.3')
    await flux.send(speak([0.2, ...parts, 2.5]).bytes, 2560)
    expect(
      flux
        .ends()
        .map(({ transcript }) => transcript)
        .join(' '),
    ).toBe(words.join(' '))
    expect(flux.ends()).toHaveLength(5)
  })

  test('what it says folds to the words that were spoken, once each, with their times', async () => {
    const words = randomWords(30, 11)
    const pauses = [0.1, 0.6, 1.2, 2.2]
    const spoken = speak([0.4, ...words.flatMap((word, i) => [word, pauses[(i * 7) % 4]!]), 0.1])
    const flux = await openFlux('eager_eot_threshold=0.4')
    await flux.send(spoken.bytes, 2560)
    flux.ws.send('{"type":"ForceEndTurn"}')
    await flux.close()
    let state = INITIAL_TRANSCRIPT_STATE
    let turn = INITIAL_TURN_STATE
    const ends: string[] = []
    for (const text of flux.texts) {
      const decoded = decodeMessage(text, listenV2Schemas)
      if (decoded.kind !== 'message') throw new Error(decoded.kind)
      state = foldListenV2(state, decoded.message)
      turn = foldTurn(turn, decoded.message)
      ends.push(...turn.events.filter(({ type }) => type === 'end').map((event) => event.text))
    }
    const heard = state.transcript.segments.flatMap((segment) => segment.words)
    expect(heard.map(({ text }) => text)).toEqual(words)
    heard.forEach(({ start, end }, i) => {
      expect(Math.abs(start - spoken.words[i]!.start)).toBeLessThan(0.03)
      expect(Math.abs(end - spoken.words[i]!.end)).toBeLessThan(0.03)
    })
    expect(state.transcript.interim).toBeNull()
    expect(ends).toEqual(state.transcript.utterances.map(({ text }) => text))
    expect(ends.length).toBeGreaterThan(3)
  })

  test('a multilingual model names the languages heard, most words first, and the hints', async () => {
    const session = await openSession(
      '/v2/listen?model=flux-general-multi&language_hint=de&language_hint=es-MX&encoding=linear16&sample_rate=16000',
      {
        script: [
          { text: 'gracias', language: 'es' },
          { text: 'guten Tag', language: 'de' },
        ],
      },
    )
    await session.send(new Uint8Array(32_000 * 5))
    const end = session.texts.map((text) => JSON.parse(text) as Message).find(({ event }) => event === 'EndOfTurn')
    expect(end).toMatchObject({ languages: ['de', 'es'], languages_hinted: ['de', 'es-MX'] })
    expect(JSON.parse(session.texts[1]!)).toMatchObject({ languages: [], transcript: '' })
  })

  test('WebM from a real recorder is heard', async () => {
    const session = await openSession('/v2/listen?model=flux-general-en', { hears: { opus: createNodeOpusDecoder } })
    vi.useRealTimers()
    session.ws.send(webm)
    session.ws.send('{"type":"ForceEndTurn"}')
    session.ws.send('{"type":"CloseStream"}')
    await vi.waitFor(() => expect(session.closes).toHaveLength(1), 5000)
    const messages = session.texts.map((text) => JSON.parse(text) as Message)
    expect(messages.find(({ event }) => event === 'EndOfTurn')).toMatchObject({
      transcript: 'the quick brown fox jumps over the lazy dog',
    })
  })
})

describe('ForceEndTurn', () => {
  test('ends the turn with the text of the latest update, by hand, with the confidence as it is', async () => {
    const flux = await openFlux()
    await flux.send(speak([0.3, 'one two three', 0.3]).bytes)
    await flux.say({ type: 'ForceEndTurn' })
    const infos = flux.infos()
    expect(infos.at(-1)).toMatchObject({ event: 'EndOfTurn', trigger: 'manual', transcript: 'one two three' })
    expect(infos.at(-2)!.transcript).toBe('one two three')
    expect(infos.at(-1)!.end_of_turn_confidence).toBeLessThan(0.5)
    await flux.send(speak(['four', 2]).bytes)
    expect(flux.ends()[1]).toMatchObject({ turn_index: 1, transcript: 'four', trigger: 'model' })
  })

  test('while an eager end is pending it ends the turn at once', async () => {
    const flux = await openFlux('eager_eot_threshold=0.5&eot_threshold=1.0')
    await flux.send(speak(['one', 1.5]).bytes)
    await flux.say({ type: 'ForceEndTurn' })
    expect(flux.names()).toEqual(['StartOfTurn', 'EagerEndOfTurn', 'EndOfTurn'])
  })

  test('a word that no update had shown yet is not lost', async () => {
    const flux = await openFlux()
    await flux.send(speak(['yes', 0.08]).bytes)
    await flux.say({ type: 'ForceEndTurn' })
    expect(flux.events().map(({ event, transcript }) => [event, transcript])).toEqual([
      ['StartOfTurn', 'yes'],
      ['EndOfTurn', 'yes'],
    ])
  })

  test('a word that was just being understood is in the turn it ends, and in no other', async () => {
    const flux = await openFlux()
    await flux.send(speak(['one two', 0.02]).bytes)
    await flux.say({ type: 'ForceEndTurn' })
    await flux.send(speak([0.3, 'three', 2.5]).bytes)
    expect(flux.ends().map(({ transcript }) => transcript)).toEqual(['one two', 'three'])
    await flux.close()
    expect(flux.infos().at(-1)!.transcript).toBe('')
  })

  test('without a turn it is answered by a Warning, and the index stays', async () => {
    const flux = await openFlux()
    await flux.send(speak([1]).bytes)
    await flux.say({ type: 'ForceEndTurn' })
    expect(flux.all().at(-1)).toMatchObject({
      type: 'Warning',
      code: 'FORCE_END_TURN_NO_ACTIVE_TURN',
      description: 'Received ForceEndTurn while no turn was active; the request was ignored.',
    })
    await flux.send(speak(['one', 2]).bytes)
    expect(flux.ends()).toMatchObject([{ turn_index: 0 }])
  })
})

describe('Configure', () => {
  test('takes effect in its place in the audio, and is answered with everything in force', async () => {
    const flux = await openFlux('eot_threshold=1.0')
    await flux.send(speak(['one', 2]).bytes)
    expect(flux.names()).toEqual(['StartOfTurn'])
    await flux.say({ type: 'Configure', thresholds: { eot_threshold: 0.6, eager_eot_threshold: 0.5 }, keyterms: ['a'] })
    expect(flux.all().findLast(({ type }) => type === 'ConfigureSuccess')).toMatchObject({
      thresholds: { eot_threshold: 0.6, eager_eot_threshold: 0.5, eot_timeout_ms: 5000 },
      keyterms: ['a'],
      profanity_filter: false,
      numerals: false,
    })
    await flux.send(speak([0.2]).bytes)
    expect(flux.names()).toEqual(['StartOfTurn', 'EndOfTurn'])
    await flux.say({ type: 'Configure', numerals: true, keyterms: [] })
    expect(flux.all().at(-1)).toMatchObject({ thresholds: { eot_threshold: 0.6 }, keyterms: [], numerals: true })
  })

  test.each([
    [{ thresholds: { eot_threshold: 0.4 } }, 'INVALID_THRESHOLD'],
    [{ thresholds: { eager_eot_threshold: 0.8 } }, 'INVALID_THRESHOLD'],
    [{ thresholds: { eot_timeout_ms: 100 } }, 'INVALID_THRESHOLD'],
    [{ language_hints: ['de'] }, 'INVALID_PARAMETER'],
    [{ keyterms: Array.from({ length: 101 }, (_, i) => `term${i}`) }, 'INVALID_PARAMETER'],
  ])('%j is refused, and the old settings stay', async (change, code) => {
    const flux = await openFlux()
    await flux.say({ type: 'Configure', ...change })
    expect(flux.all().at(-1)).toMatchObject({ type: 'ConfigureFailure', code })
    await flux.say({ type: 'Configure' })
    expect(flux.all().at(-1)).toMatchObject({
      type: 'ConfigureSuccess',
      thresholds: { eot_threshold: 0.7, eot_timeout_ms: 5000 },
      keyterms: [],
    })
    expect(flux.closes).toEqual([])
  })

  test('too many that wait for the audio before them fail, and the stream goes on', async () => {
    let failToDecode!: (error: Error) => void
    const opus = () => new Promise<never>((_, reject) => (failToDecode = reject))
    const session = await openSession('/v2/listen?model=flux-general-en', { hears: { opus } })
    await session.send(webm, webm.length)
    for (let i = 0; i < 15; i++) session.ws.send('{"type":"Configure"}')
    await settle()
    const answers = () => session.texts.slice(1).map((text) => JSON.parse(text) as Message)
    const failures = answers()
    expect(failures.length).toBeGreaterThan(0)
    for (const failure of failures) {
      expect(failure).toMatchObject({
        type: 'ConfigureFailure',
        description: 'Too many pending Configure messages.',
      })
    }
    failToDecode(new Error('no decoder here'))
    await settle()
    expect(answers().filter(({ type }) => type === 'ConfigureSuccess')).toHaveLength(15 - failures.length)
    expect(session.closes).toEqual([])
  })
})

describe('the end', () => {
  test.each(['{"type":"KeepAlive"}', '{"type":"Finalize"}', 'nonsense', '{"type":"Configure","eot_threshold":0.8}'])(
    'the text %s is fatal',
    async (text) => {
      const flux = await openFlux()
      flux.ws.send(text)
      await settle()
      expect(flux.all().at(-1)).toMatchObject({ type: 'Error', code: 'UNPARSABLE_CLIENT_MESSAGE', sequence_id: 1 })
      expect(flux.closes).toEqual(closed)
    },
  )

  test('CloseStream tells the rest in updates, ends no turn, and closes without a code', async () => {
    const flux = await openFlux()
    await flux.send(speak([0.3, 'one two', 0.02]).bytes)
    await flux.close()
    expect(flux.infos().at(-1)).toMatchObject({ event: 'Update', transcript: 'one two' })
    expect(flux.ends()).toEqual([])
    expect(flux.closes).toEqual(closed)
  })

  test('ForceEndTurn before CloseStream ends the last turn', async () => {
    const flux = await openFlux()
    await flux.send(speak([0.3, 'one two', 0.02]).bytes)
    flux.ws.send('{"type":"ForceEndTurn"}')
    await flux.close()
    expect(flux.ends()).toMatchObject([{ transcript: 'one two', trigger: 'manual' }])
    expect(flux.closes).toEqual(closed)
  })

  test('only audio holds the line', async () => {
    const flux = await openFlux()
    await vi.advanceTimersByTimeAsync(15_000)
    await flux.say({ type: 'Configure' })
    await flux.send(new Uint8Array(640))
    await vi.advanceTimersByTimeAsync(15_000)
    await flux.say({ type: 'Configure' })
    expect(flux.closes).toEqual([])
    await vi.advanceTimersByTimeAsync(6000)
    expect(flux.closes).toEqual(closed)
    const patient = await openFlux('', { listen: { fluxIdleMs: 60_000 } })
    await vi.advanceTimersByTimeAsync(59_000)
    expect(patient.closes).toEqual([])
  })

  test('bytes that are no audio are fatal', async () => {
    const session = await openSession('/v2/listen?model=flux-general-en')
    await session.send(new TextEncoder().encode('{"type":"KeepAlive"} as bytes is no audio'))
    expect(JSON.parse(session.texts.at(-1)!)).toMatchObject({ type: 'Error', code: 'DATA-0000' })
    expect(session.closes).toEqual(closed)
  })
})

describe('the handshake', () => {
  const ask = (query: string) =>
    createEmulatorCore().handshake({ url: `/v2/listen?${query}`, protocols: ['token', 'any-key'] })

  test.each([
    'encoding=linear16&sample_rate=16000',
    'model=nova-3',
    ...[
      'language=en',
      'smart_format=true',
      'punctuate=true',
      'diarize=true',
      'multichannel=true',
      'channels=1',
      'interim_results=true',
      'endpointing=300',
      'utterance_end_ms=1000',
      'vad_events=true',
      'eot_threshold=0.4',
      'eot_threshold=1.1',
      'eager_eot_threshold=0.2',
      'eager_eot_threshold=0.95',
      'eot_threshold=0.6&eager_eot_threshold=0.7',
      'eot_timeout_ms=499',
      'eot_timeout_ms=60001',
      'eot_timeout_ms=1000.5',
      'encoding=linear16',
      'encoding=flac&sample_rate=16000',
      'encoding=linear16&sample_rate=11025',
      'language_hint=de',
      'redact=pci',
      'numerals=yes',
      Array.from({ length: 101 }, (_, i) => `keyterm=term${i}`).join('&'),
    ].map((query) => `model=flux-general-en&${query}`),
    'model=flux-general-multi&language_hint=xx',
    'model=flux-general-multi&language_hint=',
  ])('%s is refused with 400', (query) => {
    expect(ask(query)).toMatchObject({ kind: 'refuse', status: 400 })
  })

  test.each([
    'model=flux-general-en',
    'model=flux-general-en&eot_threshold=1.0&eager_eot_threshold=0.9&eot_timeout_ms=60000',
    'model=flux-general-en&keyterm=a&keyterm=b&numerals=true&redact=numbers&tag=x&mip_opt_out=true&foo=bar',
    'model=flux-general-multi&language_hint=en&language_hint=pt-BR',
    linear16,
  ])('%s is accepted', (query) => {
    expect(ask(query)).toMatchObject({ kind: 'accept' })
  })

  test('a Flux model on Listen v1 is refused', () => {
    const answer = createEmulatorCore().handshake({
      url: '/v1/listen?model=flux-general-en',
      protocols: ['token', 'any-key'],
    })
    expect(answer).toMatchObject({ kind: 'refuse', status: 403 })
  })
})
