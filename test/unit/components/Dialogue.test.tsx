// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createRef, Profiler } from 'react'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createStore } from 'zustand/vanilla'
import {
  DeepgramError,
  Dialogue,
  DialogueInterrupt,
  DialogueMicrophone,
  DialogueView,
  type AssistantMessage,
  type DialogueSession,
  type DialogueState,
  type SpeakState,
} from 'react-deepgram'
import { createSteeredSession } from './fake-session.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

/** A dialogue whose state the test writes; its verbs only count. */
function createSteeredDialogue() {
  const store = createStore<DialogueState>(() => ({
    phase: 'idle',
    history: [],
    unfinished: '',
    problem: null,
    error: null,
  }))
  const listen = createSteeredSession()
  const speaking = createStore<SpeakState>(() => ({ status: 'idle', error: null, utterance: null }))
  const calls: string[] = []
  const verb =
    (name: string) =>
    (...values: unknown[]) => {
      calls.push([name, ...values].join(' '))
      return Promise.resolve()
    }
  const session = {
    ...store,
    listen,
    speak: { ...speaking, getLevel: () => 0 },
    ...Object.fromEntries(
      ['start', 'stop', 'interrupt', 'say', 'send', 'clear', 'destroy'].map((name) => [name, verb(name)]),
    ),
  } as unknown as DialogueSession
  return {
    session,
    calls,
    set: (change: Partial<DialogueState>) => act(() => store.setState(change)),
    hear: (status: 'idle' | 'connecting' | 'listening' | 'paused' | 'error') => act(() => listen.set({ status })),
    voice: (status: SpeakState['status']) => act(() => speaking.setState({ status })),
  }
}

const answer = (change: Partial<AssistantMessage> = {}): AssistantMessage => ({
  id: 'm2',
  role: 'assistant',
  content: 'one two',
  text: 'one two three',
  state: 'speaking',
  playedSeconds: 1,
  latency: { tokenMs: 1, soundMs: 2 },
  ...change,
})

describe('Dialogue', () => {
  it('begins and ends a conversation with one button, which keeps its name, and is pressed while the page speaks', async () => {
    const { session, calls, set, hear } = createSteeredDialogue()
    render(<Dialogue session={session} />)
    const button = screen.getByRole('button', { name: 'Talk', pressed: false })
    await userEvent.click(button)
    hear('connecting')
    set({ phase: 'listening' })
    expect(screen.getByRole('status').textContent).toBe('Connecting…')
    hear('listening')
    expect(screen.getByRole('status').textContent).toBe('Listening')
    hear('paused')
    set({ phase: 'speaking' })
    expect(screen.getByRole('status').textContent).toBe('Speaking')
    expect(button.getAttribute('aria-pressed')).toBe('true')
    await userEvent.click(button)
    expect(calls).toEqual(['start', 'stop'])
  })

  it('says who speaks, sets apart what was not heard, and marks what was cut', () => {
    const { session, set } = createSteeredDialogue()
    const { container } = render(<Dialogue session={session} />)
    expect(screen.getByText('Press the microphone, then speak.')).toBeTruthy()
    set({ phase: 'listening', unfinished: 'hel' })
    expect(screen.queryByText(/Press the microphone|Speak now/)).toBeNull()
    const log = screen.getByRole('log', { name: 'Conversation' })
    // Changing several times a second, it is nothing to listen to.
    expect(log.textContent).toBe('')
    expect(screen.getByText('hel').getAttribute('aria-hidden')).toBe('true')
    set({ phase: 'thinking', unfinished: '', history: [{ id: 'm1', role: 'user', content: 'hello' }] })
    expect(container.querySelector('.dg-pondering')).toBeTruthy()
    set({ phase: 'speaking', history: [...session.getState().history, answer()] })
    expect(container.querySelector('.dg-pondering')).toBeNull()
    expect(log.textContent).toBe('You: helloAssistant: one two three')
    expect(container.querySelector('.dg-unheard')!.textContent).toBe(' three')
    set({ phase: 'listening', history: [answer({ state: 'interrupted' })] })
    expect(log.textContent).toBe('Assistant: one two three Interrupted')
    // What was prepared for the voice is another text than what was written.
    set({ history: [answer({ text: '**one** two', content: 'one two', state: 'speaking' })] })
    expect(container.querySelector('.dg-unheard')).toBeNull()
    // The page speaks for itself.
    expect(log.getAttribute('aria-live')).toBe('off')
  })

  it('interrupts with a button that is always there', async () => {
    const { session, calls, set } = createSteeredDialogue()
    render(<Dialogue session={session} />)
    const button = screen.getByRole('button', { name: 'Stop speaking' })
    expect(button.getAttribute('aria-disabled')).toBe('true')
    await userEvent.click(button)
    expect(calls).toEqual([])
    for (const phase of ['thinking', 'speaking'] as const) {
      set({ phase })
      expect(button.getAttribute('aria-disabled')).toBe('false')
      await userEvent.click(button)
    }
    expect(calls).toEqual(['interrupt', 'interrupt'])
  })

  it('tells what failed and what still works: without ears a turn is typed, without a voice the answers are read', async () => {
    const { session, calls, set, hear, voice } = createSteeredDialogue()
    render(<Dialogue session={session} />)
    expect(screen.queryByRole('textbox')).toBeNull()
    const error = new DeepgramError('device-busy', 'Busy; nothing is heard; close it.')
    hear('error')
    set({ error, problem: { part: 'listen', error, works: ['reply', 'speak'] } })
    const alert = screen.getByRole('alert')
    expect(alert.textContent).toMatch(/Another app.*You can type instead\./)
    const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'Type a message' })
    await userEvent.type(field, '  {Enter}')
    await userEvent.type(field, 'go{Enter}')
    expect(field.value).toBe('')
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(calls).toEqual(['send go', 'start'])

    const mute = new DeepgramError('payment-required', 'No credit; nothing is spoken; add some.')
    set({ error: mute, problem: { part: 'speak', error: mute, works: ['listen', 'reply'] } })
    expect(alert.textContent).toContain('Answers are written here meanwhile.')
    expect(screen.getByRole('log').getAttribute('aria-live')).toBe('polite')
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
    set({ history: [answer({ state: 'unspoken', content: 'one' })] })
    expect(screen.getByRole('log').textContent).toBe('Assistant: one two three Not spoken')

    set({ error: null, problem: null })
    expect(alert.textContent).toBe('')
    voice('blocked')
    expect(screen.getByRole('status').textContent).toBe('Press anything to allow sound')
  })

  it('renders one message while the page speaks', () => {
    const { session, set } = createSteeredDialogue()
    const rendered: string[] = []
    const renderMessage = ({ id }: { id: string }) => {
      rendered.push(id)
      return id
    }
    let commits = 0
    const history = Array.from({ length: 50 }, (_, i) => ({ id: `u${i}`, role: 'user', content: 'x' }) as const)
    render(
      <Profiler id="dialogue" onRender={() => commits++}>
        <Dialogue session={session} renderMessage={renderMessage} />
      </Profiler>,
    )
    set({ phase: 'speaking', history: [...history, answer()] })
    rendered.length = commits = 0
    for (let i = 0; i < 10; i++) set({ history: [...history, answer({ playedSeconds: i })] })
    expect(new Set(rendered)).toEqual(new Set(['m2']))
    expect(commits).toBe(10)
  })

  it('takes options, a ref, a class and handlers as the others do, and every word in another language', () => {
    const ref = createRef<HTMLDivElement>()
    const { container } = render(
      <Dialogue
        onTurn={() => 'fine'}
        turn="barge-in"
        listen={{ model: 'nova-3' }}
        ref={ref}
        id="mine"
        className="wide"
        showTextInput
        labels={{ 'dialogue.microphone': 'Sprechen', 'dialogue.send': 'Senden', dialogue: 'Gespräch' }}
        actions={<b>more</b>}
        placeholder="Los!"
      />,
    )
    const root = container.firstElementChild!
    expect(ref.current).toBe(root)
    expect([root.id, root.className, root.getAttribute('data-phase')]).toEqual([
      'mine',
      'dg-live dg-dialogue wide',
      'idle',
    ])
    expect(within(container).getByRole('button', { name: 'Sprechen' })).toBeTruthy()
    expect(within(container).getByRole('button', { name: 'Senden' })).toBeTruthy()
    expect(within(container).getByRole('log', { name: 'Gespräch' })).toBeTruthy()
    expect(container.textContent).toContain('more')
    expect(container.textContent).toContain('Los!')
    expect(() => render(<Dialogue />)).toThrow(/onTurn/)
  })

  it('a click handler of one’s own runs first, and may prevent what the button does', () => {
    const { session, calls, set } = createSteeredDialogue()
    set({ phase: 'speaking' })
    render(
      <>
        <DialogueMicrophone session={session} onClick={(event) => event.preventDefault()} />
        <DialogueInterrupt session={session} onClick={(event) => event.preventDefault()}>
          Hush
        </DialogueInterrupt>
      </>,
    )
    fireEvent.click(screen.getByRole('button', { name: 'Talk' }))
    fireEvent.click(screen.getByRole('button', { name: 'Hush' }))
    expect(calls).toEqual([])
  })
})

describe('DialogueView', () => {
  it('shows what it is given, and hands on what is pressed', async () => {
    const pressed: string[] = []
    const { rerender } = render(
      <DialogueView
        onStart={() => pressed.push('start')}
        onStop={() => pressed.push('stop')}
        onInterrupt={() => pressed.push('interrupt')}
      />,
    )
    await userEvent.click(screen.getByRole('button', { name: 'Talk' }))
    rerender(
      <DialogueView
        phase="speaking"
        history={[answer()]}
        onStart={() => pressed.push('start')}
        onStop={() => pressed.push('stop')}
        onInterrupt={() => pressed.push('interrupt')}
      />,
    )
    await userEvent.click(screen.getByRole('button', { name: 'Stop speaking' }))
    await userEvent.click(screen.getByRole('button', { name: 'Talk', pressed: true }))
    expect(pressed).toEqual(['start', 'interrupt', 'stop'])
    rerender(<DialogueView phase="speaking" history={[answer()]} />)
    expect(screen.queryAllByRole('button')).toEqual([])
  })
})
