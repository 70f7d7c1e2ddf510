/** Fills `output`. A loop, because the `from` of typed arrays takes several times as long, on the page's main thread. */
function convert<T extends Float32Array | Uint8Array>(
  input: Float32Array | Uint8Array,
  output: T,
  convertOne: (value: number) => number,
): T {
  for (let i = 0; i < input.length; i++) output[i] = convertOne(input[i]!)
  return output
}

/**
 * Decodes G.711 mu-law bytes to samples, −1…1.
 *
 * @see ITU-T Recommendation G.711, tables 2a and 2b.
 */
export const decodeMulaw = (bytes: Uint8Array): Float32Array<ArrayBuffer> =>
  convert(bytes, new Float32Array(bytes.length), (code) => {
    const magnitude = ((((~code & 15) << 3) + 132) << ((~code >> 4) & 7)) - 132
    return (code & 128 ? magnitude : -magnitude) / 32768
  })

/**
 * Decodes G.711 A-law bytes to samples, −1…1.
 *
 * @see ITU-T Recommendation G.711, tables 1a and 1b.
 */
export const decodeAlaw = (bytes: Uint8Array): Float32Array<ArrayBuffer> =>
  convert(bytes, new Float32Array(bytes.length), (code) => {
    // The standard inverts every other bit on the line.
    const bits = code ^ 0x55
    const segment = (bits >> 4) & 7
    const step = (bits & 15) * 16 + 8
    const magnitude = segment ? (step + 256) << (segment - 1) : step
    return (code & 128 ? magnitude : -magnitude) / 32768
  })

/** Encodes samples, −1…1, as G.711 mu-law; louder ones are clipped. */
export function encodeMulaw(samples: Float32Array): Uint8Array<ArrayBuffer> {
  return convert(samples, new Uint8Array(samples.length), (sample) => {
    const magnitude = Math.min(Math.abs(sample) * 32768, 32635) + 132
    const segment = 24 - Math.clz32(magnitude)
    return ~((sample < 0 ? 128 : 0) | (segment << 4) | ((magnitude >> (segment + 3)) & 15))
  })
}

/** Encodes samples, −1…1, as G.711 A-law; louder ones are clipped. */
export function encodeAlaw(samples: Float32Array): Uint8Array<ArrayBuffer> {
  return convert(samples, new Uint8Array(samples.length), (sample) => {
    const magnitude = Math.min(Math.abs(sample) * 32768, 32767)
    const segment = Math.max(24 - Math.clz32(magnitude), 0)
    return ((segment << 4) | ((magnitude >> (segment ? segment + 3 : 4)) & 15)) ^ (sample < 0 ? 0x55 : 0xd5)
  })
}
