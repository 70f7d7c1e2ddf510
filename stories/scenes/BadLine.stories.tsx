import type { Meta, StoryObj } from '@storybook/react-vite'
import { useEffect, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { LiveTranscript, useDeepgramListen, useDeepgramSession } from 'react-deepgram'
import { onTheWire, useStage, useStorySource } from '../scripts/stage.tsx'

const sentence = 'nothing is lost although the line is cut while somebody speaks'

interface BadLineProps {
  /** Seconds after which each connection is cut; 0 for never. */
  dropEverySeconds: number
  /** Milliseconds that each message travels, in each direction. */
  delayMs: number
}

function BadLinePage({ dropEverySeconds, delayMs }: BadLineProps) {
  const { setFaults } = useStage()
  const source = useStorySource(sentence)
  const { session } = useDeepgramListen({ source, interimResults: true, reconnect: { baseDelayMs: 100 } })
  const [attempts, setAttempts] = useState(0)
  const words = useDeepgramSession(session, ({ transcript }) => transcript.text.split(/\s+/).filter(Boolean).length)
  const lost = useDeepgramSession(session, ({ transcript }) => transcript.gaps.length)
  useEffect(() => {
    setFaults({ latencyMs: delayMs, ...(dropEverySeconds > 0 && { dropAfterMs: dropEverySeconds * 1000 }) })
  }, [setFaults, dropEverySeconds, delayMs])
  useEffect(() => session.subscribe(() => setAttempts(session.diagnostics().attempts.length)), [session])
  return (
    <div className="page">
      <h1>A bad line</h1>
      <p className="lead">
        The line is cut every {dropEverySeconds} seconds. What no result has acknowledged is sent again; times go on.
      </p>
      <LiveTranscript session={session} />
      <dl>
        <div>
          <dt>Connections</dt>
          <dd>{attempts}</dd>
        </div>
        <div>
          <dt>Words settled</dt>
          <dd>{words}</dd>
        </div>
        <div>
          <dt>Gaps</dt>
          <dd>{lost}</dd>
        </div>
      </dl>
    </div>
  )
}

const meta = {
  title: 'Scenes/Bad line',
  component: BadLinePage,
  decorators: [onTheWire],
  args: { dropEverySeconds: 4, delayMs: 80 },
  argTypes: {
    dropEverySeconds: { control: { type: 'range', min: 0, max: 10, step: 0.5 } },
    delayMs: { control: { type: 'range', min: 0, max: 1000, step: 20 } },
  },
} satisfies Meta<typeof BadLinePage>

export default meta

/**
 * Every word is there once, in order, though the line never holds. The controls set the drops and the delay. The service settles
 * text every few seconds, and what is not settled is sent again: a line that is cut more often than that gets nowhere.
 */
export const BadLine: StoryObj<typeof meta> = {
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    await waitFor(() => expect(canvas.getByText(/^Reconnecting/)).toBeVisible(), { timeout: 10_000 })
    const log = canvas.getByRole('log')
    await waitFor(() => expect(log).toHaveTextContent('speaks'), { timeout: 25_000 })
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    await waitFor(() => expect(canvas.getByText('Ready')).toBeVisible(), { timeout: 10_000 })
    const paragraphs = Array.from(log.querySelectorAll('p'), ({ textContent }) => textContent)
    await expect(paragraphs.join(' ')).toBe(sentence)
  },
}
