// Both laws store sign, segment and step; one table of 256 values per law is built when it is first asked for.
const createDecoder = (expand: (code: number) => number) => {
  let table: Float32Array | undefined
  return (bytes: Uint8Array): Float32Array<ArrayBuffer> => {
    const values = (table ??= Float32Array.from({ length: 256 }, (_, code) => expand(code) / 32768))
    return Float32Array.from(bytes, (code) => values[code]!)
  }
}

/**
 * Decodes G.711 mu-law bytes to samples, −1…1.
 *
 * @see ITU-T Recommendation G.711, tables 2a and 2b.
 */
export const decodeMulaw = /* @__PURE__ */ createDecoder((code) => {
  const magnitude = (((~code & 15) << 3) + 132) << ((~code >> 4) & 7)
  return code & 128 ? magnitude - 132 : 132 - magnitude
})

/**
 * Decodes G.711 A-law bytes to samples, −1…1.
 *
 * @see ITU-T Recommendation G.711, tables 1a and 1b.
 */
export const decodeAlaw = /* @__PURE__ */ createDecoder((code) => {
  // The standard inverts every other bit on the line.
  const segment = ((code ^ 0x55) >> 4) & 7
  const step = ((code ^ 0x55) & 15) * 16 + 8
  const magnitude = segment ? (step + 256) << (segment - 1) : step
  return code & 128 ? magnitude : -magnitude
})

/** Encodes samples, −1…1, as G.711 mu-law; louder ones are clipped. */
export function encodeMulaw(samples: Float32Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(samples, (sample) => {
    const magnitude = Math.min(Math.abs(sample) * 32768, 32635) + 132
    const segment = 24 - Math.clz32(magnitude)
    return ~((sample < 0 ? 128 : 0) | (segment << 4) | ((magnitude >> (segment + 3)) & 15))
  })
}

/** Encodes samples, −1…1, as G.711 A-law; louder ones are clipped. */
export function encodeAlaw(samples: Float32Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(samples, (sample) => {
    const magnitude = Math.min(Math.abs(sample) * 32768, 32767)
    const segment = Math.max(24 - Math.clz32(magnitude), 0)
    return ((segment << 4) | ((magnitude >> (segment ? segment + 3 : 4)) & 15)) ^ (sample < 0 ? 0x55 : 0xd5)
  })
}
