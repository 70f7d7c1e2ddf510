/** Tells when a sample sounds, by the clock of the page. */
export interface SoundClock {
  /** Milliseconds, as of `performance.now()`, of a moment on the audio clock, in seconds. */
  timeOf(seconds: number): number
  /** Begins anew: the two clocks drift apart, by milliseconds a minute. */
  restart(): void
  stop(): void
}

/** Reads both clocks together often; the closest pair counts: a late task makes the difference larger only. */
export function startSoundClock(context: AudioContext): SoundClock {
  let offset = Infinity
  const timer = setInterval(() => (offset = Math.min(offset, performance.now() - context.currentTime * 1000)), 5)
  return {
    timeOf: (seconds) => seconds * 1000 + offset,
    restart() {
      offset = Infinity
    },
    stop: () => clearInterval(timer),
  }
}
