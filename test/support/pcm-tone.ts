import { decodeLinear16 } from '../../src/audio/pcm.ts'
import type { AudioChunk } from '../../src/audio/ports.ts'

/** A tone from the page's own audio graph, as a stream: what a call or a tab would give. */
export function openTone(hertz = 1000): { stream: MediaStream; context: AudioContext; close: () => Promise<void> } {
  const context = new AudioContext()
  const oscillator = new OscillatorNode(context, { frequency: hertz })
  const destination = context.createMediaStreamDestination()
  oscillator.connect(new GainNode(context, { gain: 0.5 })).connect(destination)
  oscillator.start()
  return { stream: destination.stream, context, close: () => context.close() }
}

/** The samples of linear16 chunks, in order. */
export function samplesOf(chunks: readonly AudioChunk[]): number[] {
  return chunks.flatMap((chunk) => Array.from(decodeLinear16(chunk as Uint8Array)))
}

/**
 * The frequency of a tone, from the middle one of its periods: a browser under load may drop a block of a stream, which is
 * no fault of what is measured.
 */
export function frequencyOf(samples: readonly number[], sampleRate: number): number {
  const crossings: number[] = []
  for (let i = 1; i < samples.length; i++) {
    const [before, after] = [samples[i - 1]!, samples[i]!]
    if (before < 0 && after >= 0) crossings.push(i - after / (after - before))
  }
  // Over ten periods, so that the error of the interpolation does not matter.
  const spans = crossings
    .slice(10)
    .map((at, i) => at - crossings[i]!)
    .sort((a, b) => a - b)
  return (10 * sampleRate) / spans[spans.length >> 1]!
}
