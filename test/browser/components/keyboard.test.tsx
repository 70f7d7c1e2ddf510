import { cleanup, render, screen, within } from '@testing-library/react'
import { useState } from 'react'
import { userEvent } from 'vitest/browser'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  DeepgramError,
  DeepgramProvider,
  DeviceSelectView,
  DialogueView,
  LiveTranscriptView,
  SpeakButton,
  VoiceSelect,
  type DialogueViewProps,
  type LiveTranscriptViewProps,
} from 'react-deepgram'
import { createDeepgramEmulator } from 'react-deepgram/testing'
import 'react-deepgram/styles.css'
import { focusRing, nextPicture } from '../../support/browser-senses.ts'

// Keys as the browser gets them from a keyboard: it moves the focus, presses buttons and turns the pages of lists by itself.

const error = new DeepgramError('device-busy', 'Another application has the microphone; nothing is heard; close it.')

const segmentsOf = (count: number): NonNullable<LiveTranscriptViewProps['segments']> =>
  Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    text: `Sentence number ${i}.`,
    start: i,
    end: i + 1,
    words: [],
    channel: 0,
    speaker: i % 2,
    isProvisional: false,
    streamIndex: 0,
  }))

const nameOf = (element: Element | null): string =>
  element?.getAttribute('aria-label') ??
  (element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels?.[0] : element)
    ?.textContent ??
  'nothing'

/** Presses Tab until the page is left; tells what had the focus, and fails where that cannot be seen. */
async function walk(): Promise<string[]> {
  const names: string[] = []
  for (let press = 0; press < 40; press++) {
    await userEvent.keyboard('{Tab}')
    const { activeElement } = document
    if (!activeElement || activeElement === document.body || names.length > 30) break
    if (nameOf(activeElement) === 'before') continue
    if (nameOf(activeElement) === 'after') break
    names.push(nameOf(activeElement).trim())
    expect(focusRing(activeElement), nameOf(activeElement)).toMatchObject({ isVisible: true })
  }
  return names
}

/** Between two buttons of the page, so that the walk begins and ends in it. */
function show(ui: React.ReactNode) {
  const view = render(
    <>
      <button>before</button>
      {ui}
      <button>after</button>
    </>,
  )
  screen.getByText('before').focus()
  return view
}

const press = (keys: string): Promise<void> => userEvent.keyboard(keys)

describe('by the keyboard alone', () => {
  beforeAll(() => {
    document.documentElement.lang = 'en'
  })
  afterEach(cleanup)

  it('a transcript is gone through in the order in which it is seen, and every stop is marked', async () => {
    show(
      <LiveTranscriptView
        status="error"
        error={error}
        segments={segmentsOf(60)}
        editable
        onStart={() => {}}
        actions={<button className="dg-button">Mine</button>}
      />,
    )
    await nextPicture()
    const box = screen.getByRole('group', { name: 'Transcript' })
    box.scrollTop = 0
    await screen.findByRole('button', { name: 'Jump to latest' })
    expect(await walk()).toEqual([
      'Listen to the microphone',
      'Mine',
      'Transcript',
      'Jump to latest',
      'Copy',
      'Download',
      'Edit',
      'Try again',
      'Technical details',
    ])
  })

  it('Space and Enter press the microphone, the way back, the retry, and unfold the details', async () => {
    const onStart = vi.fn()
    show(<LiveTranscriptView status="error" error={error} segments={segmentsOf(60)} onStart={onStart} />)
    await nextPicture()
    await press('{Tab}{Enter}')
    expect(onStart).toHaveBeenCalledTimes(1)
    await press(' ')
    expect(onStart).toHaveBeenCalledTimes(2)

    await press('{Tab}')
    const box = screen.getByRole('group', { name: 'Transcript' })
    expect(document.activeElement).toBe(box)
    const { scrollTop } = box
    await press('{Home}')
    await vi.waitFor(() => expect(box.scrollTop).toBe(0))
    await screen.findByRole('button', { name: 'Jump to latest' })
    await press('{Tab} ')
    await nextPicture()
    expect(box.scrollTop).toBe(scrollTop)
    // The button is gone; the focus is not.
    expect(document.activeElement).toBe(box)

    const details = screen.getByText('Technical details').closest('details')!
    screen.getByText('Technical details').focus()
    await press('{Enter}')
    expect(details.open).toBe(true)
    await press('{Shift>}{Tab}{/Shift}{Enter}')
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Try again' }))
    expect(onStart).toHaveBeenCalledTimes(3)
  })

  it('the formats unfold, are reached at once, and Escape folds them away and goes back', async () => {
    show(<LiveTranscriptView segments={segmentsOf(2)} exportFormats={['txt', 'srt', 'vtt', 'json']} />)
    const download = screen.getByRole('button', { name: 'Download', expanded: false })
    download.focus()
    await press('{Enter}')
    expect(await walk()).toEqual(['Text', 'SRT', 'WebVTT', 'JSON'])
    within(screen.getByRole('group', { name: 'Download' }))
      .getByRole('button', { name: 'SRT' })
      .focus()
    await press('{Escape}')
    expect(document.activeElement).toBe(download)
    expect(screen.queryByRole('group', { name: 'Download' })).toBeNull()
  })

  it('text is corrected where it stands: Enter keeps and goes on, Escape leaves it, undo takes it back', async () => {
    show(<LiveTranscriptView segments={segmentsOf(3)} editable exportFormats={[]} />)
    screen.getByRole('button', { name: 'Edit', pressed: false }).focus()
    await press('{Enter}')
    const undo = screen.getByRole('button', { name: 'Undo' })
    screen.getByText('before').focus()
    expect(await walk()).toEqual([
      'Transcript',
      'Name of the speaker',
      'Text at 0:00',
      'Name of the speaker',
      'Text at 0:01',
      'Name of the speaker',
      'Text at 0:02',
      'Edit',
      'Undo',
      'Redo',
    ])
    const second = screen.getByRole('textbox', { name: 'Text at 0:01' })
    const third = screen.getByRole('textbox', { name: 'Text at 0:02' })
    second.focus()
    await press('{Control>}a{/Control}Corrected.{Enter}')
    expect(second.textContent).toBe('Corrected.')
    expect(document.activeElement).not.toBe(second)
    third.focus()
    await press('{Control>}a{/Control}Thrown away.{Escape}')
    expect(third.textContent).toBe('Sentence number 2.')
    expect(document.activeElement).toBe(third)
    undo.focus()
    await press('{Enter}')
    expect(second.textContent).toBe('Sentence number 1.')
    // There is nothing more to take back, and yet whoever pressed is still there.
    expect(document.activeElement).toBe(undo)
    expect(undo.getAttribute('aria-disabled')).toBe('true')
    await press('{Tab} ')
    expect(second.textContent).toBe('Corrected.')
  })

  it('a text is spoken and silenced by Space and by Enter, and the button keeps the focus', async () => {
    const emulator = createDeepgramEmulator({ hears: false })
    show(
      <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
        <SpeakButton text="one two three four five" />
        <SpeakButton text=" " aria-label="nothing" />
      </DeepgramProvider>,
    )
    // What cannot be pressed is no stop.
    expect(await walk()).toEqual([expect.stringMatching(/^Speak/)])
    const button = screen.getByRole('button', { name: /^Speak/ })
    button.focus()
    for (const key of [' ', '{Enter}']) {
      await press(key)
      await vi.waitFor(() => expect(button.dataset.status).toBe('speaking'), { timeout: 5_000 })
      expect(focusRing(button).isVisible).toBe(true)
      await press(key)
      expect(button.dataset.status).toBe('idle')
      expect(document.activeElement).toBe(button)
    }
  })

  it('a device and a voice are chosen with the arrows, and the buttons beside them are reached', async () => {
    const onRequestNames = vi.fn()
    const onDeviceChange = vi.fn()
    const emulator = createDeepgramEmulator({ hears: false })
    function Chosen() {
      const [device, setDevice] = useState('')
      const [voice, setVoice] = useState('aura-2-thalia-en')
      onDeviceChange.mockImplementation(setDevice)
      return (
        <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
          <DeviceSelectView
            value={device}
            devices={[
              { deviceId: 'a', label: 'Desk' },
              { deviceId: 'b', label: 'Headset' },
            ]}
            onDeviceChange={onDeviceChange}
            onRequestNames={onRequestNames}
          />
          <VoiceSelect value={voice} onVoiceChange={setVoice} preview />
        </DeepgramProvider>
      )
    }
    show(<Chosen />)
    expect(await walk()).toEqual(['Microphone', 'Show names', 'Voice', expect.stringMatching(/^Try it/)])
    const device = screen.getByRole('combobox', { name: 'Microphone' })
    device.focus()
    await press('{ArrowDown}{ArrowDown}')
    expect(onDeviceChange.mock.calls).toEqual([['a'], ['b']])
    expect(document.activeElement).toBe(device)
    await press('{Tab}{Enter}')
    expect(onRequestNames).toHaveBeenCalledOnce()
    const voice = screen.getByRole<HTMLSelectElement>('combobox', { name: 'Voice' })
    await press('{Tab}{ArrowDown}')
    expect(voice.value).toBe('aura-2-theia-en')
    await press('{Tab} ')
    const preview = screen.getByRole('button', { name: /^Try it/ })
    await vi.waitFor(() => expect(preview.dataset.status).toBe('speaking'), { timeout: 5_000 })
    await press('{Enter}')
    expect(preview.dataset.status).toBe('idle')
  })

  it('a conversation is begun, interrupted and typed into, and no key loses its place', async () => {
    const called: string[] = []
    function Talk() {
      const [phase, setPhase] = useState<NonNullable<DialogueViewProps['phase']>>('speaking')
      return (
        <DialogueView
          phase={phase}
          listenStatus={phase === 'idle' ? 'idle' : 'listening'}
          history={[{ id: 'm1', role: 'user', content: 'Hello' }]}
          onStart={() => called.push('start')}
          onStop={() => {
            called.push('stop')
            setPhase('idle')
          }}
          onInterrupt={() => {
            called.push('interrupt')
            setPhase('listening')
          }}
          onSend={(text) => called.push(text)}
          showTextInput
        />
      )
    }
    show(<Talk />)
    const stops = ['Talk', 'Stop speaking', 'Conversation', 'Type a message', 'Send']
    expect(await walk()).toEqual(stops)
    const interrupt = screen.getByRole('button', { name: 'Stop speaking' })
    interrupt.focus()
    await press(' ')
    expect(called).toEqual(['interrupt'])
    // There is nothing to interrupt now, and yet whoever pressed is still there.
    expect(interrupt.getAttribute('aria-disabled')).toBe('true')
    expect(document.activeElement).toBe(interrupt)
    await press(' ')
    await press('{Shift>}{Tab}{/Shift}{Enter}{Enter}')
    expect(called).toEqual(['interrupt', 'stop', 'start'])
    screen.getByRole('textbox', { name: 'Type a message' }).focus()
    await press('And then?{Enter}')
    expect(called.at(-1)).toBe('And then?')
    expect(nameOf(document.activeElement)).toBe('Type a message')
  })
})
