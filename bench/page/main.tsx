import './commits.ts'
import { useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { createTokenFetcher, DeepgramProvider, useDeepgramListen } from 'react-deepgram'
import { createDeepgramEmulator } from 'react-deepgram/testing'
import { measureDialogue, type DialogueFigures } from './dialogue.ts'
import { startSoundClock } from './sound-clock.ts'
import { measureSpeak, type SpeakFigures } from './speak.ts'
import { transcriptCosts } from './transcript.tsx'

declare const __DEMO__: { tokenUrl: string; baseUrl?: string }

/** A frame as it went out. */
interface SentFrame {
  at: number
  byteLength: number
}

type Listen = ReturnType<typeof useDeepgramListen>

declare global {
  interface Window {
    bench: {
      /** Plays samples into a session at known times; gives what was sent, and when the first sample sounded. */
      capture(
        samples: number[],
        sampleRate: number,
      ): Promise<{
        sent: SentFrame[]
        /** How long after the recorder's event a chunk was handed to the socket, milliseconds. */
        handOver: number[]
        playedAt: number
        words: { text: string; start: number }[]
        bitsPerSecond: number
      }>
      /** Milliseconds from a message's arrival to its text in the document, and to the picture that shows it. */
      messageToDom(count: number): Promise<{ toDom: number[]; frames: number[] }>
      transcriptCosts: typeof transcriptCosts
      /** Turns of a conversation, each interrupted. */
      dialogue(count: number): Promise<DialogueFigures>
      /** Utterances that are stopped, then some over a line with jitter. */
      speak(stops: number, jittery: number): Promise<SpeakFigures>
    }
  }
}

const sent: SentFrame[] = []
const handOver: number[] = []
let chunkAt = 0

class MeasuredWebSocket extends WebSocket {
  override send(data: string | Blob | ArrayBufferView<ArrayBuffer> | ArrayBuffer): void {
    const at = performance.now()
    super.send(data)
    if (typeof data === 'string') return
    sent.push({ at, byteLength: data instanceof Blob ? data.size : data.byteLength })
    handOver.push(at - chunkAt)
  }
}

const mount = (element: React.ReactElement): void => createRoot(document.getElementById('root')!).render(element)

async function capture(samples: number[], sampleRate: number): ReturnType<Window['bench']['capture']> {
  const context = new AudioContext()
  await context.resume()
  const destination = context.createMediaStreamDestination()
  const silence = new ConstantSourceNode(context, { offset: 0 })
  silence.connect(destination)
  silence.start()
  const dispatch = MediaRecorder.prototype.start
  MediaRecorder.prototype.start = function (...values) {
    this.addEventListener('dataavailable', () => (chunkAt = performance.now()), { capture: true })
    return dispatch.apply(this, values)
  }
  const listen = await new Promise<Listen['session']>((resolve) => {
    function Page() {
      const { session } = useDeepgramListen({ source: destination.stream })
      useEffect(() => resolve(session), [session])
      return null
    }
    mount(
      <DeepgramProvider
        getToken={createTokenFetcher(__DEMO__.tokenUrl)}
        baseUrl={__DEMO__.baseUrl}
        WebSocket={MeasuredWebSocket}
      >
        <Page />
      </DeepgramProvider>,
    )
  })
  await listen.start()
  const buffer = context.createBuffer(1, samples.length, sampleRate)
  buffer.copyToChannel(Float32Array.from(samples), 0)
  const node = new AudioBufferSourceNode(context, { buffer })
  node.connect(destination)
  const startAt = context.currentTime + 0.5
  node.start(startAt)
  const clock = startSoundClock(context)
  await new Promise((resolve) => (node.onended = resolve))
  await new Promise((resolve) => setTimeout(resolve, 500))
  clock.stop()
  const { segments } = await listen.stop()
  const { bytesSent, secondsRecorded } = listen.diagnostics()
  return {
    sent,
    handOver,
    playedAt: clock.timeOf(startAt),
    words: segments.flatMap(({ words }) => words.map(({ text, start }) => ({ text, start }))),
    bitsPerSecond: (bytesSent * 8) / secondsRecorded,
  }
}

async function messageToDom(count: number): ReturnType<Window['bench']['messageToDom']> {
  const emulator = createDeepgramEmulator({ script: [] })
  let arrivedAt = 0
  class Timed extends emulator.WebSocket {
    constructor(...values: ConstructorParameters<typeof WebSocket>) {
      super(...values)
      this.addEventListener('message', () => (arrivedAt = performance.now()))
    }
  }
  const listen = await new Promise<Listen['session']>((resolve) => {
    function Page() {
      const { session, transcript } = useDeepgramListen({})
      useEffect(() => resolve(session), [session])
      return <p id="interim">{transcript.interim?.text}</p>
    }
    mount(
      <DeepgramProvider getToken={() => emulator.getToken()} WebSocket={Timed}>
        <Page />
      </DeepgramProvider>,
    )
  })
  await listen.start()
  const toDom: number[] = []
  const frames: number[] = []
  for (let index = 1; index <= count; index++) {
    await new Promise((resolve) => setTimeout(resolve, 20 + (index % 7) * 5))
    let pictures = 0
    let isOver = false
    const countPicture = (): void => {
      if (isOver) return
      pictures++
      requestAnimationFrame(countPicture)
    }
    const changed = new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect()
        resolve()
      })
      observer.observe(document.getElementById('interim')!, { characterData: true, childList: true, subtree: true })
    })
    emulator.sockets[0]!.send({
      type: 'Results',
      channel_index: [0, 1],
      start: 0,
      duration: index,
      is_final: false,
      channel: { alternatives: [{ transcript: `words ${index}`, confidence: 1, words: [] }] },
    })
    requestAnimationFrame(countPicture)
    await changed
    isOver = true
    toDom.push(performance.now() - arrivedAt)
    frames.push(pictures)
  }
  listen.abort()
  return { toDom, frames }
}

window.bench = { capture, messageToDom, transcriptCosts, dialogue: measureDialogue, speak: measureSpeak }
