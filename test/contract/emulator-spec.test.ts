import type { ValidateFunction } from 'ajv'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { EmulatorOptions } from '../../src/testing/index.ts'
import { createValidators, hasSpecification, sample, shapeOf } from '../support/asyncapi.ts'
import { linear16, openSession, speak } from '../unit/testing/session.ts'

const why = hasSpecification ? '' : ' (skipped: ../shared/specs/asyncapi.yml is not on this machine)'

// Facts newer than the specification of July 2026, or contrary to it (protocol reference, sections 2.4, 4.1 and 9).
const exempt = new Set(['ConfigureSuccess', 'ConfigureFailure', 'Error'])
const exemptLive = 'the live form of Warning (warn_code, warn_msg), which the specification does not know'

/** Validates every text message; returns the types seen. */
function validate(texts: string[], validators: Map<string, ValidateFunction>): Set<string> {
  const types = new Set<string>()
  for (const text of texts) {
    const message = JSON.parse(text) as { type: string }
    types.add(message.type)
    if (exempt.has(message.type)) continue
    const validator = validators.get(message.type)
    if (validator === undefined) throw new Error(`the specification knows no ${message.type}`)
    expect(validator(message), `${text}\n${JSON.stringify(validator.errors)}`).toBe(true)
  }
  return types
}

describe.skipIf(!hasSpecification)(`the emulator keeps to the published specification${why}`, () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  async function listen(query: string, options?: EmulatorOptions) {
    const session = await openSession(`/v1/listen?${linear16}&${query}`, options)
    await session.send(speak([0.5, 'one two three.', 2.5, 'four five', 0.2]).bytes)
    await session.say({ type: 'Finalize' })
    await session.say({ type: 'Configure', keyterms: ['x'] })
    await session.say({ type: 'nonsense' })
    await session.say({ type: 'CloseStream' })
    return session
  }

  const everything = 'interim_results=true&vad_events=true&utterance_end_ms=1000&punctuate=true'

  test.each([
    everything,
    'endpointing=false',
    `${everything}&diarize=true&language=multi&detect_entities=true&search=two%20three`,
    `${everything}&channels=2&multichannel=true`,
  ])('every message of /v1/listen validates (%s)', async (query) => {
    const types = validate((await listen(query)).texts, createValidators('/v1/listen'))
    expect(types).toContain('Metadata')
    if (query.includes('vad_events')) {
      expect([...types].sort()).toEqual([
        'ConfigureSuccess',
        'Error',
        'Metadata',
        'Results',
        'SpeechStarted',
        'UtteranceEnd',
      ])
    }
  })

  test('every message of a time-out and of a stream without audio validates', async () => {
    const validators = createValidators('/v1/listen')
    const timedOut = await openSession(`/v1/listen?${linear16}`)
    await vi.advanceTimersByTimeAsync(15_000)
    const empty = await openSession(`/v1/listen?${linear16}`)
    await empty.say({ type: 'CloseStream' })
    expect(validate([...timedOut.texts, ...empty.texts], validators)).toEqual(new Set(['Metadata']))
  })

  test(`every message of /v1/speak validates, but for ${exemptLive}`, async () => {
    const session = await openSession('/v1/speak?model=aura-2-thalia-en', { speak: { warning: 'spec' } })
    await session.say({ type: 'Speak', text: 'one two' })
    for (let i = 0; i < 21; i++) await session.say({ type: 'Flush' })
    await vi.advanceTimersByTimeAsync(5000)
    await session.say({ type: 'Clear' })
    const types = validate(session.texts, createValidators('/v1/speak'))
    expect([...types].sort()).toEqual(['Cleared', 'Flushed', 'Metadata', 'Warning'])
    const live = { type: 'Warning', warn_code: 'EXCESSIVE_FLUSH', warn_msg: 'Rate limit exceeded for flushes.' }
    expect(createValidators('/v1/speak').get('Warning')!(live)).toBe(false)
  })

  test('messages have the members of the recorded ones, in their order', async () => {
    const session = await listen(everything)
    const timedOut = await openSession(`/v1/listen?${linear16}`)
    await timedOut.send(new Uint8Array(3200))
    await vi.advanceTimersByTimeAsync(15_000)
    const find = (text: RegExp, texts = session.texts): string => texts.find((each) => text.test(each))!
    for (const [name, text] of [
      ['listen-v1-results-interim-empty', find(/"is_final":false.*"transcript":""/)],
      ['listen-v1-results-interim-words', find(/"is_final":false.*"transcript":"\w/)],
      ['listen-v1-results-final-speech-final', find(/"speech_final":true.*"transcript":"\w/)],
      ['listen-v1-speechstarted', find(/SpeechStarted/)],
      ['listen-v1-configuresuccess', find(/ConfigureSuccess/)],
      ['listen-v1-metadata-after-timeout', find(/Metadata/, timedOut.texts)],
    ] as const) {
      expect([name, shapeOf(JSON.parse(text))]).toEqual([name, shapeOf(JSON.parse(sample(name)))])
    }
  })

  test('numbers are printed as recorded: compact, with a fraction, as 32-bit floats', async () => {
    const { printFloat } = await import('../../src/testing/wire-json.ts')
    for (const name of ['listen-v1-results-final-speech-final', 'listen-v1-results-final-not-speech-final']) {
      const printed = sample(name).match(/(?<="(?:start|end|duration|confidence)":)[\d.]+/g)!
      expect(printed.length).toBeGreaterThan(20)
      for (const number of printed) expect(printFloat(Number(number))).toBe(number)
    }
    expect((await listen(everything)).texts.join('')).not.toMatch(/"(start|end|duration|confidence)":\d+[,}]/)
  })
})
