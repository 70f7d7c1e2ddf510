import type { Meta, StoryObj } from '@storybook/react-vite'
import { useEffect, useRef, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import {
  ConnectionStatus,
  createDictation,
  DeepgramErrorMessage,
  MicrophoneButton,
  useDeepgramListen,
} from 'react-deepgram'
import { onTheWire, useStorySource } from '../scripts/stage.tsx'

const spoken = 'Please bring the blue folder, and the two keys.'

function DictationPage({ text }: { text: string }) {
  const source = useStorySource(spoken)
  const field = useRef<HTMLTextAreaElement>(null)
  const [value, setValue] = useState(text)
  const { session } = useDeepgramListen({ source, language: 'en', smartFormat: true })

  useEffect(() => {
    const dictation = createDictation(session.getState().transcript)
    return session.subscribe(({ transcript }) => {
      const { current } = field
      const edit = current && dictation.write(current, transcript)
      if (!edit) return
      current.setRangeText(edit.text, edit.start, edit.end)
      current.setSelectionRange(edit.selectionStart, edit.selectionEnd)
      // For React: the field changed.
      current.dispatchEvent(new Event('input', { bubbles: true }))
    })
  }, [session])

  return (
    <div className="page">
      <h1>A note to the house</h1>
      <p className="lead">
        What is said goes to the caret, and goes on beside you while you type: only its own unfinished words are ever
        replaced.
      </p>
      <label className="field">
        Note
        <textarea ref={field} rows={6} value={value} onChange={(event) => setValue(event.target.value)} />
      </label>
      <div className="row">
        <MicrophoneButton session={session} />
        <ConnectionStatus session={session} />
      </div>
      <DeepgramErrorMessage session={session} />
    </div>
  )
}

const meta = {
  title: 'Scenes/Dictation into a text area',
  component: DictationPage,
  decorators: [onTheWire],
  args: { text: 'Dear all,\n\nMany thanks.' },
  parameters: { script: [spoken], controls: { disable: true } },
} satisfies Meta<typeof DictationPage>

export default meta

/** It types at the caret, in the middle of what is there; what is typed by hand in between stays. */
export const DictationIntoATextArea: StoryObj<typeof meta> = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    const note = canvas.getByRole<HTMLTextAreaElement>('textbox', { name: 'Note' })
    note.focus()
    note.setSelectionRange(10, 10)
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    await waitFor(() => expect(note.value).toContain('folder'), { timeout: 15_000 })
    note.focus()
    note.setSelectionRange(note.value.length, note.value.length)
    await userEvent.keyboard(' Ann')
    await waitFor(() => expect(note.value).toContain('the two keys.'), { timeout: 15_000 })
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    await waitFor(() => expect(canvas.getByText('Ready')).toBeVisible(), { timeout: 10_000 })
    await expect(note.value.replace(/\s+/g, ' ')).toBe(`Dear all, ${spoken} Many thanks. Ann`)
  },
}
