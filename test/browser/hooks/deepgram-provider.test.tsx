import { act, cleanup, render, screen } from '@testing-library/react'
import { useState, type ReactNode } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DeepgramProvider, LiveTranscript, SpeakButton, useDeepgramListen, useDeepgramProvider } from 'react-deepgram'
import { createDeepgramEmulator } from 'react-deepgram/testing'
import { holdsNothingAfterwards, nothing } from '../../support/browser-gauges.ts'

describe('signing out', () => {
  const held = holdsNothingAfterwards()
  afterEach(cleanup)

  function setUp() {
    const emulator = createDeepgramEmulator({ script: ['hello out there'], hears: false })
    const getToken = vi.fn(emulator.getToken)
    return { emulator, getToken, connection: { WebSocket: emulator.WebSocket, getToken } }
  }

  function SignOut() {
    const { revoke } = useDeepgramProvider()
    return (
      <button type="button" onClick={revoke}>
        Sign out
      </button>
    )
  }

  it('ends every session below the provider at once, under inner providers too, and no token is asked for again', async () => {
    const { emulator, getToken, connection } = setUp()
    render(
      <DeepgramProvider {...connection}>
        <SignOut />
        <DeepgramProvider reconnect={{ maxAttempts: 3 }}>
          <LiveTranscript />
          <SpeakButton text="one two three four five six seven eight" />
        </DeepgramProvider>
      </DeepgramProvider>,
    )
    const microphone = screen.getByRole('button', { name: 'Listen to the microphone' })
    const speak = screen.getByRole('button', { name: /Speak/ })
    act(() => microphone.click())
    act(() => speak.click())
    await vi.waitFor(() => expect(speak.dataset.status).toBe('speaking'), { timeout: 10_000 })
    await screen.findByText('hello out there', {}, { timeout: 10_000 })
    expect(held().tracks).toBe(1)
    act(() => screen.getByRole('button', { name: 'Sign out' }).click())
    expect(speak.dataset.status).toBe('idle')
    await vi.waitFor(() => expect(held()).toEqual(nothing))
    expect(emulator.sockets.every(({ state }) => state === 'closed')).toBe(true)
    expect(screen.getByText('hello out there')).toBeTruthy()

    const asked = getToken.mock.calls.length
    act(() => microphone.click())
    await screen.findByText('You are signed out. Sign in again.')
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
    expect(held()).toEqual(nothing)
    expect(getToken).toHaveBeenCalledTimes(asked)
  })

  it('follows a signal from above the provider, and a new key begins anew', async () => {
    const { getToken, connection } = setUp()
    const signOut = new AbortController()
    let signIn!: () => void
    const statuses: string[] = []
    function Listener() {
      const { status, error } = useDeepgramListen({ autoStart: true })
      statuses.push(error?.code ?? status)
      return <output>{status}</output>
    }
    function App({ children }: { children?: ReactNode }) {
      const [user, setUser] = useState(1)
      signIn = () => setUser(2)
      return (
        <DeepgramProvider key={user} {...connection} revoked={user === 1 ? signOut.signal : undefined}>
          <Listener />
          {children}
        </DeepgramProvider>
      )
    }
    render(<App />)
    await screen.findByText('listening')
    act(() => signOut.abort())
    expect(statuses.at(-1)).toBe('idle')
    await vi.waitFor(() => expect(held()).toEqual(nothing))
    expect(getToken).toHaveBeenCalledTimes(1)
    act(() => signIn())
    await screen.findByText('listening')
    expect(getToken).toHaveBeenCalledTimes(2)
  })

  it('says where it is missing', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(() => render(<SignOut />)).toThrow('useDeepgramProvider() needs a DeepgramProvider above it.')
    error.mockRestore()
  })
})
