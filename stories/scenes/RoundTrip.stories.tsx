import type { Meta, StoryObj } from '@storybook/react-vite'
import { useEffect, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { LiveTranscript, SpeakButton } from 'react-deepgram'
import { onTheWire } from '../scripts/stage.tsx'

interface Route {
  /** Where the voice is played. */
  voice: AudioNode
  /** What a microphone beside the loudspeaker would hear. */
  heard: MediaStream
}

/** The loudspeaker, and a stream of the same sound. */
function useRoute(): Route | null {
  const [route, setRoute] = useState<Route | null>(null)
  useEffect(() => {
    const context = new AudioContext()
    const voice = context.createGain()
    const ear = context.createMediaStreamDestination()
    voice.connect(context.destination)
    voice.connect(ear)
    // While nothing plays, Chromium delivers nothing of such a stream, not even the end of what was played.
    const silence = new ConstantSourceNode(context, { offset: 0 })
    silence.connect(ear)
    silence.start()
    queueMicrotask(() => setRoute({ voice, heard: ear.stream }))
    return () => void context.close()
  }, [])
  return route
}

function RoundTripPage({ text }: { text: string }) {
  const route = useRoute()
  if (!route) return null
  return (
    <div className="page">
      <h1>There and back</h1>
      <p className="lead">
        What the button says, the transcript hears: press the microphone, then the button. “{text}” comes back word for
        word.
      </p>
      <div className="row">
        <SpeakButton text={text} output={route.voice}>
          Say the sentence
        </SpeakButton>
      </div>
      <LiveTranscript source={route.heard} />
    </div>
  )
}

const meta = {
  title: 'Scenes/Round trip',
  component: RoundTripPage,
  decorators: [onTheWire],
  args: { text: 'the quick brown fox jumps over the lazy dog' },
} satisfies Meta<typeof RoundTripPage>

export default meta

/**
 * What the button says, the transcript hears. Text goes to the emulator, comes back as sound, is played, recorded and
 * compressed, goes to the emulator again, and comes back as text.
 */
export const RoundTrip: StoryObj<typeof meta> = {
  play: async ({ canvasElement, args }) => {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Listen to the microphone' }))
    await waitFor(() => expect(canvas.getByText('Listening')).toBeVisible(), { timeout: 10_000 })
    await userEvent.click(canvas.getByRole('button', { name: /^Say the sentence/ }))
    const heard = () => canvas.getByRole('log').textContent
    await waitFor(() => expect(heard()).toContain('lazy dog'), { timeout: 20_000 })
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    await waitFor(() => expect(canvas.getByText('Ready')).toBeVisible(), { timeout: 10_000 })
    const paragraphs = canvas.getByRole('log').querySelectorAll('p')
    await expect(Array.from(paragraphs, ({ textContent }) => textContent).join(' ')).toBe(args.text)
  },
}
