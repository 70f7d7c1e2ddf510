import { useState, type ReactElement } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { LiveTranscript, type LiveTranscriptProps, type LiveTranscriptViewProps } from 'react-deepgram'
import 'react-deepgram/styles.css'
import { commitCount } from './commits.ts'

type Session = NonNullable<LiveTranscriptProps['session']>
type State = ReturnType<Session['getState']>
type Segment = NonNullable<LiveTranscriptViewProps['segments']>[number]
type Interim = NonNullable<LiveTranscriptViewProps['interim']>

/** What an update costs, in milliseconds of the main thread: script, style and layout. */
export interface TranscriptCosts {
  interims: number[]
  finals: number[]
  /** Commits of React per interim, and elements that changed in the log. */
  commitsPerInterim: number
  elementsPerFinal: number
  /** Milliseconds between pictures while the whole text is scrolled through. */
  pictures: number[]
}

const WORDS = 'so we went on over the hill and down to the harbour where the boats were lying in the sun'.split(' ')

const segmentOf = (index: number): Segment => ({
  id: `s${index}`,
  text: `${WORDS.slice(0, 6 + (index % 13)).join(' ')} ${index}.`,
  start: index * 3,
  end: index * 3 + 2.5,
  words: [],
  channel: 0,
  isProvisional: false,
  streamIndex: 0,
})

const interimOf = (index: number): Interim => ({
  text: WORDS.slice(0, 3 + (index % 15)).join(' '),
  start: 0,
  end: 1,
  words: [],
  channel: 0,
  isProvisional: false,
})

/** A session that shows what it is given; the component reads nothing else of it. */
function createShownSession(segments: readonly Segment[]) {
  let state = {
    status: 'listening',
    error: null,
    warning: null,
    turn: null,
    isCapturing: true,
    deviceLabel: '',
    transcript: { segments, utterances: [], gaps: [], interim: null, text: '' },
  } as unknown as State
  const listeners = new Set<(now: State, before: State) => void>()
  const set = (transcript: Partial<State['transcript']>): void => {
    const before = state
    state = { ...state, transcript: { ...state.transcript, ...transcript } }
    for (const listener of listeners) listener(state, before)
  }
  const session = {
    getState: () => state,
    getInitialState: () => state,
    subscribe: (listener: (now: State, before: State) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    getLevel: () => 0.1,
  } as unknown as Session
  return { session, set, get: () => state.transcript }
}

/** What people write first: a list that maps over all of it. */
function PlainList({ session }: { session: Session }): ReactElement {
  const [transcript, setTranscript] = useState(() => session.getState().transcript)
  const [isSubscribed] = useState(() => session.subscribe((state) => setTranscript(state.transcript)))
  return (
    <div style={{ maxHeight: '24rem', overflow: 'auto' }} data-subscribed={String(!!isSubscribed)}>
      <div role="log">
        {transcript.segments.map((segment) => (
          <p key={segment.id}>{segment.text}</p>
        ))}
      </div>
      <p>{transcript.interim?.text}</p>
    </div>
  )
}

const picture = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Shows `count` segments, then `updates` interims, 20 a second, and finals, a tenth as many but forty at least. */
export async function transcriptCosts(
  kind: 'live' | 'plain',
  count: number,
  updates: number,
): Promise<TranscriptCosts> {
  const { session, set, get } = createShownSession(Array.from({ length: count }, (_, index) => segmentOf(index)))
  const place = document.body.appendChild(document.createElement('div'))
  const root = createRoot(place)
  flushSync(() =>
    root.render(
      kind === 'live' ? (
        <LiveTranscript session={session} exportFormats={[]} showLevel={false} />
      ) : (
        <PlainList session={session} />
      ),
    ),
  )
  await wait(1000)
  const log = place.querySelector('[role=log]')!
  const box = log.closest<HTMLElement>('.dg-scroll') ?? log.parentElement!
  let changes = 0
  const observer = new MutationObserver(
    (records) => (changes += records.flatMap((each) => [...each.addedNodes]).length),
  )
  observer.observe(log, { childList: true, subtree: true })
  let height = box.scrollHeight
  const measure = (update: Partial<State['transcript']>): number => {
    const before = performance.now()
    flushSync(() => set(update))
    // Layout belongs to it.
    height = box.scrollHeight
    return performance.now() - before
  }

  const interims: number[] = []
  const before = commitCount()
  for (let index = 0; index < updates; index++) {
    interims.push(measure({ interim: interimOf(index) }))
    await wait(50)
  }
  const commitsPerInterim = (commitCount() - before) / updates

  const finals: number[] = []
  await wait(0)
  changes = 0
  const finalCount = Math.max(40, updates / 10)
  for (let index = 0; index < finalCount; index++) {
    const segments = [...get().segments, segmentOf(count + index)]
    finals.push(measure({ segments, interim: null }))
    await wait(50)
  }
  await wait(0)
  const elementsPerFinal = changes / finalCount

  const pictures: number[] = []
  let last = await picture()
  for (let step = 0; step <= 120; step++) {
    box.scrollTop = (box.scrollHeight * step) / 120
    const now = await picture()
    pictures.push(now - last)
    last = now
  }
  observer.disconnect()
  if (!height) throw new Error('Nothing was laid out.')
  root.unmount()
  place.remove()
  return { interims, finals, commitsPerInterim, elementsPerFinal, pictures }
}
