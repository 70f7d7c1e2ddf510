import { useEffect, useRef, useState } from 'react'
import { DeepgramClient } from '@deepgram/sdk'
import { DeepgramProvider, LiveTranscript, useDeepgramListen } from 'react-deepgram'

/** What the driver gives each contender. */
export interface ContenderProps {
  readonly url: string
  readonly apiKey: string
  readonly getToken: () => Promise<string>
  /** How many settled segments are there before the first message; for those that keep them in React state. */
  readonly preset: number
  /** Told of the verbs, once. */
  readonly onReady: (verbs: Verbs) => void
}

/** What the driver does with a contender. */
export interface Verbs {
  start(): void
  /** Ends, and gives all text that was settled. */
  stop(): Promise<string>
}

interface Result {
  type: string
  is_final?: boolean
  channel?: { alternatives?: { transcript?: string }[] }
}

const DRAIN_MS = 5000

/** Segments in React state, rows without memo: how transcripts are shown in the public examples. */
function useTranscript(preset: number) {
  const [segments, setSegments] = useState(() => Array.from({ length: preset }, (_, index) => `settled ${index}`))
  const [interim, setInterim] = useState('')
  const settled = useRef('')
  const take = (message: Result): void => {
    if (message.type !== 'Results') return
    const text = message.channel?.alternatives?.[0]?.transcript ?? ''
    if (message.is_final !== true) return setInterim(text)
    setInterim('')
    if (text === '') return
    settled.current += ` ${text}`
    setSegments((before) => [...before, text])
  }
  const view = (
    <div id="transcript">
      {segments.map((text, index) => (
        <p key={index}>{text}</p>
      ))}
      <p>
        <i>{interim}</i>
      </p>
    </div>
  )
  return { take, view, getText: () => settled.current }
}

function Ours(props: ContenderProps) {
  const { session } = useDeepgramListen({ model: 'nova-3' })
  useEffect(() => {
    props.onReady({ start: () => void session.start(), stop: async () => (await session.stop()).text })
  }, [session])
  return (
    <div id="transcript">
      <LiveTranscript session={session} />
    </div>
  )
}

/** react-deepgram: the hook and its drop-in component, as in the README. */
export function ReactDeepgram(props: ContenderProps) {
  return (
    <DeepgramProvider baseUrl={props.url} getToken={props.getToken}>
      <Ours {...props} />
    </DeepgramProvider>
  )
}

/** The vendor's SDK as its README shows, with a MediaRecorder of 250 ms and React state; its own reconnecting is on. */
export function VendorSdk({ url, apiKey, preset, onReady }: ContenderProps) {
  const { take, view, getText } = useTranscript(preset)
  useEffect(() => {
    let recorder: MediaRecorder | undefined
    let stopConnection: (() => void) | undefined
    let closed: Promise<void> | undefined
    async function start(): Promise<void> {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
      const client = new DeepgramClient({
        apiKey,
        environment: { base: url.replace('ws', 'http'), production: url, agent: url, agentRest: url },
      })
      const connection = await client.listen.v1.connect({ model: 'nova-3', interim_results: 'true' })
      connection.on('message', (message) => take(message as Result))
      closed = new Promise((resolve) => connection.on('close', () => resolve()))
      connection.connect()
      await connection.waitForOpen()
      recorder = new MediaRecorder(stream, { mimeType: 'audio/webm' })
      recorder.ondataavailable = ({ data }) => {
        // Between two lines it throws; the documented example has no line that drops.
        if (data.size > 0 && connection.readyState === 1) connection.sendMedia(data)
      }
      recorder.start(250)
      stopConnection = () => connection.sendCloseStream({ type: 'CloseStream' })
    }
    onReady({
      start: () => void start(),
      async stop() {
        await stopRecorder(recorder)
        closed = Promise.resolve(closed).then(() => {})
        try {
          stopConnection?.()
        } catch {
          // No line to say it on.
        }
        await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))])
        return getText()
      },
    })
  }, [])
  return view
}

/** A hand-written socket as in the public starters: recorder at `open`, 250 ms, and a new socket 300 ms after a close. */
export function HandWritten({ url, apiKey, preset, onReady }: ContenderProps) {
  const { take, view, getText } = useTranscript(preset)
  useEffect(() => {
    let recorder: MediaRecorder | undefined
    let socket: WebSocket
    let isStopping = false
    let onClosed = (): void => {}
    function connect(onOpen: () => void): void {
      socket = new WebSocket(`${url}/v1/listen?model=nova-3&interim_results=true`, ['token', apiKey])
      socket.onopen = onOpen
      socket.onmessage = ({ data }: MessageEvent<string>) => take(JSON.parse(data) as Result)
      socket.onclose = () => {
        if (isStopping) onClosed()
        else setTimeout(() => connect(() => {}), 300)
      }
    }
    async function start(): Promise<void> {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
      connect(() => {
        recorder = new MediaRecorder(stream, { mimeType: 'audio/webm' })
        recorder.ondataavailable = ({ data }) => {
          if (data.size > 0 && socket.readyState === 1) socket.send(data)
        }
        recorder.start(250)
      })
    }
    onReady({
      start: () => void start(),
      async stop() {
        await stopRecorder(recorder)
        isStopping = true
        const closed = new Promise<void>((resolve) => (onClosed = resolve))
        if (socket.readyState === 1) socket.send('{"type":"CloseStream"}')
        await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))])
        return getText()
      },
    })
  }, [])
  return view
}

async function stopRecorder(recorder: MediaRecorder | undefined): Promise<void> {
  if (!recorder || recorder.state === 'inactive') return
  await new Promise((resolve) => {
    recorder.addEventListener('stop', resolve)
    recorder.stop()
  })
}
