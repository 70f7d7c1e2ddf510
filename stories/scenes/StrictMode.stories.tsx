import type { Meta, StoryObj } from '@storybook/react-vite'
import { StrictMode, useEffect, useRef, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, waitFor, within } from 'storybook/test'
import { DeepgramProvider, LiveTranscript } from 'react-deepgram'
import { createDeepgramEmulator, createFakeAudioSource } from 'react-deepgram/testing'
import 'react-deepgram/styles.css'
import '../scripts/page.css'

/** A root of its own: React mounts twice only where Strict Mode is around the root. */
function StrictPage() {
  const place = useRef<HTMLDivElement>(null)
  const [sockets, setSockets] = useState(0)
  useEffect(() => {
    const emulator = createDeepgramEmulator({ script: ['Once, though it is mounted twice.'] })
    emulator.onSocket(() => setSockets((count) => count + 1))
    const source = createFakeAudioSource({ text: 'once' })
    const root = createRoot(place.current!)
    root.render(
      <StrictMode>
        <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
          <LiveTranscript source={source} smartFormat autoStart />
        </DeepgramProvider>
      </StrictMode>,
    )
    return () => queueMicrotask(() => root.unmount())
  }, [])
  return (
    <div className="page">
      <h1>Strict Mode</h1>
      <p className="lead">
        In development React mounts everything twice. It starts by itself here, and yet there is one microphone and one
        connection.
      </p>
      <div ref={place} />
      <dl>
        <div>
          <dt>Connections</dt>
          <dd data-testid="sockets">{sockets}</dd>
        </div>
      </dl>
    </div>
  )
}

const meta = { title: 'Scenes/Strict Mode', component: StrictPage } satisfies Meta<typeof StrictPage>

export default meta

/** `autoStart` under Strict Mode: one connection, every word once. */
export const StrictModeMountsTwice: StoryObj<typeof meta> = {
  name: 'Strict Mode',
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    const log = await canvas.findByRole('log')
    await waitFor(() => expect(log).toHaveTextContent('Once, though it is mounted twice.'), { timeout: 15_000 })
    await expect(canvas.getByTestId('sockets')).toHaveTextContent('1')
  },
}
