import { createStore } from 'zustand/vanilla'
import type { ListenSession, ListenState } from '../../../src/session/listen-session.ts'
import type { Interim, Segment, Transcript } from '../../../src/transcript/transcript.ts'

const emptyTranscript: Transcript = { segments: [], interim: null, utterances: [], gaps: [], text: '' }

/** A session whose state the test writes; its verbs only count. */
export interface SteeredSession extends ListenSession {
  readonly set: (change: Partial<ListenState>) => void
  /** Shows unfinished text. */
  readonly hear: (text: string) => void
  /** Settles a piece of text, and ends the unfinished tail. */
  readonly settle: (text: string, change?: Partial<Segment>) => void
  /** Ends the utterance of everything settled since the last one. */
  readonly endUtterance: () => void
  readonly calls: string[]
}

export function createSteeredSession(): SteeredSession {
  const store = createStore<ListenState>(() => ({
    status: 'idle',
    error: null,
    transcript: emptyTranscript,
    isCapturing: false,
    deviceLabel: '',
    input: 'off',
    activeDevice: null,
    selectedDevice: undefined,
    settings: {},
    recorderType: '',
    turn: null,
    speechStart: null,
    warning: null,
  }))
  const calls: string[] = []
  const interimOf = (text: string): Interim => ({
    text,
    start: 0,
    end: 1,
    words: [],
    channel: 0,
    isProvisional: false,
  })
  const setTranscript = (change: Partial<Transcript>) =>
    store.setState(({ transcript }) => ({ transcript: { ...transcript, ...change } }))
  const note =
    <T>(name: string, result: T) =>
    () => {
      calls.push(name)
      return result
    }
  return {
    getState: store.getState,
    getInitialState: store.getInitialState,
    subscribe: store.subscribe,
    calls,
    set: (change) => store.setState(change),
    hear: (text) => setTranscript({ interim: interimOf(text) }),
    settle(text, change = {}) {
      const { segments } = store.getState().transcript
      const segment: Segment = {
        id: `s${segments.length + 1}`,
        text,
        start: segments.length,
        end: segments.length + 1,
        words: [],
        channel: 0,
        isProvisional: false,
        streamIndex: 0,
        ...change,
      }
      setTranscript({ segments: [...segments, segment], interim: null })
    },
    endUtterance() {
      const { segments, utterances } = store.getState().transcript
      const ended = utterances.flatMap(({ segmentIds }) => segmentIds)
      const segmentIds = segments.flatMap(({ id }) => (ended.includes(id) ? [] : [id]))
      const utterance = { id: `u${utterances.length}`, text: '', start: 0, end: 1, channel: 0, segmentIds }
      setTranscript({ utterances: [...utterances, { ...utterance, source: 'speech-final' }] })
    },
    start: note('start', Promise.resolve()),
    stop: note('stop', Promise.resolve(emptyTranscript)),
    abort: note('abort', undefined),
    pause: note('pause', undefined),
    resume: note('resume', undefined),
    finalize: note('finalize', Promise.resolve(null)),
    configure: note('configure', Promise.resolve(true)),
    applyOptions: note('applyOptions', Promise.resolve()),
    clear: note('clear', undefined),
    setDevice: note('setDevice', Promise.resolve()),
    setPreset: note('setPreset', Promise.resolve()),
    diagnostics: () => {
      throw new Error('not asked for here')
    },
    getLevel: () => 0.2,
  }
}
