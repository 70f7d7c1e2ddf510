import { existsSync, readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeMessage } from '../../src/protocol/decode.ts'
import { speakV2Schemas } from '../../src/protocol/speak-v2.ts'
import { createValidators, hasSpecification, sample, shapeOf } from '../support/asyncapi.ts'
import { openSession } from '../unit/testing/session.ts'

const folder = new URL('../../../shared/wire-samples/', import.meta.url)
const isHere = existsSync(folder)

describe.skipIf(!isHere)('recorded messages of /v2/speak (skipped where ../shared/wire-samples is absent)', () => {
  const names = isHere ? readdirSync(folder).flatMap((file) => /^(speak-v2-.+)\.json$/.exec(file)?.[1] ?? []) : []

  it('there are some', () => expect(names.length).toBeGreaterThan(4))

  it.each(names)('%s passes decode unchanged', (name) => {
    expect(decodeMessage(sample(name), speakV2Schemas)).toEqual({
      kind: 'message',
      message: JSON.parse(sample(name)) as object,
    })
  })
})

const why = hasSpecification ? '' : ' (skipped: ../shared/specs/asyncapi.yml is not on this machine)'

// Newer than the specification of July 2026 (protocol reference, section 4.2).
const exempt = new Set(['SpeechInterrupted', 'ConfigureSuccess', 'ConfigureFailure'])

describe.skipIf(!hasSpecification)(`the emulated Flux voice keeps to the published specification${why}`, () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A session in which everything happens that can happen, and its end. */
  async function converse(last: object): Promise<string[]> {
    const session = await openSession('/v2/speak?model=flux-alexis-en')
    const say = async (text: string): Promise<void> => {
      await session.say({ type: 'Speak', text })
      await session.say({ type: 'Flush' })
      await vi.advanceTimersByTimeAsync(300)
    }
    await session.say({ type: 'Flush' })
    await session.say({ type: 'Configure', speed: 1.1 })
    await session.say({ type: 'Configure', speed: 2 })
    await say('one <break time="1s"/>two')
    await vi.advanceTimersByTimeAsync(3000)
    await say('one two three four five six seven eight')
    await session.say({ type: 'Interrupt', playback_offset: { type: 'time_ms', value: 1200 } })
    await vi.advanceTimersByTimeAsync(100)
    await say('...')
    await session.say(last)
    await vi.advanceTimersByTimeAsync(100)
    expect(session.closes).toHaveLength(1)
    return session.texts
  }

  it('every message validates, and is read by the decoder as it is', async () => {
    const texts = [...(await converse({ type: 'Close' })), ...(await converse({ type: 'Clear' }))]
    const validators = createValidators('/v2/speak')
    const seen = new Set<string>()
    for (const text of texts) {
      const message = JSON.parse(text) as { type: string }
      seen.add(message.type)
      expect(decodeMessage(text, speakV2Schemas)).toEqual({ kind: 'message', message })
      if (exempt.has(message.type)) continue
      const validator = validators.get(message.type)
      if (validator === undefined) throw new Error(`the specification knows no ${message.type}`)
      expect(validator(message), `${text}\n${JSON.stringify(validator.errors)}`).toBe(true)
    }
    expect([...seen].sort()).toEqual(Object.keys(speakV2Schemas).sort())
  })

  it('the specification still does not know what is exempted', () => {
    const known = [...createValidators('/v2/speak').keys()]
    expect(known.filter((type) => exempt.has(type))).toEqual([])
  })

  it('messages have the members of the recorded ones, in their order, but for those added since', async () => {
    const texts = await converse({ type: 'Close' })
    for (const type of ['Connected', 'SpeechStarted', 'Flushed', 'SpeechMetadata', 'SessionMetadata']) {
      const message = JSON.parse(texts.find((each) => each.includes(`"${type}"`))!) as {
        controls_applied?: { breaks_applied?: number }
      }
      // Added when Flux TTS became general.
      delete message.controls_applied?.breaks_applied
      expect([type, shapeOf(message)]).toEqual([type, shapeOf(JSON.parse(sample(`speak-v2-${type.toLowerCase()}`)))])
    }
  })
})
