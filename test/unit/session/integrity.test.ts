import { describe, expect, it, vi } from 'vitest'
import type { LogEvent } from '../../../src/socket/options.ts'
import { bench, bytes, result, turnInfo, useFakedTime } from './listen-support.ts'

useFakedTime()

describe('what the service says is not believed beyond reason', () => {
  it('a message of the line before does not act, nor one that comes after the end', async () => {
    const test = bench()
    await test.open()
    const old = test.line()
    const { onmessage, onopen, onclose } = old
    old.end(1006)
    await vi.advanceTimersByTimeAsync(10_000)
    test.line().accept()
    const lines = test.lines.length
    for (const line of [old]) {
      onmessage?.({ data: JSON.stringify(result(0, 1, 'ghost')) })
      onclose?.({ code: 1000, reason: '' })
      onopen?.({})
      expect(line.sent).toEqual([])
    }
    test.line().receive(result(0, 1, 'real'))
    expect(test.session.getState()).toMatchObject({ status: 'listening', transcript: { text: 'real' } })
    expect(test.lines).toHaveLength(lines)
    const late = test.line().onmessage
    test.session.abort()
    late?.({ data: JSON.stringify(result(1, 2, 'late')) })
    expect(test.session.getState().transcript.text).toBe('real')
  })

  it('a result about audio that was never sent is dropped and counted, and what is said later is not taken for old', async () => {
    const logs: LogEvent[] = []
    const test = bench({ logger: (event) => logs.push(event) })
    await test.open()
    test.source.push(bytes(1, 2_000))
    test.line().receive(result(0, 0.5, 'one'))
    test.line().receive(result(1e6, 1e6 + 1, 'far'))
    test.line().receive(result(1e5, 1e5 + 1, 'farther', { isFinal: false }))
    test.line().receive(result(0.5, 1, 'two'))
    expect(test.session.getState().transcript).toMatchObject({ text: 'one two', interim: null })
    expect(test.session.diagnostics().messages).toEqual({ known: 2, unknown: 0, invalid: 2 })
    const told = logs.filter(({ event }) => event === 'message-invalid')
    expect(told.map(({ data }) => data)).toEqual([{ reason: 'time', type: 'Results' }])
    test.session.abort()
  })

  it('a numbered message that is repeated, or comes after a later one, is dropped as a whole', async () => {
    const test = bench({ model: 'flux-general-en' })
    await test.open()
    const say = (sequence: number, event: string, end: number, text: string) =>
      test.line().receive({ ...turnInfo(event, 0, end, text), sequence_id: sequence })
    test.line().receive({ type: 'Connected', request_id: 'r', sequence_id: 0 })
    say(1, 'StartOfTurn', 1, 'one')
    say(3, 'Update', 2, 'one two')
    say(2, 'Update', 9, 'one two ghost')
    say(3, 'EndOfTurn', 9, 'one two ghost')
    expect(test.session.getState().turn).toMatchObject({ state: 'speaking', text: 'one two' })
    say(4, 'EndOfTurn', 2.5, 'one two three')
    expect(test.session.getState().transcript.text).toBe('one two three')
    expect(test.session.diagnostics().messages).toEqual({ known: 4, unknown: 0, invalid: 2 })
    // A new line counts from 0 again.
    test.line().end(1006)
    await vi.advanceTimersByTimeAsync(10_000)
    await test.accept()
    test.line().receive({ type: 'Connected', request_id: 'r', sequence_id: 0 })
    say(1, 'StartOfTurn', 1, 'four')
    expect(test.session.getState().turn).toMatchObject({ state: 'speaking', text: 'four' })
    test.session.abort()
  })

  it('a channel is a whole number: fractions do not make channels without end', async () => {
    const test = bench()
    await test.open()
    for (let i = 1; i < 100; i++) {
      test.line().receive({ ...result(i / 100, (i + 1) / 100, `w${i}`), channel_index: [i / 1000, 1] })
    }
    const { segments } = test.session.getState().transcript
    expect(segments).toHaveLength(99)
    expect(new Set(segments.map(({ channel }) => channel))).toEqual(new Set([0]))
    test.session.abort()
  })
})
