/** Converts the sample rate of one continuous stream, whatever its chunks. */
export interface Resampler {
  /** Takes the next samples and returns those that can be computed already. The input may be reused. */
  push(samples: Float32Array): Float32Array<ArrayBuffer>
  /** Returns the rest, as if silence followed. */
  flush(): Float32Array<ArrayBuffer>
}

/** Zero crossings of the filter to each side: images and aliases beyond the transition are 70 dB down. */
const CROSSINGS = 24
const KAISER_BETA = 8

/**
 * Creates a streaming {@link Resampler} for mono audio: a windowed sinc, one set of weights per phase.
 *
 * Output sample `n` stands for the time `n / to`, so there is no delay. The length of the whole output is that of the
 * input times `to / from`, rounded up.
 *
 * @param from - Hertz, a whole number.
 * @param to - Hertz, a whole number.
 */
export function createResampler(from: number, to: number): Resampler {
  const divisor = gcd(from, to)
  const phases = to / divisor
  const advance = from / divisor
  const cutoff = Math.min(1, to / from) * 0.96
  const half = Math.ceil(CROSSINGS / cutoff)
  const taps = 2 * half
  const weights = Array.from({ length: phases }, (_, phase) => {
    const row = Float64Array.from({ length: taps }, (_, tap) => {
      const x = tap - half + 1 - phase / phases
      const inside = 1 - (x / half) ** 2
      const angle = Math.PI * cutoff * x
      return inside < 0 ? 0 : (angle ? Math.sin(angle) / angle : 1) * bessel(KAISER_BETA * Math.sqrt(inside))
    })
    // Every phase passes a constant signal unchanged.
    const sum = row.reduce((a, b) => a + b)
    return row.map((weight) => weight / sum)
  })

  // `kept[0]` is the input sample at index `start`; silence stands before the first.
  let kept = new Float32Array(half - 1)
  let start = 1 - half
  let received = 0
  let produced = 0

  function run(samples: Float32Array, end: number): Float32Array<ArrayBuffer> {
    const input = new Float32Array(kept.length + samples.length)
    input.set(kept)
    input.set(samples, kept.length)
    const output: number[] = []
    for (; ; produced++) {
      const index = Math.floor((produced * advance) / phases)
      const from = index - half + 1 - start
      if (index >= end || from + taps > input.length) {
        const drop = Math.min(Math.max(0, from), input.length)
        kept = input.slice(drop)
        start += drop
        return Float32Array.from(output)
      }
      const row = weights[(produced * advance) % phases]!
      let sum = 0
      for (let tap = 0; tap < taps; tap++) sum += row[tap]! * input[from + tap]!
      output.push(sum)
    }
  }

  return {
    push(samples) {
      received += samples.length
      return run(samples, Infinity)
    },
    flush: () => run(new Float32Array(taps), received),
  }
}

const gcd = (a: number, b: number): number => (b ? gcd(b, a % b) : a)

/** The modified Bessel function of the first kind, order 0, by its series. */
function bessel(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}
