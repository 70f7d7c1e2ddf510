/** What came out of the page's loudspeaker. */
export interface Heard {
  /** Times of the first and the last sample that was not silence, in milliseconds of `performance.now()`. */
  readonly from: number
  readonly to: number
  /** What the last sample before silence was, without its sign: a step that large is heard as a click. */
  readonly lastStep: number
}

const RECORDER = `
registerProcessor('tap', class extends AudioWorkletProcessor {
  process([input]) {
    if (input[0]?.some((value) => value !== 0)) this.port.postMessage([currentFrame, input[0].slice()])
    return true
  }
})`

/**
 * Lets every audio context of the page be overheard, whoever made it.
 *
 * @returns Gives what was heard since the last call.
 */
export function overhear(): () => Heard | null {
  const module = URL.createObjectURL(new Blob([RECORDER], { type: 'text/javascript' }))
  const taps = new WeakMap<BaseAudioContext, Promise<AudioWorkletNode>>()
  let blocks: { at: number; samples: Float32Array }[] = []

  async function open(context: BaseAudioContext): Promise<AudioWorkletNode> {
    // The closest pair of both clocks counts: a late task makes the difference larger only.
    let offset = Infinity
    setInterval(() => {
      if (context.state === 'running') offset = Math.min(offset, performance.now() - context.currentTime * 1000)
    }, 5)
    await context.audioWorklet.addModule(module)
    const tap = new AudioWorkletNode(context, 'tap', { channelCount: 1, channelCountMode: 'explicit' })
    tap.port.onmessage = ({ data: [frame, samples] }: MessageEvent<[number, Float32Array]>) => {
      blocks.push({ at: offset + (frame / context.sampleRate) * 1000, samples })
      rate = context.sampleRate
    }
    connect.call(tap, context.destination)
    return tap
  }

  let rate = 48_000
  const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode) => AudioNode
  AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode, ...rest: number[]) {
    const { context } = this
    if (to === context.destination && !(this instanceof AudioWorkletNode)) {
      if (!taps.has(context)) taps.set(context, open(context))
      void taps.get(context)!.then((tap) => connect.call(this, tap))
    }
    return (connect as (this: AudioNode, ...values: unknown[]) => AudioNode).call(this, to, ...rest)
  } as typeof AudioNode.prototype.connect

  return () => {
    const [first, last] = [blocks[0], blocks.at(-1)]
    if (!first || !last) return null
    const place = (samples: Float32Array, index: number): number => (index / rate) * 1000
    const end = last.samples.findLastIndex((value) => value !== 0)
    const heard = {
      from:
        first.at +
        place(
          first.samples,
          first.samples.findIndex((value) => value !== 0),
        ),
      to: last.at + place(last.samples, end),
      lastStep: Math.abs(last.samples[end]!),
    }
    blocks = []
    return heard
  }
}
