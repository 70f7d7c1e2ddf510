import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { SpeakButton, SpokenText, SpokenTextView, useDeepgramSpeak } from 'react-deepgram'
import { onTheWire } from '../scripts/stage.tsx'
import { arabic, english, japanese } from '../scripts/texts.ts'

const meta = {
  title: 'Components/SpokenText',
  component: SpokenTextView,
  subcomponents: { SpokenText },
  tags: ['autodocs'],
  decorators: [
    (Story) => (
      <div style={{ maxInlineSize: '40rem', fontSize: '1.125rem' }}>
        <Story />
      </div>
    ),
    onTheWire,
  ],
  args: { text: english.join(' '), heardLength: 60 },
} satisfies Meta<typeof SpokenTextView>

export default meta
type Story = StoryObj<typeof meta>

/** The sentence at the ear stands out; what is still to come is quieter. */
export const Default: Story = {
  play: async ({ canvasElement }) => {
    await expect(canvasElement.querySelector('[aria-current=true]')).toHaveTextContent(english[1]!)
  },
}

/** Without a voice it is plain text. */
export const Silent: Story = { args: { heardLength: null } }

export const AtTheEnd: Story = { args: { heardLength: 10_000 } }

export const LongText: Story = {
  args: { text: Array.from({ length: 8 }, () => english.join(' ')).join('\n\n'), heardLength: 520 },
}

export const Arabic: Story = {
  args: { text: arabic.join(' '), heardLength: 50, lang: 'ar' },
  globals: { direction: 'rtl' },
}

export const Japanese: Story = { args: { text: japanese.join(''), heardLength: 20, lang: 'ja' } }

/** A function shows a sentence in another way. */
export const OwnSentences: Story = {
  args: { renderSentence: (sentence, state) => (state === 'now' ? <strong>{sentence}</strong> : sentence) },
}

function WithButton({ text }: { text: string }) {
  const { session } = useDeepgramSpeak()
  return (
    <>
      <SpeakButton session={session} text={text} />
      <SpokenText session={session} text={text} />
    </>
  )
}

/** The button speaks, the text follows; formatting is neither spoken nor in the way. */
export const FollowsTheEar: Story = {
  args: { text: 'The **first** one. And the [second](https://example.org) one.' },
  render: ({ text }) => <WithButton text={text} />,
  play: async ({ canvasElement }) => {
    const now = () => canvasElement.querySelector('[aria-current=true]')?.textContent
    await userEvent.click(within(canvasElement).getByRole('button', { name: /^Speak/ }))
    await waitFor(() => expect(now()).toMatch(/^The/), { timeout: 10_000 })
    await waitFor(() => expect(now()).toMatch(/^And/), { timeout: 10_000 })
    await waitFor(() => expect(now()).toBeUndefined(), { timeout: 10_000 })
  },
}
