// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { ConnectionStatusView, LiveTranscriptView, type ListenStatus, type SpeakStatus } from 'react-deepgram'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

it.each([
  ['idle', 'Ready'],
  ['connecting', 'Connecting…'],
  ['buffering', 'Preparing…'],
  ['speaking', 'Speaking'],
  ['paused', 'Paused'],
  ['blocked', 'Press anything to allow sound'],
  ['reconnecting', 'Reconnecting…'],
  ['error', 'Stopped by a problem'],
] satisfies [SpeakStatus, string][])(
  'says of speech that is %s "%s", and not what a button would do',
  (status, words) => {
    render(<ConnectionStatusView status={status} kind="speech" />)
    expect(screen.getByRole('status').textContent).toBe(words)
  },
)

it.each([
  ['idle', false, 'Press the microphone, then speak.'],
  ['requesting-permission', false, 'Allow the microphone when the browser asks.'],
  ['connecting', true, 'Speak now. Your words appear here.'],
  ['listening', true, 'Speak now. Your words appear here.'],
] satisfies [ListenStatus, boolean, string][])(
  'an empty transcript that is %s tells what to do next',
  (status, isCapturing, words) => {
    render(<LiveTranscriptView status={status} isCapturing={isCapturing} onStart={() => {}} />)
    expect(screen.getByRole('group').textContent).toBe(words)
  },
)
