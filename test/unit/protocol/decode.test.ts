import { describe, expect, it } from 'vitest'
import { decodeMessage, MAX_TEXT_LENGTH } from '../../../src/protocol/decode.ts'
import { listenV1Schemas } from '../../../src/protocol/listen-v1.ts'
import { speakV1Schemas } from '../../../src/protocol/speak-v1.ts'

const listen = (value: unknown) =>
  decodeMessage(typeof value === 'string' ? value : JSON.stringify(value), listenV1Schemas)

const results = {
  type: 'Results',
  channel_index: [0, 1],
  duration: 1.5,
  start: 0.5,
  is_final: true,
  speech_final: true,
  from_finalize: true,
  channel: {
    alternatives: [
      {
        transcript: 'Hello there.',
        confidence: 0.9,
        words: [
          {
            word: 'hello',
            start: 0.6,
            end: 0.9,
            confidence: 0.8,
            punctuated_word: 'Hello',
            speaker: 0,
            language: 'en',
          },
          { word: 'there', start: 1, end: 1.3, confidence: 0.8, punctuated_word: 'there.' },
        ],
      },
    ],
  },
  metadata: { request_id: 'r1' },
}

/** A copy in which the member at `path` is replaced, or taken away when no value is given. */
function changed(source: object, path: string, ...value: unknown[]): unknown {
  const copy = structuredClone(source) as Record<string, unknown>
  const keys = path.split('.')
  const last = keys.pop()!
  const owner = keys.reduce((at, key) => at[key] as Record<string, unknown>, copy)
  if (value.length) owner[last] = value[0]
  else Reflect.deleteProperty(owner, last)
  return copy
}

describe('decodeMessage', () => {
  it('gives back a complete result as it was sent', () => {
    const decoded = listen(results)
    expect(decoded.kind).toBe('message')
    expect(decoded).toMatchObject({ message: results })
  })

  it.each([
    ['', 'not-json'],
    ['{', 'not-json'],
    ['<html>', 'not-json'],
    ['null', 'no-type'],
    ['1', 'no-type'],
    ['"Results"', 'no-type'],
    ['[]', 'no-type'],
    ['{}', 'no-type'],
    ['{"type":1}', 'no-type'],
    ['{"type":{"toString":"x"}}', 'no-type'],
    ['{"__proto__":{"type":"Results"}}', 'no-type'],
  ])('takes %j for invalid: %s', (frame, reason) => {
    expect(listen(frame)).toEqual({ kind: 'invalid', reason })
  })

  it.each(['NewThing', 'constructor', '__proto__', 'toString', 'hasOwnProperty', ''])(
    'lets a message of the unknown type %j pass by',
    (type) => expect(listen(`{"type":${JSON.stringify(type)},"x":1}`)).toEqual({ kind: 'unknown', type }),
  )

  it('keeps the name of an unknown type short', () => {
    expect(listen({ type: 'x'.repeat(5000) })).toEqual({ kind: 'unknown', type: 'x'.repeat(64) })
  })

  it('refuses a frame that is too large, unread', () => {
    const frame = JSON.stringify({ type: 'SpeechStarted', channel: [0, 1], timestamp: 0 })
    expect(listen(frame.padEnd(MAX_TEXT_LENGTH)).kind).toBe('message')
    expect(listen(frame.padEnd(MAX_TEXT_LENGTH + 1))).toEqual({ kind: 'invalid', reason: 'too-large' })
  })

  it('lets nothing of the sender’s through: no prototype, no extra field, no shared object', () => {
    const frame = JSON.stringify(results).replace(
      '"metadata":{',
      '"extra":{"a":1},"metadata":{"__proto__":{"isAdmin":true},"constructor":1,',
    )
    const decoded = listen(frame)
    expect(decoded.kind).toBe('message')
    const { message } = decoded as { message: Record<string, unknown> }
    expect(Object.keys(message)).not.toContain('extra')
    expect(Object.keys(message.metadata as object)).toEqual(['request_id'])
    expect((message.metadata as { isAdmin?: boolean }).isAdmin).toBeUndefined()
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })

  it.each(['duration', 'start', 'channel', 'channel.alternatives', 'channel.alternatives.0.transcript'])(
    'drops a result without %s, and says so',
    (path) => expect(listen(changed(results, path))).toEqual({ kind: 'invalid', reason: 'shape', type: 'Results' }),
  )

  it.each([
    ['start', -1],
    ['start', '0'],
    ['start', 1e9],
    ['duration', null],
    ['channel', []],
    ['channel.alternatives', {}],
    ['channel.alternatives.0.transcript', null],
    ['channel.alternatives.0.transcript', 'x'.repeat(100_001)],
  ])('drops a result whose %s is %j', (path, value) => {
    expect(listen(changed(results, path, value))).toMatchObject({ kind: 'invalid', reason: 'shape' })
  })

  const alternative = 'channel.alternatives.0'
  it.each([
    ['channel_index', [0, 1]],
    ['is_final', false],
    ['speech_final', false],
    ['from_finalize', false],
    ['metadata', undefined],
    ['metadata.request_id', undefined],
    [`${alternative}.confidence`, 0],
    [`${alternative}.words`, []],
    [`${alternative}.words.0.confidence`, 0],
    [`${alternative}.words.0.speaker`, undefined],
    [`${alternative}.words.0.language`, undefined],
    [`${alternative}.words.0.punctuated_word`, undefined],
  ])('reads a result without %s as if it were %j', (path, expected) => {
    for (const frame of [changed(results, path), changed(results, path, { nonsense: true })]) {
      const decoded = listen(frame)
      expect(decoded.kind).toBe('message')
      const { message } = decoded as { message: object }
      if (path === 'metadata') expect((message as typeof results).metadata?.request_id).toBeUndefined()
      else
        expect(path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], message)).toEqual(
          expected,
        )
    }
  })

  it.each(['word', 'start', 'end'])('keeps the text when a word has no %s: the word list alone is dropped', (key) => {
    const decoded = listen(changed(results, `${alternative}.words.1.${key}`))
    expect(decoded).toMatchObject({
      message: { channel: { alternatives: [{ transcript: 'Hello there.', words: [] }] } },
    })
  })

  it.each([
    [{ type: 'UtteranceEnd', channel: [0, 1], last_word_end: -1 }, 'message'],
    [{ type: 'UtteranceEnd', last_word_end: 2 }, 'message'],
    [{ type: 'UtteranceEnd', channel: [0, 1] }, 'invalid'],
    [{ type: 'UtteranceEnd', channel: [0, 1], last_word_end: -2 }, 'invalid'],
    [{ type: 'SpeechStarted', channel: [0, 1], timestamp: 9.54 }, 'message'],
    [{ type: 'SpeechStarted', channel: [0, 1] }, 'invalid'],
    [{ type: 'Metadata' }, 'message'],
    [{ type: 'Metadata', duration: 'x', request_id: 7 }, 'message'],
    [{ type: 'Error' }, 'message'],
    [{ type: 'ConfigureSuccess' }, 'message'],
    [{ type: 'ConfigureSuccess', keyterms: null }, 'message'],
    [{ type: 'ConfigureFailure' }, 'message'],
  ])('takes %j for: %s', (frame, kind) => expect(listen(frame).kind).toBe(kind))

  it.each([
    { type: 'Metadata' },
    { type: 'Flushed', sequence_id: 0 },
    { type: 'Flushed' },
    { type: 'Cleared', sequence_id: 'x' },
    { type: 'Warning', warn_code: 'EXCESSIVE_FLUSH', warn_msg: 'Rate limit exceeded for flushes.' },
    { type: 'Warning', code: 'EXCESSIVE_FLUSH', description: 'Rate limit exceeded for flushes.' },
    { type: 'Error', err_code: 'X', err_msg: 'Y' },
  ])('reads the speak message %j', (frame) => {
    expect(decodeMessage(JSON.stringify(frame), speakV1Schemas).kind).toBe('message')
  })
})
