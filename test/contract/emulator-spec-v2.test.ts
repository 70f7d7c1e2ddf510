import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { decodeMessage } from '../../src/protocol/decode.ts'
import { listenV2Schemas } from '../../src/protocol/listen-v2.ts'
import type { EmulatorOptions } from '../../src/testing/index.ts'
import { createValidators, hasSpecification, sample, shapeOf } from '../support/asyncapi.ts'
import { openSession, speak } from '../unit/testing/session.ts'

const why = hasSpecification ? '' : ' (skipped: ../shared/specs/asyncapi.yml is not on this machine)'

/** Newer than the specification of July 2026 (protocol reference, section 3.3). */
const exempt = new Set(['Warning'])

describe.skipIf(!hasSpecification)(`the emulated Flux keeps to the published specification${why}`, () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A session in which everything happens that can happen. */
  async function converse(query: string, options?: EmulatorOptions) {
    const session = await openSession(
      `/v2/listen?encoding=linear16&sample_rate=16000&eager_eot_threshold=0.5&eot_threshold=0.9&${query}`,
      options,
    )
    await session.send(speak([0.5, 'one two three.', 1.4, 'four', 2.5, 'five', 0.4]).bytes)
    await session.say({ type: 'ForceEndTurn' })
    await session.say({ type: 'ForceEndTurn' })
    await session.say({ type: 'Configure', keyterms: ['Deepgram'] })
    await session.say({ type: 'Configure', thresholds: { eot_threshold: 0.1 } })
    await session.send(speak(['six', 0.1]).bytes)
    await session.say({ type: 'KeepAlive' })
    return session
  }

  test.each(['model=flux-general-en', 'model=flux-general-multi&language_hint=de'])(
    'every message validates, and is read by the decoder as it is (%s)',
    async (query) => {
      const { texts, closes } = await converse(query)
      const validators = createValidators('/v2/listen')
      validators.set('Error', validators.get('FatalError')!)
      const seen = new Set<string>()
      for (const text of texts) {
        const message = JSON.parse(text) as { type: string; event?: string }
        seen.add(message.event ?? message.type)
        expect(decodeMessage(text, listenV2Schemas)).toEqual({ kind: 'message', message })
        if (exempt.has(message.type)) continue
        const validator = validators.get(message.type)!
        expect(validator(message), `${text}\n${JSON.stringify(validator.errors)}`).toBe(true)
      }
      expect([...seen].sort()).toEqual([
        'ConfigureFailure',
        'ConfigureSuccess',
        'Connected',
        'EagerEndOfTurn',
        'EndOfTurn',
        'Error',
        'StartOfTurn',
        'TurnResumed',
        'Update',
        'Warning',
      ])
      expect(closes).toEqual([{ code: 1005, reason: '', wasClean: true }])
    },
  )

  test('messages have the members of the recorded ones, in their order, but for those added since', async () => {
    const { texts } = await converse('model=flux-general-en')
    const find = (text: RegExp): unknown => JSON.parse(texts.find((each) => text.test(each))!)
    const without = (value: unknown, ...names: string[]): unknown =>
      Object.fromEntries(Object.entries(value as object).filter(([name]) => !names.includes(name)))
    for (const [name, message] of [
      ['listen-v2-connected', find(/Connected/)],
      ['listen-v2-turninfo-update-empty', find(/"Update".*"transcript":""/)],
      ['listen-v2-turninfo-update-text-before-startofturn', find(/"Update".*"transcript":"\w/)],
      ['listen-v2-turninfo-startofturn', find(/"StartOfTurn"/)],
      ['listen-v2-turninfo-eagerendofturn', find(/"EagerEndOfTurn"/)],
      ['listen-v2-turninfo-endofturn', without(find(/"EndOfTurn"/), 'trigger')],
      ['listen-v2-configuresuccess', without(find(/ConfigureSuccess/), 'numerals')],
    ] as const) {
      expect([name, shapeOf(message)]).toEqual([name, shapeOf(JSON.parse(sample(name)))])
    }
  })

  test('numbers are printed as recorded: windows as 32-bit floats, word times as the same with 64 bits', async () => {
    const recorded = sample('listen-v2-turninfo-endofturn')
    const digits = (text: string, name: string) =>
      [...text.matchAll(new RegExp(`"${name}":([\\d.]+)`, 'g'))].map((match) => match[1]!)
    const { texts } = await converse('model=flux-general-en')
    const text = texts.find((each) => each.includes('"EndOfTurn"'))!
    for (const name of ['audio_window_start', 'audio_window_end', 'confidence', 'start', 'end']) {
      for (const number of [...digits(recorded, name), ...digits(text, name)]) expect(number).toMatch(/^\d+\.\d+$/)
    }
    const longest = (list: string[]) => Math.max(...list.map((number) => number.length))
    expect(longest(digits(text, 'start'))).toBeGreaterThan(12)
    expect(longest(digits(text, 'confidence'))).toBeLessThan(7)
    for (const number of digits(text, 'start')) expect(Math.fround(Number(number))).toBe(Number(number))
  })
})
