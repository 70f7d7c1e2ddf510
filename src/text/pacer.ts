/** Keeps a line below the service's limits of flushes and characters per minute. */
export interface Pacer {
  /** Milliseconds to wait before so many characters and a flush may be sent; 0 = now. */
  delay(now: number, characters: number): number
  /** Notes that they were sent. */
  spend(now: number, characters: number): void
  /** Notes that the service refused a flush: the next one waits. */
  refuse(now: number): void
  /** Flushes are counted anew, because the line is new; characters are not. */
  renew(now: number): void
  /** How many characters the next flush should be for, so that the flushes last. */
  worth(now: number): number
}

// The service allows 20 flushes in 60 s and 2400 characters in a minute (protocol reference, 4.1). The margins are for
// a network that brings them closer together than they were sent.
const WINDOW_MS = 62_000
const FLUSHES = 18
const FREE = 9
const CHARACTERS = 2_300
const REFUSED_MS = 10_000

/** Creates a {@link Pacer} for a new line. All times are of one clock, in milliseconds. */
export function createPacer(): Pacer {
  let spent: { at: number; characters: number }[] = []
  let blockedUntil = 0
  let renewedAt = 0
  /** Times of the flushes that count, oldest first. */
  const recent = (now: number): number[] => {
    spent = spent.filter(({ at }) => at > now - WINDOW_MS)
    return spent.flatMap(({ at }) => (at >= renewedAt ? at : []))
  }
  return {
    delay(now, characters) {
      const flushes = recent(now)
      const over = flushes.length - FREE
      let sum = characters
      const enough = spent.findLast((each) => (sum += each.characters) > CHARACTERS)
      return Math.max(
        0,
        blockedUntil - now,
        // The second half of the budget is spread out: spent at once, it would be missed for a minute.
        over > 0 ? flushes.at(-1)! + 800 * over - now : 0,
        (flushes.at(-FLUSHES) ?? -WINDOW_MS) + WINDOW_MS - now,
        (enough?.at ?? -WINDOW_MS) + WINDOW_MS - now,
      )
    },
    spend(now, characters) {
      spent.push({ at: now, characters })
    },
    refuse(now) {
      blockedUntil = now + REFUSED_MS
    },
    renew(now) {
      renewedAt = now
      blockedUntil = 0
    },
    // A sentence each while they are plenty: then a lost line costs no more than a sentence.
    worth: (now) => Math.max(0, recent(now).length - FREE) * 40,
  }
}
