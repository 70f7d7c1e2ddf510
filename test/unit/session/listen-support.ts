import { afterEach, beforeEach, expect, onTestFinished, vi } from 'vitest'
import type {
  AudioChunk,
  AudioFormat,
  AudioSource,
  AudioSourceHandlers,
  AudioSourceInfo,
} from '../../../src/audio/ports.ts'
import {
  createListenSession,
  type ListenSession,
  type ListenSessionOptions,
  type ListenState,
  type PageEvent,
} from '../../../src/session/listen-session.ts'
import { createDeepgramEmulator, type EmulatorOptions } from '../../../src/testing/index.ts'
import { createToneSource } from '../../support/tone-source.ts'
import { createFakeWebSocket, type FakeLine } from '../socket/fake-web-socket.ts'

export const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2VjcmV0LXNpZw'
export const RAW = { kind: 'raw', encoding: 'linear16', sampleRate: 1000, channels: 1 } as const
export const MP4 = { kind: 'container', mimeType: 'audio/mp4' } as const
export const WEBM = { kind: 'container', mimeType: 'audio/webm;codecs=opus' } as const

/** A source that does what the test says. */
export class HandSource implements AudioSource {
  format?: AudioFormat
  handlers: AudioSourceHandlers | null = null
  readonly calls: string[] = []
  /** Settles the start; `null` leaves it to {@link HandSource.begin}. */
  info: AudioSourceInfo | null
  onStop: () => Promise<void> = () => Promise.resolve()
  begin!: (info: AudioSourceInfo) => void
  refuse!: (error: unknown) => void

  constructor(format: AudioFormat = RAW, { isSlow = false, isUnknown = false } = {}) {
    if (!isUnknown) this.format = format
    this.info = isSlow ? null : { format, label: 'Hand', settings: { echoCancellation: true } }
  }

  get count(): Record<string, number> {
    const count: Record<string, number> = {}
    for (const call of this.calls) count[call] = (count[call] ?? 0) + 1
    return count
  }

  start(handlers: AudioSourceHandlers): Promise<AudioSourceInfo> {
    this.calls.push('start')
    this.handlers = handlers
    if (this.info) return Promise.resolve(this.info)
    return new Promise((resolve, reject) => {
      this.begin = resolve
      this.refuse = reject
    })
  }

  push(...chunks: AudioChunk[]): void {
    for (const chunk of chunks) this.handlers?.onChunk(chunk)
  }

  async stop(): Promise<void> {
    this.calls.push('stop')
    await this.onStop()
    this.handlers = null
  }

  abort(): void {
    this.calls.push('abort')
    this.handlers = null
  }

  pause(): void {
    this.calls.push('pause')
  }

  resume(): void {
    this.calls.push('resume')
  }
}

/** A chunk that is known by its bytes. */
export const bytes = (value: number, length = 20): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value)

/** A Blob whose bytes come when the test says. */
export function slowBlob(content: Uint8Array<ArrayBuffer>): Blob & { deliver: () => void } {
  let deliver!: () => void
  const reading = new Promise<ArrayBuffer>((resolve) => (deliver = () => resolve(content.slice().buffer)))
  return Object.assign(new Blob([content]), { deliver, arrayBuffer: () => reading })
}

export interface Bench {
  session: ListenSession
  source: HandSource
  sources: HandSource[]
  lines: FakeLine[]
  line: () => FakeLine
  tokens: number
  states: ListenState[]
  options: ListenSessionOptions
  /** Something happens to the page; nothing is told when nobody watches. */
  page: (event: PageEvent) => void
  /** Who watches the page. */
  watchers: Set<(event: PageEvent) => void>
  /** Lets the newest line open. */
  accept(): Promise<void>
  /** Starts and lets the line open. */
  open(): Promise<void>
  /** Lets pending promises settle. */
  settle(): Promise<void>
}

/** `error` and `status` never contradict each other, nor do other parts of the state. */
export function expectConsistent(state: ListenState): void {
  expect(state.error !== null).toBe(state.status === 'error')
  if (state.isCapturing)
    expect(['connecting', 'listening', 'reconnecting', 'requesting-permission']).toContain(state.status)
}

/** A session on lines and a source that the test plays. */
export function bench(options: ListenSessionOptions = {}, makeSource = () => new HandSource()): Bench {
  const { WebSocket, lines } = createFakeWebSocket()
  const sources: HandSource[] = []
  const result = { lines, sources, states: [] as ListenState[], tokens: 0, watchers: new Set() } as unknown as Bench
  result.options = {
    WebSocket,
    getToken: () => {
      result.tokens++
      return TOKEN
    },
    ...options,
  }
  result.session = createListenSession(() => result.options, {
    createSource: () => {
      const source = makeSource()
      sources.push(source)
      return source
    },
    watchPage: (tell) => {
      result.watchers.add(tell)
      return () => result.watchers.delete(tell)
    },
  })
  result.page = (event) => result.watchers.forEach((tell) => tell(event))
  Object.defineProperty(result, 'source', { get: () => sources.at(-1) })
  result.line = () => lines.at(-1)!
  result.settle = async () => {
    await vi.advanceTimersByTimeAsync(0)
  }
  result.accept = async () => {
    await result.settle()
    result.line().accept()
    await result.settle()
  }
  result.open = async () => {
    void result.session.start()
    await result.accept()
  }
  const unsubscribe = result.session.subscribe((state) => {
    expectConsistent(state)
    result.states.push(state)
  })
  const rejections: unknown[] = []
  const note = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', note)
  onTestFinished(() => {
    unsubscribe()
    process.off('unhandledRejection', note)
    expect(rejections).toEqual([])
  })
  return result
}

/** Lets time pass until a further line was constructed. */
export async function nextLine({ lines }: Bench): Promise<FakeLine> {
  const count = lines.length
  for (let i = 0; lines.length === count; i++) {
    if (i > 1000) throw new Error('No further line was opened.')
    await vi.advanceTimersByTimeAsync(10)
  }
  return lines.at(-1)!
}

export const textsOn = (line: FakeLine): string[] => line.sent.filter((frame) => typeof frame === 'string')
export const audioOn = (line: FakeLine): Uint8Array[] => line.sent.filter((frame) => frame instanceof Uint8Array)

/** A result on the wire. */
export function result(
  start: number,
  end: number,
  text: string,
  { isFinal = true, speechFinal = false, fromFinalize = false } = {},
): object {
  const parts = text.split(' ').filter(Boolean)
  const length = (end - start) / Math.max(1, parts.length)
  return {
    type: 'Results',
    channel_index: [0, 1],
    start,
    duration: end - start,
    is_final: isFinal,
    speech_final: speechFinal,
    from_finalize: fromFinalize,
    channel: {
      alternatives: [
        {
          transcript: text,
          confidence: 0.9,
          words: parts.map((word, i) => ({
            word,
            start: start + i * length,
            end: start + (i + 1) * length,
            confidence: 0.9,
          })),
        },
      ],
    },
    metadata: { request_id: 'request-1' },
  }
}

/** A turn on the wire of Flux. */
export function turnInfo(
  event: string,
  start: number,
  end: number,
  text: string,
  { index = 0, confidence = 0.1 } = {},
): object {
  const parts = text.split(' ').filter(Boolean)
  const length = (end - start) / Math.max(1, parts.length)
  return {
    type: 'TurnInfo',
    request_id: 'request-1',
    event,
    turn_index: index,
    audio_window_start: start,
    audio_window_end: end,
    transcript: text,
    words: parts.map((word, i) => ({
      word,
      start: start + i * length,
      end: start + (i + 1) * length,
      confidence: 0.9,
    })),
    end_of_turn_confidence: confidence,
  }
}

/** A session that hears tone speech through the emulator. */
export function spoken(text: string, options: ListenSessionOptions = {}, emulatorOptions: EmulatorOptions = {}) {
  const emulator = createDeepgramEmulator(emulatorOptions)
  const source = createToneSource(text)
  let isOnline = true
  const watchers = new Set<(event: PageEvent) => void>()
  const session = createListenSession(
    () => ({ WebSocket: emulator.WebSocket, getToken: emulator.getToken, ...options }),
    {
      createSource: () => source,
      isOnline: () => isOnline,
      watchPage: (tell) => {
        watchers.add(tell)
        return () => watchers.delete(tell)
      },
    },
  )
  const page = (event: PageEvent): void => {
    if (event === 'online' || event === 'offline') isOnline = event === 'online'
    watchers.forEach((tell) => tell(event))
  }
  session.subscribe(expectConsistent)
  return { emulator, source, session, page, watchers }
}

/** Gives each test of the file a clock of its own, and the same waits between attempts. */
export function useFakedTime(): void {
  beforeEach(() => {
    vi.useFakeTimers()
    // The waits between attempts.
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
}

/** Lets time pass. */
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
