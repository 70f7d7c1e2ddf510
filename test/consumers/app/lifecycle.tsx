import { Activity, StrictMode, Suspense, use, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { createTokenFetcher, DeepgramProvider, useDeepgramListen, useDeepgramSession } from 'react-deepgram'

const baseUrl = new URLSearchParams(location.search).get('baseUrl')!

let arrive = (): void => {}
const wait = (): Promise<void> => new Promise((resolve) => (arrive = resolve))

/** Reads what the hook returns in the ways that a compiler could keep too long. */
function Listener() {
  const listen = useDeepgramListen({ onFinal: () => {} })
  const count = useDeepgramSession(listen.session, (state) => state.transcript.segments.length)
  return (
    <>
      <button type="button" onClick={() => void (listen.status === 'idle' ? listen.start() : listen.stop())}>
        Microphone
      </button>
      <output aria-label="status">{listen.status}</output>
      <Words listen={listen} />
      <output aria-label="count">{count}</output>
    </>
  )
}

function Words({ listen }: { listen: ReturnType<typeof useDeepgramListen> }) {
  const { text, interim } = listen.transcript
  return <output aria-label="words">{[text, interim?.text].filter(Boolean).join(' ')}</output>
}

function Late({ until }: { until: Promise<void> | null }) {
  if (until) use(until)
  return null
}

function Page() {
  const [mode, setMode] = useState<'visible' | 'hidden'>('visible')
  const [until, setUntil] = useState<Promise<void> | null>(null)
  useEffect(() => document.body.setAttribute('data-awake', ''), [])
  return (
    <>
      <button type="button" onClick={() => setMode(mode === 'visible' ? 'hidden' : 'visible')}>
        Activity
      </button>
      <button type="button" onClick={() => setUntil(wait())}>
        Suspend
      </button>
      <button type="button" onClick={() => arrive()}>
        Arrive
      </button>
      <Suspense fallback={<p>Waiting</p>}>
        <Activity mode={mode}>
          <Listener />
        </Activity>
        <Late until={until} />
      </Suspense>
    </>
  )
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <DeepgramProvider getToken={createTokenFetcher('/api/deepgram/token')} baseUrl={baseUrl}>
      <Page />
    </DeepgramProvider>
  </StrictMode>,
)
