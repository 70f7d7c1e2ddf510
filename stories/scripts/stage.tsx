import { createContext, use, useState, type ReactNode } from 'react'
import type { Decorator } from '@storybook/react-vite'
import { createTokenFetcher, DeepgramError, DeepgramProvider, type LiveTranscriptProps } from 'react-deepgram'
import {
  createDeepgramEmulator,
  createFakeAudioSource,
  type DeepgramEmulator,
  type EmulatorFaults,
  type ListenScript,
} from 'react-deepgram/testing'
import 'react-deepgram/styles.css'
import './page.css'

/** What the toolbar's lines are like. */
const faults: Record<string, EmulatorFaults> = {
  good: {},
  slow: { openDelayMs: 1200, latencyMs: 500, jitterMs: 300 },
  bad: { latencyMs: 120, jitterMs: 80, dropAfterMs: [4000, 9000] },
  offline: { refuse: 0 },
}

interface Stage {
  /** At the end of the wire; `null` when that is Deepgram itself. */
  readonly emulator: DeepgramEmulator | null
  /** What a request for the microphone meets. */
  readonly microphone: string
  /** Changes what goes wrong on the wire. */
  readonly setFaults: (faults: EmulatorFaults) => void
}

const StageContext = createContext<Stage>({ emulator: null, microphone: 'granted', setFaults: () => {} })

/** What stands around the story. */
export const useStage = (): Stage => use(StageContext)

interface WireProps {
  network: string
  microphone: string
  script: ListenScript | undefined
  children: ReactNode
}

/** The provider of an application, with the emulator at the end of its wire. */
function Wire({ network, microphone, script, children }: WireProps) {
  const [emulator] = useState(() =>
    createDeepgramEmulator({ faults: faults[network] ?? {}, ...(script && { script }) }),
  )
  const [setFaults] = useState(() => (next: EmulatorFaults) => void Object.assign(emulator, { faults: next }))
  return (
    <StageContext value={{ emulator, microphone, setFaults }}>
      <DeepgramProvider WebSocket={emulator.WebSocket} getToken={emulator.getToken}>
        {children}
      </DeepgramProvider>
    </StageContext>
  )
}

const KEPT = 'react-deepgram.stories.token-route'

/** The provider of an application that talks to Deepgram, by a token route that the reader names. */
function OwnRoute({ children }: { children: ReactNode }) {
  const [url, setUrl] = useState(() => localStorage.getItem(KEPT) ?? '')
  const [draft, setDraft] = useState(url)
  return (
    <>
      <form
        className="own-route"
        onSubmit={(event) => {
          event.preventDefault()
          localStorage.setItem(KEPT, draft)
          setUrl(draft)
        }}
      >
        <label>
          Address of your token route
          <input
            type="url"
            required
            placeholder="http://localhost:3000/api/deepgram/token"
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
          />
        </label>
        <button type="submit">Use it</button>
        <small>
          It answers a POST from this page ({location.origin} must be among its <code>allowedOrigins</code>). Speaking
          and listening are billed to your project.
        </small>
      </form>
      {url && (
        <DeepgramProvider key={url} getToken={createTokenFetcher(url)}>
          {children}
        </DeepgramProvider>
      )}
    </>
  )
}

/**
 * Puts the emulator at the end of the wire: the library does all that it does in an application. `parameters.script` is
 * what a listener hears; the toolbar chooses the line, the microphone, and whether Deepgram itself is at the other end.
 */
export const onTheWire: Decorator = (Story, { globals, parameters }) => {
  const { network, microphone, service } = globals as Record<string, string>
  return service === 'deepgram' ? (
    <OwnRoute>
      <Story />
    </OwnRoute>
  ) : (
    <Wire
      key={`${network} ${microphone}`}
      network={network ?? 'good'}
      microphone={microphone ?? 'granted'}
      script={parameters.script as ListenScript | undefined}
    >
      <Story />
    </Wire>
  )
}

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

type Source = NonNullable<LiveTranscriptProps['source']>

/** A microphone made of tone speech, or the refusal that the toolbar chooses. */
export function createStoryMicrophone(microphone: unknown, text: string): Source {
  const source = createFakeAudioSource({ text, leadingSilenceMs: 300 })
  if (microphone !== 'denied' && microphone !== 'no-device') return source
  return { ...source, start: () => Promise.reject(refusals[microphone]()) }
}

/** What a story listens to: tone speech that says a text, or the reader's own microphone when Deepgram is at the other end. */
export function useStorySource(text: string): Source {
  const { emulator, microphone } = useStage()
  const [source] = useState((): Source => (emulator ? createStoryMicrophone(microphone, text) : 'microphone'))
  return source
}
