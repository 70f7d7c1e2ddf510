import type { EmulatorClock, TimerHandle } from './ports.ts'

/** One timer that can be started anew. */
export interface Stopwatch {
  /** Runs out after `delayMs`, counted from now; `Infinity` never does. */
  start(delayMs: number): void
  stop(): void
}

/** Creates a stopwatch that calls `onEnd` when it runs out. */
export function createStopwatch(clock: EmulatorClock, onEnd: () => void): Stopwatch {
  let timer: TimerHandle = null
  return {
    start(delayMs) {
      clock.clearTimeout(timer)
      timer = delayMs === Infinity ? null : clock.setTimeout(onEnd, delayMs)
    },
    stop() {
      clock.clearTimeout(timer)
      timer = null
    },
  }
}
