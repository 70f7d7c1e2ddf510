import { createRoot } from 'react-dom/client'
import { createTokenFetcher, DeepgramProvider, LiveTranscript, SpeakButton } from 'react-deepgram'
import 'react-deepgram/styles.css'

const getToken = createTokenFetcher('/api/deepgram/token')

createRoot(document.getElementById('root')!).render(
  <DeepgramProvider getToken={getToken} baseUrl={__DEEPGRAM_URL__}>
    <LiveTranscript smartFormat />
    <SpeakButton text="hello how can i help" />
  </DeepgramProvider>,
)

declare global {
  /** The emulator's address; `undefined` is Deepgram's own. See vite.config.ts. */
  const __DEEPGRAM_URL__: string | undefined
}
