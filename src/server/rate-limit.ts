/** What a {@link RateLimitStore} knows of a caller after counting one call. */
export interface RateLimitHit {
  /** Calls of this caller in the current window, this one included. */
  count: number
  /** Milliseconds until the window ends and the count begins again. */
  resetMs: number
}

/**
 * Counts calls per caller. Bring one of your own (Redis, a Durable Object) where several processes serve the route:
 * the built-in store counts for its own process only.
 *
 * @example
 * const store = {
 *   async hit(key, windowMs) {
 *     const [[, count], , [, resetMs]] = await redis
 *       .multi().incr(key).pexpire(key, windowMs, 'NX').pttl(key).exec()
 *     return { count, resetMs }
 *   },
 * }
 */
export interface RateLimitStore {
  /**
   * Counts one call, atomically. A rejection, or an answer that is not two finite numbers, refuses the call: a limit
   * that cannot be checked is not waived.
   *
   * @param key - Who calls; at most 256 characters.
   * @param windowMs - Length of the window, which begins with the caller's first call.
   * @param now - Milliseconds since 1970, by the handler's clock.
   */
  hit(key: string, windowMs: number, now: number): RateLimitHit | Promise<RateLimitHit>
}

/** Options of {@link createMemoryRateLimitStore}. */
export interface MemoryRateLimitStoreOptions {
  /**
   * How many callers are remembered. Beyond that the one whose window began first is forgotten, so that memory stays
   * bounded whatever the callers claim to be.
   *
   * @default 10000
   */
  maxKeys?: number
}

/**
 * A store in this process's memory with fixed windows, each beginning with its caller's first call.
 *
 * @throws TypeError when `maxKeys` is not a positive integer.
 */
export function createMemoryRateLimitStore({ maxKeys = 10_000 }: MemoryRateLimitStoreOptions = {}): RateLimitStore {
  if (!Number.isInteger(maxKeys) || maxKeys < 1) throw new TypeError('`maxKeys` must be a positive integer.')
  // Windows are inserted as they begin, so the map's order is the order in which they end.
  const windows = new Map<string, { start: number; end: number; count: number }>()
  return {
    hit(key, windowMs, now) {
      let window = windows.get(key)
      // `start > now`: the clock was set back; without this check a caller could be locked out for hours.
      if (!window || now >= window.end || window.start > now) {
        windows.delete(key)
        for (const [oldKey, old] of windows) {
          if (now < old.end && windows.size < maxKeys) break
          windows.delete(oldKey)
        }
        window = { start: now, end: now + windowMs, count: 0 }
        windows.set(key, window)
      }
      window.count += 1
      return { count: window.count, resetMs: window.end - now }
    },
  }
}
