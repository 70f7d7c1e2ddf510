import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, within } from 'storybook/test'
import { ConnectionStatus, ConnectionStatusView } from 'react-deepgram'
import 'react-deepgram/styles.css'
import '../scripts/page.css'

const meta = {
  title: 'Components/ConnectionStatus',
  component: ConnectionStatusView,
  subcomponents: { ConnectionStatus },
  tags: ['autodocs'],
  args: { status: 'listening' },
} satisfies Meta<typeof ConnectionStatusView>

export default meta
type Story = StoryObj<typeof meta>

export const Default: Story = {
  play: async ({ canvasElement }) => {
    await expect(within(canvasElement).getByRole('status')).toHaveTextContent('Listening')
  },
}

const listening = [
  'idle',
  'requesting-permission',
  'connecting',
  'listening',
  'paused',
  'reconnecting',
  'stopping',
  'error',
] as const

export const EveryStatus: Story = {
  render: () => (
    <div style={{ display: 'grid', gap: '1rem' }}>
      {listening.map((status) => (
        <ConnectionStatusView key={status} status={status} />
      ))}
    </div>
  ),
}

const speaking = ['connecting', 'buffering', 'speaking', 'paused', 'blocked', 'reconnecting', 'error'] as const

export const OfSpeech: Story = {
  render: () => (
    <div style={{ display: 'grid', gap: '1rem' }}>
      {speaking.map((status) => (
        <ConnectionStatusView key={status} status={status} kind="speech" />
      ))}
    </div>
  ),
}
