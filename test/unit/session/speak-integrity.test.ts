import { expect, test, vi } from 'vitest'
import type { LogEvent } from '../../../src/socket/options.ts'
import { createSpeakSession } from '../../../src/session/speak-session.ts'
import { createCoordinator } from '../../../src/session/coordination.ts'
import { createClockSink } from '../../support/clock-sink.ts'
import { createFakeWebSocket } from '../socket/fake-web-socket.ts'
import { useFakedTime } from './listen-support.ts'

useFakedTime()

/** A speak session on a line that the test plays. */
async function open(text: string) {
  const { WebSocket, lines } = createFakeWebSocket()
  const logs: LogEvent[] = []
  const session = createSpeakSession(
    () => ({ WebSocket, getToken: () => 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln', logger: (event) => logs.push(event) }),
    { createSink: createClockSink, coordinator: createCoordinator() },
  )
  const { finished } = session.speak(text)
  let reason: unknown
  finished.then(
    (result) => (reason = result.reason),
    (error: unknown) => (reason = (error as { code: string }).code),
  )
  await vi.advanceTimersByTimeAsync(0)
  const line = lines[0]!
  line.accept()
  const sound = (seconds: number): void => line.receive(new Int16Array(seconds * 24_000).buffer)
  return { session, line, logs, sound, reason: () => reason }
}

test('what is no message, or no known one, is counted, told once, and does no harm', async () => {
  const { session, line, logs, sound, reason } = await open('one two')
  for (const frame of ['{', '[]', '{"type":5}', '{"type":"Flushed","sequence_id":{}}', '{"type":"New"}'])
    line.receive(frame)
  sound(1)
  line.receive({ type: 'Flushed', sequence_id: 0 })
  await vi.advanceTimersByTimeAsync(2_000)
  expect(reason()).toBe('ended')
  expect(session.diagnostics().messages).toMatchObject({ unknown: 1, invalid: 3 })
  expect(logs.filter(({ event }) => event === 'message-invalid')).toMatchObject([
    { purpose: 'speak', level: 'warn', data: { reason: 'not-json' } },
  ])
  session.destroy()
})

test('a repeated Flushed does not end the next text before its sound has come', async () => {
  const { session, line, sound } = await open('One two three four five six seven eight nine ten. '.repeat(12))
  const flushes = (): number => line.sent.filter((frame) => frame === '{"type":"Flush"}').length
  const count = flushes()
  expect(count).toBeGreaterThan(2)
  sound(1)
  for (let i = 0; i < 5; i++) line.receive({ type: 'Flushed', sequence_id: 0 })
  await vi.advanceTimersByTimeAsync(3_000)
  expect(session.getState().status).toBe('buffering')
  expect(session.diagnostics().messages.invalid).toBe(4)
  for (let second = 0, answered = 1; second < 60; second++) {
    for (; answered < flushes(); answered++) {
      sound(1)
      line.receive({ type: 'Flushed', sequence_id: answered })
    }
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(session.getState().status).toBe('idle')
  session.destroy()
})

test('more sound than any text could be the cause of ends the line', async () => {
  const { session, line, sound, reason } = await open('one two')
  for (let i = 0; i < 10; i++) sound(31)
  await vi.advanceTimersByTimeAsync(0)
  expect(reason()).toBe('service-error')
  expect(session.getState()).toMatchObject({ status: 'error', error: { code: 'service-error', retryable: false } })
  expect(line.closes.length + line.sent.filter((frame) => frame === '{"type":"Close"}').length).toBeGreaterThan(0)
  session.destroy()
})

test('speaking and stopping a thousand times sends no more than the service takes in a minute', async () => {
  const { session, line } = await open('one two')
  for (let i = 0; i < 1000; i++) {
    session.speak(`text number ${i}`)
    line.receive({ type: 'Cleared', sequence_id: i })
    await vi.advanceTimersByTimeAsync(1)
    session.stop()
  }
  const sent = (type: string): number => line.sent.filter((frame) => String(frame).includes(`"${type}"`)).length
  expect(sent('Flush')).toBeLessThanOrEqual(20)
  expect(sent('Flush')).toBeGreaterThan(5)
  expect([sent('Speak'), sent('Clear')]).toEqual([sent('Flush'), sent('Flush')])
  session.destroy()
})
