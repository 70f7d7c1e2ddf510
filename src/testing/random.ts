/** A number from 0 (included) to 1 (excluded). */
export type Random = () => number

/** A repeatable source of random numbers: the same seed gives the same sequence (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A UUID of version 7 (time-ordered), the kind the service uses for request ids since 2026. */
export function uuidV7(now: number, random: Random): string {
  const time = Math.floor(now).toString(16).padStart(12, '0').slice(-12)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(random, 3)}-${variant(random)}${hex(random, 3)}-${hex(random, 12)}`
}

/** A UUID of version 4 made of `random`. */
export function uuidV4(random: Random): string {
  return `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-${variant(random)}${hex(random, 3)}-${hex(random, 12)}`
}

function hex(random: Random, digits: number): string {
  let text = ''
  while (text.length < digits) text += Math.floor(random() * 16).toString(16)
  return text
}

function variant(random: Random): string {
  return '89ab'.charAt(Math.floor(random() * 4))
}
