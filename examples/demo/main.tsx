import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import {
  createTokenFetcher,
  DeepgramProvider,
  LiveTranscript,
  SpeakButton,
  useDeepgramListen,
  useDeepgramSession,
  useDeepgramSpeak,
} from 'react-deepgram'
import 'react-deepgram/styles.css'
import './demo.css'
import { useLoopback } from './loopback.ts'

declare const __DEMO__: { target: 'deepgram' | 'emulator'; tokenUrl: string; workletUrl: string; baseUrl?: string }

const getToken = createTokenFetcher(__DEMO__.tokenUrl)
const isEmulator = __DEMO__.target === 'emulator'
// Where a browser has no container to record, samples are sent; under the policy of this page their program is a file.
const CAPTURE = { workletUrl: __DEMO__.workletUrl }

const SENTENCES = [
  'the quick brown fox jumps over the lazy dog',
  'nothing is lost on a bad line, not even the first word',
  'she sells sea shells by the sea shore',
]

function App() {
  return (
    <DeepgramProvider getToken={getToken} baseUrl={__DEMO__.baseUrl}>
      <header className="masthead">
        <p className="brand">
          <svg aria-hidden="true" viewBox="0 0 32 32" width="28" height="28">
            <rect width="32" height="32" rx="9" />
            <path d="M9 13v6M16 8v16M23 12v8" />
          </svg>
          react-deepgram
        </p>
        <p className="target" data-target={__DEMO__.target}>
          {isEmulator ? 'Talking to the emulator on this machine' : 'Talking to Deepgram'}
        </p>
      </header>
      <main>
        <h1>Speak, and be heard.</h1>
        <p className="lead">
          A button that says any text aloud, and a transcript that writes down what it hears. On this page the second
          listens to the first: press the microphone, then <em>Speak</em>.
        </p>
        <Stage />
        <About />
      </main>
    </DeepgramProvider>
  )
}

function Stage() {
  const loopback = useLoopback()
  const [text, setText] = useState(SENTENCES[0]!)
  const [ear, setEar] = useState<'page' | 'microphone'>('page')
  const speech = useDeepgramSpeak({ output: loopback?.input })
  const listen = useDeepgramListen({
    source: ear === 'microphone' ? 'microphone' : loopback?.stream,
    smartFormat: true,
    capture: CAPTURE,
  })
  const isBusy = useDeepgramSession(listen.session, (state) => state.status !== 'idle' && state.status !== 'error')

  return (
    <div className="stage">
      <section className="card" aria-labelledby="say">
        <h2 id="say">Say</h2>
        <label className="visually-hidden" htmlFor="text">
          Text to speak
        </label>
        <textarea id="text" rows={3} value={text} onChange={(event) => setText(event.target.value)} />
        <div className="row">
          <SpeakButton session={speech.session} text={text} />
          <div className="suggestions" role="group" aria-label="Suggested sentences">
            {SENTENCES.map((sentence, index) => (
              <button key={sentence} type="button" onClick={() => setText(sentence)} title={sentence}>
                Sentence {index + 1}
              </button>
            ))}
          </div>
        </div>
      </section>

      <section className="card" aria-labelledby="hear">
        <div className="row spread">
          <h2 id="hear">Hear</h2>
          <fieldset disabled={isBusy}>
            <legend className="visually-hidden">What the transcript listens to</legend>
            <label>
              <input type="radio" name="ear" checked={ear === 'page'} onChange={() => setEar('page')} />
              This page
            </label>
            <label>
              <input type="radio" name="ear" checked={ear === 'microphone'} onChange={() => setEar('microphone')} />
              My microphone
            </label>
          </fieldset>
        </div>
        <LiveTranscript session={listen.session} />
        <Facts session={listen.session} />
      </section>
    </div>
  )
}

function Facts({ session }: { session: ReturnType<typeof useDeepgramListen>['session'] }) {
  const [facts, setFacts] = useState('')
  return (
    <details
      className="facts"
      onToggle={(event) => {
        if (event.currentTarget.open) setFacts(JSON.stringify(session.diagnostics(), null, 2))
      }}
    >
      <summary>Facts for a support ticket</summary>
      {/* It scrolls, so the keyboard must reach it. */}
      <pre tabIndex={0}>{facts}</pre>
    </details>
  )
}

function About() {
  return (
    <aside className="about">
      {isEmulator ? (
        <>
          <h2>Why does it beep?</h2>
          <p>
            No key was given, so an emulator of the service runs on your machine, behind a real WebSocket. It speaks{' '}
            <strong>tone speech</strong>: every letter is a pair of tones. It hears the sound that really arrives,
            decodes it and writes down the words, so a word that is lost on the way would be missing above. Human speech
            it cannot read: your voice appears as <q>voice</q>, once per burst, to show that you are heard.
          </p>
          <p>
            Start the demo with <code>DEEPGRAM_API_KEY</code> set, and the same page talks to Deepgram itself.
          </p>
        </>
      ) : (
        <>
          <h2>This is the real service</h2>
          <p>
            The key stays on the server; this page gets tokens that live for seconds from{' '}
            <code>{__DEMO__.tokenUrl}</code>. Speaking and listening are billed to your project.
          </p>
        </>
      )}
    </aside>
  )
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
