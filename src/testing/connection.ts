import type { Credential } from './credentials.ts'
import { createLine, drawAmount, type EmulatorFaults, type FaultAmount, type Line } from './faults.ts'
import type { EmulatorClock, EndpointService, Frame, ServicePort, SpokenLine, TimerHandle } from './ports.ts'
import type { Random } from './random.ts'

/** How a connection ended. */
export interface SocketEnd {
  /** Close code as the client sees it; 1005 for a close frame without a code, 1006 for a broken line. */
  code: number
  /** The close frame's reason; empty without one. */
  reason: string
  /** Who ended it. */
  by: 'client' | 'service' | 'line'
}

/** One connection, seen from the service's side. */
export interface EmulatedSocket {
  /** Counts the accepted connections of an emulator, from 0. */
  readonly index: number
  /** The service's id of this connection, as its messages carry it. */
  readonly requestId: string
  /** The address as the client gave it. */
  readonly url: string
  /** For example `/v1/listen`. */
  readonly path: string
  /** The query parameters as sent. */
  readonly query: URLSearchParams
  /** The subprotocols the client offered, credentials included. */
  readonly protocols: readonly string[]
  /** The subprotocol that was selected, or null. */
  readonly protocol: string | null
  /** `'bearer'` or `'token'`; null where no credential was shown. */
  readonly scheme: 'token' | 'bearer' | null
  /** `'connecting'` until the handshake was answered. */
  readonly state: 'connecting' | 'open' | 'closed'
  /** Whether {@link EmulatedSocket.freeze} was called, or the fault of that name struck. */
  readonly isFrozen: boolean
  /** How it ended; null until then. */
  readonly end: SocketEnd | null
  /** Every frame received, in order. Beyond `keepBytes` the oldest binary frames are forgotten. */
  readonly received: readonly Frame[]
  /** Every text frame received, in order. */
  readonly receivedText: readonly string[]
  /** Every binary frame received, in order. Beyond `keepBytes` the oldest binary frames are forgotten. */
  readonly receivedFrames: readonly Uint8Array[]
  /** Bytes of all binary frames received. */
  readonly receivedBytes: number
  /** Every text frame sent to the client, in order. */
  readonly sentText: readonly string[]
  /** Bytes of all binary frames sent to the client. */
  readonly sentBytes: number
  /** Seconds of audio heard (listen) or spoken (speak) so far. */
  readonly audioSeconds: number
  /** Sends a message of your own; an object is sent as JSON, a string as it is, bytes as a binary frame. */
  send(message: Frame | object): void
  /** Ends the connection with a close frame. */
  close(code?: number, reason?: string): void
  /** Breaks the line as a TCP reset does: the client sees 1006. */
  drop(): void
  /** Lets the line go half-open: from now on everything is swallowed in both directions, and nothing is closed. */
  freeze(): void
  /** Lets a listen service hear this now. Ignored by speak services, and by real hearing before the first audio. */
  say(line: string | SpokenLine): void
  /** Calls `listener` for every frame received from now on. Returns its own undo. */
  onFrame(listener: (frame: Frame) => void): () => void
  /** Calls `listener` once when the connection has ended. Returns its own undo. */
  onEnd(listener: (end: SocketEnd) => void): () => void
}

/** What carries the frames of one accepted connection to its client. */
export interface Transport {
  send(frame: Frame): void
  /** Sends a close frame; without a code an empty one. */
  close(code?: number, reason?: string): void
  /** Breaks the line without a close frame. */
  terminate(): void
  /** Stops reading from the client, so that even a close frame finds no answer. */
  freeze?(): void
}

/** What a connection is made of. */
export interface ConnectionSetup {
  index: number
  requestId: string
  url: URL
  rawUrl: string
  protocols: readonly string[]
  protocol: string | null
  scheme: Credential['scheme'] | null
  /** How many bytes of received binary frames are kept for the handle. */
  keepBytes: number
  clock: EmulatorClock
  random: Random
  faults: () => EmulatorFaults
  createService: (port: ServicePort, socket: EmulatedSocket) => EndpointService
  onEnd: (connection: Connection) => void
}

/** Joins a transport, a faulty line and the state machine of an endpoint. */
export class Connection implements EmulatedSocket {
  readonly index: number
  readonly requestId: string
  readonly url: string
  readonly path: string
  readonly query: URLSearchParams
  readonly protocols: readonly string[]
  readonly protocol: string | null
  readonly scheme: Credential['scheme'] | null
  readonly received: Frame[] = []
  readonly sentText: string[] = []
  receivedBytes = 0
  sentBytes = 0
  state: EmulatedSocket['state'] = 'connecting'
  isFrozen = false
  end: SocketEnd | null = null

  readonly #setup: ConnectionSetup
  readonly #up: Line
  readonly #down: Line
  readonly #frameListeners = new Set<(frame: Frame) => void>()
  readonly #endListeners = new Set<(end: SocketEnd) => void>()
  #transport: Transport | null = null
  #service: EndpointService | null = null
  #faultTimers: TimerHandle[] = []
  #audioFaults: { atSeconds: number; strike: () => void }[] = []
  #forgotten = 0
  #isClosing = false
  #audioSeconds = 0

  constructor(setup: ConnectionSetup) {
    this.#setup = setup
    this.index = setup.index
    this.requestId = setup.requestId
    this.url = setup.rawUrl
    this.path = setup.url.pathname
    this.query = setup.url.searchParams
    this.protocols = setup.protocols
    this.protocol = setup.protocol
    this.scheme = setup.scheme
    const { clock, random, faults } = setup
    this.#up = createLine(clock, random, faults, (current) => current.upstreamBytesPerSecond)
    this.#down = createLine(clock, random, faults, () => undefined)
  }

  get receivedText(): readonly string[] {
    return this.received.filter((frame) => typeof frame === 'string')
  }

  get receivedFrames(): readonly Uint8Array[] {
    return this.received.filter((frame) => typeof frame !== 'string')
  }

  get audioSeconds(): number {
    return this.#service?.audioSeconds ?? this.#audioSeconds
  }

  /** The handshake is done: the service begins. */
  open(transport: Transport): void {
    this.#transport = transport
    this.state = 'open'
    const port: ServicePort = {
      send: (frame) => this.#sendDown(frame),
      close: (code, reason) => this.#close(code, reason),
    }
    this.#service = this.#setup.createService(port, this)
    this.armFaults()
  }

  /** A frame left the client; `onArrived` runs when it has reached the service, or is lost. */
  deliver(frame: Frame, onArrived?: () => void): void {
    this.#up.send(frameSize(frame), () => {
      onArrived?.()
      if (this.isFrozen || this.state !== 'open') return
      this.#record(frame)
      for (const listener of [...this.#frameListeners]) listener(frame)
      if (!this.#isClosing) this.#service?.receive(frame)
      this.#checkAudioFaults()
    })
  }

  /** The client sent a close frame; `onAnswered` runs when the service's answer to it has come back. */
  clientCloses(code: number, reason: string, onAnswered: () => void): void {
    this.#up.send(8, () => {
      if (this.isFrozen) return
      this.#finish({ code, reason, by: 'client' }, () => this.#down.send(8, onAnswered))
    })
  }

  /** The client's side of the line is gone. */
  clientGone(code = 1006, reason = ''): void {
    this.#down.cut()
    this.#up.cut()
    this.#finish({ code, reason, by: code === 1006 ? 'line' : 'client' })
  }

  send(message: Frame | object): void {
    const isFrame = typeof message === 'string' || message instanceof Uint8Array
    this.#sendDown(isFrame ? message : JSON.stringify(message))
  }

  close(code?: number, reason?: string): void {
    this.#close(code, reason)
  }

  drop(): void {
    const transport = this.#transport
    this.#up.cut()
    this.#down.cut()
    this.#finish({ code: 1006, reason: '', by: 'line' })
    transport?.terminate()
  }

  freeze(): void {
    if (this.state !== 'open') return
    this.isFrozen = true
    this.#transport?.freeze?.()
  }

  say(line: string | SpokenLine): void {
    this.#service?.say?.(typeof line === 'string' ? { text: line } : line)
  }

  onFrame(listener: (frame: Frame) => void): () => void {
    this.#frameListeners.add(listener)
    return () => this.#frameListeners.delete(listener)
  }

  onEnd(listener: (end: SocketEnd) => void): () => void {
    if (this.end === null) this.#endListeners.add(listener)
    else listener(this.end)
    return () => this.#endListeners.delete(listener)
  }

  /** Counts drops and freezes anew from now, by the faults that hold now. */
  armFaults(): void {
    this.#disarmFaults()
    if (this.state !== 'open') return
    const { clock, random } = this.#setup
    const faults = this.#setup.faults()
    const strike = (): void => {
      const how = faults.dropWith ?? 'reset'
      if (how === 'reset') this.drop()
      else this.close(how.code, how.reason)
    }
    const freeze = (): void => this.freeze()
    const after = (amount: FaultAmount | undefined, run: () => void): void => {
      if (amount !== undefined) this.#faultTimers.push(clock.setTimeout(run, drawAmount(amount, random)))
    }
    const afterAudio = (amount: FaultAmount | undefined, run: () => void): void => {
      if (amount === undefined) return
      this.#audioFaults.push({ atSeconds: this.audioSeconds + drawAmount(amount, random), strike: run })
    }
    after(faults.dropAfterMs, strike)
    after(faults.freezeAfterMs, freeze)
    afterAudio(faults.dropAfterAudioSeconds, strike)
    afterAudio(faults.freezeAfterAudioSeconds, freeze)
  }

  #disarmFaults(): void {
    for (const timer of this.#faultTimers) this.#setup.clock.clearTimeout(timer)
    this.#faultTimers = []
    this.#audioFaults = []
  }

  #checkAudioFaults(): void {
    const due = this.#audioFaults.find((fault) => this.audioSeconds >= fault.atSeconds)
    if (due === undefined) return
    this.#audioFaults = this.#audioFaults.filter((fault) => fault !== due)
    due.strike()
  }

  #record(frame: Frame): void {
    this.received.push(frame)
    if (typeof frame === 'string') return
    this.receivedBytes += frame.length
    while (this.receivedBytes - this.#forgotten > this.#setup.keepBytes) {
      const oldest = this.received.findIndex((kept) => typeof kept !== 'string')
      this.#forgotten += (this.received.splice(oldest, 1)[0] as Uint8Array).length
    }
  }

  #sendDown(frame: Frame): void {
    if (this.state !== 'open' || this.#isClosing) return
    this.#down.send(frameSize(frame), () => {
      if (this.isFrozen) return
      if (typeof frame === 'string') this.sentText.push(frame)
      else this.sentBytes += frame.length
      this.#transport?.send(frame)
      this.#checkAudioFaults()
    })
  }

  #close(code?: number, reason?: string): void {
    if (this.state !== 'open' || this.#isClosing) return
    this.#isClosing = true
    this.#endService()
    this.#down.send(8, () => {
      // On a half-open line the close frame is lost as well: the client must find out by itself.
      if (this.isFrozen) return
      const transport = this.#transport
      this.#finish({ code: code ?? 1005, reason: reason ?? '', by: 'service' })
      transport?.close(code, reason)
    })
  }

  #endService(): void {
    this.#disarmFaults()
    this.#audioSeconds = this.audioSeconds
    this.#service?.disconnect()
    this.#service = null
  }

  #finish(end: SocketEnd, answer?: () => void): void {
    if (this.state === 'closed') return answer?.()
    this.state = 'closed'
    this.end = end
    this.#endService()
    this.#transport = null
    answer?.()
    this.#setup.onEnd(this)
    for (const listener of [...this.#endListeners]) listener(end)
    this.#endListeners.clear()
    this.#frameListeners.clear()
  }
}

function frameSize(frame: Frame): number {
  return frame.length
}
