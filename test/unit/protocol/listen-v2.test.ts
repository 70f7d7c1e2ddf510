import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../../../src/protocol/decode.ts'
import { encodeQuery, isFluxModel, pickParameters } from '../../../src/protocol/endpoint.ts'
import {
  encodeListenV2Configure,
  LISTEN_V2_PARAMETERS,
  listenV2Complaints,
  listenV2Schemas,
  type ListenV2Parameters,
  type ListenV2Settings,
} from '../../../src/protocol/listen-v2.ts'

const decode = (value: object) => decodeMessage(JSON.stringify(value), listenV2Schemas)

const turnInfo = {
  type: 'TurnInfo',
  request_id: '019f4c80-a061-72f2-9780-89f9950b1adb',
  event: 'EndOfTurn',
  turn_index: 3,
  audio_window_start: 1.5,
  audio_window_end: 4,
  transcript: 'Hello there.',
  words: [
    { word: 'Hello', confidence: 0.9, start: 1.6, end: 2 },
    { word: 'there.', confidence: 0.8 },
  ],
  end_of_turn_confidence: 0.8123,
  trigger: 'model',
  languages: ['en'],
  languages_hinted: ['en', 'de'],
  sequence_id: 12,
}

describe('decoding', () => {
  it('a TurnInfo keeps everything it says', () => {
    expect(decode(turnInfo)).toEqual({ kind: 'message', message: turnInfo })
  })

  it('fields nobody knows are left out, and events and triggers nobody knows are kept', () => {
    const decoded = decode({ ...turnInfo, event: 'TurnPaused', trigger: 'intuition', extra: { deep: 1 } })
    expect(decoded).toEqual({ kind: 'message', message: { ...turnInfo, event: 'TurnPaused', trigger: 'intuition' } })
  })

  it('what is not needed to show the text may be missing or wrong', () => {
    const bare = { ...turnInfo, words: 'none', end_of_turn_confidence: 'high', trigger: 1, languages: 'en' }
    const decoded = decode({ ...bare, request_id: null, sequence_id: -1, languages_hinted: [7] })
    expect(decoded).toMatchObject({
      kind: 'message',
      message: { transcript: 'Hello there.', words: [], end_of_turn_confidence: 0 },
    })
    if (decoded.kind !== 'message') return
    for (const name of ['request_id', 'sequence_id', 'trigger', 'languages', 'languages_hinted']) {
      expect(decoded.message[name as 'type'], name).toBeUndefined()
    }
  })

  it.each([
    { transcript: undefined },
    { transcript: 5 },
    { turn_index: -1 },
    { turn_index: 0.5 },
    { audio_window_end: '4' },
    { audio_window_start: -1 },
    { event: null },
  ])('a TurnInfo with %j is refused', (change) => {
    expect(decode({ ...turnInfo, ...change })).toEqual({ kind: 'invalid', reason: 'shape', type: 'TurnInfo' })
  })

  it('the other messages say what they say, with fields that no schema lists', () => {
    const success = {
      type: 'ConfigureSuccess',
      request_id: 'r',
      thresholds: { eot_threshold: 0.8, eager_eot_threshold: 0.5, eot_timeout_ms: 5000 },
      keyterms: ['Deepgram'],
      language_hints: ['de'],
      numerals: true,
      profanity_filter: false,
      sequence_id: 9,
    }
    expect(decode(success)).toEqual({ kind: 'message', message: success })
    for (const type of ['ConfigureFailure', 'Warning', 'Error']) {
      const complaint = { type, sequence_id: 4, code: 'SOME_CODE', description: 'Some words.' }
      expect(decode(complaint)).toEqual({ kind: 'message', message: complaint })
      expect(decode({ type })).toMatchObject({ kind: 'message', message: { type } })
    }
    expect(decode({ type: 'Connected', request_id: 'r', sequence_id: 0 })).toMatchObject({ kind: 'message' })
    expect(decode({ type: 'SomethingNew', sequence_id: 1 })).toEqual({ kind: 'unknown', type: 'SomethingNew' })
  })
})

describe('parameters', () => {
  it('have their wire names, and those that only Listen v1 takes are not sent', () => {
    const options: Required<ListenV2Parameters> & Record<string, unknown> = {
      model: 'flux-general-multi',
      eotThreshold: 0.8,
      eagerEotThreshold: 0.4,
      eotTimeoutMs: 3000,
      keyterm: ['a b', 'c'],
      languageHint: ['de', 'en'],
      profanityFilter: false,
      numerals: true,
      redact: 'numbers',
      mipOptOut: true,
      tag: 'x',
      encoding: 'linear16',
      sampleRate: 16_000,
      language: 'en',
      smartFormat: true,
      interimResults: true,
      channels: 1,
      diarize: true,
    }
    expect(encodeQuery(pickParameters(options, LISTEN_V2_PARAMETERS))).toBe(
      'model=flux-general-multi&eot_threshold=0.8&eager_eot_threshold=0.4&eot_timeout_ms=3000&keyterm=a%20b&keyterm=c' +
        '&language_hint=de&language_hint=en&profanity_filter=false&numerals=true&redact=numbers&mip_opt_out=true&tag=x' +
        '&encoding=linear16&sample_rate=16000',
    )
  })

  it('the model tells the generation', () => {
    expect(['flux-general-en', 'flux-general-multi', 'flux-next'].every(isFluxModel)).toBe(true)
    expect(['nova-3', 'my-flux-model', '', undefined, null, 5].some(isFluxModel)).toBe(false)
  })

  it.each([
    [{ eot_threshold: 0.4 }, 'eotThreshold must be a number from 0.5 to 1.'],
    [{ eot_threshold: 'high' }, 'eotThreshold must be a number from 0.5 to 1.'],
    [{ eager_eot_threshold: 0.2 }, 'eagerEotThreshold must be a number from 0.3 to 0.9.'],
    [{ eot_timeout_ms: 100 }, 'eotTimeoutMs must be a whole number from 500 to 60000.'],
    [{ eot_timeout_ms: 1000.5 }, 'eotTimeoutMs must be a whole number from 500 to 60000.'],
    [{ eager_eot_threshold: 0.8 }, 'eagerEotThreshold must not be greater than eotThreshold.'],
    [{ language_hint: 'de' }, 'languageHint needs the model flux-general-multi.'],
    [{ language: 'en', smart_format: true }, 'language, smart_format are refused by Flux: leave out.'],
    [{ diarize: false }, 'diarize is refused by Flux: leave out.'],
  ])('%j is known to be refused', (query, complaint) => {
    expect(listenV2Complaints({ model: 'flux-general-en', ...query })).toEqual([complaint])
  })

  it.each([
    {},
    { eot_threshold: 1, eager_eot_threshold: 0.9, eot_timeout_ms: 60_000 },
    { eot_threshold: '0.5', eager_eot_threshold: '0.5', eot_timeout_ms: '500' },
    { eot_threshold: undefined, eager_eot_threshold: null },
    { model: 'flux-general-multi', language_hint: ['de', 'en'] },
  ])('nothing is known against %j', (query) => {
    expect(listenV2Complaints({ model: 'flux-general-en', ...query })).toEqual([])
  })
})

describe('Configure', () => {
  it('nests the thresholds, and leaves out what stays', () => {
    expect(encodeListenV2Configure({})).toBe('{"type":"Configure"}')
    expect(encodeListenV2Configure({ eotTimeoutMs: 700 })).toBe(
      '{"type":"Configure","thresholds":{"eot_timeout_ms":700}}',
    )
    expect(
      encodeListenV2Configure({
        eotThreshold: 0.8,
        eagerEotThreshold: 0.8,
        keyterms: [],
        languageHints: ['de'],
        numerals: false,
      }),
    ).toBe(
      '{"type":"Configure","thresholds":{"eot_threshold":0.8,"eager_eot_threshold":0.8},"keyterms":[],"language_hints":["de"],"numerals":false}',
    )
  })

  it.each<[ListenV2Settings, RegExp]>([
    [{ eotThreshold: 0.49 }, /^eotThreshold must be a number from 0.5 to 1/],
    [{ eotThreshold: NaN }, /^eotThreshold/],
    [{ eotThreshold: '0.8' as never }, /^eotThreshold/],
    [{ eagerEotThreshold: 0.91 }, /^eagerEotThreshold/],
    [{ eotTimeoutMs: 60_001 }, /^eotTimeoutMs must be a whole number from 500 to 60000/],
    [{ eotThreshold: 0.5, eagerEotThreshold: 0.6 }, /^eagerEotThreshold must not be greater/],
    [{ keyterms: Array.from({ length: 101 }, String) }, /^keyterms must be an array of at most 100 texts/],
    [{ keyterms: [' '] }, /^keyterms/],
    [{ keyterms: 'one' as never }, /^keyterms/],
    [{ languageHints: [5 as never] }, /^languageHints/],
    [{ numerals: 'yes' as never }, /^numerals must be true or false/],
  ])('%j is a misuse', (settings, message) => {
    expect(() => encodeListenV2Configure(settings)).toThrow(TypeError)
    expect(() => encodeListenV2Configure(settings)).toThrow(message)
  })
})
