const RECORDER = `
registerProcessor('tap', class extends AudioWorkletProcessor {
  process([input]) {
    this.port.postMessage({ end: currentTime, samples: input[0] ? input[0].slice() : new Float32Array(128) })
    return true
  }
})`

/** A context of one's own whose sound is written down, sample by sample. */
export interface SoundTap<Context extends AudioContext = AudioContext> {
  readonly context: Context
  /** Connect to this. */
  readonly node: AudioNode
  /** Everything since the beginning, silence included. */
  read(): Promise<Float32Array>
  close(): Promise<void>
}

/** Opens a running tap whose clock has begun to move. */
export const openSoundTap = (sampleRate: number): Promise<SoundTap> => tap(new AudioContext({ sampleRate }))

/** Writes down what is played into {@link SoundTap.node}; that, too, is when its clock has begun to move. */
export async function tap<Context extends AudioContext>(context: Context): Promise<SoundTap<Context>> {
  const url = URL.createObjectURL(new Blob([RECORDER], { type: 'text/javascript' }))
  await context.audioWorklet.addModule(url)
  URL.revokeObjectURL(url)
  const node = new AudioWorkletNode(context, 'tap', {
    numberOfOutputs: 1,
    channelCount: 1,
    channelCountMode: 'explicit',
  })
  const blocks: Float32Array[] = []
  let recordedTo = 0
  node.port.onmessage = ({ data }: MessageEvent<{ end: number; samples: Float32Array }>) => {
    blocks.push(data.samples)
    recordedTo = data.end
  }
  node.connect(context.destination)
  await context.resume()
  while (blocks.length < 10) await sleep(10)
  return {
    context,
    node,
    async read() {
      // What was rendered before this call is on its way; a context at rest sends nothing more.
      const now = context.currentTime
      for (let looks = 0; looks === 0 || (recordedTo < now && looks < 10); looks++) await sleep(60)
      const samples = new Float32Array(blocks.length * 128)
      blocks.forEach((block, index) => samples.set(block, index * 128))
      return samples
    },
    close: () => context.close(),
  }
}

/** Waits by the real clock: an audio device has no other. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Noise without a sample at zero, so that silence can be told from sound. As 16-bit little-endian bytes. */
export function noiseBytes(frames: number, random: () => number): Uint8Array<ArrayBuffer> {
  const samples = Int16Array.from({ length: frames }, () => {
    const value = Math.floor((random() - 0.5) * 16_000)
    return value + (value >= 0 ? 1 : -1)
  })
  return new Uint8Array(samples.buffer)
}

/** The samples that 16-bit bytes stand for. */
export const samplesOf = (bytes: Uint8Array<ArrayBuffer>): Float32Array =>
  Float32Array.from(new Int16Array(bytes.buffer, 0, bytes.length >> 1), (value) => value / 32_768)

/** What lies between the first and the last sound. */
export function trimSilence(samples: Float32Array): Float32Array {
  const start = samples.findIndex((value) => value !== 0)
  return start < 0 ? new Float32Array(0) : samples.slice(start, samples.findLastIndex((value) => value !== 0) + 1)
}

/** Index of the first difference, or -1; lengths count. */
export function firstDifference(left: Float32Array, right: Float32Array): number {
  for (let i = 0; i < Math.max(left.length, right.length); i++) if (left[i] !== right[i]) return i
  return -1
}

/** A place on the clock in seconds is a frame but for the last bit of the number: 220 dB below the sound. */
const EXACT = 1e-11

/** A part of a recording between two pauses, and its place in what was sent. */
interface Placed {
  /** Frames of what was sent. */
  from: number
  to: number
  /** How many samples were not exactly those that were sent: those of its fades. */
  faded: number
}

/**
 * Finds the place of each audible part of a recording in the noise that was sent. A fade makes samples smaller and keeps
 * their signs, by which their places are known.
 *
 * @throws Error when a part is nowhere.
 */
export function placeParts(heard: Float32Array, sent: Float32Array): Placed[] {
  const parts: Placed[] = []
  const isSilent = (at: number) => heard[at] === 0
  for (let at = 0; at < heard.length;) {
    while (at < heard.length && isSilent(at)) at++
    if (at === heard.length) break
    let end = at
    // The first and last sample of a fade are silent; a pause is longer than that.
    for (let zeros = 0; end < heard.length && zeros < 100; end++) zeros = isSilent(end) ? zeros + 1 : 0
    while (isSilent(end - 1)) end--
    const part = heard.subarray(at, end)
    const from = findPart(part, sent, parts.at(-1)?.to ?? 0)
    const faded = part.filter((value, i) => Math.abs(value - sent[from + i]!) > EXACT).length
    parts.push({ from, to: from + part.length, faded })
    at = end
  }
  return parts
}

/** The place at or after `expected` (or a few samples before) where signs agree and nothing is louder than it was. */
function findPart(part: Float32Array, sent: Float32Array, expected: number): number {
  for (let shift = 0; shift <= 600; shift++) {
    for (const from of shift ? [expected + shift, expected - shift] : [expected]) {
      if (from < 0 || from + part.length > sent.length) continue
      const fits = part.every((value, i) => {
        const own = sent[from + i]!
        return Math.sign(value) * Math.sign(own) >= 0 && Math.abs(value) <= Math.abs(own) + 1e-6
      })
      if (fits) return from
    }
  }
  throw new Error(`a part of ${part.length} samples, expected at ${expected}, was never sent`)
}
