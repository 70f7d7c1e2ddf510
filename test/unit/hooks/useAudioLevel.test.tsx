// @vitest-environment jsdom
import { cleanup, render } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useAudioLevel, type LevelSource } from '../../../src/hooks/useAudioLevel.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['requestAnimationFrame', 'cancelAnimationFrame', 'performance'] }))
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

it('writes the level to the element when it has changed by what can be seen, and not with every picture', () => {
  let level = 0
  const state = { status: 'listening' }
  const session: LevelSource = {
    getState: () => state,
    getInitialState: () => state,
    subscribe: () => () => {},
    getLevel: () => level,
  }
  const Meter = () => <div data-testid="meter" ref={useAudioLevel(session).ref} />
  const { getByTestId, unmount } = render(<Meter />)
  const { style } = getByTestId('meter')
  const written = vi.spyOn(style, 'setProperty')
  const picture = () => vi.advanceTimersToNextFrame()

  for (let i = 0; i < 60; i++) picture()
  expect(written).not.toHaveBeenCalled()
  expect(style.getPropertyValue('--dg-level')).toBe('0.00')

  level = 0.25
  for (let i = 0; i < 60; i++) picture()
  expect(style.getPropertyValue('--dg-level')).toBe('0.70')
  const rising = written.mock.calls.length
  expect(rising).toBeGreaterThan(0)
  for (let i = 0; i < 60; i++) picture()
  expect(written).toHaveBeenCalledTimes(rising)

  unmount()
  expect(style.getPropertyValue('--dg-level')).toBe('0.00')
})
