'use client'
import { createTokenFetcher, DeepgramProvider, Dialogue, type TurnContext } from 'react-deepgram'

const getToken = createTokenFetcher('/api/deepgram/token')

/** Asks our own server, and speaks its answer as it comes. */
async function reply(_text: string, { history, signal }: TurnContext): Promise<ReadableStream<string>> {
  const response = await fetch('/api/reply', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // The last message is the turn itself; of an answer that was interrupted, `content` is what was heard.
    body: JSON.stringify({ messages: history.map(({ role, content }) => ({ role, content })) }),
    // Who speaks over the answer ends it, on the server too.
    signal,
  })
  if (!response.ok || !response.body) throw new Error(`The server answered ${response.status}.`)
  return response.body.pipeThrough(new TextDecoderStream())
}

export function Conversation({ baseUrl }: { baseUrl: string | undefined }) {
  return (
    <DeepgramProvider getToken={getToken} baseUrl={baseUrl}>
      <Dialogue
        listen={{ model: 'flux-general-en', eagerEotThreshold: 0.5 }}
        speak={{ model: 'aura-2-thalia-en' }}
        // The browser's own echo cancellation, and the filter of this library, make room for interruptions.
        turn="barge-in"
        onTurn={reply}
      />
    </DeepgramProvider>
  )
}
