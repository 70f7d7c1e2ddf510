import { useRef } from 'react'
import { createRoot } from 'react-dom/client'
import {
  createTokenFetcher,
  DeepgramErrorMessage,
  DeepgramProvider,
  MicrophoneButton,
  useDeepgramListen,
} from 'react-deepgram'
import 'react-deepgram/styles.css'
import './main.css'

/** The emulator's address; `undefined` is Deepgram's own. See server.mjs. */
declare const DEEPGRAM_URL: string | undefined

/** A text area that listens: settled words go where the caret is, and what is typed by hand stays. */
function Dictation() {
  const field = useRef<HTMLTextAreaElement>(null)
  const { session, transcript } = useDeepgramListen({
    smartFormat: true,
    onFinal: ({ text }) => insertAtCaret(field.current, text),
  })
  return (
    <main>
      <label htmlFor="text">Your text</label>
      <textarea id="text" ref={field} rows={10} autoFocus />
      <p className="interim">{transcript.interim?.text}</p>
      <MicrophoneButton session={session} />
      <DeepgramErrorMessage session={session} />
    </main>
  )
}

function insertAtCaret(field: HTMLTextAreaElement | null, text: string) {
  if (!field || text === '') return
  const { selectionStart, selectionEnd, value } = field
  const needsSpace = /\S$/.test(value.slice(0, selectionStart))
  field.setRangeText(needsSpace ? ` ${text}` : text, selectionStart, selectionEnd, 'end')
}

createRoot(document.getElementById('root')!).render(
  <DeepgramProvider getToken={createTokenFetcher('/api/deepgram/token')} baseUrl={DEEPGRAM_URL}>
    <Dictation />
  </DeepgramProvider>,
)
