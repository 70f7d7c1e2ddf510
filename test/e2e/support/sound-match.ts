/** Below this, a sample counts as silence: −50 dB of full scale, a software device being free of noise. */
const SILENCE = 0.003

/** The first sample that is a sound, or −1. */
export const firstSound = (samples: Float32Array): number => samples.findIndex((value) => Math.abs(value) > SILENCE)

/** The last sample that is a sound, or −1. */
export const lastSound = (samples: Float32Array): number => samples.findLastIndex((value) => Math.abs(value) > SILENCE)

/**
 * Compares a recording with the sound that it should hold, piece by piece; both have the same rate.
 *
 * The recording is shifted once, by what fits the middle of the sound best. A gap, a loss or a repeat makes everything before
 * or behind it unlike. Pieces that are mostly silence are left out, for they fit anywhere.
 *
 * @returns how alike each piece is, −1…1; half a sample of shift costs up to a tenth.
 */
export function compareSound(sound: Float32Array, recording: Float32Array, pieceLength: number): number[] {
  const likenessOf = (at: number, length: number, lag: number): number => {
    let product = 0
    let own = 0
    let other = 0
    for (let i = at; i < at + length; i++) {
      const value = recording[i + lag] ?? 0
      product += sound[i]! * value
      own += sound[i]! * sound[i]!
      other += value * value
    }
    return own && other ? product / Math.sqrt(own * other) : 0
  }
  const about = firstSound(recording) - firstSound(sound)
  const middle = sound.length >> 1
  const width = Math.min(sound.length - middle, 2 * pieceLength)
  let best = { lag: about, likeness: -1 }
  for (let lag = about - 3 * pieceLength; lag <= about + 3 * pieceLength; lag++) {
    const likeness = likenessOf(middle, width, lag)
    if (likeness > best.likeness) best = { lag, likeness }
  }
  const pieces: number[] = []
  for (let at = 0; at + pieceLength <= sound.length; at += pieceLength) {
    const energy = sound.subarray(at, at + pieceLength).reduce((sum, value) => sum + value * value, 0)
    if (energy > pieceLength * 0.005) pieces.push(likenessOf(at, pieceLength, best.lag))
  }
  return pieces
}
