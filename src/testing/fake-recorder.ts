import { concatBytes } from '../audio/pcm.ts'
import { writeCluster, type WebmBlock } from '../audio/webm.ts'
import type { EmulatorClock } from './ports.ts'

const TYPE = 'audio/webm;codecs=opus'
const PACKET_MS = 20
/** Opus: 20 ms of silence. @see RFC 6716, section 3.1 */
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe)

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0))

/** An element of EBML with a size of one byte; its children are bytes already. */
const element = (id: readonly number[], ...content: (readonly number[])[]): number[] => {
  const body = content.flat()
  return [...id, 0x80 | body.length, ...body]
}

/** What stands before the first cluster: one track of Opus, mono, 48 kHz. @see https://www.matroska.org/technical/elements.html */
const HEADER = Uint8Array.from([
  ...element(
    [0x1a, 0x45, 0xdf, 0xa3],
    element([0x42, 0x86], [1]),
    element([0x42, 0xf7], [1]),
    element([0x42, 0xf2], [4]),
    element([0x42, 0xf3], [8]),
    element([0x42, 0x82], ascii('webm')),
    element([0x42, 0x87], [4]),
    element([0x42, 0x85], [2]),
  ),
  // A segment of unknown size.
  ...[0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255],
  ...element([0x15, 0x49, 0xa9, 0x66], element([0x2a, 0xd7, 0xb1], [0x0f, 0x42, 0x40])),
  ...element(
    [0x16, 0x54, 0xae, 0x6b],
    element(
      [0xae],
      element([0xd7], [1]),
      element([0x73, 0xc5], [1]),
      element([0x83], [2]),
      element([0x86], ascii('A_OPUS')),
      element([0x63, 0xa2], [...ascii('OpusHead'), 1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]),
      element([0xe1], element([0xb5], [0x47, 0x3b, 0x80, 0x00]), element([0x9f], [1])),
    ),
  ),
])

/** By its face a `Blob`, in every environment: jsdom's own cannot be read in all of its versions. */
const blobOf = (bytes: Uint8Array<ArrayBuffer>) => ({
  size: bytes.length,
  type: TYPE,
  arrayBuffer: async () => bytes.slice().buffer,
})

type State = 'inactive' | 'recording' | 'paused'
type Handler = ((event: Event & { data?: unknown }) => void) | null

/** A `MediaRecorder` that records silence, as fast as its clock goes. */
export function createFakeMediaRecorderClass(clock: EmulatorClock): unknown {
  return class FakeMediaRecorder extends EventTarget {
    static isTypeSupported(type: string): boolean {
      return type === '' || type.replace(/\s/g, '') === TYPE || type === 'audio/webm'
    }
    readonly mimeType = TYPE
    readonly audioBitsPerSecond: number
    readonly stream: MediaStream
    state: State = 'inactive'
    ondataavailable: Handler = null
    onerror: Handler = null
    onstart: Handler = null
    onstop: Handler = null
    /** Milliseconds recorded before the last pause. */
    #recordedMs = 0
    #since = 0
    #packets = 0
    #hasHeader = false
    #timer: unknown

    constructor(stream: MediaStream, { mimeType = '', audioBitsPerSecond = 128_000 }: MediaRecorderOptions = {}) {
      super()
      this.stream = stream
      if (!FakeMediaRecorder.isTypeSupported(mimeType)) {
        throw new DOMException(`Cannot record ${mimeType}`, 'NotSupportedError')
      }
      this.audioBitsPerSecond = audioBitsPerSecond
      stream.getTracks()[0]?.addEventListener('ended', () => this.state !== 'inactive' && this.stop())
    }

    start(timesliceMs?: number): void {
      this.#need('inactive')
      this.state = 'recording'
      this.#since = clock.now()
      const slice = (): void => {
        if (this.state === 'recording') this.requestData()
        if (this.state !== 'inactive') this.#timer = clock.setTimeout(slice, timesliceMs!)
      }
      if (timesliceMs !== undefined) this.#timer = clock.setTimeout(slice, timesliceMs)
    }

    requestData(): void {
      this.#need('recording', 'paused')
      this.#hand()
    }

    pause(): void {
      this.#need('recording', 'paused')
      this.#recordedMs = this.#positionMs()
      this.state = 'paused'
    }

    resume(): void {
      this.#need('recording', 'paused')
      if (this.state === 'paused') this.#since = clock.now()
      this.state = 'recording'
    }

    stop(): void {
      if (this.state === 'inactive') return
      clock.clearTimeout(this.#timer)
      this.#recordedMs = this.#positionMs()
      this.state = 'inactive'
      this.#hand()
      queueMicrotask(() => this.#tell('stop'))
    }

    #positionMs(): number {
      return this.#recordedMs + (this.state === 'recording' ? clock.now() - this.#since : 0)
    }

    /** Hands over what was recorded since the last time, soon: a test with fake timers need not let time pass for it. */
    #hand(): void {
      const blocks: WebmBlock[] = []
      for (; (this.#packets + 1) * PACKET_MS <= this.#positionMs(); this.#packets++) {
        blocks.push({ time: this.#packets * PACKET_MS, bytes: SILENCE.slice(), track: 1, keyframe: true })
      }
      const parts = blocks.length ? [writeCluster(blocks, { startTime: 0 })] : []
      if (blocks.length && !this.#hasHeader) {
        parts.unshift(HEADER)
        this.#hasHeader = true
      }
      const data = blobOf(concatBytes(parts))
      queueMicrotask(() => this.#tell('dataavailable', { data }))
    }

    #tell(type: 'dataavailable' | 'stop', more: object = {}): void {
      const event = Object.assign(new Event(type), more)
      this[`on${type}`]?.(event)
      this.dispatchEvent(event)
    }

    #need(...states: State[]): void {
      if (!states.includes(this.state)) {
        throw new DOMException(`The MediaRecorder's state is '${this.state}'`, 'InvalidStateError')
      }
    }
  }
}
