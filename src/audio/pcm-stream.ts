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
  let held = new Uint8Array(0)
  return {
    push(bytes) {
      // A service that writes headers writes them at the start of a message; anywhere else the letters are sound.
      const message = held.length ? concatBytes([held, bytes]) : bytes
      const header = readWavHeader(message)
      held = message.slice(0, header === undefined ? message.length : 0)
      if (!header) return aligner.push(header === null ? message : held.subarray(0, 0))
      if (header.encoding !== format.encoding || header.sampleRate !== format.sampleRate || header.channels !== 1) {
        throw new DeepgramError(
          'playback-failed',
          'The audio names another format than the one that was asked for; it would sound at the wrong speed or as noise; check that baseUrl leads to the service and that no proxy changes encoding or sampleRate.',
        )
      }
      const end = header.byteLength + (header.dataByteLength ?? message.length)
      return aligner.push(message.subarray(header.byteLength, end))
    },
    flush() {
      const rest = held
      held = new Uint8Array(0)
      return aligner.push(rest)
    },
    reset() {
      held = new Uint8Array(0)
      aligner.reset()
    },
  }
}

const decoders = { linear16: decodeLinear16, mulaw: decodeMulaw, alaw: decodeAlaw }

/** Turns whole samples into float samples, −1…1. */
export const decodePcm = (bytes: Uint8Array, encoding: PcmFormat['encoding']): Float32Array<ArrayBuffer> =>
  decoders[encoding](bytes)
