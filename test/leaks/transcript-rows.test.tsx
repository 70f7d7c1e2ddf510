// @vitest-environment jsdom
import { act, cleanup, render } from '@testing-library/react'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { LiveTranscript, type Segment } from 'react-deepgram'
import { createSteeredSession } from '../unit/components/fake-session.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

it('a row keeps none of the lists that the transcript has outgrown', async () => {
  const session = createSteeredSession()
  const { container } = render(<LiveTranscript session={session} />)
  const lists: WeakRef<readonly Segment[]>[] = []
  for (let index = 0; index < 20; index++) {
    await act(async () => {
      session.settle(`segment ${index}.`)
      session.endUtterance()
    })
    lists.push(new WeakRef(session.getState().transcript.segments))
  }
  expect(container.querySelectorAll('.dg-row').length).toBeGreaterThan(10)
  await new Promise((resolve) => setTimeout(resolve, 0))
  globalThis.gc!()
  // React keeps what is shown and what was shown before it.
  expect(lists.filter((list) => list.deref()).length).toBeLessThanOrEqual(4)
})
