import { useEffect } from 'react'
import { DeepgramClient } from '@deepgram/sdk'
import { DeepgramProvider, useDeepgramSpeak } from 'react-deepgram'

/** What the driver gives each contender. */
export interface SpeakerProps {
  readonly url: string
  readonly apiKey: string
  readonly getToken: () => Promise<string>
  readonly onReady: (verbs: SpeakerVerbs) => void
}

/** What the driver does with a contender. */
export interface SpeakerVerbs {
  speak(text: string): void
  stop(): void
}

const SAMPLE_RATE = 24_000

function Ours({ onReady }: SpeakerProps) {
  const { session } = useDeepgramSpeak({ sampleRate: SAMPLE_RATE })
  useEffect(() => {
    onReady({ speak: (text) => void session.speak(text), stop: session.stop })
  }, [session, onReady])
  return null
}

/** react-deepgram: the hook, as in the README. */
export function ReactDeepgramSpeaker(props: SpeakerProps) {
  return (
    <DeepgramProvider baseUrl={props.url} getToken={props.getToken}>
      <Ours {...props} />
    </DeepgramProvider>
  )
}

/** A queue of buffers in a context of the device's rate, one per message: how samples are played in the public examples. */
function createQueue() {
  const context = new AudioContext()
  const playing = new Set<AudioBufferSourceNode>()
  let next = 0
  return {
    push(bytes: ArrayBuffer) {
      const samples = Float32Array.from(new Int16Array(bytes, 0, bytes.byteLength >> 1), (value) => value / 32_768)
      if (samples.length === 0) return
      const buffer = context.createBuffer(1, samples.length, SAMPLE_RATE)
      buffer.copyToChannel(samples, 0)
      const node = new AudioBufferSourceNode(context, { buffer })
      node.connect(context.destination)
      next = Math.max(next, context.currentTime)
      node.start(next)
      next += buffer.duration
      playing.add(node)
      node.onended = () => playing.delete(node)
    },
    stop() {
      for (const node of playing) node.stop()
      playing.clear()
    },
  }
}

/** The vendor's SDK as its README shows, and that queue. */
export function VendorSdkSpeaker({ url, apiKey, onReady }: SpeakerProps) {
  useEffect(() => {
    let queue: ReturnType<typeof createQueue> | undefined
    let isStopped = false
    async function speak(text: string): Promise<void> {
      const player = (queue = createQueue())
      const client = new DeepgramClient({
        apiKey,
        environment: { base: url.replace('ws', 'http'), production: url, agent: url, agentRest: url },
      })
      const connection = await client.speak.v1.connect({
        model: 'aura-2-thalia-en',
        encoding: 'linear16',
        sample_rate: SAMPLE_RATE,
      } as never)
      let order = Promise.resolve()
      connection.on('message', (message: unknown) => {
        if (message instanceof Blob) {
          order = order.then(async () => {
            const bytes = await message.arrayBuffer()
            if (!isStopped) player.push(bytes)
          })
        }
      })
      connection.connect()
      await connection.waitForOpen()
      connection.sendText({ type: 'Speak', text })
      connection.sendFlush({ type: 'Flush' })
    }
    onReady({
      speak: (text) => void speak(text),
      stop() {
        isStopped = true
        queue?.stop()
      },
    })
  }, [url, apiKey, onReady])
  return null
}

/** A hand-written socket, and that queue. */
export function HandWrittenSpeaker({ url, apiKey, onReady }: SpeakerProps) {
  useEffect(() => {
    let queue: ReturnType<typeof createQueue> | undefined
    let isStopped = false
    onReady({
      speak(text) {
        const player = (queue = createQueue())
        const query = `model=aura-2-thalia-en&encoding=linear16&sample_rate=${SAMPLE_RATE}`
        const socket = new WebSocket(`${url}/v1/speak?${query}`, ['token', apiKey])
        socket.binaryType = 'arraybuffer'
        socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
          if (typeof data !== 'string' && !isStopped) player.push(data)
        }
        socket.onopen = () => {
          socket.send(JSON.stringify({ type: 'Speak', text }))
          socket.send('{"type":"Flush"}')
        }
      },
      stop() {
        isStopped = true
        queue?.stop()
      },
    })
  }, [url, apiKey, onReady])
  return null
}
