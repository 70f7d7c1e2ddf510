import { DeepgramError } from '../errors.ts'
import { decodeAlaw, decodeMulaw } from './companding.ts'
import { concatBytes, createSampleAligner, decodeLinear16, readWavHeader } from './pcm.ts'
import type { PcmFormat } from './ports.ts'

/** Brings the messages of a stream to whole samples. */
export interface PcmStream {
  /**
   * Takes the next message and returns the bytes of all whole samples that are there now, possibly none.
   *
   * A WAV header at the start of a message is left out, and so is what follows its data within the same message.
   *
   * @throws DeepgramError `playback-failed` when such a header names another format than the stream's.
   */
  push(bytes: Uint8Array): Uint8Array
  /** Returns what was held back because it could have been the beginning of a header. */
  flush(): Uint8Array
  /** Begins anew: a remainder belongs to a line that is gone. */
  reset(): void
}

/** Creates a {@link PcmStream}. */
export function createPcmStream(format: PcmFormat): PcmStream {
  const aligner = createSampleAligner(format.encoding === 'linear16' ? 2 : 1)
  let held: Uint8Array = NONE
  return {
    push(bytes) {
      // A service that writes headers writes them at the start of a message; anywhere else the letters are sound.
      const message = concatBytes([held, bytes])
      const header = readWavHeader(message)
      held = header === undefined ? message : NONE
      if (!header) return aligner.push(header === null ? message : NONE)
      if (header.encoding !== format.encoding || header.sampleRate !== format.sampleRate || header.channels !== 1) {
        throw new DeepgramError(
          'playback-failed',
          'The audio is in another format than the one asked for; it would sound wrong; check baseUrl and that no proxy changes encoding or sampleRate.',
        )
      }
      const { byteLength, dataByteLength } = header
      return aligner.push(message.subarray(byteLength, byteLength + (dataByteLength ?? message.length)))
    },
    flush() {
      const rest = held
      held = NONE
      return aligner.push(rest)
    },
    reset() {
      held = NONE
      aligner.reset()
    },
  }
}

const NONE = new Uint8Array(0)

const decoders = { linear16: decodeLinear16, mulaw: decodeMulaw, alaw: decodeAlaw }

/** Turns whole samples into float samples, −1…1. */
export const decodePcm = (bytes: Uint8Array, encoding: PcmFormat['encoding']): Float32Array<ArrayBuffer> =>
  decoders[encoding](bytes)
