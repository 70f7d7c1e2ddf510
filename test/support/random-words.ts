const CONSONANTS = 'bcdfghjklmnprstvwz'
const VOWELS = 'aeiou'

/** Pronounceable words from a seed; the same seed gives the same words. */
export function randomWords(count: number, seed = 1): string[] {
  let state = seed >>> 0
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + draw(3) }, () => CONSONANTS[draw(CONSONANTS.length)]! + VOWELS[draw(VOWELS.length)]!)
      .join('')
      .concat(draw(3) ? '' : CONSONANTS[draw(CONSONANTS.length)]!),
  )
}
