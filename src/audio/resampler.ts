/** Converts the sample rate of one continuous stream, whatever its chunks. */
export interface Resampler {
  /** Takes the next samples and returns those that can be computed already. The input may be reused. */
  push(samples: Float32Array): Float32Array<ArrayBuffer>
  /** Returns the rest, as if silence followed. */
  flush(): Float32Array<ArrayBuffer>
}

/** Zero crossings of the filter to each side: images and aliases beyond the transition are 70 dB down. */
const CROSSINGS = 24

/**
 * Creates a streaming {@link Resampler} for mono audio: a sinc in a Blackman window, one set of weights per phase.
 *
 * Output sample `n` stands for the time `n / to`, so there is no delay. The length of the whole output is that of the
 * input times `to / from`, rounded up.
 *
 * @param from - Hertz, a whole number.
 * @param to - Hertz, a whole number.
 */
export function createResampler(from: number, to: number): Resampler {
  const cutoff = Math.min(1, to / from) * 0.96
  const half = Math.ceil(CROSSINGS / cutoff)
  const taps = 2 * half
  /** By phase, in parts of `to`. */
  const weights: Record<number, Float64Array> = {}

  function weigh(phase: number): Float64Array {
    const row = Float64Array.from({ length: taps }, (_, tap) => {
      const x = Math.PI * (tap - half + 1 - phase / to)
      const window = 0.42 + 0.5 * Math.cos(x / half) + 0.08 * Math.cos((2 * x) / half)
      return window * (x ? Math.sin(cutoff * x) / x : cutoff)
    })
    // Every phase passes a constant signal unchanged.
    const sum = row.reduce((a, b) => a + b)
    return row.map((weight) => weight / sum)
  }

  // `input[0]` is the sample at index `start`; silence stands before the first.
  let input = new Float32Array(half - 1)
  let start = 1 - half
  let received = 0
  let produced = 0

  function run(samples: Float32Array, end: number): Float32Array<ArrayBuffer> {
    const before = input
    input = new Float32Array(before.length + samples.length)
    input.set(before)
    input.set(samples, before.length)
    const output: number[] = []
    for (; ; produced++) {
      const phase = (produced * from) % to
      const index = (produced * from - phase) / to
      const first = index - half + 1 - start
      if (index >= end || first + taps > input.length) {
        start += Math.min(first, input.length)
        input = input.slice(first)
        return Float32Array.from(output)
      }
      const row = (weights[phase] ??= weigh(phase))
      let sum = 0
      for (let tap = 0; tap < taps; tap++) sum += row[tap]! * input[first + tap]!
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
