import {
  DeepgramProvider,
  LiveTranscript,
  SpeakButton,
  useDeepgramListen,
  type ConnectionOptions,
} from 'react-deepgram'

/** A page of an application, as it would be without any thought of tests: only its connection comes from outside. */
export function App(connection: ConnectionOptions) {
  return (
    <DeepgramProvider {...connection}>
      <Minutes />
      <SpeakButton text="Thank you, that was all." />
    </DeepgramProvider>
  )
}

function Minutes() {
  const listen = useDeepgramListen({ language: 'en', smartFormat: true, reconnect: { baseDelayMs: 10 } })
  const words = listen.transcript.text.split(/\s+/).filter(Boolean).length
  return (
    <section aria-label="Minutes">
      <LiveTranscript session={listen.session} />
      <p>{words} words</p>
    </section>
  )
}
