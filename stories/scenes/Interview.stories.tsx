import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { LiveTranscript } from 'react-deepgram'
import { onTheWire, useStorySource } from '../scripts/stage.tsx'

const lines = [
  { text: 'When did you first hear the recordings?', speaker: 0 },
  { text: 'In the spring, in the cellar of the museum.', speaker: 1 },
  { text: 'And could you understand them?', speaker: 0 },
  { text: 'Hardly a word, at first.', speaker: 1 },
]

const names = { '0:0': 'Interviewer', '0:1': 'Dr. Amara Obi' }

function InterviewPage({ editable }: { editable: boolean }) {
  const source = useStorySource(lines.map(({ text }) => text).join(' '))
  return (
    <div className="page">
      <h1>The tapes in the cellar</h1>
      <p className="lead">Two voices are told apart; their names, and every word, can be corrected where they stand.</p>
      <LiveTranscript
        source={source}
        language="en"
        smartFormat
        diarize
        showTimes
        editable={editable}
        speakerNames={names}
        exportName="the-tapes-in-the-cellar"
        style={{ '--dg-height': '26rem' } as React.CSSProperties}
      />
    </div>
  )
}

const meta = {
  title: 'Scenes/Interview with two speakers',
  component: InterviewPage,
  decorators: [onTheWire],
  args: { editable: true },
  parameters: { script: lines },
} satisfies Meta<typeof InterviewPage>

export default meta

/** Speakers by name, times, corrections with undo, and the text as a file. */
export const InterviewWithTwoSpeakers: StoryObj<typeof meta> = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    const log = canvas.getByRole('log')
    await waitFor(() => expect(log).toHaveTextContent('Hardly a word, at first.'), { timeout: 25_000 })
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    await waitFor(() => expect(canvas.getByText('Ready')).toBeVisible(), { timeout: 10_000 })
    await expect(log).toHaveTextContent('Dr. Amara Obi')
    await userEvent.click(canvas.getByRole('button', { name: 'Edit' }))
    const name = canvas.getAllByRole('textbox', { name: 'Name of the speaker' })[0]!
    await userEvent.click(name)
    await userEvent.keyboard('{Control>}a{/Control}Ben{Enter}')
    await expect(canvas.getAllByText('Ben')).not.toHaveLength(0)
    await userEvent.click(canvas.getByRole('button', { name: 'Undo' }))
    await expect(canvas.queryByText('Ben')).toBeNull()
    await userEvent.click(canvas.getByRole('button', { name: 'Edit' }))
  },
}
