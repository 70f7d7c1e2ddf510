import fc from 'fast-check'

/** Cuts bytes at these places, each piece in a buffer of its own at an odd offset. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return sorted.slice(1).map((end, i) => {
    const piece = bytes.subarray(sorted[i], end)
    const roomy = new Uint8Array(piece.length + 3)
    roomy.set(piece, 1)
    return roomy.subarray(1, 1 + piece.length)
  })
}

/** Where to cut. */
export const places = fc.array(fc.nat(), { maxLength: 60 })
