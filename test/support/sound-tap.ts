const RECORDER = `
registerProcessor('tap', class extends AudioWorkletProcessor {
  process([input]) {
    this.port.postMessage(input[0] ? input[0].slice() : new Float32Array(128))
    return true
  }
})`

/** A context of one's own whose sound is written down, sample by sample. */
export interface SoundTap {
  readonly context: AudioContext
  /** Connect to this. */
  readonly node: AudioNode
  /** Everything since the beginning, silence included. */
  read(): Promise<Float32Array>
  close(): Promise<void>
}

/** Opens a running tap whose clock has begun to move. */
export async function openSoundTap(sampleRate: number): Promise<SoundTap> {
  const context = new AudioContext({ sampleRate })
  const url = URL.createObjectURL(new Blob([RECORDER], { type: 'text/javascript' }))
  await context.audioWorklet.addModule(url)
  URL.revokeObjectURL(url)
  const node = new AudioWorkletNode(context, 'tap', {
    numberOfOutputs: 1,
    channelCount: 1,
    channelCountMode: 'explicit',
  })
  const blocks: Float32Array[] = []
  node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => blocks.push(data)
  node.connect(context.destination)
  await context.resume()
  while (blocks.length < 10) await sleep(10)
  return {
    context,
    node,
    async read() {
      // What was rendered before this call is on its way.
      await sleep(60)
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
