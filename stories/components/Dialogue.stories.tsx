import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fn, userEvent, within } from 'storybook/test'
import {
  DeepgramError,
  Dialogue,
  DialogueInterrupt,
  DialogueMessages,
  DialogueMicrophone,
  DialogueStatus,
  DialogueView,
} from 'react-deepgram'
import 'react-deepgram/styles.css'
import '../scripts/page.css'
import { conversation } from '../scripts/conversation.ts'
import { arabicLabels } from '../scripts/labels.ts'

const meta = {
  title: 'Components/Dialogue',
  component: DialogueView,
  subcomponents: { Dialogue, DialogueMessages, DialogueStatus, DialogueMicrophone, DialogueInterrupt },
  tags: ['autodocs'],
  args: { onStart: fn(), onStop: fn(), onInterrupt: fn(), onSend: fn(), getLevel: () => 0.06 },
  decorators: [
    (Story) => (
      <div style={{ maxWidth: '48rem', marginInline: 'auto' }}>
        <Story />
      </div>
    ),
  ],
} satisfies Meta<typeof DialogueView>

export default meta
type Story = StoryObj<typeof meta>

/** Nothing was said yet. */
export const Default: Story = {
  play: async ({ canvasElement, args }) => {
    const canvas = within(canvasElement)
    const talk = canvas.getByRole('button', { name: 'Talk', pressed: false })
    await userEvent.click(canvas.getByRole('button', { name: 'Stop speaking' }))
    await expect(args.onInterrupt).not.toHaveBeenCalled()
    await userEvent.click(talk)
    await expect(args.onStart).toHaveBeenCalledOnce()
  },
}

/** The microphone was pressed: the line opens, and what is said meanwhile is kept. */
export const Connecting: Story = { args: { phase: 'listening', listenStatus: 'connecting' } }

/** The line was lost in the middle of a turn. */
export const Reconnecting: Story = {
  args: { phase: 'listening', listenStatus: 'reconnecting', history: conversation(), unfinished: 'and what is' },
}

/** What the user is saying is there before it is over. */
export const Listening: Story = {
  args: { phase: 'listening', history: conversation(), unfinished: 'and what is beyond the' },
}

/** Between the user's last word and the first of the answer. */
export const Thinking: Story = { args: { phase: 'thinking', history: conversation().slice(0, 2) } }

/** What was not heard yet is set apart. The page keeps the microphone closed. */
export const Speaking: Story = {
  args: { phase: 'speaking', history: conversation('speaking'), listenStatus: 'paused' },
  play: async ({ canvasElement, args }) => {
    const canvas = within(canvasElement)
    await expect(canvas.getByRole('log', { name: 'Conversation' })).toHaveTextContent('You: What can I see from here?')
    await expect(canvas.getByRole('button', { name: 'Talk', pressed: true })).toBeVisible()
    await userEvent.click(canvas.getByRole('button', { name: 'Stop speaking' }))
    await expect(args.onInterrupt).toHaveBeenCalledOnce()
  },
}

/** The user spoke over the answer: where it was cut can be seen. */
export const Interrupted: Story = {
  args: { phase: 'interrupted', history: conversation('interrupted'), unfinished: 'wait' },
}

/** The browser keeps sound off until something is pressed. */
export const SoundBlocked: Story = {
  args: { phase: 'speaking', speakStatus: 'blocked', history: conversation('speaking') },
}

/** No answer came: the conversation goes on. */
export const WithoutAnswer: Story = {
  args: {
    phase: 'listening',
    history: conversation().slice(0, 2),
    problem: {
      part: 'reply',
      error: new DeepgramError('reply-failed', '`onTurn` threw; there is no answer to this turn; say it again.'),
      works: ['listen', 'speak'],
    },
  },
}

/** The voice failed: the answer is there to be read. */
export const WithoutVoice: Story = {
  args: {
    phase: 'listening',
    history: conversation('unspoken'),
    problem: {
      part: 'speak',
      error: new DeepgramError('payment-required', 'The project has no credit; nothing is spoken; add some.'),
      works: ['listen', 'reply'],
    },
  },
}

/** Nothing can be heard: a turn can be typed. */
export const WithoutEars: Story = {
  args: {
    phase: 'idle',
    listenStatus: 'error',
    history: conversation(),
    problem: {
      part: 'listen',
      error: new DeepgramError('device-busy', 'Another application has the microphone; nothing is heard; close it.'),
      works: ['reply', 'speak'],
    },
  },
  play: async ({ canvasElement, args }) => {
    const canvas = within(canvasElement)
    await expect(canvas.getByRole('status')).toHaveTextContent('Stopped by a problem')
    await userEvent.type(canvas.getByRole('textbox', { name: 'Type a message' }), ' And in winter? {Enter}')
    await expect(args.onSend).toHaveBeenCalledWith('And in winter?')
    await userEvent.click(canvas.getByRole('button', { name: 'Try again' }))
    await expect(args.onStart).toHaveBeenCalledOnce()
  },
}

/** Each message has the direction of what was said, in a page of either. */
export const RightToLeft: Story = {
  args: {
    phase: 'listening',
    labels: arabicLabels,
    history: [
      { id: 'm1', role: 'user', content: 'ماذا أرى من هنا؟' },
      {
        ...conversation()[0]!,
        role: 'assistant',
        id: 'm2',
        content: 'البحيرة والبرجين القديمين خلفها.',
        text: 'البحيرة والبرجين القديمين خلفها.',
        state: 'spoken',
        playedSeconds: 2,
        latency: { tokenMs: null, soundMs: null },
      },
      { id: 'm3', role: 'user', content: 'Thank you!' },
    ],
  },
  globals: { direction: 'rtl' },
}
