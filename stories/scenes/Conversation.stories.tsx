import type { Meta, StoryObj } from '@storybook/react-vite'
import { useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { Dialogue } from 'react-deepgram'
import { createScriptedModel, questions } from '../scripts/conversation.ts'
import { createStoryMicrophone, onTheWire } from '../scripts/stage.tsx'

function ConversationPage({ microphone, turn }: { microphone: unknown; turn: 'half-duplex' | 'barge-in' | 'open' }) {
  const [source] = useState(() => createStoryMicrophone(microphone, 'what can i see from here'))
  const [onTurn] = useState(createScriptedModel)
  return (
    <div style={{ maxWidth: '48rem', marginInline: 'auto' }}>
      <Dialogue listen={{ source, smartFormat: true }} turn={turn} onTurn={onTurn} />
    </div>
  )
}

const meta = {
  title: 'Scenes/Conversation',
  component: ConversationPage,
  decorators: [onTheWire],
  args: { microphone: 'granted', turn: 'half-duplex' },
  parameters: { script: questions },
} satisfies Meta<typeof ConversationPage>

export default meta

/**
 * The user asks twice, a model that knows its answers by heart answers, and the page says them: turns, voice and history are
 * the library's own, over the emulator. Press the microphone.
 */
export const Conversation: StoryObj<typeof meta> = {
  render: (args, { globals }) => <ConversationPage {...args} microphone={globals.microphone} />,
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    await userEvent.click(canvas.getByRole('button', { name: 'Talk' }))
    const log = canvas.getByRole('log', { name: 'Conversation' })
    await waitFor(() => expect(canvas.getByText('Speaking')).toBeVisible(), { timeout: 15_000 })
    await waitFor(() => expect(log).toHaveTextContent('Assistant: Lights on the far shore.'), { timeout: 20_000 })
    await waitFor(() => expect(log.querySelectorAll('[data-state="spoken"]')).toHaveLength(2), { timeout: 15_000 })
    await expect(log).toHaveTextContent('You: What can I see from here?Assistant: The lake and two old towers.')
    await userEvent.click(canvas.getByRole('button', { name: 'Talk' }))
    await waitFor(() => expect(canvas.getByText('Ready')).toBeVisible(), { timeout: 10_000 })
  },
}
