import { expect, test } from 'vitest'

test('the test browser has a microphone and grants it without asking', async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  expect(stream.getAudioTracks().map((track) => track.readyState)).toEqual(['live'])
  for (const track of stream.getTracks()) track.stop()
})

test('the test browser lets a page sound without a gesture', async () => {
  const context = new AudioContext()
  await context.resume()
  expect(context.state).toBe('running')
  await context.close()
})

test('the test browser can force a garbage collection', () => {
  expect(typeof (globalThis as { gc?: unknown }).gc).toBe('function')
})
