/** Root mean square of float samples: 0…1 for audio within −1…1, 0 for none. */
export function rmsOf(samples: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < samples.length; i++) sum += samples[i]! ** 2
  return samples.length ? Math.sqrt(sum / samples.length) : 0
}

/** The largest magnitude among float samples, 0 for none. */
export function peakOf(samples: ArrayLike<number>): number {
  let peak = 0
  for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]!))
  return peak
}

/**
 * Brings an analyser's bytes (0…255 around 128, `getByteTimeDomainData`) to float samples.
 *
 * Not for sound, only for meters: eight bits hiss.
 */
export function samplesOfBytes(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(bytes.length)
  // A loop: this runs with every picture, and `from` with a function takes ten times as long.
  for (let i = 0; i < bytes.length; i++) samples[i] = (bytes[i]! - 128) / 128
  return samples
}

/** Follows a level as a meter's needle does: up at once, down gently. */
export interface LevelFollower {
  /** The level shown now, 0…1. */
  readonly level: number
  /**
   * Takes a measured level and the milliseconds since the last one, and returns the level to show.
   *
   * The result depends on the elapsed time, not on the number of calls.
   */
  push(level: number, elapsedMs: number): number
}

/**
 * Creates a {@link LevelFollower} that begins at 0.
 *
 * @param attackMs - Time in which a rise is two thirds done. @default 10
 * @param releaseMs - Time in which a fall is two thirds done. @default 150
 */
export function createLevelFollower(attackMs = 10, releaseMs = 150): LevelFollower {
  let shown = 0
  return {
    get level() {
      return shown
    },
    push(level, elapsedMs) {
      // What is no number would stay in the needle for ever.
      const target = Math.min(1, Math.max(0, level)) || 0
      shown = target + (shown - target) * Math.exp(-elapsedMs / (target > shown ? attackMs : releaseMs))
      return shown
    },
  }
}
