import { StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import {
  AudioLevelMeter,
  createTokenFetcher,
  DeepgramProvider,
  useDeepgramListen,
  useDeepgramSpeak,
  type UseDeepgramListenOptions,
  type UseDeepgramSpeakOptions,
} from 'react-deepgram'

declare const __DEMO__: { tokenUrl: string; workletUrl: string; baseUrl?: string }

type Listen = ReturnType<typeof useDeepgramListen>
type Speak = ReturnType<typeof useDeepgramSpeak>

declare global {
  interface Window {
    /** What the test that drives this page looks at. */
    subject: {
      listen: Listen['session']
      speak: Speak['session']
      isSupported: boolean
      unsupportedReason: string | null
      /** How the utterances ended, or why they failed. */
      ends: unknown[]
      /** Every status of the speak session, in order. */
      speakStatuses: string[]
    }
    /** What the page wrote to the console, and what it threw. */
    complaints: string[]
  }
}

// A test chooses the options by the address: ?listen={…}&speak={…}&text=…&unasked
const address = new URLSearchParams(location.search)
const asked = JSON.parse(address.get('listen') ?? '{}') as UseDeepgramListenOptions
const listenOptions = { ...asked, capture: { workletUrl: __DEMO__.workletUrl, ...asked.capture } }
const speakOptions = JSON.parse(address.get('speak') ?? '{}') as UseDeepgramSpeakOptions
const text = address.get('text') ?? ''
const ends: unknown[] = []
const speakStatuses: string[] = []

function say(speak: Speak['speak']): void {
  speak(text).finished.then(
    (end) => ends.push(end),
    (error: unknown) => ends.push(String(error)),
  )
}

function App() {
  const listen = useDeepgramListen(listenOptions)
  const speech = useDeepgramSpeak(speakOptions)
  const { isSupported, unsupportedReason } = listen
  useEffect(() => {
    window.subject = {
      listen: listen.session,
      speak: speech.session,
      isSupported,
      unsupportedReason,
      ends,
      speakStatuses,
    }
  }, [listen.session, speech.session, isSupported, unsupportedReason])
  useEffect(
    () =>
      speech.session.subscribe(({ status }) => {
        if (status !== speakStatuses.at(-1)) speakStatuses.push(status)
      }),
    [speech.session],
  )
  useEffect(() => {
    // Long after the page was opened, and without anybody having touched it.
    if (!address.has('unasked')) return undefined
    const timer = setTimeout(() => say(speech.speak), 200)
    return () => clearTimeout(timer)
  }, [speech.speak])
  const isListening = listen.status !== 'idle' && listen.status !== 'error'
  return (
    <>
      <h1>A page for every engine</h1>
      <button id="listen" type="button" onClick={() => void (isListening ? listen.stop() : listen.start())}>
        {listen.status}
      </button>
      <button id="speak" type="button" onClick={() => say(speech.speak)}>
        {speech.status}
      </button>
      <button id="hush" type="button" onClick={() => speech.stop()}>
        Stop
      </button>
      <AudioLevelMeter session={listen.session} />
      <p>{listen.transcript.text}</p>
    </>
  )
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <DeepgramProvider getToken={createTokenFetcher(__DEMO__.tokenUrl)} baseUrl={__DEMO__.baseUrl}>
      <App />
    </DeepgramProvider>
  </StrictMode>,
)
