import { encodeToneSpeech } from '../../src/testing/tone-speech.ts'

/** Tone speech as linear16, little-endian. */
export function encodePcm16(text: string, sampleRate: number): Uint8Array<ArrayBuffer> {
  const { samples } = encodeToneSpeech(text, { sampleRate })
  const pcm = Int16Array.from(samples, (sample) => Math.round(sample * 32767))
  return new Uint8Array(pcm.buffer)
}
