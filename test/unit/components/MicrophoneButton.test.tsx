// @vitest-environment jsdom
import { act, cleanup, createEvent, fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { MicrophoneButton, MicrophoneButtonView } from 'react-deepgram'
import { createSteeredSession } from './fake-session.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

describe('a microphone button to hold', () => {
  const renderHeld = (handlers = {}) => {
    const session = createSteeredSession()
    render(<MicrophoneButton session={session} mode="push-to-talk" {...handlers} />)
    const button = screen.getByRole('button', { name: 'Hold to talk', pressed: false })
    const listening = () => act(() => session.set({ status: 'listening', isCapturing: true }))
    return { session, button, listening, user: userEvent.setup() }
  }

  it('listens while a pointer holds it, and ends when it is let go beside it', async () => {
    const { session, button, listening, user } = renderHeld()
    await user.pointer({ keys: '[MouseLeft>]', target: button })
    expect(session.calls).toEqual(['start'])
    listening()
    expect(button.getAttribute('aria-pressed')).toBe('true')
    await user.pointer({ keys: '[/MouseLeft]', target: button })
    expect(session.calls).toEqual(['start', 'stop'])
    act(() => session.set({ status: 'idle' }))

    await user.pointer({ keys: '[MouseLeft>]', target: button })
    listening()
    fireEvent.lostPointerCapture(button)
    expect(session.calls).toEqual(['start', 'stop', 'start', 'stop'])
    await user.pointer({ keys: '[/MouseLeft]', target: button })
    expect(session.calls).toHaveLength(4)
  })

  it.each([' ', 'Enter'])(
    'listens while the key %j is held, however often it repeats, and ends where the focus goes',
    (key) => {
      const { session, button, listening } = renderHeld()
      button.focus()
      const press = createEvent.keyDown(button, { key })
      fireEvent(button, press)
      // Neither a click nor a scroll comes of it.
      expect(press.defaultPrevented).toBe(true)
      listening()
      for (let i = 0; i < 3; i++) fireEvent.keyDown(button, { key, repeat: true })
      expect(session.calls).toEqual(['start'])
      fireEvent.keyUp(button, { key })
      expect(session.calls).toEqual(['start', 'stop'])
      act(() => session.set({ status: 'idle' }))
      fireEvent.keyDown(button, { key })
      listening()
      act(() => button.blur())
      expect(session.calls).toEqual(['start', 'stop', 'start', 'stop'])
    },
  )

  it('begins and ends by the clicks of assistive technology, which holds nothing', () => {
    const { session, button, listening } = renderHeld()
    act(() => button.click())
    listening()
    act(() => button.click())
    expect(session.calls).toEqual(['start', 'stop'])
  })

  it('goes on where it was paused, begins anew after the last words of the time before, and heeds what a handler prevents', async () => {
    const onPointerDown = vi.fn()
    const { session, button, user } = renderHeld({ onPointerDown })
    act(() => session.set({ status: 'paused' }))
    await user.pointer({ keys: '[MouseLeft>]', target: button })
    await user.pointer({ keys: '[/MouseLeft]', target: button })
    act(() => session.set({ status: 'stopping' }))
    fireEvent.pointerDown(button, { button: 0 })
    fireEvent.pointerUp(button)
    await act(async () => {})
    // It was let go before that: it is not wanted any more.
    expect(session.calls).toEqual(['resume', 'stop', 'stop', 'stop'])
    await user.pointer({ keys: '[MouseLeft>]', target: button })
    await act(async () => {})
    expect(session.calls.slice(4)).toEqual(['stop', 'start'])
    await user.pointer({ keys: '[/MouseLeft]', target: button })
    const { length } = session.calls
    onPointerDown.mockImplementation((event: Event) => event.preventDefault())
    act(() => session.set({ status: 'idle' }))
    await user.pointer({ keys: '[MouseLeft>]', target: button })
    expect(session.calls).toHaveLength(length)
  })

  it('tells a function its state, and keeps its name where the content is replaced by one', () => {
    const { rerender } = render(
      <MicrophoneButtonView status="idle">{({ isPressed }) => (isPressed ? 'on' : 'off')}</MicrophoneButtonView>,
    )
    expect(screen.getByRole('button', { name: 'Listen to the microphone' }).textContent).toBe('off')
    rerender(<MicrophoneButtonView status="listening">Dictate</MicrophoneButtonView>)
    expect(screen.getByRole('button', { name: 'Dictate', pressed: true })).not.toBeNull()
  })
})
