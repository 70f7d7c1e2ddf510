import type { Meta, StoryObj } from '@storybook/react-vite'
import type { CSSProperties } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { LiveTranscript } from 'react-deepgram'
import { onTheWire, useStorySource } from '../scripts/stage.tsx'
import { welcomeSound } from '../scripts/texts.ts'

const look = {
  '--dg-text-size': '1.75rem',
  '--dg-height': '11rem',
  '--dg-accent': '#ffd166',
  '--dg-on-accent': '#241a00',
} as CSSProperties

function Captions() {
  const source = useStorySource(welcomeSound)
  return (
    <div data-theme="dark" style={{ maxWidth: '48rem', marginInline: 'auto' }}>
      <LiveTranscript
        source={source}
        language="en"
        smartFormat
        diarize
        exportFormats={[]}
        labels={{ transcript: 'Captions', speaker: 'Voice {n}', prompt: 'Captions will appear here.' }}
        style={look}
      />
    </div>
  )
}

const meta = {
  title: 'Scenes/Live captions',
  component: Captions,
  decorators: [onTheWire],
  parameters: {
    script: [
      { text: 'Is the hall open already?', speaker: 0 },
      { text: 'It is. Please take a seat near the front.', speaker: 1 },
      { text: 'Thank you.', speaker: 0 },
    ],
  },
} satisfies Meta<typeof Captions>

export default meta

/** Large, dark, a few lines high, in a colour of its own: custom properties on the element, and nothing else. */
export const LiveCaptions: StoryObj<typeof meta> = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    const log = canvas.getByRole('log', { name: 'Captions' })
    await waitFor(() => expect(log).toHaveTextContent('Voice 2'), { timeout: 20_000 })
    await expect(log).toHaveTextContent('Is the hall open already?')
  },
}
