import { connection } from 'next/server'
import { LiveTranscript, SpeakButton } from 'react-deepgram'
import { Deepgram } from './deepgram'

/** A server component that uses the library's components as they are. */
export default async function Page() {
  // The environment is read when the page is asked for, not when it is built.
  await connection()
  return (
    <Deepgram baseUrl={process.env.DEEPGRAM_BASE_URL?.replace(/^http/, 'ws')}>
      <LiveTranscript smartFormat />
      <SpeakButton text="hello how can i help" />
    </Deepgram>
  )
}
