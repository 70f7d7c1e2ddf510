import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { linear16, openSession, randomWords, settle, speak, type WireMessage } from './session.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const interims = (results: WireMessage[]): WireMessage[] => results.filter((result) => !result.is_final)

test('a minute of random words is heard word by word, in order, with their times', async () => {
  const spoken = speak([0.3, randomWords(120).join(' '), 0.5])
  const session = await openSession(`/v1/listen?${linear16}&interim_results=true`)
  await session.send(spoken.bytes)
  await session.say({ type: 'CloseStream' })
  const heard = session.words()
  expect(heard.map((word) => word.word)).toEqual(spoken.words.map((word) => word.text))
  heard.forEach((word, i) => {
    expect(Math.abs(word.start - spoken.words[i]!.start)).toBeLessThan(0.06)
    expect(Math.abs(word.end - spoken.words[i]!.end)).toBeLessThan(0.06)
  })
})

test('segments follow each other without a gap, are closed after a few seconds, and contain their words whole', async () => {
  const spoken = speak([randomWords(60).join(' ')])
  const session = await openSession(`/v1/listen?${linear16}&interim_results=true`)
  await session.send(spoken.bytes)
  await session.say({ type: 'CloseStream' })
  let end = 0
  for (const final of session.finals()) {
    expect(final.start).toBeCloseTo(end, 4)
    end = final.start + final.duration
    expect(final.duration).toBeLessThan(6)
    for (const word of final.channel.alternatives[0].words) {
      expect(word.start).toBeGreaterThanOrEqual(final.start - 1e-4)
      expect(word.end).toBeLessThanOrEqual(end + 1e-4)
    }
  }
  expect(end).toBeCloseTo(spoken.seconds, 2)
  expect(session.finals().filter((final) => final.speech_final)).toHaveLength(1)
})

test('interims come once a second of a segment, restate it whole, and are empty in silence', async () => {
  const spoken = speak([1.2, 'one two three four five six seven'])
  const session = await openSession(`/v1/listen?${linear16}&interim_results=true`)
  await session.send(spoken.bytes)
  const [first, second, third] = interims(session.results())
  expect([first, second, third].map((interim) => interim?.duration.toFixed(1))).toEqual(['1.0', '2.0', '3.0'])
  expect([first, second, third].map((interim) => interim?.start)).toEqual([0, 0, 0])
  expect(first?.channel.alternatives[0]).toEqual({ transcript: '', confidence: 0, words: [] })
  expect(third?.channel.alternatives[0].transcript).toMatch(/^one two three/)
})

test('how the bytes are cut into frames changes nothing', async () => {
  const spoken = speak([0.4, 'hello there world', 0.7, 'again'])
  const runs: string[][] = []
  for (const frameBytes of [101, 640, 2080, spoken.bytes.length]) {
    const session = await openSession(`/v1/listen?${linear16}&interim_results=true&vad_events=true`)
    await session.send(spoken.bytes, frameBytes)
    runs.push(session.texts.map((text) => text.replace(/"request_id":"[^"]+"/, '')))
  }
  expect(runs[0]!.length).toBeGreaterThan(3)
  for (const run of runs) expect(run).toEqual(runs[0])
})

test('without interim_results only finals come', async () => {
  const session = await openSession(`/v1/listen?${linear16}`)
  await session.send(speak(['hello there world', 1]).bytes)
  expect(session.results().map((result) => result.is_final)).toEqual([true])
})

test.each([
  ['10', ['one two', 'three', 'four']],
  ['300', ['one two', 'three', 'four']],
  ['700', ['one two three', 'four']],
  ['false', []],
])('endpointing=%s ends utterances by silence: %j', async (endpointing, utterances) => {
  const session = await openSession(`/v1/listen?${linear16}&endpointing=${endpointing}`)
  await session.send(speak(['one two', 0.5, 'three', 1, 'four', 1]).bytes)
  let text = ''
  const ended: string[] = []
  for (const final of session.finals()) {
    text = `${text} ${final.channel.alternatives[0].transcript}`.trim()
    if (!final.speech_final) continue
    ended.push(text)
    text = ''
  }
  expect(ended.filter(Boolean)).toEqual(utterances)
})

test('pure silence gives empty finals', async () => {
  const session = await openSession(`/v1/listen?${linear16}`)
  await session.send(speak([9]).bytes)
  expect(session.finals().map((final) => [final.start.toFixed(0), final.channel.alternatives[0].transcript])).toEqual([
    ['0', ''],
    ['4', ''],
  ])
})

test('a word that begins in a long silence is not cut by the end of the segment', async () => {
  const spoken = speak([3.93, 'abcdefghijklmnop', 1])
  const session = await openSession(`/v1/listen?${linear16}`)
  await session.send(spoken.bytes)
  expect(session.transcript()).toBe('abcdefghijklmnop')
  expect(session.finals()[0]!.duration).toBeLessThanOrEqual(spoken.words[0]!.start + 0.02)
})

test('UtteranceEnd comes with an interim, once per gap, and names the end of the last final word', async () => {
  const spoken = speak(['one two', 3, 'three', 3])
  const query = `${linear16}&interim_results=true&utterance_end_ms=1000&endpointing=300`
  const session = await openSession(`/v1/listen?${query}`)
  await session.send(spoken.bytes)
  const messages = session.messages()
  const ends = messages.filter((message) => message.type === 'UtteranceEnd')
  expect(ends.map((end) => end.last_word_end.toFixed(1))).toEqual(
    [spoken.words[1]!, spoken.words[2]!].map((word) => word.end.toFixed(1)),
  )
  const before = messages[messages.indexOf(ends[0]!) - 1]!
  expect([before.type, before.is_final]).toEqual(['Results', false])
  expect(session.texts.find((text) => text.includes('UtteranceEnd'))).toMatch(
    /^\{"type":"UtteranceEnd","channel":\[0,1\],"last_word_end":\d+\.\d+\}$/,
  )
})

test('SpeechStarted comes with vad_events at each beginning of speech, before its results', async () => {
  const spoken = speak([0.5, 'one two', 1, 'three', 1])
  const session = await openSession(`/v1/listen?${linear16}&vad_events=true`)
  await session.send(spoken.bytes)
  const started = session.messages().filter((message) => message.type === 'SpeechStarted')
  expect(started.map((message) => message.timestamp)).toEqual([
    expect.closeTo(0.5, 1),
    expect.closeTo(spoken.words[2]!.start, 1),
  ])
  expect(session.messages()[0]!.type).toBe('SpeechStarted')
})

test('Finalize settles what was heard so far, and the stream goes on', async () => {
  const session = await openSession(`/v1/listen?${linear16}&endpointing=false`)
  await session.send(speak(['one two', 0.1]).bytes)
  await session.say({ type: 'Finalize' })
  expect(session.finals()).toEqual([expect.objectContaining({ from_finalize: true, speech_final: true, start: 0 })])
  expect(session.transcript()).toBe('one two')
  await session.say({ type: 'Finalize', channel: 0 })
  expect(session.finals()).toHaveLength(1)
  await session.send(speak(['three', 0.3]).bytes)
  await session.say({ type: 'CloseStream' })
  expect(session.transcript()).toBe('one two three')
})

test.each(['CloseStream', 'an empty binary frame'])(
  '%s: the rest, a final of length zero, Metadata with the hash of all audio, close 1000',
  async (how) => {
    const spoken = speak(['one two three'])
    const session = await openSession(`/v1/listen?${linear16}`)
    await session.send(spoken.bytes)
    session.ws.send(how === 'CloseStream' ? '{"type":"CloseStream"}' : new Uint8Array(0))
    await settle()
    const [rest, zero, metadata, ...more] = session.messages()
    expect(rest).toMatchObject({ start: 0, is_final: true, speech_final: false, from_finalize: false })
    expect(zero).toMatchObject({ duration: 0, is_final: true, speech_final: true, from_finalize: false })
    expect(zero!.start).toBeCloseTo(spoken.seconds, 4)
    expect(session.texts[1]).toContain('"duration":0.0,')
    expect(metadata!.sha256).toBe(createHash('sha256').update(spoken.bytes).digest('hex'))
    expect(more).toEqual([])
    expect(session.closes).toEqual([{ code: 1000, reason: '', wasClean: true }])
    expect(session.transcript()).toBe('one two three')
  },
)

test('CloseStream without audio is answered by Metadata alone, as recorded', async () => {
  const session = await openSession(`/v1/listen?${linear16}`)
  await session.say({ type: 'CloseStream' })
  const { requestId } = session.socket
  expect(session.texts).toEqual([
    `{"type":"Metadata","transaction_key":"deprecated","request_id":"${requestId}","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","created":"2026-11-01T00:00:00.005Z","duration":0.0,"channels":0}`.replace(
      /00\.\d{3}Z/,
      /00\.\d{3}Z/.exec(session.texts[0]!)![0],
    ),
  ])
})

test('with multichannel each channel has its own results; without it the channels are mixed', async () => {
  const left = speak(['one two', 1]).samples
  const right = speak([0.2, 'three', 1]).samples
  const bytes = new Uint8Array(new ArrayBuffer(left.length * 4))
  const view = new DataView(bytes.buffer)
  left.forEach((sample, i) => {
    view.setInt16(i * 4, sample * 32_767, true)
    view.setInt16(i * 4 + 2, (right[i] ?? 0) * 32_767, true)
  })
  const session = await openSession(`/v1/listen?${linear16}&channels=2&multichannel=true`)
  await session.send(bytes)
  const heard = session
    .finals()
    .map((final) => [final.channel_index, final.channel.alternatives[0].transcript] as const)
    .filter(([, transcript]) => transcript !== '')
  expect(heard.toSorted(([a], [b]) => a[0] - b[0])).toEqual([
    [[0, 2], 'one two'],
    [[1, 2], 'three'],
  ])
  const mixed = await openSession(`/v1/listen?${linear16}&channels=2`)
  await mixed.send(bytes)
  expect(mixed.finals().every((final) => final.channel_index[1] === 1)).toBe(true)
})

test('punctuation, speakers and languages are shown where they were asked for', async () => {
  const audio = speak(["it's me. you?", 1]).bytes
  const plain = await openSession(`/v1/listen?${linear16}`)
  await plain.send(audio)
  expect(plain.transcript()).toBe("it's me you")
  expect(Object.keys(plain.words()[0]!)).toEqual(['word', 'start', 'end', 'confidence'])
  const rich = await openSession(`/v1/listen?${linear16}&smart_format=true&diarize=true&language=multi`)
  await rich.send(audio)
  expect(rich.transcript()).toBe("it's me. you?")
  const keys = ['word', 'start', 'end', 'confidence', 'language', 'speaker', 'punctuated_word']
  expect(Object.keys(rich.words()[1]!)).toEqual(keys)
  expect(rich.words()[1]).toMatchObject({ word: 'me', speaker: 0, language: 'en', punctuated_word: 'me.' })
  expect(rich.texts[0]).toContain('"diarize_info":{')
})

test.each([
  ['mulaw', 8000],
  ['alaw', 8000],
  ['linear16', 48_000],
])('raw %s at %i Hz is heard', async (encoding, sampleRate) => {
  const { encodeMulaw, encodeAlaw } = await import('../../../src/audio/companding.ts')
  const spoken = speak(['one two three', 1], sampleRate)
  const encoders = new Map([
    ['mulaw', encodeMulaw],
    ['alaw', encodeAlaw],
  ])
  const bytes = encoders.get(encoding)?.(spoken.samples) ?? spoken.bytes
  const session = await openSession(`/v1/listen?model=nova-2&encoding=${encoding}&sample_rate=${sampleRate}`)
  await session.send(bytes, 333)
  expect(session.transcript()).toBe('one two three')
})

test('a WAV file is a container', async () => {
  const { toneSpeechWav } = await import('../../../src/testing/index.ts')
  const session = await openSession('/v1/listen?model=nova-3')
  await session.send(toneSpeechWav('one two three', { trailingSilenceMs: 800 }))
  expect(session.transcript()).toBe('one two three')
})

test('noise that is voice but no tone speech is one placeholder per burst', async () => {
  let state = 1
  const samples = Float32Array.from({ length: 32_000 }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    const t = i / 16_000
    if (t < 0.5 || t > 1.3) return 0
    const tone = Math.sin(2 * Math.PI * 180 * t) + 0.6 * Math.sin(2 * Math.PI * 720 * t) + state / 2 ** 33
    return 0.2 * tone * (0.5 + 0.5 * Math.sin(2 * Math.PI * 4 * t))
  })
  const { encodeLinear16 } = await import('../../../src/audio/pcm.ts')
  const session = await openSession(`/v1/listen?${linear16}`, { hears: { placeholder: 'someone' } })
  await session.send(encodeLinear16(samples))
  await session.say({ type: 'CloseStream' })
  expect(session.words().map((word) => word.word)).toEqual(['someone'])
})

test('with hears: false every audio is silence', async () => {
  const session = await openSession(`/v1/listen?${linear16}`, { hears: false })
  await session.send(speak(['one two three', 1]).bytes)
  await session.say({ type: 'CloseStream' })
  expect(session.words()).toEqual([])
  expect(session.messages().at(-1)).toMatchObject({ type: 'Metadata', channels: 1 })
})
