import { DeepgramError } from '../errors.ts'
import type { OpusFactory } from './audio-decoder.ts'

/**
 * Decodes Opus with the `opus-decoder` package (WebAssembly), in Node or any page.
 *
 * @throws DeepgramError `unsupported`, as a rejection, when that package is not installed.
 */
export const createNodeOpusDecoder: OpusFactory = async ({ channels, preSkip }) => {
  const { OpusDecoder } = await import('opus-decoder').catch((cause: unknown) => {
    throw new DeepgramError(
      'unsupported',
      'The package opus-decoder is not installed; without it the emulator cannot hear Opus; run npm install --save-dev opus-decoder.',
      { cause },
    )
  })
  const decoder = new OpusDecoder({
    channels,
    preSkip,
    streamCount: 1,
    coupledStreamCount: channels - 1,
    channelMappingTable: channels === 1 ? [0] : [0, 1],
  })
  await decoder.ready
  return {
    decode: (packet) => decoder.decodeFrame(packet).channelData,
    free: () => decoder.free(),
  }
}
