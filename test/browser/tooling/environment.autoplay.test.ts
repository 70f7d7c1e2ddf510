import { expect, test } from 'vitest'

test('in the autoplay browser a page without a gesture stays silent', async () => {
  const context = new AudioContext()
  expect(context.state).toBe('suspended')
  let resumed = false
  const resuming = context.resume().then(
    () => (resumed = true),
    () => undefined, // closing below refuses it
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(resumed).toBe(false)
  await context.close()
  await resuming
})
