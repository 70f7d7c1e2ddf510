import { DeepgramError } from '../errors.ts'
import type { OpusFactory } from './audio-decoder.ts'

/**
 * Decodes Opus with the browser's own `AudioDecoder` (WebCodecs).
 *
 * @throws DeepgramError `unsupported`, as a rejection, where the browser has none or it knows no Opus.
 */
export const createWebCodecsOpusDecoder: OpusFactory = async ({ channels, preSkip }) => {
  const config: AudioDecoderConfig = { codec: 'opus', sampleRate: 48000, numberOfChannels: channels }
  // Without an `OpusHead` as description, packets are taken as they are; then skipping is ours, the same everywhere.
  if (typeof AudioDecoder === 'undefined' || !(await AudioDecoder.isConfigSupported(config)).supported)
    throw new DeepgramError(
      'unsupported',
      'This browser cannot decode Opus by WebCodecs; without it the emulator cannot hear a recording; use a browser that has AudioDecoder, or pass a decoder of your own.',
    )
  let toSkip = preSkip
  let time = 0
  // Every packet gives one output, in order; each waits for its own.
  let waiting: ((channels: Float32Array[]) => void)[] = []
  const settleAll = (): void => {
    for (const resolve of waiting) resolve([])
    waiting = []
  }
  const start = (): AudioDecoder => {
    const decoder = new AudioDecoder({
      output(data) {
        const skipped = Math.min(toSkip, data.numberOfFrames)
        toSkip -= skipped
        const planes = Array.from({ length: data.numberOfChannels }, (_, planeIndex) => {
          const samples = new Float32Array(data.numberOfFrames)
          data.copyTo(samples, { planeIndex, format: 'f32-planar' })
          return samples.subarray(skipped)
        })
        data.close()
        waiting.shift()?.(planes)
      },
      // A damaged packet closes the decoder; the next packet gets a new one.
      error: settleAll,
    })
    decoder.configure(config)
    return decoder
  }
  let decoder = start()
  let isFree = false
  return {
    decode(packet) {
      if (isFree || !packet.length) return []
      if (decoder.state === 'closed') decoder = start()
      return new Promise((resolve) => {
        waiting.push(resolve)
        try {
          decoder.decode(
            new EncodedAudioChunk({ type: 'key', timestamp: time++, data: packet as Uint8Array<ArrayBuffer> }),
          )
        } catch {
          settleAll()
        }
      })
    },
    free() {
      if (isFree) return
      isFree = true
      if (decoder.state !== 'closed') decoder.close()
      settleAll()
    },
  }
}
