/** Sends something small whenever nothing else was sent for a while. */
export interface KeepAlive {
  /** Begins to watch. */
  readonly start: () => void
  /** Something was sent just now. */
  readonly touch: () => void
  /** Sends if it is due, where the timer may have been late: in a hidden page. */
  readonly check: () => void
  /** Ends; no timer is left. */
  readonly stop: () => void
}

/**
 * Creates a keep-alive that is not running.
 *
 * One timer looks after the whole quiet time instead of one per frame: audio comes every 20 to 60 ms.
 *
 * @param intervalMs - Milliseconds of quiet before it sends. The service wants 3000 to 5000 (protocol reference, 2.3).
 */
export function createKeepAlive(send: () => void, intervalMs = 4000): KeepAlive {
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = 0
  const wait = (ms: number): void => {
    timer = setTimeout(look, ms)
  }
  const look = (): void => {
    const quietMs = Date.now() - last
    // Timers may fire a little early; 5 ms are not worth another round. A clock that was set back tells nothing.
    if (quietMs >= 0 && quietMs < intervalMs - 5) {
      wait(intervalMs - quietMs)
      return
    }
    last = Date.now()
    send()
    wait(intervalMs)
  }
  const stop = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  return {
    start() {
      stop()
      last = Date.now()
      wait(intervalMs)
    },
    touch() {
      last = Date.now()
    },
    check() {
      if (timer === undefined) return
      clearTimeout(timer)
      look()
    },
    stop,
  }
}
