import { useState, type ReactNode } from 'react'
import type { Decorator } from '@storybook/react-vite'
import { DeepgramError, DeepgramProvider, type LiveTranscriptProps } from 'react-deepgram'
import {
  createDeepgramEmulator,
  createFakeAudioSource,
  type EmulatorFaults,
  type ListenScript,
} from 'react-deepgram/testing'
import 'react-deepgram/styles.css'
import './page.css'

const faults: Record<string, EmulatorFaults> = {
  good: {},
  slow: { openDelayMs: 1200, latencyMs: 500, jitterMs: 300 },
  bad: { latencyMs: 120, jitterMs: 80, dropAfterMs: [4000, 9000] },
  offline: { refuse: 0 },
}

/** The provider of an application, with the emulator at the end of its wire. */
function Wire({
  network,
  script,
  children,
}: {
  network: string
  script: ListenScript | undefined
  children: ReactNode
}) {
  const [emulator] = useState(() =>
    createDeepgramEmulator({ faults: faults[network] ?? {}, ...(script && { script }) }),
  )
  return (
    <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
      {children}
    </DeepgramProvider>
  )
}

/**
 * Puts the emulator at the end of the wire: the library does all that it does in an application. `parameters.script` is
 * what a listener hears; the toolbar chooses the line.
 */
export const onTheWire: Decorator = (Story, { globals, parameters }) => (
  <Wire
    key={String(globals.network)}
    network={String(globals.network)}
    script={parameters.script as ListenScript | undefined}
  >
    <Story />
  </Wire>
)

const refusals = {
  denied: () =>
    new DeepgramError(
      'permission-denied',
      'The microphone is blocked for this page; nothing can be heard; allow it in the settings of the site.',
    ),
  'no-device': () =>
    new DeepgramError(
      'device-not-found',
      'No microphone was found; nothing can be heard; plug one in, or choose another one.',
    ),
}

/** A microphone made of tone speech, or the refusal that the toolbar chooses. */
export function createStoryMicrophone(microphone: unknown, text: string): NonNullable<LiveTranscriptProps['source']> {
  const source = createFakeAudioSource({ text, leadingSilenceMs: 300 })
  if (microphone !== 'denied' && microphone !== 'no-device') return source
  return { ...source, start: () => Promise.reject(refusals[microphone]()) }
}
