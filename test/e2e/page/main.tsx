import { StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { createTokenFetcher, DeepgramProvider, useDeepgramListen, type UseDeepgramListenOptions } from 'react-deepgram'

declare const __DEMO__: { tokenUrl: string; workletUrl: string; baseUrl?: string }

declare global {
  interface Window {
    /** The sessions, for the test that drives this page. */
    listen: ReturnType<typeof useDeepgramListen>['session']
  }
}

// A test chooses the options by the address: ?listen={"capture":{…}}
const asked = JSON.parse(new URLSearchParams(location.search).get('listen') ?? '{}') as UseDeepgramListenOptions
const options = { ...asked, capture: { workletUrl: __DEMO__.workletUrl, ...asked.capture } }

function App() {
  const { status, transcript, session, start, stop } = useDeepgramListen(options)
  useEffect(() => {
    window.listen = session
  }, [session])
  return (
    <>
      <button type="button" onClick={() => void (status === 'idle' ? start() : stop())}>
        {status}
      </button>
      <p>{transcript.text}</p>
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
