import type { Meta, StoryObj } from '@storybook/react-vite'
import type { CSSProperties } from 'react'
import { expect, fn, userEvent, within } from 'storybook/test'
import { MicrophoneButton, MicrophoneButtonView } from 'react-deepgram'
import 'react-deepgram/styles.css'
import '../scripts/page.css'
import { LISTEN_STATUSES } from '../scripts/statuses.ts'

const meta = {
  title: 'Components/MicrophoneButton',
  component: MicrophoneButtonView,
  subcomponents: { MicrophoneButton },
  argTypes: { onClick: { description: 'Called when it is pressed, as of any button.' } },
  tags: ['autodocs'],
  args: { status: 'idle', onClick: fn() },
} satisfies Meta<typeof MicrophoneButtonView>

export default meta
type Story = StoryObj<typeof meta>

export const Default: Story = {
  play: async ({ canvasElement, args }) => {
    const button = within(canvasElement).getByRole('button', { name: 'Listen to the microphone', pressed: false })
    await userEvent.tab()
    await expect(button).toHaveFocus()
    await userEvent.keyboard(' ')
    await expect(args.onClick).toHaveBeenCalledOnce()
  },
}

export const EveryStatus: Story = {
  render: () => (
    <div style={{ display: 'flex', flexWrap: 'wrap', gap: '2rem', padding: '1rem' }}>
      {LISTEN_STATUSES.map((status) => (
        <MicrophoneButtonView
          key={status}
          status={status}
          aria-label={`Microphone, ${status}`}
          style={{ '--dg-level': 0.5 } as CSSProperties}
        />
      ))}
    </div>
  ),
}

export const OwnContent: Story = { args: { status: 'listening', children: 'Dictate' } }

/** Listens while it is held, by pointer or key. */
export const PushToTalk: Story = {
  args: { mode: 'push-to-talk' },
  play: async ({ canvasElement }) => {
    await expect(within(canvasElement).getByRole('button', { name: 'Hold to talk' })).toBeVisible()
  },
}

/** A function is told the state; the name stays the button's. */
export const OwnContentByState: Story = {
  args: { status: 'listening', children: ({ isPressed }) => <span aria-hidden>{isPressed ? '●' : '○'}</span> },
}
