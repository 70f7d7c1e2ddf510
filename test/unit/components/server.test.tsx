import { StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'
import { DeviceSelect, LiveTranscript, SpeakButton, useDeepgramListen, VoiceSelect } from 'react-deepgram'

function Page() {
  const { session } = useDeepgramListen()
  return (
    <StrictMode>
      <LiveTranscript language="en" />
      <LiveTranscript session={session} />
      <SpeakButton text="hello" />
      <DeviceSelect session={session} />
      <VoiceSelect value="aura-2-thalia-en" />
    </StrictMode>
  )
}

it('renders on a server, without anything of a browser: the words are there before the page is awake', () => {
  const html = renderToString(<Page />)
  expect(html.match(/role="log"/g)).toHaveLength(2)
  expect(html.match(/Press the microphone, then speak\./g)).toHaveLength(2)
  expect(html).toContain('<span class="dg-speak-name">Speak</span>')
  expect(html).toContain('Thalia (en)')
})
