import { describe, expect, it } from 'vitest'
import { PCM_PROCESSOR, PCM_WORKLET } from '../../../src/capture/pcm-worklet.ts'

interface Processor {
  port: { onmessage: (event: { data: boolean }) => void }
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean
}

/** Runs the worklet's text with the few names that the audio thread gives it. */
function load(frames: number) {
  const posted: (number[] | null)[] = []
  const registered: Record<string, new (options: object) => Processor> = {}
  class AudioWorkletProcessor {
    port = {
      postMessage: (data: Float32Array | null, transfer: ArrayBuffer[] = []) => {
        // A transferred buffer is the sender's no more.
        posted.push(data && Array.from(structuredClone(data, { transfer })))
      },
    }
  }
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a script with globals of its own, as in a worklet
  new Function('registerProcessor', 'AudioWorkletProcessor', PCM_WORKLET)(
    (name: string, Processor: new (options: object) => Processor) => (registered[name] = Processor),
    AudioWorkletProcessor,
  )
  const processor = new registered[PCM_PROCESSOR]!({ processorOptions: { frames } })
  const run = (...samples: number[]) => processor.process([[Float32Array.from(samples)]], [[new Float32Array(4)]])
  const tell = (data: boolean) => processor.port.onmessage({ data })
  return { posted, processor, run, tell }
}

describe('the program on the audio thread', () => {
  it('posts chunks of the length that was asked for, wherever the blocks end', () => {
    const { posted, run } = load(3)
    expect(run(1, 2, 3, 4)).toBe(true)
    run(5, 6, 7, 8)
    expect(posted).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
  })

  it('told to halt posts the rest, answers, and gathers nothing until it is told to go on', () => {
    const { posted, run, tell } = load(3)
    run(1, 2, 3, 4)
    tell(false)
    expect(posted).toEqual([[1, 2, 3], [4], null])
    run(5, 6, 7, 8)
    tell(false)
    expect(posted).toEqual([[1, 2, 3], [4], null, null])
    tell(true)
    run(9, 10, 11, 12)
    expect(posted.at(-1)).toEqual([9, 10, 11])
  })

  it('takes an input that is not connected for silence, so that time goes on', () => {
    const { posted, processor } = load(4)
    expect(processor.process([[]], [[new Float32Array(4)]])).toBe(true)
    expect(posted).toEqual([[0, 0, 0, 0]])
  })
})
