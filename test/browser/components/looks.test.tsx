import { cleanup, render, screen } from '@testing-library/react'
import { page, userEvent } from 'vitest/browser'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createStore } from 'zustand/vanilla'
import {
  AudioLevelMeter,
  AudioLevelMeterView,
  ConnectionStatusView,
  DeepgramError,
  DeepgramErrorMessageView,
  DeviceSelectView,
  DialogueMessagesView,
  DialogueView,
  LiveTranscriptView,
  MicrophoneButtonView,
  SpeakButtonView,
  SpokenTextView,
  VoiceSelectView,
  type DialogueViewProps,
  type LiveTranscriptViewProps,
} from 'react-deepgram'
import 'react-deepgram/styles.css'
import { LISTEN_STATUSES, SPEAK_STATUSES } from '../../../stories/scripts/statuses.ts'
import { contrast, emulateMedia, focusRing, groundOf, nextPicture, whatIsCut } from '../../support/browser-senses.ts'

type Message = NonNullable<DialogueViewProps['history']>[number]

const piece = { start: 3600, end: 3601, words: [], channel: 0, isProvisional: false }
const segments: NonNullable<LiveTranscriptViewProps['segments']> = [
  'Good morning, and welcome to the reading room.',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'Scroll up and the text waits for you.',
].map((text, i) => ({ ...piece, id: `s${i}`, text, streamIndex: 0, speaker: i }))
const interim = { ...piece, text: 'and what is not finished' }
const error = new DeepgramError(
  'permission-denied',
  'The microphone is blocked for https://a-very-long-host.example/with/a/path/that/never/ends; nothing is heard; allow it.',
  { details: { requestId: '0192c7a0-6d1f-7c3e-9a51-0242ac120002' } },
)
const answer: Message = {
  id: 'm2',
  role: 'assistant',
  content: 'The lake, and the two old',
  text: 'The lake, and the two old towers.',
  state: 'interrupted',
  playedSeconds: 1,
  latency: { tokenMs: 1, soundMs: 1 },
}
const nothing = (): void => {}

/** Every component in every state, the long words of some language among them. */
const everything = (statuses = LISTEN_STATUSES) => (
  <main style={{ padding: 8 }}>
    {statuses.map((status) => (
      <LiveTranscriptView
        key={status}
        status={status}
        labels={{ transcript: `Transcript ${status}` }}
        segments={segments}
        interim={interim}
        gaps={[{ id: 'g', start: 3600.5, end: 3601, duration: 61, reason: 'buffer-full' }]}
        speakerNames={{ '0:1': 'Dr. Wolfeschlegelsteinhausenbergerdorff' }}
        showTimes
        editable
        error={status === 'error' ? error : null}
        warning={
          status === 'listening' ? { code: 'device-lost', message: '', device: 'USB headset (0d8c:0014)' } : null
        }
        getLevel={() => 0.1}
        onStart={nothing}
      />
    ))}
    {SPEAK_STATUSES.map((status) => (
      <div key={status}>
        <SpeakButtonView text="a" status={status} progress={0.4} error={status === 'error' ? error : null}>
          Read the minutes of the meeting of the fourteenth of November
        </SpeakButtonView>
        <ConnectionStatusView status={status} kind="speech" />
      </div>
    ))}
    <SpeakButtonView text="" />
    <SpeakButtonView text="a" status="speaking" />
    <SpokenTextView text="One sentence. Another sentence. And Donaudampfschifffahrtsgesellschaft." heardLength={20} />
    <DeviceSelectView
      value="a"
      devices={[{ deviceId: 'a', label: 'USB headset with a very long name that nobody ever reads (0d8c:0014)' }]}
      onRequestNames={nothing}
    />
    <VoiceSelectView value="aura-2-thalia-en" voices={['aura-2-thalia-en']} />
    <DeepgramErrorMessageView error={error} onRetry={nothing} />
    <DialogueView
      phase="thinking"
      history={[answer, { id: 'm1', role: 'user', content: segments[1]!.text }]}
      unfinished="and what is beyond"
      problem={{ part: 'listen', error, works: ['reply', 'speak'] }}
      onStart={nothing}
      onInterrupt={nothing}
      onSend={nothing}
      getLevel={() => 0.1}
    />
    <DialogueMessagesView phase="thinking" history={[]} aria-label="Messages" />
  </main>
)

/** Unfolds whatever can be unfolded. */
function unfold(): void {
  for (const details of document.querySelectorAll('details')) details.open = true
}

afterEach(async () => {
  cleanup()
  document.documentElement.removeAttribute('style')
  delete document.documentElement.dataset.reducedMotion
  await emulateMedia()
})

describe.each(['light', 'dark'])('forced colours, %s', (scheme) => {
  const force = () => emulateMedia({ 'forced-colors': 'active', 'prefers-color-scheme': scheme })

  it('tells every state of the buttons apart by what is left: system colours, borders and shapes', async () => {
    await force()
    render(
      <>
        {LISTEN_STATUSES.map((status) => (
          <MicrophoneButtonView key={status} status={status} />
        ))}
        {SPEAK_STATUSES.map((status) => (
          <SpeakButtonView key={status} text="a" status={status} />
        ))}
      </>,
    )
    const look = (button: HTMLElement): string => {
      const { color, backgroundColor, borderTopColor, borderTopStyle, borderTopWidth } = getComputedStyle(button)
      return [color, backgroundColor, borderTopColor, borderTopStyle, borderTopWidth].join(' ')
    }
    const buttons = screen.getAllByRole('button')
    const mics = new Map(LISTEN_STATUSES.map((status, i) => [status, look(buttons[i]!)]))
    // Asking is as connecting is: on its way; reconnecting is as listening is: go on talking.
    expect(new Set(mics.values()).size).toBe(LISTEN_STATUSES.length - 2)
    for (const button of buttons) {
      expect(contrast(getComputedStyle(button).color, groundOf(button)), button.dataset.status).toBeGreaterThan(4.5)
    }
    const speaks = buttons.slice(LISTEN_STATUSES.length)
    expect(look(speaks[SPEAK_STATUSES.indexOf('speaking')]!)).not.toBe(look(speaks[SPEAK_STATUSES.indexOf('idle')]!))
  })

  it('shows the ring of the focus on everything that can have it', async () => {
    await force()
    render(everything(['listening', 'paused', 'error']))
    unfold()
    let rings = 0
    for (let i = 0; i < 200; i++) {
      await userEvent.keyboard('{Tab}')
      const { activeElement } = document
      if (!activeElement || activeElement === document.body) break
      const ring = focusRing(activeElement)
      expect(ring, activeElement.outerHTML.slice(0, 200)).toMatchObject({ isVisible: true })
      // A colour of the system's, and not one of ours that happens to do.
      expect(ring.contrast).toBeGreaterThan(4.5)
      rings++
    }
    expect(rings).toBeGreaterThan(30)
  })

  it('paints the meter in a colour that can be seen', async () => {
    await force()
    const { container } = render(
      <>
        <AudioLevelMeterView getLevel={() => 0.5} />
        <AudioLevelMeterView getLevel={() => 0.5} variant="bar" />
      </>,
    )
    for (const canvas of container.querySelectorAll('canvas')) {
      await vi.waitFor(() => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
        const opaque = Array.from({ length: data.length / 4 }, (_, i) => i * 4).filter((i) => data[i + 3]! > 200)
        expect(opaque.length).toBeGreaterThan(20)
        const [i] = opaque
        const color = `rgb(${data[i!]} ${data[i! + 1]} ${data[i! + 2]})`
        expect(contrast(color, groundOf(canvas)), color + groundOf(canvas)).toBeGreaterThan(3)
      })
    }
  })
})

describe('the meter', () => {
  const pixels = (canvas: HTMLCanvasElement) =>
    canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data
  const colorOf = (canvas: HTMLCanvasElement): string => {
    const data = pixels(canvas)
    const i = data.findIndex((value, at) => at % 4 === 3 && value > 60) - 3
    return data.slice(i, i + 3).join(' ')
  }

  it('at rest is painted anew when the theme or its size changes, and shows nothing of what was heard', async () => {
    const store = createStore(() => ({ status: 'idle' }))
    const session = { ...store, getLevel: () => 0.5 }
    const meter = (width: number) => (
      <div style={{ width }}>
        <AudioLevelMeter session={session} style={{ inlineSize: '100%' }} />
      </div>
    )
    const { container, rerender } = render(meter(100))
    const canvas = container.querySelector('canvas')!
    await nextPicture()
    const empty = pixels(canvas).join()
    const light = colorOf(canvas)
    document.documentElement.style.colorScheme = 'dark'
    await vi.waitFor(() => expect(colorOf(canvas)).not.toBe(light))
    document.documentElement.style.colorScheme = ''
    await vi.waitFor(() => expect(pixels(canvas).join()).toBe(empty))

    for (let round = 0; round < 6; round++) {
      store.setState({ status: 'listening' })
      await vi.waitFor(() => expect(pixels(canvas).join()).not.toBe(empty))
      await nextPicture()
      store.setState({ status: 'idle' })
      expect(pixels(canvas).join()).toBe(empty)
    }

    rerender(meter(50))
    await vi.waitFor(() => expect(canvas.width).toBe(50 * devicePixelRatio))
  })

  it('keeps its size without a stylesheet, on a screen of many pixels too', async () => {
    vi.spyOn(globalThis, 'devicePixelRatio', 'get').mockReturnValue(2)
    const { container } = render(
      <AudioLevelMeterView
        getLevel={() => 0.5}
        style={{ inlineSize: 'auto', maxInlineSize: 'none', blockSize: 'auto' }}
      />,
    )
    const canvas = container.querySelector('canvas')!
    for (let picture = 0; picture < 10; picture++) await nextPicture()
    expect([canvas.clientWidth, canvas.clientHeight]).toEqual([300, 150])
    vi.restoreAllMocks()
  })
})

it('gives each message the direction of what was said, whatever the language around it', () => {
  render(
    <DialogueMessagesView
      labels={{ 'dialogue.you': 'أنت' }}
      history={[
        { id: 'm1', role: 'user', content: 'Thank you!' },
        { id: 'm2', role: 'user', content: 'شكرا!' },
      ]}
    />,
  )
  const directions = [...document.querySelectorAll('.dg-message')].map((each) => getComputedStyle(each).direction)
  expect(directions).toEqual(['ltr', 'rtl'])
})

describe('room', () => {
  const isWithin = (): void => {
    expect(whatIsCut(document.body)).toEqual([])
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(document.documentElement.clientWidth)
  }
  afterEach(() => page.viewport(1280, 720))

  it.each([
    ['320 pixels, which is 1280 at four times the size', 320, '100%'],
    ['640 pixels, which is 1280 at twice the size', 640, '100%'],
    ['320 pixels with letters twice as large', 320, '200%'],
  ])('nothing is cut and nothing scrolls sideways on %s', async (_, width, fontSize) => {
    await page.viewport(width, 720)
    document.documentElement.style.fontSize = fontSize
    render(everything())
    unfold()
    await nextPicture()
    isWithin()
    for (const edit of screen.getAllByRole('button', { name: 'Edit' })) edit.click()
    for (const download of screen.getAllByRole('button', { name: 'Download' })) download.click()
    await nextPicture()
    isWithin()
  })

  it('nothing is cut with the line, word and letter spacing that a reader sets', async () => {
    await page.viewport(320, 720)
    const style = document.createElement('style')
    style.textContent =
      '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }'
    document.head.append(style)
    render(everything())
    unfold()
    await nextPicture()
    isWithin()
    style.remove()
  })

  it('every target is at least 24 pixels high and wide, on a narrow page too', async () => {
    await page.viewport(320, 720)
    render(everything())
    await nextPicture()
    for (const target of document.querySelectorAll('button, summary, select, input')) {
      const { width, height } = target.getBoundingClientRect()
      expect(Math.min(width, height), target.outerHTML.slice(0, 100)).toBeGreaterThanOrEqual(24)
    }
  })
})

describe('motion', () => {
  const running = (): string[] =>
    document
      .getAnimations()
      .filter(({ playState }) => playState === 'running')
      .map((each) => (each instanceof CSSAnimation ? each.animationName : 'a transition'))

  it('moves where motion is welcome', async () => {
    await emulateMedia({ 'prefers-reduced-motion': 'no-preference' })
    render(everything())
    await nextPicture()
    expect([...new Set(running())].sort()).toEqual(['dg-breathe', 'dg-ripple', 'dg-slide', 'dg-turn'])
  })

  it.each(['the system', 'the page'])('stands still in every state when %s asks for it', async (who) => {
    if (who === 'the system') await emulateMedia({ 'prefers-reduced-motion': 'reduce' })
    else document.documentElement.dataset.reducedMotion = 'reduce'
    const { rerender } = render(everything())
    await nextPicture()
    expect(running()).toEqual([])
    rerender(<MicrophoneButtonView status="listening" />)
    rerender(<MicrophoneButtonView status="idle" />)
    await nextPicture()
    expect(running()).toEqual([])
  })
})
