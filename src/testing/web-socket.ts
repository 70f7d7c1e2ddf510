import type { Connection } from './connection.ts'
import type { EmulatorCore } from './emulator.ts'
import type { Frame } from './ports.ts'

/** A WebSocket constructor as the platform has it, served by an emulator. */
export type EmulatedWebSocketConstructor = typeof globalThis.WebSocket

const CONNECTING = 0
const OPEN = 1
const CLOSING = 2
const CLOSED = 3

// RFC 6455 section 4.1: a subprotocol is a token of RFC 2616.
const subprotocolToken = /^[!#$%&'*+\-.0-9A-Z^_`a-z|~]+$/
const handlerNames = ['open', 'message', 'error', 'close'] as const
/** After so many milliseconds without an answer to its close frame, Chromium gives a connection up. */
const closingHandshakeMs = 10_000

/**
 * Makes a `WebSocket` class whose every connection ends in `emulator`, whatever host the address names.
 *
 * It follows the WHATWG standard: states, events as tasks of their own, `binaryType`, `bufferedAmount`, the checks of
 * the constructor, of `send` and of `close`, and it fails where the server selects no subprotocol or one not offered.
 *
 * @see https://websockets.spec.whatwg.org/
 */
export function createWebSocketClass(emulator: EmulatorCore): EmulatedWebSocketConstructor {
  const { clock } = emulator

  class EmulatedWebSocket extends EventTarget {
    static readonly CONNECTING = CONNECTING
    static readonly OPEN = OPEN
    static readonly CLOSING = CLOSING
    static readonly CLOSED = CLOSED
    readonly CONNECTING = CONNECTING
    readonly OPEN = OPEN
    readonly CLOSING = CLOSING
    readonly CLOSED = CLOSED
    readonly url: string
    readonly extensions = ''
    #protocol = ''
    #readyState = CONNECTING
    #bufferedAmount = 0
    #binaryType: BinaryType = 'blob'
    #connection: Connection | null = null
    /** Frames and the close wait here for the Blobs before them to be read. */
    #outgoing: Promise<void> | null = null
    #giveUp: unknown = null
    #isOver = false
    readonly #tasks: (() => void)[] = []
    readonly #handlers = new Map<string, { current: ((event: Event) => void) | null }>()

    constructor(url: string | URL, protocols: string | readonly string[] = []) {
      super()
      const target = parseUrl(url)
      const offered = checkProtocols(protocols)
      this.url = target.href
      this.#queueTask(() => this.#connect(offered))
    }

    get readyState(): number {
      return this.#readyState
    }

    get protocol(): string {
      return this.#protocol
    }

    get bufferedAmount(): number {
      return this.#bufferedAmount
    }

    get binaryType(): BinaryType {
      return this.#binaryType
    }

    set binaryType(value: BinaryType) {
      // An unknown value of an IDL enumeration is ignored.
      if (value === 'blob' || value === 'arraybuffer') this.#binaryType = value
    }

    /** For the handler properties, which are defined below. */
    handler(type: string): ((event: Event) => void) | null {
      return this.#handlers.get(type)?.current ?? null
    }

    /** A handler takes its place among the listeners when it is first set, and keeps it. */
    setHandler(type: string, value: unknown): void {
      const current = typeof value === 'function' ? (value as (event: Event) => void) : null
      const slot = this.#handlers.get(type)
      if (slot !== undefined) {
        slot.current = current
      } else if (current !== null) {
        const added: { current: typeof current | null } = { current }
        this.#handlers.set(type, added)
        this.addEventListener(type, (event) => added.current?.call(this, event))
      }
    }

    send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
      if (this.#readyState === CONNECTING) {
        throw domError('InvalidStateError', "Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.")
      }
      const { frame, byteLength } = readPayload(data)
      this.#bufferedAmount += byteLength
      // After the end the data is swallowed, but still counted: the standard wants callers to see the pile.
      if (this.#readyState === OPEN) this.#enqueue(frame, byteLength)
    }

    close(code?: number, reason?: string | number | boolean | null): void {
      const text = toWellFormed(reason === undefined ? '' : `${reason}`)
      const number = code === undefined ? undefined : clampUnsignedShort(code)
      if (number !== undefined && number !== 1000 && (number < 3000 || number > 4999)) {
        const message = `The close code must be either 1000, or between 3000 and 4999. ${number} is neither.`
        throw domError('InvalidAccessError', `Failed to execute 'close' on 'WebSocket': ${message}`)
      }
      if (utf8(text).length > 123) {
        const message = 'The close reason must not be greater than 123 UTF-8 bytes.'
        throw domError('SyntaxError', `Failed to execute 'close' on 'WebSocket': ${message}`)
      }
      if (this.#readyState === CONNECTING) {
        this.#readyState = CLOSING
        this.#queueTask(() => this.#fail())
      } else if (this.#readyState === OPEN) {
        this.#readyState = CLOSING
        this.#startClosing(number ?? 1005, text)
      }
    }

    #connect(offered: readonly string[]): void {
      if (this.#readyState !== CONNECTING) return
      const headers = typeof location === 'undefined' ? {} : { origin: location.origin }
      const answer = emulator.handshake({ url: this.url, protocols: offered, headers })
      const connection = answer.kind === 'accept' ? answer.connection : null
      this.#connection = connection
      if (answer.delayMs === Infinity) return
      clock.setTimeout(() => {
        // close() may have been called meanwhile; it has told the connection.
        if (this.#readyState !== CONNECTING) return
        if (answer.kind !== 'accept' || !isSelectionLegal(offered, answer.protocol)) return this.#fail()
        this.#readyState = OPEN
        this.#protocol = answer.protocol ?? ''
        answer.connection.open({
          send: (frame) => this.#queueTask(() => this.#receive(frame)),
          close: (code, reason) => this.#queueTask(() => this.#closedByService(code, reason)),
          terminate: () => this.#queueTask(() => this.#fail()),
        })
        this.dispatchEvent(new Event('open'))
      }, answer.delayMs)
    }

    #enqueue(frame: Frame | Blob, byteLength: number): void {
      const deliver = (bytes: Frame): void => {
        this.#queueTask(() => {
          const arrived = (): void => {
            this.#bufferedAmount -= byteLength
          }
          if (this.#connection === null) arrived()
          else this.#connection.deliver(bytes, arrived)
        })
      }
      if (!isBlob(frame)) return this.#inOrder(() => deliver(frame))
      // Whatever is sent after a Blob must not overtake it while its bytes are read.
      const reading = frame.arrayBuffer()
      const previous = this.#outgoing ?? Promise.resolve()
      this.#chain(previous.then(async () => deliver(new Uint8Array(await reading))))
    }

    #inOrder(deliver: () => void): void {
      if (this.#outgoing === null) deliver()
      else this.#chain(this.#outgoing.then(deliver))
    }

    #chain(work: Promise<void>): void {
      const settled = work.catch(() => this.#fail())
      this.#outgoing = settled
      void settled.then(() => {
        if (this.#outgoing === settled) this.#outgoing = null
      })
    }

    #startClosing(code: number, reason: string): void {
      this.#giveUp = clock.setTimeout(() => {
        this.#connection?.clientGone()
        this.#end(1006, '', false)
      }, closingHandshakeMs)
      this.#inOrder(() =>
        this.#queueTask(() =>
          this.#connection?.clientCloses(code, reason, () => this.#queueTask(() => this.#end(code, reason, true))),
        ),
      )
    }

    #receive(frame: Frame): void {
      if (this.#readyState !== OPEN) return
      const data = typeof frame === 'string' ? frame : toMessageData(frame, this.#binaryType)
      this.dispatchEvent(new MessageEvent('message', { data, origin: new URL(this.url).origin }))
    }

    #closedByService(code = 1005, reason = ''): void {
      if (this.#readyState === CLOSED) return
      this.#readyState = CLOSING
      this.#end(code, reason, true)
    }

    #fail(): void {
      if (this.#readyState === CLOSED) return
      this.#connection?.clientGone()
      this.#readyState = CLOSED
      this.dispatchEvent(new Event('error'))
      this.#end(1006, '', false)
    }

    #end(code: number, reason: string, wasClean: boolean): void {
      if (this.#isOver) return
      this.#isOver = true
      clock.clearTimeout(this.#giveUp)
      this.#readyState = CLOSED
      this.#connection = null
      this.#tasks.length = 0
      this.dispatchEvent(closeEvent({ code, reason, wasClean }))
    }

    /** Runs `task` as a task of its own, in the order of the calls. */
    #queueTask(task: () => void): void {
      this.#tasks.push(task)
      clock.setTimeout(() => this.#tasks.shift()?.(), 0)
    }
  }

  for (const type of handlerNames) {
    Object.defineProperty(EmulatedWebSocket.prototype, `on${type}`, {
      configurable: true,
      enumerable: true,
      get(this: EmulatedWebSocket) {
        return this.handler(type)
      },
      set(this: EmulatedWebSocket, value: unknown) {
        this.setHandler(type, value)
      },
    })
  }
  Object.defineProperty(EmulatedWebSocket, 'name', { value: 'WebSocket' })
  return EmulatedWebSocket as unknown as EmulatedWebSocketConstructor
}

function parseUrl(url: string | URL): URL {
  const base = typeof location === 'undefined' ? undefined : location.href
  const prefix = "Failed to construct 'WebSocket': "
  if (!URL.canParse(String(url), base)) throw domError('SyntaxError', `${prefix}The URL '${String(url)}' is invalid.`)
  const parsed = new URL(String(url), base)
  const scheme = { 'http:': 'ws:', 'https:': 'wss:' }[parsed.protocol] ?? parsed.protocol
  if (scheme !== 'ws:' && scheme !== 'wss:') {
    throw domError('SyntaxError', `${prefix}The URL's scheme must be either 'http', 'https', 'ws', or 'wss'.`)
  }
  if (parsed.hash !== '' || parsed.href.endsWith('#')) {
    throw domError('SyntaxError', `${prefix}The URL contains a fragment identifier.`)
  }
  // The setter of `protocol` refuses to go from a scheme with an origin to another one in some engines.
  return new URL(scheme + parsed.href.slice(parsed.protocol.length))
}

function checkProtocols(protocols: string | readonly string[] | null): string[] {
  const offered = Array.isArray(protocols) ? protocols.map(String) : [String(protocols)]
  const prefix = "Failed to construct 'WebSocket': "
  for (const protocol of offered) {
    if (!subprotocolToken.test(protocol)) {
      throw domError('SyntaxError', `${prefix}The subprotocol '${protocol}' is invalid.`)
    }
  }
  const twice = offered.find((protocol, i) => offered.indexOf(protocol) !== i)
  if (twice !== undefined) throw domError('SyntaxError', `${prefix}The subprotocol '${twice}' is duplicated.`)
  return offered
}

/** A client that offered subprotocols fails unless exactly one of them, letter for letter, was selected. */
function isSelectionLegal(offered: readonly string[], selected: string | null): boolean {
  return selected === null ? offered.length === 0 : offered.includes(selected)
}

function readPayload(data: unknown): { frame: Frame | Blob; byteLength: number } {
  if (isBlob(data)) return { frame: data, byteLength: data.size }
  if (ArrayBuffer.isView(data)) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
    return { frame: bytes, byteLength: bytes.length }
  }
  if (isArrayBuffer(data)) {
    const bytes = new Uint8Array(data).slice()
    return { frame: bytes, byteLength: bytes.length }
  }
  const text = toWellFormed(String(data))
  return { frame: text, byteLength: utf8(text).length }
}

/** By its face, not its class: a test environment may bring a Blob of its own. */
function isBlob(value: unknown): value is Blob {
  const { size, arrayBuffer } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Blob>
  return typeof size === 'number' && typeof arrayBuffer === 'function'
}

/** Also true for buffers of another realm (a frame, a test environment). */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value))
}

function toMessageData(bytes: Uint8Array, binaryType: BinaryType): ArrayBuffer | Blob {
  const copy = new Uint8Array(bytes).buffer
  return binaryType === 'arraybuffer' ? copy : new Blob([copy])
}

function toWellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD')
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Web IDL's `[Clamp] unsigned short`. */
function clampUnsignedShort(value: unknown): number {
  const number = Number(value)
  return Number.isNaN(number) ? 0 : Math.round(Math.min(65_535, Math.max(0, number)))
}

function domError(name: string, message: string): Error {
  if (typeof DOMException !== 'undefined') return new DOMException(message, name)
  return Object.assign(new Error(message), { name })
}

/** Node 20 has no `CloseEvent`. */
function closeEvent(init: { code: number; reason: string; wasClean: boolean }): Event {
  return typeof CloseEvent === 'undefined' ? Object.assign(new Event('close'), init) : new CloseEvent('close', init)
}
