import { type ComponentType, StrictMode } from 'react'
import * as library from 'react-deepgram'
import { DeepgramProvider, useDeepgramDialogue, useDeepgramListen, useDeepgramSpeak } from 'react-deepgram'

const words = { segments: [], utterances: [], interim: null }

/** What a component needs besides a listen session; one that is not named here must do with that. */
const PROPS: Readonly<Record<string, object>> = {
  AudioLevelMeterView: { getLevel: () => 0.5 },
  ConnectionStatusView: { status: 'listening' },
  DeepgramErrorMessageView: { error: new library.DeepgramError('connection-lost', 'The line was lost.') },
  DeviceSelectView: { devices: [{ deviceId: 'a', label: 'Headset' }], value: 'a' },
  DialogueMessagesView: { history: [] },
  DialogueStatusView: { phase: 'idle' },
  DialogueView: { phase: 'idle', history: [], unfinished: '' },
  LiveTranscriptView: { ...words, status: 'listening' },
  MicrophoneButtonView: { status: 'listening' },
  SpeakButtonView: { text: 'hello', status: 'speaking', progress: 0.5 },
  SpokenTextView: { text: 'hello' },
  VoiceSelect: { value: 'aura-2-thalia-en' },
  VoiceSelectView: { value: 'a', voices: ['a', 'b'] },
}

const components = Object.entries(library as Record<string, unknown>).filter(
  (entry): entry is [string, ComponentType<object>] => {
    const [name, value] = entry
    if (!/^[A-Z][a-z]/.test(name) || name === 'DeepgramProvider') return false
    return typeof value === 'function'
      ? !(value.prototype instanceof Error)
      : typeof value === 'object' && value !== null && '$$typeof' in value
  },
)

/** Every component that the package has. */
export const names = components.map(([name]) => name)

function Page() {
  const { session: listen } = useDeepgramListen()
  const { session: speech } = useDeepgramSpeak()
  const { session: dialogue } = useDeepgramDialogue({ onTurn: (text) => text })
  return components.map(([name, Component]) => {
    const props = name.startsWith('Dialogue')
      ? { session: dialogue }
      : /^(Speak|Spoken)/.test(name)
        ? { session: speech, text: 'hello how can i help' }
        : { session: listen }
    return (
      <section key={name} aria-label={name}>
        <Component {...(PROPS[name] ?? props)} />
      </section>
    )
  })
}

export const app = ({ baseUrl }: { baseUrl: string }) => (
  <StrictMode>
    <DeepgramProvider getToken={library.createTokenFetcher('/api/deepgram/token')} baseUrl={baseUrl}>
      <Page />
    </DeepgramProvider>
  </StrictMode>
)
