/** Decodes the Opus packets of one stream. */
export interface OpusFrameDecoder {
  /** One packet; returns what became audible, per channel at 48 kHz. May be empty. */
  decode(packet: Uint8Array): Float32Array[] | Promise<Float32Array[]>
  free(): void
}

/** Makes an {@link OpusFrameDecoder}. `preSkip` counts frames at 48 kHz that the decoder drops at the start. */
export type OpusFactory = (options: {
  channels: number
  preSkip: number
}) => OpusFrameDecoder | Promise<OpusFrameDecoder>

/** What a listen connection says its binary messages hold; null is a container. */
export interface StreamFormat {
  encoding: string
  /** Hertz. */
  sampleRate: number
  channels: number
}

/** Turns the bytes of one connection into samples. */
export interface StreamDecoder {
  /** Bytes in the order they came; pushes are processed one after another. */
  push(bytes: Uint8Array): Promise<void>
  /** No more bytes come; resolves when everything was handed over. */
  end(): Promise<void>
  free(): void
}

/** Why bytes are no audio. */
export type InvalidAudio = 'not-audio' | 'second-header' | 'unsupported'

/** Creates a decoder of one stream. */
export declare function createStreamDecoder(options: {
  format: StreamFormat | null
  opus?: OpusFactory
  /** Samples per channel; the receiver owns them. */
  onAudio(channels: Float32Array[], sampleRate: number): void
  /** Called once at most; nothing is decoded after it. */
  onInvalid(why: InvalidAudio): void
}): StreamDecoder
