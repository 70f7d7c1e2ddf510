import { expect } from 'vitest'
import type { WebSocketConstructor } from '../../../src/socket/options.ts'

/** One WebSocket, played by the test. It checks nothing of the handshake: a careless implementation may be meant. */
export class FakeLine {
  readonly url: string
  readonly protocols: string[] | undefined
  readyState = 0
  protocol = ''
  bufferedAmount = 0
  binaryType = 'blob'
  onopen: ((event: unknown) => unknown) | null = null
  onmessage: ((event: unknown) => unknown) | null = null
  onerror: ((event: unknown) => unknown) | null = null
  onclose: ((event: unknown) => unknown) | null = null
  readonly sent: unknown[] = []
  readonly closes: (number | undefined)[] = []

  constructor(url: string, protocols?: string[]) {
    this.url = url
    this.protocols = protocols
  }

  send(data: string | Uint8Array | Blob): void {
    // As in the standard; and for every test that uses this class: a frame without content ends the service's session.
    if (this.readyState === 0) throw new Error('InvalidStateError')
    expect(typeof data === 'string' ? data.length : 'size' in data ? data.size : data.byteLength).toBeGreaterThan(0)
    this.sent.push(data)
  }

  close(code?: number): void {
    this.closes.push(code)
    if (this.readyState < 2) this.readyState = 2
  }

  /** Accepts the handshake; selects the scheme that was offered unless told otherwise. */
  accept(protocol = this.protocols?.[0] ?? ''): void {
    this.readyState = 1
    this.protocol = protocol
    this.onopen?.({})
  }

  receive(data: unknown): void {
    this.onmessage?.({ data: typeof data === 'string' || data instanceof ArrayBuffer ? data : JSON.stringify(data) })
  }

  fail(): void {
    this.onerror?.({})
  }

  /** The other side closed, or the line broke. */
  end(code = 1006, reason = ''): void {
    this.readyState = 3
    this.onclose?.({ code, reason })
  }
}

/** A constructor whose lines the test plays, newest last. */
export function createFakeWebSocket(): { WebSocket: WebSocketConstructor; lines: FakeLine[] } {
  const lines: FakeLine[] = []
  class Tracked extends FakeLine {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols)
      lines.push(this)
    }
  }
  return { WebSocket: Tracked, lines }
}
