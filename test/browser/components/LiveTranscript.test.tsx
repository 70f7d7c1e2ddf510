import { cleanup, render, screen } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import axe from 'axe-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  DeepgramProvider,
  LiveTranscript,
  LiveTranscriptView,
  type LiveTranscriptProps,
  type LiveTranscriptViewProps,
} from 'react-deepgram'
import { createDeepgramEmulator, createFakeAudioSource } from 'react-deepgram/testing'
import 'react-deepgram/styles.css'

type Segments = NonNullable<LiveTranscriptViewProps['segments']>

const segmentsOf = (count: number): Segments =>
  Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    text: `Sentence number ${i} of the transcript.`,
    start: i,
    end: i + 1,
    words: [],
    channel: 0,
    isProvisional: false,
    streamIndex: 0,
  }))

const settled = () =>
  new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))

describe('LiveTranscript in a real browser', () => {
  afterEach(cleanup)

  it.each(['no-preference', 'reduce'])(
    'pain 117: follows the end until the reader scrolls up, stays where the reader is, and goes back by its button (motion: %s)',
    async (motion) => {
      document.documentElement.dataset.reducedMotion = motion
      const all = segmentsOf(200)
      const interim = (text: string) =>
        ({ text, start: 0, end: 1, words: [], channel: 0, isProvisional: false }) as const
      const shown = (count: number) => (
        <LiveTranscriptView segments={all.slice(0, count)} interim={interim('unfinished '.repeat(count % 40))} />
      )
      const { rerender } = render(shown(100))
      const box = screen.getByRole('group', { name: 'Transcript' })
      const fromEnd = () => box.scrollHeight - box.clientHeight - box.scrollTop
      await settled()
      expect(fromEnd()).toBeLessThan(2)
      for (let count = 101; count <= 120; count++) {
        rerender(shown(count))
        await settled()
        // Not on its way there: there.
        expect(fromEnd()).toBeLessThan(2)
      }
      expect(screen.queryByRole('button', { name: 'Jump to latest' })).toBeNull()

      box.scrollTop -= 300
      const jump = await screen.findByRole('button', { name: 'Jump to latest' })
      await settled()
      const { scrollTop } = box
      for (let count = 121; count <= 140; count++) {
        rerender(shown(count))
        await settled()
        expect(box.scrollTop).toBe(scrollTop)
      }

      await userEvent.click(jump)
      await settled()
      expect(fromEnd()).toBeLessThan(2)
      expect(document.activeElement).toBe(box)
      expect(screen.queryByRole('button', { name: 'Jump to latest' })).toBeNull()
      rerender(shown(160))
      await settled()
      expect(fromEnd()).toBeLessThan(2)
      delete document.documentElement.dataset.reducedMotion
    },
  )

  it('hears a sentence over the wire, by the keyboard alone, without a finding of axe on the way', async () => {
    const emulator = createDeepgramEmulator()
    const source: LiveTranscriptProps['source'] = createFakeAudioSource({ text: 'nothing is lost on the way' })
    const { container } = render(
      <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
        <LiveTranscript source={source} />
      </DeepgramProvider>,
    )
    const findings = async () => (await axe.run(container)).violations.map(({ id }) => id)
    expect(await findings()).toEqual([])
    const button = screen.getByRole('button', { name: 'Listen to the microphone', pressed: false })
    await userEvent.tab()
    expect(document.activeElement).toBe(button)
    await userEvent.keyboard('{Enter}')
    const log = screen.getByRole('log')
    await vi.waitFor(() => expect(log.textContent).toContain('nothing'), { timeout: 10_000 })
    expect(await findings()).toEqual([])
    await userEvent.tab()
    expect(document.activeElement).toBe(screen.getByRole('group', { name: 'Transcript' }))
    await userEvent.tab({ shift: true })
    await vi.waitFor(() => expect(screen.queryByText(/way/)).not.toBeNull(), { timeout: 10_000 })
    await userEvent.keyboard(' ')
    await vi.waitFor(() => expect(screen.getByRole('status').textContent).toBe('Ready'), { timeout: 10_000 })
    const words = [...log.querySelectorAll('p')].map(({ textContent }) => textContent).join(' ')
    expect(words).toBe('nothing is lost on the way')
    expect(emulator.sockets.every(({ state }) => state === 'closed')).toBe(true)
  })

  it('keeps every row in the document, and gives the pages off the screen no layout', async () => {
    render(<LiveTranscriptView segments={segmentsOf(2000)} />)
    const rows = [...screen.getByRole('log').querySelectorAll('p')]
    expect(rows).toHaveLength(2000)
    const isLaidOut = (row: Element | undefined) => row!.checkVisibility({ contentVisibilityAuto: true })
    await vi.waitFor(() => expect([isLaidOut(rows[0]), isLaidOut(rows.at(-1))]).toEqual([false, true]))
  })

  it('is as high off the screen as its few rows are', async () => {
    const { container } = render(
      <div style={{ width: 320, marginTop: 5000 }}>
        <LiveTranscriptView segments={segmentsOf(3)} />
      </div>,
    )
    const box = screen.getByRole('group', { name: 'Transcript' })
    await settled()
    expect(box.scrollHeight).toBeLessThan(400)
    container.scrollIntoView({ block: 'end' })
    await settled()
    expect(box.scrollHeight).toBeLessThan(400)
    scrollTo(0, 0)
  })

  it('has targets of at least 24 pixels and fits into 320', async () => {
    const { container } = render(
      <div style={{ width: 320 }}>
        <LiveTranscriptView segments={segmentsOf(3)} onStart={() => {}} getLevel={() => 0.1} status="listening" />
      </div>,
    )
    await settled()
    for (const button of container.querySelectorAll('button, summary')) {
      const { width, height } = button.getBoundingClientRect()
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(24)
    }
    expect(container.scrollWidth).toBeLessThanOrEqual(Math.max(320, container.clientWidth))
    expect(container.querySelector('.dg-live')!.scrollWidth).toBeLessThanOrEqual(320)
  })
})
