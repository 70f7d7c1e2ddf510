import type { Dispose } from '../scope.ts'

const TICK_MS = 1_000
const PROGRAM = `setInterval(() => postMessage(0), ${TICK_MS})`

/**
 * Ticks once a second until it is undone, in a hidden page too, whose own timers browsers slow down to one a minute: the
 * timer runs in a worker. Where a Content-Security-Policy allows no worker from a `blob:` address, nothing ticks.
 */
export function startBackgroundClock(tick: () => void): Dispose {
  const address = URL.createObjectURL(new Blob([PROGRAM], { type: 'text/javascript' }))
  let worker: Worker | undefined
  try {
    worker = new Worker(address)
    worker.onmessage = tick
  } catch {
    // The page's own timers have to do; the line comes back when the page is looked at.
  }
  return () => {
    worker?.terminate()
    URL.revokeObjectURL(address)
  }
}
