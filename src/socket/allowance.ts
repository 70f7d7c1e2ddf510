/** Something that may be done so often and no oftener; it refills with time. */
export interface Allowance {
  /**
   * Takes, if there is enough.
   *
   * @param amount - At most the burst; more is taken as the burst.
   * @returns 0 when it was taken, else the milliseconds until it can be; nothing is taken then.
   */
  take(amount?: number): number
}

/** Creates an allowance that is full: `burst` at once, and then `perSecond`. */
export function createAllowance(burst: number, perSecond: number): Allowance {
  let left = burst
  let at = 0
  return {
    take(amount = 1) {
      const now = Date.now()
      // A clock that was set back tells nothing about the time that has passed; nobody is to wait for it.
      left = now < at ? burst : Math.min(burst, left + ((now - at) / 1000) * perSecond)
      at = now
      const lack = Math.min(amount, burst) - left
      if (lack > 0) return Math.ceil((lack / perSecond) * 1000)
      left -= amount
      return 0
    },
  }
}
