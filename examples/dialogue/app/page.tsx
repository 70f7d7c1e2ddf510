import { connection } from 'next/server'
import { Conversation } from './conversation'

export default async function Page() {
  // The environment is read when the page is asked for, not when it is built.
  await connection()
  return (
    <main>
      <h1>A conversation</h1>
      <p>
        Press the microphone, and speak. {process.env.AI_MODEL ? '' : 'Without a model the page repeats what it heard.'}
      </p>
      <Conversation baseUrl={process.env.DEEPGRAM_BASE_URL?.replace(/^http/, 'ws')} />
    </main>
  )
}
