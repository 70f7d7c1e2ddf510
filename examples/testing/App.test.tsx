// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createDeepgramEmulator, installFakeMedia, type FakeMedia } from 'react-deepgram/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { App } from './App.tsx'

let media: FakeMedia
beforeEach(() => void (media = installFakeMedia()))
afterEach(() => {
  cleanup()
  media.uninstall()
})

const renderApp = () => {
  const emulator = createDeepgramEmulator({ script: [] })
  render(<App WebSocket={emulator.WebSocket} getToken={emulator.getToken} />)
  return emulator
}

test('writes down what is said, and gives the microphone back', async () => {
  const emulator = renderApp()
  await userEvent.click(screen.getByRole('button', { name: 'Listen to the microphone' }))
  await screen.findByText('Listening')
  emulator.sockets[0]!.say('Good morning everybody')
  await screen.findByText('3 words', {}, { timeout: 3000 })
  expect(media.openMicrophones).toBe(1)
  await userEvent.click(screen.getByRole('button', { name: 'Listen to the microphone' }))
  await screen.findByText('Ready')
  expect(screen.getByRole('log').textContent).toBe('Good morning everybody')
  expect(media.openMicrophones).toBe(0)
})

test('tells what to do when the microphone is denied, and works once it is allowed', async () => {
  media.microphone = 'denied'
  renderApp()
  await userEvent.click(screen.getByRole('button', { name: 'Listen to the microphone' }))
  expect((await screen.findByText(/^The microphone is blocked/)).getAttribute('role')).toBe('alert')
  // Allowed in the browser's settings: the message goes by itself.
  media.microphone = 'granted'
  await userEvent.click(screen.getByRole('button', { name: 'Listen to the microphone' }))
  await screen.findByText('Listening')
})

test('goes on when the line drops, and keeps what was said before', async () => {
  const emulator = renderApp()
  await userEvent.click(screen.getByRole('button', { name: 'Listen to the microphone' }))
  await screen.findByText('Listening')
  emulator.sockets[0]!.say('Before')
  await screen.findByText('1 words', {}, { timeout: 3000 })
  emulator.sockets[0]!.drop()
  await screen.findByText(/^Reconnecting/)
  await screen.findByText('Listening')
  emulator.sockets[1]!.say('and after')
  await screen.findByText('3 words', {}, { timeout: 3000 })
})

test('speaks, and says when it is done', async () => {
  media.uninstall()
  media = installFakeMedia({ soundSpeed: 20 })
  renderApp()
  await userEvent.click(screen.getByRole('button', { name: /^Speak/ }))
  await screen.findByRole('button', { name: 'Speak Press to stop' })
  await screen.findByRole('button', { name: 'Speak', pressed: false }, { timeout: 3000 })
})
