// A page with everything on it, built for production: what it may do is for its server to say, in headers.
import { StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import {
  ConnectionStatus,
  createTokenFetcher,
  DeepgramErrorMessage,
  DeepgramProvider,
  DeviceSelect,
  LiveTranscript,
  SpeakButton,
  useDeepgramListen,
  useDeepgramSpeak,
  VoiceSelect,
  type ConnectionOptions,
  type LogEvent,
  type UseDeepgramListenOptions,
  type UseDeepgramSpeakOptions,
} from 'react-deepgram'
import 'react-deepgram/styles.css'
import { createFakeAudioSource } from 'react-deepgram/testing'

declare global {
  interface Window {
    listen: ReturnType<typeof useDeepgramListen>['session']
    speech: ReturnType<typeof useDeepgramSpeak>['session']
    /** What the policy refused. */
    violations: string[]
    /** What the logger was told. */
    events: LogEvent[]
    /** The errors that callbacks were told, and everything they are made of. */
    told: string[]
    /** Pictures drawn so far. */
    pictures: number
    /** Set by markup that was taken for markup. */
    wasInjected?: boolean
  }
}

/** What a test chooses, by the address: `?{"baseUrl":"ws://…"}`. */
interface PageOptions {
  baseUrl: string
  /** Listens to silence of its own making in place of the microphone. */
  isDeaf?: boolean
  /** Takes a raw key from the route `/key`, in place of tokens. */
  isKeyed?: boolean
  listen?: UseDeepgramListenOptions
  speak?: UseDeepgramSpeakOptions
  connection?: ConnectionOptions
}

window.violations = []
window.events = []
window.told = []
window.pictures = 0
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  window.violations.push(`${violatedDirective} ${blockedURI}`),
)
const count = (): void => {
  window.pictures++
  requestAnimationFrame(count)
}
count()

const { baseUrl, isDeaf, isKeyed, listen, speak, connection } = JSON.parse(
  decodeURIComponent(location.search.slice(1)),
) as PageOptions

const source = isDeaf ? createFakeAudioSource() : 'microphone'
const onError = (error: Error): void => {
  window.told.push(`${JSON.stringify(error)} ${error.message} ${error.stack} ${String(error.cause)}`)
}

function App({ credential }: { credential: () => ConnectionOptions }) {
  const listening = useDeepgramListen({ source, ...credential(), ...listen, onError })
  const speaking = useDeepgramSpeak({ ...credential(), ...speak, onError })
  useEffect(() => {
    window.listen = listening.session
    window.speech = speaking.session
  })
  return (
    <>
      <LiveTranscript session={listening.session} />
      <SpeakButton session={speaking.session} text="she sells sea shells" />
      <ConnectionStatus session={listening.session} />
      <DeepgramErrorMessage session={speaking.session} />
      <DeviceSelect session={listening.session} />
      <VoiceSelect value="aura-2-thalia-en" />
    </>
  )
}

async function main() {
  const key = isKeyed ? await (await fetch('/key')).text() : undefined
  const getToken = createTokenFetcher('/api/deepgram/token')
  // As a function, so that the key is in no prop of the application's own either.
  const credential = () => (key ? { apiKey: key, dangerouslyAllowApiKey: true } : { getToken })
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <DeepgramProvider baseUrl={baseUrl} logger={(event) => window.events.push(event)} {...connection}>
        <App credential={credential} />
      </DeepgramProvider>
    </StrictMode>,
  )
}

void main()
