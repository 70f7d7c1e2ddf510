// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { addEdit, LiveTranscript, LiveTranscriptView, NO_EDITS, type Gap, type TranscriptEdits } from 'react-deepgram'
import { createSteeredSession } from './fake-session.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const rows = () => [...screen.getByRole('log').querySelectorAll('p')].map(({ textContent }) => textContent)

/** What the browser is asked to save. */
function watchDownloads() {
  const blobs = new Map<string, Blob>()
  const saved: { name: string; blob: Blob }[] = []
  Object.assign(URL, {
    createObjectURL: (blob: Blob) => {
      const url = `blob:${blobs.size}`
      blobs.set(url, blob)
      return url
    },
    revokeObjectURL: () => {},
  })
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push({ name: this.download, blob: blobs.get(this.href)! })
  })
  return saved
}

const readBlob = (blob: Blob): Promise<string> =>
  new Promise((resolve) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as string)
    reader.readAsText(blob)
  })

describe('taking the transcript away', () => {
  const renderInterview = (props = {}) => {
    const session = createSteeredSession()
    render(<LiveTranscript session={session} {...props} />)
    act(() => {
      session.settle('Who is there?', { speaker: 0 })
      session.settle('It is me.', { speaker: 1 })
    })
    return session
  }

  it('offers nothing before there is something', () => {
    const session = createSteeredSession()
    render(<LiveTranscript session={session} />)
    expect(screen.queryByRole('button', { name: 'Copy' })).toBeNull()
    act(() => session.settle('hello'))
    expect(screen.getByRole('button', { name: 'Copy' })).not.toBeNull()
  })

  it('copies it as text with the names of its speakers, and says so', async () => {
    const user = userEvent.setup()
    renderInterview({ speakerNames: { '0:1': 'Ann' } })
    expect(rows()).toEqual(['Speaker 1 Who is there?', 'Ann It is me.'])
    await user.click(screen.getByRole('button', { name: 'Copy' }))
    await screen.findByText('Copied')
    expect(await navigator.clipboard.readText()).toBe('Speaker 1: Who is there?\nAnn: It is me.')
  })

  it.each([
    ['Text', 'minutes.txt', /^Speaker 1: Who is there\?\nSpeaker 2: It is me\.$/],
    ['SRT', 'minutes.srt', /^1\n00:00:00,000 --> 00:00:01,000\nSpeaker 1: Who is there\?/],
    ['WebVTT', 'minutes.vtt', /^WEBVTT\n\n00:00:00\.000 --> 00:00:01\.000\n<v Speaker 1>Who is there\?<\/v>/],
    ['JSON', 'minutes.json', /^\{\n {2}"version": 1,/],
  ])('saves it as %s, by the keyboard alone', async (name, file, content) => {
    const saved = watchDownloads()
    const user = userEvent.setup()
    renderInterview({ exportName: 'minutes', exportFormats: ['txt', 'srt', 'vtt', 'json'] })
    const download = screen.getByRole('button', { name: 'Download', expanded: false })
    download.focus()
    await user.keyboard('{Enter}')
    const group = screen.getByRole('group', { name: 'Download' })
    expect(screen.getByRole('button', { name: 'Download', expanded: true })).toBe(download)
    within(group).getByRole('button', { name }).focus()
    await user.keyboard(' ')
    await waitFor(() => expect(saved).toHaveLength(1))
    expect(saved[0]!.name).toBe(file)
    expect(await readBlob(saved[0]!.blob)).toMatch(content)
    await user.keyboard('{Escape}')
    expect(screen.queryByRole('group', { name: 'Download' })).toBeNull()
    expect(document.activeElement).toBe(download)
  })

  it('is left out where an application has ways of its own', () => {
    renderInterview({ exportFormats: [] })
    expect(screen.queryByRole('button', { name: 'Copy' })).toBeNull()
  })
})

describe('correcting the transcript', () => {
  const renderEditable = (props = {}) => {
    const session = createSteeredSession()
    render(<LiveTranscript session={session} editable {...props} />)
    act(() => {
      session.settle('Who is their?', { speaker: 0 })
      session.settle('It is me.', { speaker: 1 })
    })
    return session
  }
  const fields = () => screen.getAllByRole('textbox')
  // jsdom does not edit: the text is put there as a browser would have left it.
  const write = (field: HTMLElement, text: string) => {
    act(() => field.focus())
    field.replaceChildren(...text.split(' ').flatMap((word, i) => (i ? [' ', word] : [word])))
  }

  it('changes a piece and a name where they stand, takes it back, and exports what is read', async () => {
    const user = userEvent.setup()
    const session = renderEditable()
    expect(screen.queryByRole('textbox')).toBeNull()
    const edit = screen.getByRole('button', { name: 'Edit', pressed: false })
    await user.click(edit)
    expect(screen.getByRole('log').getAttribute('aria-live')).toBe('off')
    expect(fields().map((field) => field.getAttribute('aria-label'))).toEqual([
      'Name of the speaker',
      'Text at 0:00',
      'Name of the speaker',
      'Text at 0:01',
    ])
    write(fields()[1]!, 'Who is  there? ')
    act(() => fields()[1]!.blur())
    write(fields()[0]!, 'Ann')
    fireEvent.keyDown(fields()[0]!, { key: 'Enter' })
    expect(document.activeElement).toBe(fields()[1])
    expect(rows()).toEqual(['Ann Who is there?', 'Speaker 2 It is me.'])

    // What comes meanwhile is added, and what was said is still what was said.
    act(() => session.settle('Come in.', { speaker: 0 }))
    expect(rows()[2]).toBe('Ann Come in.')
    expect(session.getState().transcript.segments[0]!.text).toBe('Who is their?')

    await user.click(screen.getByRole('button', { name: 'Copy' }))
    await screen.findByText('Copied')
    expect(await navigator.clipboard.readText()).toBe('Ann: Who is there?\nSpeaker 2: It is me.\nAnn: Come in.')

    const undo = screen.getByRole('button', { name: 'Undo' })
    const redo = screen.getByRole('button', { name: 'Redo' })
    await user.click(undo)
    await user.click(undo)
    expect(rows()[0]).toBe('Speaker 1 Who is their?')
    expect([undo, redo].map((tool) => tool.getAttribute('aria-disabled'))).toEqual(['true', 'false'])
    await user.click(redo)
    expect(rows()[0]).toBe('Speaker 1 Who is there?')

    await user.click(edit)
    expect(screen.queryByRole('textbox')).toBeNull()
    expect(rows()[0]).toBe('Speaker 1 Who is there?')
    expect(screen.getByRole('log').getAttribute('aria-live')).toBe('polite')
  })

  it('leaves a piece as it is on Escape, and takes one away that was emptied', async () => {
    renderEditable()
    await userEvent.click(screen.getByRole('button', { name: 'Edit' }))
    write(fields()[1]!, 'nonsense')
    fireEvent.keyDown(fields()[1]!, { key: 'Escape' })
    act(() => fields()[1]!.blur())
    expect(rows()).toEqual(['Speaker 1 Who is their?', 'Speaker 2 It is me.'])
    write(fields()[1]!, ' ')
    act(() => fields()[1]!.blur())
    expect(rows()).toEqual(['Speaker 2 It is me.'])
  })

  it('shows corrections that are kept elsewhere, those in the middle of a long text too', () => {
    const onEditsChange = vi.fn()
    const session = createSteeredSession()
    const shown = (edits: TranscriptEdits) => (
      <LiveTranscript session={session} edits={edits} onEditsChange={onEditsChange} />
    )
    const { rerender } = render(shown(NO_EDITS))
    act(() => {
      for (let i = 0; i < 200; i++) session.settle(`sentence ${i}`)
    })
    const pieces = () => [...screen.getByRole('log').querySelectorAll('p > span')]
    const before = pieces()
    rerender(shown(addEdit(NO_EDITS, { type: 'correct', id: 's31', text: 'another' })))
    expect(pieces()[30]!.textContent.trim()).toBe('another')
    // What was announced stays where it is.
    expect(pieces()).toEqual(before)
    rerender(shown(addEdit(NO_EDITS, { type: 'delete', id: 's31' })))
    expect(pieces()).toHaveLength(199)
    act(() => session.settle('one more'))
    expect(pieces().at(-1)!.textContent.trim()).toBe('one more')
  })
})

describe('lost sound', () => {
  it('is a line between what was said before and after, announced once, wherever a page ends', () => {
    const session = createSteeredSession()
    const { segments } = session.getState().transcript
    expect(segments).toEqual([])
    for (let i = 0; i < 70; i++) session.settle(`sentence ${i}`)
    const all = session.getState().transcript.segments
    const shown = (count: number, gaps: Gap[]) => (
      <LiveTranscriptView
        segments={all.slice(0, count)}
        utterances={[]}
        gaps={gaps}
        labels={{ 'gap.asleep': '{n} s fehlen' }}
      />
    )
    const { rerender } = render(shown(64, []))
    const gap: Gap = { id: 'g1', start: 64, end: 66.6, duration: 2.6, reason: 'asleep' }
    rerender(shown(64, [gap]))
    expect(rows().slice(-1)).toEqual(['3 s fehlen'])
    const line = screen.getByText('3 s fehlen')
    rerender(shown(68, [gap]))
    expect(rows().slice(-2)).toEqual(['3 s fehlen', 'sentence 64 sentence 65 sentence 66 sentence 67'])
    const later: Gap = { id: 'g2', start: 67.5, end: 67.9, duration: 0.4, reason: 'asleep' }
    rerender(shown(68, [gap, later]))
    rerender(shown(70, [gap, later]))
    expect(rows().slice(-4)).toEqual([
      '3 s fehlen',
      'sentence 64 sentence 65 sentence 66 sentence 67',
      '1 s fehlen',
      'sentence 68 sentence 69',
    ])
    expect(line.isConnected).toBe(true)
  })
})
