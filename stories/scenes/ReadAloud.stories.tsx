import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { SpeakButton, SpokenText, useDeepgramSpeak } from 'react-deepgram'
import { onTheWire } from '../scripts/stage.tsx'

const article = `The tide at the old harbour turns twice a day. Nobody who grew up there needs a table to know when.

Children learn it from the boats. When the bows point to the church, the water is going out; when they point to the sea, there is an hour left for crabs.

Last spring a new pier was built. The boats still turn.`

function ReadAloudPage({ text }: { text: string }) {
  const { session } = useDeepgramSpeak({ model: 'aura-2-thalia-en' })
  return (
    <div className="page">
      <h1>The boats still turn</h1>
      <div className="row">
        <SpeakButton session={session} text={text} whileSpeaking="pause">
          Read this page aloud
        </SpeakButton>
      </div>
      <article>
        <SpokenText session={session} text={text} as="div" follow />
      </article>
    </div>
  )
}

const meta = {
  title: 'Scenes/Read this page aloud',
  component: ReadAloudPage,
  decorators: [onTheWire],
  args: { text: article },
} satisfies Meta<typeof ReadAloudPage>

export default meta

/** The sentence that is heard stands out, and stays in view; a press pauses to the sample, and the next goes on. */
export const ReadThisPageAloud: StoryObj<typeof meta> = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    const button = canvas.getByRole('button', { name: /^Read this page aloud/ })
    await userEvent.click(button)
    const now = () => canvasElement.querySelector('[aria-current=true]')?.textContent
    await waitFor(() => expect(now()).toBe('The tide at the old harbour turns twice a day.'), { timeout: 10_000 })
    await waitFor(() => expect(now()).toMatch(/^Nobody who grew up/), { timeout: 20_000 })
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAccessibleName('Read this page aloud Press to go on'))
    await expect(now()).toMatch(/^Nobody who grew up/)
  },
}
