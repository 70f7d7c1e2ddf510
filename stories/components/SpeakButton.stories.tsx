import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { DeepgramError, SpeakButton, SpeakButtonView } from 'react-deepgram'
import { arabicLabels } from '../scripts/labels.ts'
import { onTheWire } from '../scripts/stage.tsx'

const meta = {
  title: 'Components/SpeakButton',
  component: SpeakButton,
  subcomponents: { SpeakButtonView },
  tags: ['autodocs'],
  decorators: [onTheWire],
  args: { text: 'The quick brown fox jumps over the lazy dog.' },
} satisfies Meta<typeof SpeakButton>

export default meta
type Story = StoryObj<typeof meta>

/** The emulator speaks in tones; it is heard through Web Audio as a voice would be. */
export const Default: Story = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    const button = canvas.getByRole('button', { name: /^Speak/ })
    await expect(button).toHaveAttribute('aria-pressed', 'false')
    await userEvent.click(button)
    await expect(button).toHaveAttribute('aria-pressed', 'true')
    await waitFor(() => expect(button).toHaveAttribute('data-status', 'speaking'), { timeout: 10_000 })
    await expect(button).toHaveAccessibleName('Speak Press to stop')
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAttribute('aria-pressed', 'false'))
  },
}

/** A press falls silent and keeps its place; the next goes on. */
export const PauseAndResume: Story = {
  args: { whileSpeaking: 'pause' },
  play: async ({ canvasElement }) => {
    const button = within(canvasElement).getByRole('button', { name: /^Speak/ })
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAttribute('data-status', 'speaking'), { timeout: 10_000 })
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAttribute('data-status', 'paused'))
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAttribute('data-status', 'speaking'))
  },
}

/** There is no letter and no digit in it, so there is nothing to speak. */
export const NothingToSay: Story = {
  args: { text: ' *** ' },
  play: async ({ canvasElement }) => {
    const button = within(canvasElement).getByRole('button', { name: /^Speak/ })
    await expect(button).toBeDisabled()
    await expect(button).toHaveAccessibleName('Speak Nothing to say')
  },
}

/** Formatting, code and emoji are not read out; the button is pressed as long as its own text is heard. */
export const Markdown: Story = {
  args: { text: '**The quick brown fox** jumps 🦊\n\n```js\njump()\n```' },
  play: async ({ canvasElement }) => {
    const button = within(canvasElement).getByRole('button', { name: /^Speak/ })
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAttribute('data-status', 'speaking'), { timeout: 10_000 })
    await expect(button).toHaveAttribute('aria-pressed', 'true')
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAttribute('aria-pressed', 'false'))
  },
}

const several = (texts: readonly string[], options: Partial<React.ComponentProps<typeof SpeakButton>>) => (
  <div className="row">
    {texts.map((text) => (
      <SpeakButton key={text} text={text} {...options}>
        {text}
      </SpeakButton>
    ))}
  </div>
)

/** One voice speaks on a page: whoever is pressed takes over from whoever speaks. */
export const OneVoice: Story = {
  render: () => several(['Once upon a time', 'there was a voice'], {}),
  play: async ({ canvasElement }) => {
    const [first, second] = within(canvasElement).getAllByRole('button')
    await userEvent.click(first!)
    await waitFor(() => expect(first).toHaveAttribute('data-status', 'speaking'), { timeout: 10_000 })
    await userEvent.click(second!)
    await waitFor(() => expect(second).toHaveAttribute('data-status', 'speaking'), { timeout: 10_000 })
    await expect(first).toHaveAttribute('data-status', 'idle')
    await userEvent.click(second!)
  },
}

/** `exclusive="queue"`: a text waits until those before it were heard, whichever button they belong to. */
export const Queue: Story = {
  render: () => several(['one', 'two', 'three'], { exclusive: 'queue' }),
  play: async ({ canvasElement }) => {
    const buttons = within(canvasElement).getAllByRole('button')
    for (const button of buttons) await userEvent.click(button)
    const statuses = () => buttons.map((button) => button.getAttribute('data-status'))
    await waitFor(() => expect(statuses()).toEqual(['speaking', 'buffering', 'buffering']), { timeout: 10_000 })
    await waitFor(() => expect(statuses()).toEqual(['idle', 'speaking', 'buffering']), { timeout: 10_000 })
    await waitFor(() => expect(statuses()).toEqual(['idle', 'idle', 'speaking']), { timeout: 10_000 })
    await waitFor(() => expect(statuses()).toEqual(['idle', 'idle', 'idle']), { timeout: 10_000 })
  },
}

/**
 * `output="element"`: the sound goes through an `<audio>` element, which some browsers grant what they deny Web Audio: to be
 * heard in spite of a ring switch, to be sent to a chosen loudspeaker.
 */
export const ThroughAnElement: Story = {
  args: { output: 'element' },
  play: async ({ canvasElement }) => {
    const button = within(canvasElement).getByRole('button', { name: /^Speak/ })
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAttribute('data-status', 'speaking'), { timeout: 10_000 })
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAttribute('data-status', 'idle'))
  },
}

export const OwnWords: Story = { args: { children: 'Read the article to me' } }

/** A function replaces all that is in the button. */
export const OwnContent: Story = {
  args: {
    'aria-label': 'Play the answer',
    children: ({ isPressed }) => <span aria-hidden="true">{isPressed ? '■' : '▶'}</span>,
  },
}

const shows = (props: Partial<React.ComponentProps<typeof SpeakButtonView>>): Story => ({
  render: ({ text }) => <SpeakButtonView text={text} {...props} />,
})

export const Connecting = shows({ status: 'connecting' })
export const Buffering = shows({ status: 'buffering' })
export const Speaking = shows({ status: 'speaking', progress: 0.4 })
export const SpeakingOfUnknownLength = shows({ status: 'speaking' })
export const Paused = shows({ status: 'paused', progress: 0.4 })
export const PressToPause = shows({ status: 'speaking', progress: 0.4, whileSpeaking: 'pause' })
export const PressToGoOn = shows({ status: 'paused', progress: 0.4, whileSpeaking: 'pause' })
export const Blocked = shows({ status: 'blocked' })
export const Reconnecting = shows({ status: 'reconnecting', progress: 0.6 })
export const Failed = shows({
  status: 'error',
  error: new DeepgramError('connection-lost', 'The connection was lost; the text was not spoken; try again.'),
})
export const LongWords = shows({
  status: 'error',
  children: 'Read the whole of the minutes of the meeting of the fourteenth of November to me',
  error: new DeepgramError('playback-blocked', 'The browser keeps sound off; nothing is heard; press something.'),
})
export const RightToLeft: Story = {
  ...shows({ status: 'speaking', progress: 0.4, labels: arabicLabels }),
  globals: { direction: 'rtl' },
}
