import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, within } from 'storybook/test'
import { ConnectionStatus, ConnectionStatusView } from 'react-deepgram'
import 'react-deepgram/styles.css'
import '../scripts/page.css'
import { LISTEN_STATUSES, SPEAK_STATUSES } from '../scripts/statuses.ts'

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

export const EveryStatus: Story = {
  render: () => (
    <div style={{ display: 'grid', gap: '1rem' }}>
      {LISTEN_STATUSES.map((status) => (
        <ConnectionStatusView key={status} status={status} />
      ))}
    </div>
  ),
}

export const OfSpeech: Story = {
  render: () => (
    <div style={{ display: 'grid', gap: '1rem' }}>
      {SPEAK_STATUSES.map((status) => (
        <ConnectionStatusView key={status} status={status} kind="speech" />
      ))}
    </div>
  ),
}
