import { decodeAlaw, decodeMulaw } from '../audio/companding.ts'
import { concatBytes, createSampleAligner, decodeLinear16, readWavHeader } from '../audio/pcm.ts'
import { createWebmReader } from '../audio/webm.ts'

/** Decodes the Opus packets of one stream. */
export interface OpusFrameDecoder {
  /**
   * Decodes one packet, of 2.5 to 120 ms; packets come in order, one at a time.
   *
   * Returns what became audible, per channel at 48 kHz; empty for a packet that is damaged or wholly skipped.
   */
  decode(packet: Uint8Array): Float32Array[] | Promise<Float32Array[]>
  /** Releases the codec; nothing is decoded afterwards. */
  free(): void
}

/** Makes an {@link OpusFrameDecoder}. `preSkip` counts frames at 48 kHz that the decoder drops at the start. */
export type OpusFactory = (options: {
  channels: number
  preSkip: number
}) => OpusFrameDecoder | Promise<OpusFrameDecoder>

/** What a listen connection says its binary messages hold; null is a container. */
export interface StreamFormat {
  /** The service's name: `linear16`, `mulaw`, `alaw`; `ogg-opus` is a container. */
  encoding: string
  /** Hertz. */
  sampleRate: number
  /** 1 or more, interleaved. */
  channels: number
}

/** Turns the bytes of one connection into samples. */
export interface StreamDecoder {
  /**
   * Takes the bytes of one message; pushes are processed one after another, and resolve when theirs was handed over.
   *
   * Rejects when the Opus decoder cannot be had; not for bad audio, which `onInvalid` tells.
   */
  push(bytes: Uint8Array): Promise<void>
  /** No more bytes come; resolves when everything was handed over. */
  end(): Promise<void>
  /** Releases the codec; no callback is called afterwards. */
  free(): void
}

/** Why bytes are no audio: garbage or a stream without its beginning, a new stream inside, or a format not known here. */
export type InvalidAudio = 'not-audio' | 'second-header' | 'unsupported'

/** What {@link createStreamDecoder} needs. */
export interface StreamDecoderOptions {
  /** Null means a container: WebM/Opus, Ogg/Opus or WAV, told by its first bytes. */
  format: StreamFormat | null
  /** Without it, Opus is `unsupported`. */
  opus?: OpusFactory
  /** Samples per channel; the receiver owns them. */
  onAudio: (channels: Float32Array[], sampleRate: number) => void
  /** Called once at most; nothing is decoded after it. */
  onInvalid: (why: InvalidAudio) => void
}

/** Takes bytes of one format; what it returns is the stream's end as audio. */
interface Demuxer {
  push(bytes: Uint8Array): Promise<InvalidAudio | null> | InvalidAudio | null
}

const codecs: Record<string, { bytes: number; decode: (bytes: Uint8Array) => Float32Array } | undefined> = {
  linear16: { bytes: 2, decode: decodeLinear16 },
  mulaw: { bytes: 1, decode: decodeMulaw },
  alaw: { bytes: 1, decode: decodeAlaw },
}

const beginsWith = (bytes: Uint8Array, magic: string, at = 0): boolean =>
  bytes.length >= at + magic.length && Array.from(magic).every((letter, i) => bytes[at + i] === letter.charCodeAt(0))

const EBML_MAGIC = '\x1a\x45\xdf\xa3'

/**
 * Creates a decoder of one stream, as the service would decode it.
 *
 * A container is held in memory only as far as it is not decoded yet.
 *
 * @throws TypeError when `format.sampleRate` or `format.channels` is no positive number.
 */
export function createStreamDecoder({ format, opus, onAudio, onInvalid }: StreamDecoderOptions): StreamDecoder {
  if (format && !(format.sampleRate > 0)) throw new TypeError('format.sampleRate must be a number of hertz above 0.')
  if (format && !(Number.isInteger(format.channels) && format.channels > 0))
    throw new TypeError('format.channels must be a whole number, 1 or more.')
  let decoder: OpusFrameDecoder | null = null
  let isOver = false
  let last: Promise<void> = Promise.resolve()

  const raw = (encoding: string, sampleRate: number, channels: number): Demuxer | null => {
    const codec = codecs[encoding]
    if (!codec) return null
    const aligner = createSampleAligner(codec.bytes * channels)
    return {
      push(bytes) {
        const samples = codec.decode(aligner.push(bytes))
        if (samples.length)
          onAudio(
            Array.from({ length: channels }, (_, channel) =>
              channels === 1 ? samples : samples.filter((_, i) => i % channels === channel),
            ),
            sampleRate,
          )
        return null
      },
    }
  }

  const startOpus = async (head: OpusHead | null): Promise<InvalidAudio | null> => {
    // More channels than two need a mapping that no browser records.
    if (!head || !opus || head.channels < 1 || head.channels > 2) return 'unsupported'
    const made = await opus({ channels: head.channels, preSkip: head.preSkip })
    if (isOver) made.free()
    else decoder = made
    return null
  }

  const playPacket = async (packet: Uint8Array): Promise<void> => {
    const channels = (await decoder?.decode(packet)) ?? []
    if (!isOver && channels[0]?.length) onAudio(channels, 48000)
  }

  const webm = (): Demuxer => {
    const reader = createWebmReader()
    let isFirst = true
    let track: number | undefined
    return {
      async push(bytes) {
        // A recorder that was replaced may have left half an element behind; the new header begins a message.
        if (!isFirst && beginsWith(bytes, EBML_MAGIC)) return 'second-header'
        isFirst = false
        const blocks = reader.push(bytes)
        if (track === undefined && reader.header) {
          const found = findOpusTrack(reader.header)
          const why = await startOpus(found)
          if (why) return why
          track = found!.track
        }
        for (const block of blocks) if (block.track === track) await playPacket(block.bytes)
        return reader.failure === 'not-webm' ? 'not-audio' : reader.failure
      },
    }
  }

  const ogg = (): Demuxer => {
    let buffer: Uint8Array = new Uint8Array(0)
    let parts: Uint8Array[] = []
    let packets = 0
    return {
      async push(bytes) {
        buffer = concatBytes([buffer, bytes])
        for (;;) {
          if (!'OggS'.startsWith(String.fromCharCode(...buffer.subarray(0, 4)))) return 'not-audio'
          const segments = buffer[26]
          if (segments === undefined || buffer.length < 27 + segments) return null
          const table = buffer.subarray(27, 27 + segments)
          let at = 27 + segments
          const end = table.reduce((sum, length) => sum + length, at)
          if (buffer.length < end) return null
          const page = buffer.slice(0, end)
          buffer = buffer.slice(end)
          if (oggChecksum(page) !== new DataView(page.buffer).getUint32(22, true)) return 'not-audio'
          // Bit 1: the first page of a stream.
          if (page[5]! & 2 && packets) return 'second-header'
          if (!(page[5]! & 2) && !packets) return 'not-audio'
          for (const length of table) {
            parts.push(page.subarray(at, (at += length)))
            // 255 means that the packet goes on.
            if (length === 255) continue
            const packet = concatBytes(parts)
            parts = []
            if (++packets === 1) {
              const why = await startOpus(readOpusHead(packet))
              if (why) return why
              // The second packet holds tags.
            } else if (packets > 2) await playPacket(packet)
          }
        }
      },
    }
  }

  const wav = (): Demuxer => {
    let head: Uint8Array = new Uint8Array(0)
    let samples: Demuxer | null = null
    let left = Infinity
    return {
      push(bytes) {
        if (samples) {
          if (beginsWith(bytes, 'RIFF') && beginsWith(bytes, 'WAVE', 8)) return 'second-header'
          // What follows the samples in a file is no audio.
          const audio = bytes.subarray(0, Math.min(bytes.length, left))
          left -= audio.length
          return samples.push(audio)
        }
        head = concatBytes([head, bytes])
        const header = readWavHeader(head)
        if (header === undefined) return null
        if (!header) return 'not-audio'
        samples =
          header.channels && header.sampleRate ? raw(header.encoding ?? '', header.sampleRate, header.channels) : null
        if (!samples) return 'unsupported'
        left = header.dataByteLength ?? Infinity
        return this.push(head.slice(header.byteLength))
      },
    }
  }

  const sniffing = (): Demuxer => {
    let head: Uint8Array = new Uint8Array(0)
    let found: Demuxer | null = null
    return {
      push(bytes) {
        if (found) return found.push(bytes)
        head = concatBytes([head, bytes])
        if (beginsWith(head, EBML_MAGIC)) found = webm()
        else if (beginsWith(head, 'OggS')) found = ogg()
        else if (beginsWith(head, 'RIFF')) found = wav()
        else if (beginsWith(head, 'ftyp', 4) || beginsWith(head, 'fLaC') || beginsWith(head, 'ID3'))
          return 'unsupported'
        else return head.length < 8 ? null : 'not-audio'
        return found.push(head)
      },
    }
  }

  const demuxer =
    format && format.encoding !== 'ogg-opus' ? raw(format.encoding, format.sampleRate, format.channels) : sniffing()
  let received = 0
  let hasAudioHeader = !!format

  const free = (): void => {
    isOver = true
    decoder?.free()
    decoder = null
  }
  const fail = (why: InvalidAudio): void => {
    free()
    onInvalid(why)
  }
  const inOrder = (task: () => Promise<void>): Promise<void> => {
    const mine = last.then(() => (isOver ? undefined : task()))
    // A push that failed is told to its caller; the next one has its own fate.
    last = mine.catch(() => {})
    return mine
  }

  return {
    push(bytes) {
      // The caller may reuse its buffer before this message's turn comes.
      const own = bytes.slice()
      return inOrder(async () => {
        received += own.length
        const why = demuxer ? await demuxer.push(own) : 'unsupported'
        hasAudioHeader ||= received >= 8
        if (why && !isOver) fail(why)
      })
    },
    end: () =>
      inOrder(async () => {
        // Too short to tell what it was: then it was nothing.
        if (received && !hasAudioHeader) fail('not-audio')
      }),
    free,
  }
}

interface OpusHead {
  channels: number
  preSkip: number
}

/** @see RFC 7845, section 5.1 */
function readOpusHead(packet: Uint8Array): OpusHead | null {
  if (!beginsWith(packet, 'OpusHead') || packet.length < 19) return null
  return { channels: packet[9]!, preSkip: packet[10]! | (packet[11]! << 8) }
}

/** The elements directly inside these bytes. */
function* elementsOf(bytes: Uint8Array): Generator<{ id: number; body: Uint8Array }> {
  const uint = (from: number, to: number) => bytes.subarray(from, to).reduce((value, byte) => value * 256 + byte, 0)
  for (let at = 0; at < bytes.length;) {
    const sizeAt = at + Math.clz32(bytes[at]!) - 23
    const bodyAt = sizeAt + Math.clz32(bytes[sizeAt] ?? 1) - 23
    const width = 2 ** (7 * (bodyAt - sizeAt))
    // Without the marker bit, which would make eight bytes more than a number can hold exactly.
    const size = (bytes[sizeAt]! & (255 >> (bodyAt - sizeAt))) * 256 ** (bodyAt - sizeAt - 1) + uint(sizeAt + 1, bodyAt)
    const end = size >= width - 1 ? bytes.length : Math.min(bytes.length, bodyAt + size)
    yield { id: uint(at, sizeAt), body: bytes.subarray(bodyAt, end) }
    at = Math.max(end, at + 1)
  }
}

/** The first Opus track of a WebM header. */
function findOpusTrack(header: Uint8Array): (OpusHead & { track: number }) | null {
  const inside = (bytes: Uint8Array, id: number) =>
    [...elementsOf(bytes)].filter((element) => element.id === id).map(({ body }) => body)
  for (const segment of inside(header, 0x18538067))
    for (const tracks of inside(segment, 0x1654ae6b))
      for (const entry of inside(tracks, 0xae)) {
        const [codec] = inside(entry, 0x86)
        const [number] = inside(entry, 0xd7)
        if (!codec || !number || !beginsWith(codec, 'A_OPUS')) continue
        const [priv] = inside(entry, 0x63a2)
        const [audio] = inside(entry, 0xe1)
        const head = priv && readOpusHead(priv)
        const channels = (audio && inside(audio, 0x9f)[0]?.at(-1)) ?? 1
        return { ...(head ?? { channels, preSkip: 0 }), track: number.reduce((value, byte) => value * 256 + byte, 0) }
      }
  return null
}

let oggTable: Uint32Array | undefined

/** The page's checksum, with the four bytes that hold it taken as zero. @see RFC 3533, section 6 */
function oggChecksum(page: Uint8Array): number {
  oggTable ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte << 24
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0)
    return value >>> 0
  })
  let crc = 0
  for (let i = 0; i < page.length; i++)
    crc = (crc << 8) ^ oggTable[((crc >>> 24) & 255) ^ (i >= 22 && i < 26 ? 0 : page[i]!)]!
  return crc >>> 0
}
