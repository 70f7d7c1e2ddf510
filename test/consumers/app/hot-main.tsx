import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createTokenFetcher, DeepgramProvider } from 'react-deepgram'
import { Hot } from './hot.tsx'

const baseUrl = new URLSearchParams(location.search).get('baseUrl')!

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <DeepgramProvider getToken={createTokenFetcher('/api/deepgram/token')} baseUrl={baseUrl}>
      <Hot />
    </DeepgramProvider>
  </StrictMode>,
)
