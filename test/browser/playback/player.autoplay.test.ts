import { expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createBrowserSpeakSession } from '../../../src/browser-speak.ts'
import { createDeepgramEmulator } from '../../../src/testing/index.ts'

test('pain 12: speech without a gesture is blocked, counts nothing as heard, and starts at its beginning with the next gesture', async () => {
  // This page has had no gesture. Once it has had one, every test of the run is allowed to sound: hence one test.
  const context = new AudioContext()
  expect(context.state).toBe('suspended')
  await context.close()
  const { WebSocket, getToken } = createDeepgramEmulator({ hears: false })
  const session = createBrowserSpeakSession(() => ({ WebSocket, getToken }))
  const statuses: string[] = []
  session.subscribe(({ status }) => statuses.at(-1) === status || statuses.push(status))
  const utterance = session.speak('One two three.')
  await vi.waitFor(() => expect(session.getState().status).toBe('blocked'), { timeout: 5_000 })
  expect(session.getState().utterance).toMatchObject({ playedSeconds: 0, spokenText: '' })
  expect(statuses).not.toContain('speaking')
  await userEvent.click(document.body)
  const { reason, playedSeconds, spokenText } = await utterance.finished
  expect(reason).toBe('ended')
  expect(spokenText).toBe('One two three.')
  expect(playedSeconds).toBeGreaterThan(0.9)
  expect(statuses.slice(statuses.indexOf('blocked'))).toEqual(['blocked', 'buffering', 'speaking', 'idle'])
  session.destroy()
})
