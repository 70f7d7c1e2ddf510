// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createRef, Profiler } from 'react'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  AudioLevelMeter,
  ConnectionStatus,
  DeepgramError,
  LiveTranscript,
  LiveTranscriptView,
  MicrophoneButton,
} from 'react-deepgram'
import { createSteeredSession } from './fake-session.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

const liveRegions = 'role=log] role=status] role=alert] aria-live]'
  .split(' ')
  .map((part) => `[${part}`)
  .join(',')

/** Counts what changes inside live regions, as a screen reader would be told of it. */
function watchLiveRegions(root: HTMLElement) {
  const observer = new MutationObserver(() => {})
  observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true })
  return () =>
    observer
      .takeRecords()
      .filter(({ target }) => (target instanceof Element ? target : target.parentElement)?.closest(liveRegions))
}

describe('LiveTranscript', () => {
  it('pain 73: an interim result changes nothing in a live region, and a final one makes exactly one addition', () => {
    const session = createSteeredSession()
    const { container } = render(<LiveTranscript session={session} />)
    act(() => session.set({ status: 'listening', isCapturing: true }))
    act(() => session.settle('hello'))
    const changes = watchLiveRegions(container)
    for (let i = 0; i < 20; i++) act(() => session.hear('unfinished '.repeat(i + 1)))
    expect(container.textContent).toContain('unfinished unfinished')
    expect(changes()).toEqual([])
    const tail = screen.getByText(/unfinished/)
    expect(tail.closest('[aria-hidden=true]')).not.toBeNull()
    expect(tail.closest(liveRegions)).toBeNull()

    // In one paragraph and over the end of a page, and in paragraphs of their own.
    for (let i = 0; i < 130; i++) {
      if (i > 70 && i % 2) act(() => session.endUtterance())
      act(() => session.settle(`sentence ${i}`))
      const records = changes()
      expect(records).toHaveLength(1)
      expect(records[0]).toMatchObject({ type: 'childList', removedNodes: { length: 0 }, addedNodes: { length: 1 } })
      expect(records[0]!.addedNodes[0]!.textContent!.trim()).toBe(`sentence ${i}`)
    }
    const log = screen.getByRole('log', { name: 'Transcript' })
    expect(log.getAttribute('aria-live')).toBe('polite')
    expect(log.querySelectorAll('p > span')).toHaveLength(131)

    act(() => session.set({ status: 'error', error: new DeepgramError('device-busy', 'x') }))
    expect(screen.getByRole('alert').textContent).toContain('Another app is using the microphone.')
  })

  it('pain 73: announcing can be switched off, and the text stays a log', () => {
    const session = createSteeredSession()
    render(<LiveTranscript session={session} announce={false} />)
    expect(screen.getByRole('log').getAttribute('aria-live')).toBe('off')
  })

  it('pain 26: a hundred interim results render the tail alone; the status, the button and the meter do not render', () => {
    const session = createSteeredSession()
    const renders: Record<string, number> = {}
    const counted = (id: string, element: React.ReactElement) => (
      <Profiler id={id} onRender={() => (renders[id] = (renders[id] ?? 0) + 1)}>
        {element}
      </Profiler>
    )
    const rowRenders = vi.fn((segment: { text: string }) => segment.text)
    let frameRenders = 0
    const labels = {
      get transcript() {
        frameRenders++
        return 'Transcript'
      },
    }
    render(
      <>
        {counted('status', <ConnectionStatus session={session} />)}
        {counted('button', <MicrophoneButton session={session} />)}
        {counted('meter', <AudioLevelMeter session={session} />)}
        {counted('transcript', <LiveTranscript session={session} labels={labels} renderSegment={rowRenders} />)}
      </>,
    )
    act(() => session.set({ status: 'listening', isCapturing: true }))
    act(() => session.settle('settled'))
    expect(rowRenders).toHaveBeenCalledTimes(1)
    const before = { ...renders }
    frameRenders = 0
    for (let i = 0; i < 100; i++) act(() => session.hear(`unfinished ${i}`))
    expect(renders.status).toBeLessThanOrEqual(3)
    expect(renders.button).toBeLessThanOrEqual(3)
    expect(renders.meter).toBe(1)
    expect(renders.transcript! - before.transcript!).toBe(100)
    expect(frameRenders).toBe(0)
    expect(rowRenders).toHaveBeenCalledTimes(1)
  })

  it('pain 40: renders one row for one more segment, however many there are', () => {
    const session = createSteeredSession()
    const rowRenders = vi.fn((segment: { text: string }) => segment.text)
    render(<LiveTranscript session={session} renderSegment={rowRenders} />)
    act(() => {
      for (let i = 0; i < 4200; i++) session.settle(`sentence ${i}`)
    })
    rowRenders.mockClear()
    act(() => session.settle('one more'))
    expect(rowRenders.mock.calls.map(([segment]) => segment.text)).toEqual(['one more'])
    expect(screen.getByRole('log').querySelectorAll('p > span')).toHaveLength(4201)
    act(() => session.set({ transcript: { segments: [], interim: null, utterances: [], gaps: [], text: '' } }))
    expect(screen.getByRole('log').textContent).toBe('')
  })

  it('starts, goes on and stops by its button, and starts again by the button of an error', async () => {
    const session = createSteeredSession()
    render(<LiveTranscript session={session} />)
    const button = screen.getByRole('button', { name: 'Listen to the microphone', pressed: false })
    await userEvent.click(button)
    expect(session.calls).toEqual(['start'])
    act(() => session.set({ status: 'listening', isCapturing: true }))
    expect(screen.getByRole('status').textContent).toBe('Listening')
    expect(button.getAttribute('aria-pressed')).toBe('true')
    await userEvent.click(button)
    act(() => session.set({ status: 'paused' }))
    expect(button.getAttribute('aria-pressed')).toBe('false')
    await userEvent.click(button)
    act(() => session.set({ status: 'error', error: new DeepgramError('connection-lost', 'gone') }))
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(session.calls).toEqual(['start', 'stop', 'resume', 'start'])
  })

  it('names a speaker where another one begins, and again on another connection', () => {
    const session = createSteeredSession()
    render(<LiveTranscript session={session} labels={{ speaker: 'Stimme {n}' }} />)
    act(() => {
      session.settle('one', { speaker: 0 })
      session.settle('two', { speaker: 0 })
      session.settle('three', { speaker: 1 })
      session.settle('four', { speaker: 1, streamIndex: 1 })
      session.settle('five')
    })
    const rows = [...screen.getByRole('log').querySelectorAll('p')].map(({ textContent }) => textContent)
    expect(rows).toEqual(['Stimme 1 one two', 'Stimme 2 three', 'Stimme 2 four', 'five'])
  })

  it('lets the pieces of one utterance flow as their script does, and begins a paragraph with the next', () => {
    const session = createSteeredSession()
    render(<LiveTranscript session={session} />)
    const rows = () => [...screen.getByRole('log').querySelectorAll('p')].map(({ textContent }) => textContent)
    act(() => session.settle('over the'))
    act(() => session.settle('lazy dog'))
    act(() => session.settle(', twice.'))
    act(() => session.endUtterance())
    for (const text of ['今日は', '晴れ。', 'yes']) act(() => session.settle(text))
    expect(rows()).toEqual(['over the lazy dog, twice.', '今日は晴れ。yes'])
    // What is announced stays where it is, even if it turns out to be two utterances.
    const pieces = [...screen.getByRole('log').querySelectorAll('span')]
    act(() => {
      const { transcript } = session.getState()
      const late = { ...transcript.utterances[0]!, id: 'late', segmentIds: ['s4'] }
      session.set({ transcript: { ...transcript, utterances: [...transcript.utterances, late] } })
    })
    act(() => session.settle('no'))
    expect(rows()[1]).toBe('今日は晴れ。yes no')
    expect([...screen.getByRole('log').querySelectorAll('span')].slice(0, -1)).toEqual(pieces)
    for (const piece of pieces) expect(piece.isConnected).toBe(true)
  })

  it('shows text without control characters and without overrides of its direction, and never as markup', () => {
    const session = createSteeredSession()
    render(<LiveTranscript session={session} />)
    act(() => session.settle('<b>bold</b>\u0007 \u202Eevil\u202C \u2067x\u2069 קל\u200Fט'))
    act(() => session.hear('\u202Etail'))
    expect(screen.getByRole('log').textContent).toBe('<b>bold</b> evil x קל\u200Fט')
    expect(screen.getByRole('log').querySelector('b')).toBeNull()
    expect(document.querySelector('.dg-interim')!.textContent).toBe('tail')
  })

  it('passes ref, class, style, id, data and handlers to its element, and options to the session only', async () => {
    const onClick = vi.fn()
    const ref = createRef<HTMLDivElement>()
    render(
      <LiveTranscript
        ref={ref}
        className="mine"
        style={{ color: 'red' }}
        id="here"
        data-x="1"
        language="de"
        smartFormat
        onFinal={() => {}}
        onClick={onClick}
      />,
    )
    const root = ref.current!
    expect(root).toMatchObject({ id: 'here', className: 'dg-live mine' })
    expect(root.style.color).toBe('red')
    expect(root.getAttributeNames().sort()).toEqual(['class', 'data-status', 'data-x', 'id', 'style'])
    expect(root.querySelector('[lang=de]')).not.toBeNull()
    await userEvent.click(screen.getByText('Ready'))
    expect(onClick).toHaveBeenCalledOnce()
  })

  it('shows what it is given where there is no session', async () => {
    const onStart = vi.fn()
    const onStop = vi.fn()
    const { rerender } = render(<LiveTranscriptView onStart={onStart} onStop={onStop} />)
    expect(screen.getByText('Press the microphone, then speak.')).not.toBeNull()
    await userEvent.click(screen.getByRole('button'))
    rerender(<LiveTranscriptView onStart={onStart} onStop={onStop} status="listening" />)
    expect(screen.getByText('Speak now. Your words appear here.')).not.toBeNull()
    await userEvent.click(screen.getByRole('button'))
    expect([onStart.mock.calls.length, onStop.mock.calls.length]).toEqual([1, 1])
  })

  it.each([
    ['idle', 'Ready'],
    ['requesting-permission', 'Asking for the microphone…'],
    ['connecting', 'Connecting…'],
    ['listening', 'Listening'],
    ['paused', 'Paused'],
    ['reconnecting', 'Reconnecting… keep talking, your words are kept'],
    ['stopping', 'Finishing…'],
    ['error', 'Stopped by a problem'],
  ] as const)('pain 99: takes a session that exists, so that %s is shown without any hardware', (status, words) => {
    // No media API is there to be asked.
    expect([typeof MediaRecorder, typeof AudioContext, 'mediaDevices' in navigator]).toEqual([
      'undefined',
      'undefined',
      false,
    ])
    const session = createSteeredSession()
    session.set({ status, error: status === 'error' ? new DeepgramError('device-busy', 'x') : null })
    render(<LiveTranscript session={session} />)
    expect(screen.getByRole('status').textContent).toBe(words)
    expect(document.querySelector('.dg-live')!.getAttribute('data-status')).toBe(status)
    expect(screen.getByRole('alert').textContent === '').toBe(status !== 'error')
  })

  it('has no button for an error that trying again cannot mend', () => {
    render(<LiveTranscriptView status="error" error={new DeepgramError('unsupported', 'x')} onStart={() => {}} />)
    expect(screen.getByRole('alert').textContent).toContain('current version')
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
  })
})
