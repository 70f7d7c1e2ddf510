import { expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createBrowserSpeakSession } from '../../../src/browser-speak.ts'
import { createDeepgramEmulator } from '../../../src/testing/index.ts'

let isInTask = false

/** A context as WebKit has it: it stands still until `resume()` is called in the task of a gesture. */
class StrictContext extends AudioContext {
  static readonly resumed: boolean[] = []
  constructor(options?: AudioContextOptions) {
    super(options)
    void this.suspend()
  }
  override async resume() {
    StrictContext.resumed.push(isInTask)
    if (!isInTask) return new Promise<void>(() => {})
    return super.resume()
  }
}

test('pain 12: a click whose token takes two seconds is heard all the same: the context was resumed in the click’s own task', async () => {
  const { WebSocket, getToken } = createDeepgramEmulator({ hears: false })
  const session = createBrowserSpeakSession(() => ({
    WebSocket,
    getToken: async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      return getToken()
    },
    AudioContext: StrictContext,
  }))
  const statuses: string[] = []
  session.subscribe(({ status }) => statuses.at(-1) === status || statuses.push(status))
  const button = document.body.appendChild(document.createElement('button'))
  let finished: Promise<unknown> | undefined
  button.onclick = () => {
    isInTask = true
    finished = session.speak('one two').finished
    isInTask = false
  }
  await userEvent.click(button)
  expect(StrictContext.resumed[0]).toBe(true)
  await vi.waitFor(() => expect(statuses).toContain('idle'), { timeout: 8_000 })
  await expect(finished).resolves.toMatchObject({ reason: 'ended', spokenText: 'one two' })
  expect(statuses).toEqual(['connecting', 'buffering', 'speaking', 'idle'])
  session.destroy()
  button.remove()
})
