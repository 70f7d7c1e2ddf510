import type { EmulatorClock, TimerHandle } from './ports.ts'
import type { Random } from './random.ts'

/** One number, or a range from which each connection draws its own (by the emulator's seed). */
export type FaultAmount = number | readonly [least: number, most: number]

/**
 * What goes wrong on the line. Every member is optional; an empty object is a perfect line.
 *
 * May be replaced at any time (`emulator.faults = {…}`): delays and bandwidth count from the next frame, drops and
 * freezes of open connections are counted anew from that moment, refusals from the next handshake.
 */
export interface EmulatorFaults {
  /**
   * Refuses handshakes: an HTTP status for all of them, a status for the next `times`, or a function of the attempt's
   * number (the first handshake of the emulator is 1) that returns a status, or nothing to let it pass.
   * Status 0 is a connection that breaks without an answer.
   */
  refuse?: number | { status: number; times: number } | ((attempt: number) => number | null | undefined)
  /** Milliseconds before the handshake is answered; `Infinity` never answers. */
  openDelayMs?: FaultAmount
  /** Breaks an open connection so many milliseconds after its opening. */
  dropAfterMs?: FaultAmount
  /** Breaks an open connection once so many seconds of audio were heard or spoken on it. */
  dropAfterAudioSeconds?: FaultAmount
  /** How the two above break it: a TCP reset (the client sees 1006), or a close frame. @default 'reset' */
  dropWith?: 'reset' | { code: number; reason?: string }
  /** Lets an open connection go half-open (everything is swallowed, nothing is closed) after so many milliseconds. */
  freezeAfterMs?: FaultAmount
  /** The same, once so many seconds of audio were heard or spoken. */
  freezeAfterAudioSeconds?: FaultAmount
  /** Milliseconds every frame travels, in each direction. */
  latencyMs?: number
  /** Up to so many random milliseconds more, without changing the order of frames. */
  jitterMs?: number
  /** What the line carries from the client to the service, in bytes a second. */
  upstreamBytesPerSecond?: number
  /** The subprotocol the server selects instead of the right one; null selects none. */
  selectSubprotocol?: string | null | ((offered: readonly string[]) => string | null)
}

/** Draws the amount for one connection. */
export function drawAmount(amount: FaultAmount, random: Random): number {
  if (typeof amount === 'number') return amount
  return amount[0] + (amount[1] - amount[0]) * random()
}

/** One direction of a connection: delays frames and keeps their order. */
export interface Line {
  /** Runs `arrive` when the frame has travelled; at once on a perfect line. */
  send(byteLength: number, arrive: () => void): void
  /** Forgets what is under way. */
  cut(): void
}

/** Creates one direction of a line. `bytesPerSecond` is read for every frame, as `faults` are. */
export function createLine(
  clock: EmulatorClock,
  random: Random,
  faults: () => EmulatorFaults,
  bytesPerSecond: (faults: EmulatorFaults) => number | undefined,
): Line {
  const underWay: { due: number; arrive: () => void }[] = []
  let timer: TimerHandle = null
  let isTimed = false
  let wireFreeAt = 0
  let lastDue = 0

  function arm(): void {
    const head = underWay[0]
    if (head === undefined || isTimed) return
    isTimed = true
    timer = clock.setTimeout(
      () => {
        isTimed = false
        underWay.shift()
        head.arrive()
        arm()
      },
      Math.max(0, head.due - clock.now()),
    )
  }

  return {
    send(byteLength, arrive) {
      const now = clock.now()
      const current = faults()
      const rate = bytesPerSecond(current)
      if (rate !== undefined) wireFreeAt = Math.max(wireFreeAt, now) + (byteLength / rate) * 1000
      const sentAt = rate === undefined ? now : wireFreeAt
      const jitter = current.jitterMs ? current.jitterMs * random() : 0
      lastDue = Math.max(lastDue, sentAt + (current.latencyMs ?? 0) + jitter)
      if (underWay.length === 0 && lastDue <= now) {
        arrive()
      } else {
        underWay.push({ due: lastDue, arrive })
        arm()
      }
    },
    cut() {
      underWay.length = 0
      if (isTimed) clock.clearTimeout(timer)
      isTimed = false
    },
  }
}
