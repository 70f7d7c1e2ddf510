/** An SHA-256 that takes its input piece by piece; WebCrypto only takes a whole, and a session lasts for hours. */
export interface Sha256 {
  /** Takes the next bytes; they may be reused afterwards. */
  update(bytes: Uint8Array): void
  /** The digest of everything so far, in lower-case hexadecimal. Ends the use of this object. */
  digest(): string
}

// The first 32 bits of the fractional parts of the cube roots (K) and square roots (H) of the first primes, FIPS 180-4.
const primes = firstPrimes(64)
const K = Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))
const H = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32)
}

/** Starts a digest. */
export function createSha256(): Sha256 {
  const state = Uint32Array.from(H)
  const block = new Uint8Array(64)
  const words = new Uint32Array(64)
  let filled = 0
  let byteLength = 0

  function compress(): void {
    const view = new DataView(block.buffer)
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(i * 4)
    for (let i = 16; i < 64; i++) {
      const a = words[i - 15]!
      const b = words[i - 2]!
      const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
      const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
      words[i] = words[i - 16]! + s0 + words[i - 7]! + s1
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const t1 = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[i]! + words[i]!) | 0
      const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    ;[a, b, c, d, e, f, g, h].forEach((value, i) => (state[i] = state[i]! + value))
    filled = 0
  }

  function update(bytes: Uint8Array): void {
    byteLength += bytes.length
    let offset = 0
    while (offset < bytes.length) {
      const taken = Math.min(64 - filled, bytes.length - offset)
      block.set(bytes.subarray(offset, offset + taken), filled)
      filled += taken
      offset += taken
      if (filled === 64) compress()
    }
  }

  return {
    update,
    digest() {
      const bits = byteLength * 8
      const padding = new Uint8Array((filled < 56 ? 56 : 120) - filled + 8)
      padding[0] = 0x80
      const view = new DataView(padding.buffer)
      view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32))
      view.setUint32(padding.length - 4, bits >>> 0)
      update(padding)
      return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
    },
  }
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}
