import { expect, it, vi } from 'vitest'
import { hostileFrames } from '../../support/hostile-frames.ts'
import { bench, bytes, result, turnInfo, useFakedTime } from './listen-support.ts'

useFakedTime()

it.each(['nova-3', 'flux-general-en'])(
  'every message with every field missing and wrong in every way, and all garbage, does no harm to what %s has settled',
  async (model) => {
    const isFlux = model.startsWith('flux')
    const test = bench({ model })
    await test.open()
    test.source.push(bytes(1, 2_000))
    const say = (text: string, index: number, start: number, end: number): object =>
      isFlux
        ? { ...turnInfo('EndOfTurn', start, end, text, { index }), sequence_id: index * 1_000_000 }
        : result(start, end, text, { speechFinal: true })
    test.line().receive(say('settled before', 0, 0, 0.01))
    const before = test.session.getState().transcript.segments[0]
    const frames = hostileFrames(isFlux)
    expect(frames.length).toBeGreaterThan(1_500)
    for (const frame of frames) {
      // Slower than a flood.
      vi.setSystemTime(Date.now() + 200)
      test.line().receive(frame)
    }
    const { messages } = test.session.diagnostics()
    expect(messages.invalid).toBeGreaterThan(150)
    expect(messages.known).toBeGreaterThan(50)
    expect(test.session.getState()).toMatchObject({ status: 'listening', error: null })
    expect(test.session.getState().transcript.segments[0]).toBe(before)
    expect(Object.keys(Object.prototype)).toEqual([])
    expect('polluted' in {}).toBe(false)
    test.source.push(bytes(1, 140_000))
    test.line().receive(say('settled after', 90, 70, 71))
    expect(test.session.getState().transcript.text).toMatch(/^settled before.*settled after$/)
    test.session.abort()
  },
)
