/**
 * Turns float samples into 16-bit little-endian bytes.
 *
 * Values beyond −1…1 are clipped; what is no number becomes silence. The result is the caller's.
 */
export function encodeLinear16(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 2)
  const view = new DataView(bytes.buffer)
  // setInt16 takes NaN as 0. Scaling by 32768, not 32767, makes the way back exact.
  for (let i = 0; i < samples.length; i++)
    view.setInt16(i * 2, Math.max(-32768, Math.min(32767, Math.round(samples[i]! * 32768))), true)
  return bytes
}

/**
 * Turns 16-bit little-endian bytes into float samples, −1…1.
 *
 * Any offset and length of the view is respected; an odd byte at the end is left out (see {@link createSampleAligner}).
 */
export function decodeLinear16(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const view = viewOf(bytes)
  const samples = new Float32Array(bytes.length >> 1)
  // A loop: `from` with a function takes ten times as long, on the page's main thread.
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(i * 2, true) / 32768
  return samples
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Lets only whole samples through, whatever the boundaries of the messages. */
export interface SampleAligner {
  /**
   * Takes the next bytes and returns all whole samples that are there now, possibly none.
   *
   * The bytes are copied.
   */
  push(bytes: Uint8Array): Uint8Array
  /** Forgets the remainder: the next bytes begin a new stream. Returns how many bytes were forgotten. */
  reset(): number
}

/**
 * Creates a {@link SampleAligner}.
 *
 * @param sampleBytes - Bytes that belong together: 2 for mono 16-bit audio, times the channels.
 */
export function createSampleAligner(sampleBytes = 2): SampleAligner {
  let rest = new Uint8Array(0)
  return {
    push(bytes) {
      const all = concatBytes([rest, bytes])
      const whole = all.length - (all.length % sampleBytes)
      rest = all.slice(whole)
      return all.subarray(0, whole)
    },
    reset() {
      const lost = rest.length
      rest = new Uint8Array(0)
      return lost
    },
  }
}

/** Joins byte arrays into a new one. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The encodings a WAV file is read and written in here. */
export type WavEncoding = 'linear16' | 'mulaw' | 'alaw'

// The format tags of the `fmt ` chunk.
const WAV_TAGS = { linear16: 1, alaw: 6, mulaw: 7 }

/** What a WAV header says. */
export interface WavHeader {
  /** Bytes from the start of the file to the first sample. */
  readonly byteLength: number
  /** Null for any encoding but those of {@link WavEncoding}. */
  readonly encoding: WavEncoding | null
  /** Hertz. */
  readonly sampleRate: number
  readonly channels: number
  /** Bytes of samples; null where the writer did not know (a stream). */
  readonly dataByteLength: number | null
}

/**
 * Reads a RIFF/WAVE header at the start of a stream; chunks before the samples are skipped.
 *
 * @param bytes - Everything received since the start.
 * @returns the header; `undefined` while more bytes are needed to tell; `null` when this is no WAV.
 */
export function readWavHeader(bytes: Uint8Array): WavHeader | null | undefined {
  const view = viewOf(bytes)
  // Bytes 4 to 7 are a size that streams leave at any value.
  const magic = String.fromCharCode(...bytes.subarray(0, 4), ...bytes.subarray(8, 12))
  if (!'RIFFWAVE'.startsWith(magic)) return null
  let format: Pick<WavHeader, 'encoding' | 'sampleRate' | 'channels'> | null = null
  try {
    // A header longer than this holds pictures, not speech; waiting for its end would be without bound.
    for (let at = 12; at < 65536;) {
      const id = view.getUint32(at)
      const size = view.getUint32(at + 4, true)
      at += 8
      // 'data'
      if (id === 0x64617461)
        return format && { ...format, byteLength: at, dataByteLength: size && size < 0x7fffffff ? size : null }
      // 'fmt '
      if (id === 0x666d7420) {
        if (size < 16) return null
        const bits = view.getUint16(at + 14, true)
        let tag = view.getUint16(at, true)
        // WAVE_FORMAT_EXTENSIBLE keeps the tag at the start of a GUID.
        if (tag === 0xfffe && size >= 26) tag = view.getUint16(at + 24, true)
        const names = Object.keys(WAV_TAGS) as WavEncoding[]
        format = {
          encoding: names.find((name) => WAV_TAGS[name] === tag && bits === bitsOf(name)) ?? null,
          channels: view.getUint16(at + 2, true),
          sampleRate: view.getUint32(at + 4, true),
        }
      }
      // Chunks begin at even offsets.
      at += size + (size & 1)
    }
    return null
  } catch {
    // Read beyond the end: more is needed to tell.
    return undefined
  }
}

const bitsOf = (encoding: WavEncoding): number => (encoding === 'linear16' ? 16 : 8)

/**
 * Writes a WAV file.
 *
 * @param data - Float samples, which become 16-bit, or bytes that are in `encoding` already; channels interleaved.
 * @param options - `encoding` @default 'linear16'; `channels` @default 1.
 */
export function encodeWav(
  data: Float32Array | Uint8Array,
  {
    sampleRate,
    channels = 1,
    encoding = 'linear16',
  }: { sampleRate: number; channels?: number; encoding?: WavEncoding },
): Uint8Array<ArrayBuffer> {
  return wrapWav(data instanceof Float32Array ? encodeLinear16(data) : data, encoding, sampleRate, channels)
}

/** Puts a WAV header before bytes that are in `encoding` already. */
export function wrapWav(
  bytes: Uint8Array,
  encoding: WavEncoding,
  sampleRate: number,
  channels = 1,
): Uint8Array<ArrayBuffer> {
  const padding = bytes.length & 1
  const bits = bitsOf(encoding)
  const frame = (channels * bits) / 8
  const view = new DataView(new ArrayBuffer(44))
  const words = [
    // 'RIFF', 'WAVE', 'fmt ' and 'data', little-endian as the numbers.
    ...[0x46464952, bytes.length + padding + 36, 0x45564157, 0x20746d66, 16],
    ...[WAV_TAGS[encoding] | (channels << 16), sampleRate, sampleRate * frame, frame | (bits << 16)],
    ...[0x61746164, bytes.length],
  ]
  words.forEach((word, i) => view.setUint32(i * 4, word, true))
  return concatBytes([new Uint8Array(view.buffer), bytes, new Uint8Array(padding)])
}
