import { createRoot } from 'react-dom/client'
import { createTokenFetcher, DeepgramProvider, LiveTranscript, SpeakButton } from 'react-deepgram'
import 'react-deepgram/styles.css'

// The address chooses: ?baseUrl=ws://…&format=pcm
const query = new URLSearchParams(location.search)
const format = query.get('format') === 'pcm' ? 'pcm' : 'auto'

createRoot(document.getElementById('root')!).render(
  <DeepgramProvider getToken={createTokenFetcher('/api/deepgram/token')} baseUrl={query.get('baseUrl')!}>
    <LiveTranscript capture={{ format }} />
    <SpeakButton text="hello how can i help" />
  </DeepgramProvider>,
)
