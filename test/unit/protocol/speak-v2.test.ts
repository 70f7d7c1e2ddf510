import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../../../src/protocol/decode.ts'
import { encodeQuery, pickParameters } from '../../../src/protocol/endpoint.ts'
import {
  CLOSE,
  encodeInterrupt,
  encodeSpeak,
  encodeSpeakV2Configure,
  FLUSH,
  SPEAK_V2_PARAMETERS,
  speakV2Complaints,
  speakV2Schemas,
  type SpeakV2Parameters,
} from '../../../src/protocol/speak-v2.ts'

const decode = (value: object) => decodeMessage(JSON.stringify(value), speakV2Schemas)

const account = {
  speech_id: 'dg_sp_24682fee6658',
  audio_duration_ms: 5360,
  input_character_count: 94,
  billable_character_count: 90,
  controls_applied: { pronunciations_applied: 1, breaks_applied: 2, pronunciation_warnings: 3 },
}

const messages: Record<string, object> = {
  Connected: { request_id: '019f60dc', model_name: 'alexis', model_version: '2026-07-02.2', model_uuids: ['a', 'a'] },
  SpeechStarted: { speech_id: 'dg_sp_24682fee6658' },
  Flushed: { speech_id: 'dg_sp_24682fee6658' },
  SpeechMetadata: account,
  SpeechInterrupted: { audio_played_ms: 2340, text_spoken: 'Sure.', text_remaining: ' Let me see.', metadata: account },
  ConfigureSuccess: { applied: { speed: 1.15 } },
  ConfigureFailure: { code: 'SPEED_OUT_OF_RANGE', description: 'no', field: 'speed', value: 3.5 },
  Warning: { code: 'NO_ACTIVE_SPEECH', description: 'There is no active turn.' },
  Error: { code: 'NET-0004', description: 'idle' },
  SessionMetadata: {
    total_audio_duration_ms: 184_500,
    total_input_character_count: 4280,
    total_billable_character_count: 4279,
  },
}

describe('decoding', () => {
  it('every message of the protocol is known', () => {
    expect(Object.keys(speakV2Schemas).toSorted()).toEqual(Object.keys(messages).toSorted())
  })

  it.each(Object.entries(messages))('%s keeps everything it says, and nothing else', (type, content) => {
    const message = { type, ...content }
    expect(decode({ ...message, extra: { deep: 1 }, request: 7 })).toEqual({ kind: 'message', message })
  })

  it.each(Object.entries(messages))('%s is read when everything but its type is missing or wrong', (type, content) => {
    expect(decode({ type })).toEqual({ kind: 'message', message: { type } })
    for (const wrong of [null, [[]], { a: 1 }, false, 'x'.repeat(200_000)]) {
      const all = Object.fromEntries(Object.keys(content).map((name) => [name, wrong]))
      expect(decode({ type, ...all }).kind, `${type} with ${JSON.stringify(wrong).slice(0, 20)}`).toBe('message')
    }
  })

  it('numbers that cannot be are left out', () => {
    for (const value of [-1, 1e13, '5', NaN]) {
      const decoded = decode({ ...messages.SpeechInterrupted, type: 'SpeechInterrupted', audio_played_ms: value })
      expect(decoded).toMatchObject({ kind: 'message', message: { text_spoken: 'Sure.' } })
      if (decoded.kind === 'message') expect(decoded.message).toHaveProperty('audio_played_ms', undefined)
    }
  })

  it('a speech that was interrupted without a position has no texts', () => {
    const decoded = decode({ type: 'SpeechInterrupted', audio_played_ms: 1200, metadata: account })
    expect(decoded).toEqual({
      kind: 'message',
      message: { type: 'SpeechInterrupted', audio_played_ms: 1200, metadata: account },
    })
  })
})

describe('parameters', () => {
  it('every parameter has its wire name, and no other is taken', () => {
    const options: Required<SpeakV2Parameters> = {
      model: 'flux-alexis-en',
      encoding: 'linear16',
      sampleRate: 44_100,
      speed: 1.15,
      expressivity: -2,
      mipOptOut: false,
      tag: ['a', 'b'],
    }
    expect(Object.keys(options)).toEqual(SPEAK_V2_PARAMETERS)
    expect(encodeQuery(pickParameters({ ...options, smartFormat: true }, SPEAK_V2_PARAMETERS))).toBe(
      'model=flux-alexis-en&encoding=linear16&sample_rate=44100&speed=1.15&expressivity=-2&mip_opt_out=false&tag=a&tag=b',
    )
  })

  it('every step of the speed from 0.5 to 1.5 is fine, and nothing between or beyond', () => {
    for (let step = 10; step <= 30; step++) {
      for (const speed of [step / 20, step * 0.05, Number((step * 0.05).toFixed(2))]) {
        expect(speakV2Complaints({ speed: Math.min(1.5, speed) }), String(speed)).toEqual([])
      }
    }
    for (const speed of [0, 0.45, 0.499, 0.51, 1.07, 1.125, 1.501, 1.55, -1, NaN, Infinity]) {
      expect(speakV2Complaints({ speed }), String(speed)).toHaveLength(1)
    }
  })

  it('expressivity is one of five', () => {
    for (const expressivity of [-2, -1, 0, 1, 2]) expect(speakV2Complaints({ expressivity })).toEqual([])
    for (const expressivity of [-3, 3, 1.5, NaN]) {
      expect(speakV2Complaints({ expressivity, speed: 9 })).toEqual([
        expect.stringMatching(/^speed /),
        expect.stringMatching(/^expressivity /),
      ])
    }
  })
})

describe('what a client says', () => {
  it('is spelled as on the wire', () => {
    expect(encodeSpeak('Say "hi"\n')).toBe('{"type":"Speak","text":"Say \\"hi\\"\\n"}')
    expect([FLUSH, CLOSE]).toEqual(['{"type":"Flush"}', '{"type":"Close"}'])
    expect(encodeInterrupt()).toBe('{"type":"Interrupt"}')
    expect(encodeInterrupt(2340)).toBe('{"type":"Interrupt","playback_offset":{"type":"time_ms","value":2340}}')
    expect(encodeInterrupt(0)).toBe('{"type":"Interrupt","playback_offset":{"type":"time_ms","value":0}}')
    expect(encodeSpeakV2Configure({ speed: 1.15 })).toBe('{"type":"Configure","speed":1.15}')
    expect(encodeSpeakV2Configure({})).toBe('{"type":"Configure"}')
  })

  it.each([0.45, 1.55, 1.07, NaN])('a speed of %d is a TypeError that names it', (speed) => {
    expect(() => encodeSpeakV2Configure({ speed })).toThrow(TypeError)
    expect(() => encodeSpeakV2Configure({ speed })).toThrow('speed')
  })

  it.each([-1, NaN, Infinity])('a position of %d is a TypeError that names it', (playedMs) => {
    expect(() => encodeInterrupt(playedMs)).toThrow(TypeError)
    expect(() => encodeInterrupt(playedMs)).toThrow('playedMs')
  })
})
