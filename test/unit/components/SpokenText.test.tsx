// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createStore } from 'zustand/vanilla'
import { SpokenText, SpokenTextView } from 'react-deepgram'
import type { SpeakSession, SpeakState } from '../../../src/session/speak-session.ts'
import { toSpeakable } from '../../../src/text/speakable.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

function createVoice() {
  const store = createStore<SpeakState>(() => ({ status: 'idle', error: null, utterance: null }))
  /** The ear has heard so much of a text. */
  const hear = (text: string, spokenText: string, status: SpeakState['status'] = 'speaking') =>
    act(() =>
      store.setState({ status, utterance: { id: 'u1', text, spokenText, playedSeconds: 0, durationSeconds: null } }),
    )
  const end = () => act(() => store.setState({ status: 'idle', utterance: null }))
  return { session: store as unknown as SpeakSession, hear, end }
}

const now = () => document.querySelector('[data-state=now]')?.textContent
const states = () => [...document.querySelectorAll('[data-state]')].map((each) => each.getAttribute('data-state'))

describe('SpokenText', () => {
  const text = 'The first one. And the second! A third?\nThe end.'

  it('marks the sentence at the ear, and those before it, and is plain text without a voice', () => {
    const { session, hear, end } = createVoice()
    render(<SpokenText text={text} session={session} data-testid="text" />)
    const element = screen.getByTestId('text')
    expect(element.textContent).toBe(text)
    expect(states()).toEqual(['before', 'before', 'before', 'before'])
    expect(element.hasAttribute('data-speaking')).toBe(false)
    hear(text, '')
    expect(now()).toBe('The first one.')
    hear(text, 'The first')
    expect(now()).toBe('The first one.')
    hear(text, 'The first one.')
    expect(now()).toBe('And the second!')
    expect(document.querySelector('[aria-current=true]')!.textContent).toBe('And the second!')
    expect(states()).toEqual(['heard', 'now', 'before', 'before'])
    hear(text, text, 'paused')
    expect(now()).toBe('The end.')
    expect(element.textContent).toBe(text)
    end()
    expect(now()).toBeUndefined()
  })

  it('finds its place in Markdown, whose marks, links and code are not spoken', () => {
    const markdown =
      '# Hello\n\nSee [the page](https://example.org/the/page) first. `a` is a\n```\ncode() is here\n```\nGood **bye**.'
    const spoken = toSpeakable(markdown)
    const { session, hear } = createVoice()
    render(<SpokenText text={markdown} session={session} />)
    hear(spoken, spoken.slice(0, spoken.indexOf('See')))
    expect(now()).toContain('See [the page]')
    hear(spoken, spoken.slice(0, spoken.indexOf('Good')))
    expect(now()).toBe('Good **bye**.')
  })

  it('of two on one session, marks only the text that is spoken', () => {
    const { session, hear } = createVoice()
    render(
      <>
        <SpokenText text="One. Two." session={session} />
        <SpokenText text="Three. Four." session={session} />
      </>,
    )
    hear('Three. Four.', 'Three.')
    expect(now()).toBe('Four.')
    expect(document.querySelectorAll('[data-state=now]')).toHaveLength(1)
  })

  it('renders only the sentences that changed', () => {
    const { session, hear } = createVoice()
    const renderSentence = vi.fn((sentence: string) => sentence)
    render(<SpokenText text={text} session={session} renderSentence={renderSentence} />)
    hear(text, '')
    renderSentence.mockClear()
    hear(text, 'The')
    expect(renderSentence).not.toHaveBeenCalled()
    hear(text, 'The first one.')
    expect(renderSentence.mock.calls.map(([sentence]) => sentence)).toEqual(['The first one.', 'And the second!'])
  })

  it('keeps the sentence in view where it is asked to, and renders another element', () => {
    const scrollIntoView = vi.fn()
    Object.assign(Element.prototype, { scrollIntoView })
    const { rerender } = render(<SpokenTextView text={text} heardLength={0} as="blockquote" />)
    rerender(<SpokenTextView text={text} heardLength={20} as="blockquote" />)
    expect(scrollIntoView).not.toHaveBeenCalled()
    rerender(<SpokenTextView text={text} heardLength={20} follow as="blockquote" />)
    expect(scrollIntoView).toHaveBeenCalledOnce()
    expect(document.querySelector('blockquote')!.textContent).toBe(text)
  })
})
