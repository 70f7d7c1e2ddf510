import { DeepgramError } from '../errors.ts'
import type { OpusFactory } from './audio-decoder.ts'

/** Milliseconds that a packet may take; a decoder in use takes less than one. */
const LAG_MS = 250

function joinSamples(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  parts.reduce((at, part) => {
    all.set(part, at)
    return at + part.length
  }, 0)
  return all
}

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
  // Every packet gives one output, and is waited for. A codec that lags behind (the standard allows it) is not waited for
  // long: what it gives later goes out with the next packet, so nothing is lost but the very end.
  let late: Float32Array[][] = []
  let settle: (() => void) | null = null
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
        late.push(planes)
        settle?.()
      },
      // A damaged packet closes the decoder; the next packet gets a new one.
      error: () => settle?.(),
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
        const timer = setTimeout(() => settle?.(), LAG_MS)
        settle = () => {
          settle = null
          clearTimeout(timer)
          const parts = late
          late = []
          resolve((parts[0] ?? []).map((_, channel) => joinSamples(parts.map((part) => part[channel]!))))
        }
        try {
          decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: time++, data: packet }))
        } catch {
          settle()
        }
      })
    },
    free() {
      if (isFree) return
      isFree = true
      if (decoder.state !== 'closed') decoder.close()
      late = []
      settle?.()
    },
  }
}
