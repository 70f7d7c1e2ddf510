// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { DeepgramError, DeepgramErrorMessage, DeepgramErrorMessageView, type DeepgramErrorCode } from 'react-deepgram'
import { createSteeredSession } from './fake-session.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

const errorOf = (code: DeepgramErrorCode) =>
  new DeepgramError(code, 'What happened; why it matters; what to do.', { details: { requestId: 'r-1' } })

describe('DeepgramErrorMessage', () => {
  it.each([
    ['connection-lost', 'Try again', ['start']],
    ['permission-denied', 'Try again', ['start']],
    ['constraints', 'Use the default microphone', ['setDevice', 'start']],
  ] as const)('%s has a button %j, which does it', async (code, name, calls) => {
    const session = createSteeredSession()
    render(<DeepgramErrorMessage session={session} />)
    act(() => session.set({ status: 'error', error: errorOf(code) }))
    await userEvent.click(screen.getByRole('button', { name }))
    expect(session.calls).toEqual(calls)
  })

  it('lets a speak session sound again', async () => {
    const unlock = vi.fn(() => Promise.resolve(true))
    const { subscribe, getState, getInitialState } = createSteeredSession()
    const error = errorOf('playback-blocked')
    const state = () => ({ ...getState(), error })
    render(
      <DeepgramErrorMessage
        session={{ subscribe, getState: keep(state()), getInitialState: keep(getInitialState()), unlock }}
      />,
    )
    await userEvent.click(screen.getByRole('button', { name: 'Allow sound' }))
    expect(unlock).toHaveBeenCalledOnce()
  })

  it.each(['unsafe-api-key', 'insecure-url', 'policy-blocked', 'unsupported'] as const)(
    '%s cannot be mended by trying again: what it says can be copied for those who can',
    async (code) => {
      const user = userEvent.setup()
      render(<DeepgramErrorMessageView error={errorOf(code)} onRetry={() => {}} />)
      expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
      await user.click(screen.getByRole('button', { name: 'Copy details' }))
      expect((await screen.findByRole('status')).textContent).toBe('Copied')
      expect(JSON.parse(await navigator.clipboard.readText())).toMatchObject({ code, details: { requestId: 'r-1' } })
    },
  )

  it('says so when the browser has no clipboard', async () => {
    const user = userEvent.setup()
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('not allowed'))
    render(<DeepgramErrorMessageView error={errorOf('unsupported')} />)
    await user.click(screen.getByRole('button', { name: 'Copy details' }))
    expect((await screen.findByRole('status')).textContent).toBe('Could not be copied')
  })

  it('offers https where the page came without', () => {
    render(<DeepgramErrorMessageView error={errorOf('insecure-context')} onRetry={() => {}} />)
    expect(screen.getByRole('button').textContent).toBe('Open with https')
  })

  it('shows own words, by a function too', () => {
    const error = errorOf('device-busy')
    const { rerender } = render(<DeepgramErrorMessageView error={error}>Busy.</DeepgramErrorMessageView>)
    expect(screen.getByRole('alert').textContent).toBe('Busy.')
    rerender(
      <DeepgramErrorMessageView error={error}>
        {({ error, text }) => `${error.code}: ${text}`}
      </DeepgramErrorMessageView>,
    )
    expect(screen.getByRole('alert').textContent).toMatch(/^device-busy: Another app/)
    rerender(<DeepgramErrorMessageView error={null}>Busy.</DeepgramErrorMessageView>)
    expect(screen.getByRole('alert').textContent).toBe('')
  })
})

const keep =
  <T,>(value: T) =>
  () =>
    value
