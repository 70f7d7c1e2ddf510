// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createStore } from 'zustand/vanilla'
import { DeepgramError, SpeakButton, SpeakButtonView } from 'react-deepgram'
import type { SpeakSession, SpeakState } from '../../../src/session/speak-session.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

/** A session whose state the test writes; its verbs only count. */
function createSteeredSession() {
  const store = createStore<SpeakState>(() => ({ status: 'idle', error: null, utterance: null }))
  const calls: string[] = []
  let count = 0
  const verbs = ['stop', 'pause', 'resume', 'unlock'].map((name) => [name, () => void calls.push(name)] as const)
  const session = {
    ...store,
    ...Object.fromEntries(verbs),
    speak(text: string) {
      calls.push(`speak ${text}`)
      return { id: `u${++count}`, finished: new Promise(() => {}) }
    },
  } as unknown as SpeakSession
  const set = (status: SpeakState['status'], text = 'hello', change: Partial<SpeakState> = {}) =>
    act(() =>
      store.setState({
        status,
        error: null,
        utterance:
          status === 'idle' ? null : { id: `u${count}`, text, spokenText: '', playedSeconds: 0, durationSeconds: null },
        ...change,
      }),
    )
  return { session, calls, set }
}

describe('SpeakButton', () => {
  it.each(['', '   ', '***', '```js\nconst a = 1\n```'])(
    'pain 119: it is disabled, and says so, for %j, which has nothing to speak',
    async (text) => {
      const { session, calls } = createSteeredSession()
      render(<SpeakButton text={text} session={session} />)
      const button = screen.getByRole<HTMLButtonElement>('button', { name: 'Speak Nothing to say' })
      expect(button.disabled).toBe(true)
      await userEvent.click(button)
      expect(calls).toEqual([])
    },
  )

  it('speaks, says what it is doing in words, and stops', async () => {
    const { session, calls, set } = createSteeredSession()
    render(<SpeakButton text="hello" session={session} />)
    const button = screen.getByRole('button', { name: 'Speak', pressed: false })
    await userEvent.click(button)
    set('buffering')
    expect(button.getAttribute('aria-busy')).toBe('true')
    expect(screen.getByRole('button', { name: 'Speak Preparing…', pressed: true })).toBe(button)
    set('speaking')
    expect(button.getAttribute('aria-busy')).toBe('false')
    expect(button.dataset.status).toBe('speaking')
    await userEvent.click(button)
    set('idle')
    expect(calls).toEqual(['speak hello', 'stop'])
    expect(button.getAttribute('aria-pressed')).toBe('false')
  })

  it('announces that sound is blocked, and lets the press that allows it begin the text instead of ending it', async () => {
    const { session, calls, set } = createSteeredSession()
    render(<SpeakButton text="hello" session={session} />)
    await userEvent.click(screen.getByRole('button'))
    set('blocked')
    expect(document.querySelector('[aria-live]')!.textContent).toBe('Press anything to allow sound')
    const user = userEvent.setup()
    await user.pointer({ keys: '[MouseLeft>]', target: screen.getByRole('button') })
    set('speaking')
    await user.pointer({ keys: '[/MouseLeft]', target: screen.getByRole('button') })
    expect(calls).toEqual(['speak hello', 'unlock'])
    await userEvent.click(screen.getByRole('button'))
    expect(calls.at(-1)).toBe('stop')
  })

  it('of two buttons on one session, presses only the one whose text is spoken', async () => {
    const { session, set } = createSteeredSession()
    render(
      <>
        <SpeakButton text="one" session={session} aria-label="one" />
        <SpeakButton text="two" session={session} aria-label="two" />
      </>,
    )
    await userEvent.click(screen.getByRole('button', { name: 'two' }))
    set('speaking', 'two')
    const pressed = screen.getAllByRole('button').map((button) => button.getAttribute('aria-pressed'))
    expect(pressed).toEqual(['false', 'true'])
  })

  it('says Markdown as it is meant, and knows its utterance by its id, whatever becomes of the text', async () => {
    const { session, calls, set } = createSteeredSession()
    const text = '**Hello** `there`\n```\ncode()\n```'
    render(
      <>
        <SpeakButton text={text} session={session} aria-label="one" />
        <SpeakButton text={text} session={session} aria-label="two" />
      </>,
    )
    await userEvent.click(screen.getByRole('button', { name: 'one' }))
    expect(calls).toEqual(['speak Hello there'])
    set('speaking', 'Hello there, prepared once more')
    const pressed = screen.getAllByRole('button').map((button) => button.getAttribute('aria-pressed'))
    expect(pressed).toEqual(['true', 'false'])
  })

  it('says a text as it is, or as it is told, where it is asked to', async () => {
    const { session, calls } = createSteeredSession()
    const { rerender } = render(<SpeakButton text="**a**" session={session} prepare={false} />)
    await userEvent.click(screen.getByRole('button'))
    rerender(<SpeakButton text="**a**" session={session} prepare={(text) => text.replaceAll('*', '!')} />)
    await userEvent.click(screen.getByRole('button'))
    expect(calls).toEqual(['speak **a**', 'speak !!a!!'])
  })

  it('tells an error in words and tries again', async () => {
    const { session, calls, set } = createSteeredSession()
    render(<SpeakButton text="hello" session={session} />)
    await userEvent.click(screen.getByRole('button'))
    set('error', 'hello', { error: new DeepgramError('rate-limited', 'x'), utterance: null })
    expect(document.querySelector('[aria-live]')!.textContent).toContain('Too many people')
    await userEvent.click(screen.getByRole('button', { name: /^Speak Too many people/ }))
    expect(calls).toEqual(['speak hello', 'speak hello'])
  })

  it('does not press when a click handler prevents it, and replaces its content by a function', async () => {
    const { session, calls } = createSteeredSession()
    const children = vi.fn(({ isPressed }: { isPressed: boolean }) => (isPressed ? 'on' : 'off'))
    render(
      <SpeakButton text="hello" session={session} onClick={(event) => event.preventDefault()}>
        {children}
      </SpeakButton>,
    )
    await userEvent.click(screen.getByRole('button', { name: 'off' }))
    expect(calls).toEqual([])
    expect(children).toHaveBeenCalledWith({ status: 'idle', isPressed: false })
  })

  it('shows what it is given where there is no session', () => {
    render(<SpeakButtonView text="hello" status="paused" progress={0.5} title="later" />)
    const button = screen.getByRole('button', { name: 'Speak Paused', pressed: true })
    expect(button.title).toBe('later')
    expect(document.querySelector<HTMLElement>('.dg-progress')!.style.getPropertyValue('--dg-progress')).toBe('0.5')
  })
})
