/** The numbers of a small linear congruential generator: the same for the same seed, on every machine. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Words of 1 to 9 random letters, digits and marks, which nobody could guess; some end a sentence. */
export function codedWords(count: number, seed: number): string {
  const random = createRandom(seed)
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789'-"
  return Array.from({ length: count }, () => {
    const word = Array.from({ length: 1 + random(9) }, () => letters[random(letters.length)])
    return word.join('') + (random(8) ? '' : '.,?!'.charAt(random(4)))
  }).join(' ')
}
