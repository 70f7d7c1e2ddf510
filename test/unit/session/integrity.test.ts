import { describe, expect, it, vi } from 'vitest'
import type { LogEvent } from '../../../src/socket/options.ts'
import type { FakeLine } from '../socket/fake-web-socket.ts'
import { bench, bytes, nextLine, pass, result, turnInfo, useFakedTime } from './listen-support.ts'

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

  it('more settled text than speech can be the cause of is not kept: the line is given up, and after the third one all is over', async () => {
    const onError = vi.fn()
    const test = bench({ onError })
    await test.open()
    test.line().receive(result(0, 0.0005, 'settled before'))
    const before = test.session.getState().transcript.segments[0]
    const flood = (line: FakeLine): void => {
      for (let i = 0; i < 50_000 && line.onmessage; i++)
        line.receive(result(i / 100, (i + 1) / 100, `flood of words ${i}`))
    }
    const text = () => test.session.getState().transcript
    flood(test.line())
    expect(test.session.getState().status).toBe('reconnecting')
    await pass(20)
    const kept = text().segments.length
    expect(kept).toBeGreaterThan(20_000)
    expect(kept).toBeLessThan(40_000)
    expect(text().segments[0]).toBe(before)
    while (test.session.getState().status === 'reconnecting') {
      const line = await nextLine(test)
      line.accept()
      flood(line)
    }
    expect(test.lines).toHaveLength(3)
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'service-error' } })
    expect(onError).toHaveBeenCalledTimes(1)
    // What was said in the seconds between is all that was added.
    expect(text().segments.length - kept).toBeLessThan(200)
  })

  it('settled text that comes faster than pictures is shown once per picture; as fast as speech can be, at once', async () => {
    const seen: string[] = []
    const test = bench({ onFinal: ({ text }) => seen.push(text) })
    await test.open()
    let updates = 0
    test.session.subscribe(() => updates++)
    for (let i = 0; i < 20_000; i++) test.line().receive(result(i, i + 1, `s${i}`))
    expect(seen).toHaveLength(20_000)
    expect(updates).toBeLessThan(1_100)
    await pass(20)
    expect(updates).toBeLessThan(1_100)
    expect(test.session.getState().transcript.segments).toHaveLength(20_000)
    await pass(1_000)
    for (let i = 20_000; i < 20_060; i++) {
      test.line().receive(result(i, i + 1, `s${i}`))
      expect(test.session.getState().transcript.segments).toHaveLength(i + 1)
    }
    test.session.abort()
  })

  it('few messages that are huge are no way around it', async () => {
    const test = bench({ reconnect: false })
    await test.open()
    const words = (i: number) => result(i, i + 1, Array.from({ length: 5_000 }, (_, k) => `${i}x${k}`).join(' '))
    for (let i = 0; i < 100; i++) test.line().receive(words(i))
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'service-error' } })
    expect(test.session.getState().transcript.segments.flatMap((segment) => segment.words).length).toBeLessThan(300_000)
  })

  it('eight hours of speech in one go are no flood, nor are twenty people who talk for an hour', async () => {
    const test = bench()
    await test.open()
    const say = (i: number) => test.line().receive(result(i, i + 1, 'three words each'))
    for (let second = 0; second < 8 * 3600; second++) say(second)
    await pass(20)
    expect(test.session.getState().transcript.segments).toHaveLength(8 * 3600)
    test.session.abort()

    const crowd = bench({ multichannel: true })
    await crowd.open()
    // Every speaker is settled every four seconds.
    for (let at = 0; at < 3600; at += 4) {
      await pass(4_000)
      for (let channel = 0; channel < 20; channel++) {
        const said = result(at, at + 4, 'twelve words in four seconds is what a lively talker comes to', {})
        crowd.line().receive({ ...said, channel_index: [channel, 20] })
      }
    }
    expect(crowd.session.getState().transcript.segments).toHaveLength(20 * 900)
    expect(crowd.session.getState().error).toBeNull()
    crowd.session.abort()
  }, 60_000)

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
