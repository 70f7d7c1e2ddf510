import { useDeepgramListen } from 'react-deepgram'

export function Hot() {
  const { status, transcript } = useDeepgramListen({ autoStart: true })
  return (
    <>
      <h1>Before</h1>
      <output aria-label="status">{status}</output>
      <p>{transcript.text}</p>
    </>
  )
}
