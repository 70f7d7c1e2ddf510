/** Audio inside a self-describing container; the service is told nothing about it. */
export interface ContainerFormat {
  readonly kind: 'container'
  /** As the recorder names it, for example `audio/webm;codecs=opus`. */
  readonly mimeType: string
}

/** Headerless samples; the service is told encoding, sample rate and channels. */
export interface RawFormat {
  readonly kind: 'raw'
  readonly encoding: 'linear16' | 'mulaw' | 'alaw'
  /** Hertz. */
  readonly sampleRate: number
  readonly channels: number
}

/** What the bytes of an {@link AudioSource} are. */
export type AudioFormat = ContainerFormat | RawFormat

/** One piece of recorded audio, never empty. Its boundaries mean nothing. */
export type AudioChunk = BlobLike | Uint8Array<ArrayBuffer>

/** The part of `Blob` a session needs; a real `Blob` goes to the socket as it is. */
export interface BlobLike {
  readonly size: number
  readonly type: string
  arrayBuffer(): Promise<ArrayBuffer>
}

/** The part of `AbortSignal` a source needs. */
export interface AbortSignalLike {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** What a source tells while it runs. Calls come in order and never after `stop()` settled or `abort()` returned. */
export interface AudioSourceHandlers {
  /** The browser is asking the user for permission. */
  onPrompt?(): void
  /** A piece of audio. The receiver owns it. Never empty. */
  onChunk(chunk: AudioChunk): void
  /** The input went silent or came back outside the page's control (a call, a hardware switch). */
  onMuted?(muted: boolean): void
  /** The input ended by itself (unplugged, call over, file done). `error` is set when that was not its natural end. */
  onEnded(error?: Error): void
}

/** What a running source says of itself. */
export interface AudioSourceInfo {
  readonly format: AudioFormat
  /** The device or track, by the name the browser shows; empty where unknown. */
  readonly label: string
  /** The processing settings really applied, where the browser tells. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/**
 * Where a listen session's audio comes from.
 *
 * A source may be started again after it was stopped; a container source then begins with a new header.
 */
export interface AudioSource {
  /** The format, where it is known before the start; lets the socket open beside the permission prompt. */
  readonly format?: AudioFormat
  /**
   * Begins to capture. Whatever needs a user gesture is called before this function returns.
   *
   * @returns when audio is flowing.
   * @throws DeepgramError as a rejection; nothing is held open then.
   */
  start(handlers: AudioSourceHandlers, signal: AbortSignalLike): Promise<AudioSourceInfo>
  /** Ends the capture after the last chunk was handed over, and releases what the source opened. */
  stop(): Promise<void>
  /** Releases everything now; no further handler is called. */
  abort(): void
  /** Stops the audio from leaving; the input may stay open. */
  pause?(): void
  /** Lets the audio flow again, in the same stream. */
  resume?(): void
  /** Momentary level, linear 0…1, for meters. Cheap; pulled. */
  getLevel?(): number
}

/** Headerless mono samples, as a speak session plays them. */
export interface PcmFormat {
  readonly encoding: 'linear16' | 'mulaw' | 'alaw'
  /** Hertz. */
  readonly sampleRate: number
}
