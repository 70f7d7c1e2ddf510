import { Profiler } from 'react'
import { createRoot } from 'react-dom/client'
import { HandWritten, ReactDeepgram, VendorSdk, type ContenderProps, type Verbs } from './contenders.tsx'
import {
  HandWrittenSpeaker,
  ReactDeepgramSpeaker,
  VendorSdkSpeaker,
  type SpeakerProps,
  type SpeakerVerbs,
} from './speakers.tsx'
import { overhear, type Heard } from './tap.ts'

const CONTENDERS: Record<string, (props: ContenderProps) => React.ReactNode> = {
  'react-deepgram': ReactDeepgram,
  '@deepgram/sdk': VendorSdk,
  'hand-written': HandWritten,
}

const SPEAKERS: Record<string, (props: SpeakerProps) => React.ReactNode> = {
  'react-deepgram': ReactDeepgramSpeaker,
  '@deepgram/sdk': VendorSdkSpeaker,
  'hand-written': HandWrittenSpeaker,
}

declare global {
  interface Window {
    grant(): Promise<string>
    /** How often React committed something. */
    commits: number
    /** Milliseconds from a message's arrival to its text in the document, laid out. */
    toDom: number[]
    mount(who: string, url: string, apiKey: string, preset: number): Promise<void>
    /** Starts, and lets the microphone hear these samples from 300 ms after the call on. */
    start(samples: readonly number[], sampleRate: number): void
    stop(): Promise<string>
    /** Measures every further message that shows as a change of the document. */
    watch(): void
    mountSpeaker(who: string, url: string, apiKey: string): Promise<void>
    speak(text: string): void
    /** Stops the voice; gives when, in milliseconds of `performance.now()`. */
    silence(): number
    /** When the first audio of the last `speak` arrived. */
    firstByteAt: number
    heard(): Heard | null
  }
}

window.commits = 0
window.toDom = []

/** The microphone of this page: silence, until it is given something to hear. */
const context = new AudioContext({ sampleRate: 48_000 })
const microphone = context.createMediaStreamDestination()
const silence = new ConstantSourceNode(context, { offset: 0 })
silence.connect(microphone)
silence.start()
navigator.mediaDevices.getUserMedia = async () => microphone.stream

let arrivedAt = 0
class WatchedWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols)
    this.addEventListener('message', ({ data }) => {
      arrivedAt = performance.now()
      if (typeof data !== 'string') window.firstByteAt ||= arrivedAt
    })
  }
}
window.WebSocket = WatchedWebSocket

let verbs: Verbs

window.mount = async (who, url, apiKey, preset) => {
  await context.resume()
  const Contender = CONTENDERS[who]!
  await new Promise<void>((resolve) => {
    createRoot(document.getElementById('root')!).render(
      <Profiler id="contender" onRender={() => (window.commits += 1)}>
        <Contender
          url={url}
          apiKey={apiKey}
          getToken={() => window.grant()}
          preset={preset}
          onReady={(given) => {
            verbs = given
            resolve()
          }}
        />
      </Profiler>,
    )
  })
}

window.start = (samples, sampleRate) => {
  if (samples.length > 0) {
    const buffer = context.createBuffer(1, samples.length, sampleRate)
    buffer.copyToChannel(Float32Array.from(samples), 0)
    const node = new AudioBufferSourceNode(context, { buffer })
    node.connect(microphone)
    node.start(context.currentTime + 0.3)
  }
  verbs.start()
}

window.stop = () => verbs.stop()

window.watch = () => {
  window.toDom = []
  const observer = new MutationObserver(() => {
    if (arrivedAt === 0) return
    // Reading a size makes the browser do the layout that the change calls for.
    document.body.getBoundingClientRect()
    window.toDom.push(performance.now() - arrivedAt)
    arrivedAt = 0
  })
  observer.observe(document.getElementById('transcript')!, { childList: true, characterData: true, subtree: true })
}

let speaker: SpeakerVerbs

window.mountSpeaker = async (who, url, apiKey) => {
  window.heard = overhear()
  const Speaker = SPEAKERS[who]!
  await new Promise<void>((resolve) => {
    const onReady = (given: SpeakerVerbs): void => {
      speaker = given
      resolve()
    }
    createRoot(document.getElementById('root')!).render(
      <Speaker url={url} apiKey={apiKey} getToken={() => window.grant()} onReady={onReady} />,
    )
  })
}

window.speak = (text) => {
  window.firstByteAt = 0
  speaker.speak(text)
}

window.silence = () => {
  const at = performance.now()
  speaker.stop()
  return at
}
