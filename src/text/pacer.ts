/** Keeps a line below the service's limits of flushes and characters per minute. */
export interface Pacer {
  /** Milliseconds to wait before so many characters and a flush may be sent; 0 = now. */
  delay(now: number, characters: number): number
  /** Notes that they were sent. */
  spend(now: number, characters: number): void
  /** Notes that the service refused a flush: the next one waits. */
  refuse(now: number): void
  /** How many characters the next flush should be for, so that the flushes last. */
  worth(now: number): number
}

// The service allows 20 flushes in 60 s and 2400 characters in a minute (protocol reference, 4.1). The margins are for
// a network that brings them closer together than they were sent.
const WINDOW_MS = 62_000
const FLUSHES = 18
const CHARACTERS = 2_300
const REFUSED_MS = 10_000

/** Creates a {@link Pacer} for a new line. All times are of one clock, in milliseconds. */
export function createPacer(): Pacer {
  let spent: { at: number; characters: number }[] = []
  let blockedUntil = 0
  const recent = (now: number): number => (spent = spent.filter(({ at }) => at > now - WINDOW_MS)).length
  return {
    delay(now, characters) {
      const used = recent(now)
      // The more were used, the wider apart are the next: a budget that is spent at once is missed for a minute.
      let until = Math.max(blockedUntil, used ? spent[used - 1]!.at + (5_000 * used) / FLUSHES : 0)
      if (used >= FLUSHES) until = Math.max(until, spent[used - FLUSHES]!.at + WINDOW_MS)
      let sum = characters
      for (const each of spent.toReversed()) {
        sum += each.characters
        if (sum > CHARACTERS) {
          until = Math.max(until, each.at + WINDOW_MS)
          break
        }
      }
      return Math.max(0, until - now)
    },
    spend(now, characters) {
      spent.push({ at: now, characters })
    },
    refuse(now) {
      blockedUntil = now + REFUSED_MS
    },
    worth: (now) => recent(now) * 20,
  }
}
