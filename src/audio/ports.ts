/** Audio inside a self-describing container; the service is told nothing about it. */
export interface ContainerFormat {
  /** Tells the two kinds of format apart. */
  readonly kind: 'container'
  /** As the recorder names it, for example `audio/webm;codecs=opus`. */
  readonly mimeType: string
}

/** Headerless samples; the service is told encoding, sample rate and channels. */
export interface RawFormat {
  /** Tells the two kinds of format apart. */
  readonly kind: 'raw'
  /** linear16 is little-endian. */
  readonly encoding: 'linear16' | 'mulaw' | 'alaw'
  /** Hertz. */
  readonly sampleRate: number
  /** 1 or more, interleaved. */
  readonly channels: number
}

/** What the bytes of an {@link AudioSource} are. */
export type AudioFormat = ContainerFormat | RawFormat

/** One piece of recorded audio, never empty. Its boundaries mean nothing. */
export type AudioChunk = BlobLike | Uint8Array<ArrayBuffer>

/** The part of `Blob` a session needs; a real `Blob` goes to the socket as it is. */
export interface BlobLike {
  /** Bytes. */
  readonly size: number
  /** MIME type. */
  readonly type: string
  /** Its bytes, as a copy. */
  arrayBuffer(): Promise<ArrayBuffer>
}

/** The part of `AbortSignal` a source needs. */
export interface AbortSignalLike {
  /** Whether the caller has given up. */
  readonly aborted: boolean
  /** As of an `EventTarget`. */
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  /** As of an `EventTarget`. */
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * How an input is doing: heard; `'muted'` outside of the page (a call, a hardware switch); `'disabled'` by the application
 * that owns the track (`track.enabled`); gone, and being opened again; gone, with no other there.
 */
export type InputState = 'live' | 'muted' | 'disabled' | 'recovering' | 'waiting-for-device'

/**
 * What can be told of an input: nothing but digital silence comes from it; it went away; another one is heard than was
 * chosen; it is recorded in another format, because the service made nothing of the first.
 */
export type InputWarning = 'no-input' | 'device-lost' | 'device-changed' | 'format-changed'

/**
 * How the browser processes the microphone: `'voice-chat'` takes echo and noise out and evens the loudness; `'dictation'`
 * evens the loudness alone, so that no quiet syllable is taken for noise; `'raw'` does nothing.
 */
export type CapturePreset = 'voice-chat' | 'dictation' | 'raw'

/** What was chosen while the page runs; it wins over the options. */
export interface InputChoice {
  /** Which microphone. Without it the system's default. */
  readonly deviceId?: string | undefined
  /** How it is processed. */
  readonly preset?: CapturePreset | undefined
}

/** What a source tells while it runs. Calls come in order and never after `stop()` settled or `abort()` returned. */
export interface AudioSourceHandlers {
  /** The browser is asking the user for permission. */
  readonly onPrompt?: () => void
  /** A piece of audio. The receiver owns it. Never empty. */
  readonly onChunk: (chunk: AudioChunk) => void
  /** The input went silent or came back outside the page's control (a call, a hardware switch). */
  readonly onMuted?: (muted: boolean) => void
  /** The input is doing otherwise than before. A source tells either this or `onMuted`, or both. */
  readonly onInput?: (state: InputState) => void
  /** Something that a person may want to know of the input, in words; `null` when it is over. `device` is its name. */
  readonly onWarning?: (code: InputWarning, message: string | null, device?: string) => void
  /**
   * From here on it is another input, or another format: a new stream, with its own header. Nothing of it is handed over
   * before the promise is fulfilled.
   */
  readonly onReplaced?: (info: AudioSourceInfo) => Promise<void>
  /** The input ended by itself (unplugged, call over, file done). `error` is set when that was not its natural end. */
  readonly onEnded: (error?: Error) => void
}

/** What a running source says of itself. */
export interface AudioSourceInfo {
  /** What its chunks are. */
  readonly format: AudioFormat
  /** The device or track, by the name the browser shows; empty where unknown. */
  readonly label: string
  /** The settings really applied, as the browser tells them of the track: processing, rate, device. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** The device that was asked for, whatever came of it. */
  readonly selectedDevice?: string | undefined
  /** What a developer should know, told once in development. */
  readonly notes?: readonly string[]
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
  /**
   * Begins a new stream, with its own header, on the input that is open already; nothing of the old one follows.
   * Without it, or when it gives nothing, the source is aborted and started again.
   */
  restart?(): AudioSourceInfo | undefined
  /**
   * Goes over to another device, or to other processing, while it runs; `onReplaced` tells when.
   *
   * @throws DeepgramError as a rejection; what was heard before goes on.
   */
  setInput?(choice: InputChoice): Promise<void>
  /**
   * The service makes nothing of what is recorded: goes over to the next format, which `onReplaced` tells. `false` when
   * there is none.
   */
  fallBack?(): boolean
  /** Stops the audio from leaving; the input may stay open. A source of headerless samples may do without. */
  pause?(): void
  /** Lets the audio flow again, in the same stream. */
  resume?(): void
  /** Momentary level, linear 0…1, for meters. Cheap; pulled. */
  getLevel?(): number
}

/** Headerless mono samples, as a speak session plays them. */
export interface PcmFormat {
  /** How samples travel. */
  readonly encoding: 'linear16' | 'mulaw' | 'alaw'
  /** Hertz. */
  readonly sampleRate: number
}

/** What a sink tells while a stream is under way. Calls stop when the stream is stopped or drained. */
export interface AudioSinkHandlers {
  /** Samples began to be heard, or ceased to be in the middle of the stream: in an underrun, for want of more, paused. */
  onAudible(isAudible: boolean): void
  /** The last sample of a stream that was ended has been heard, output latency included. */
  onDrained(): void
  /** The platform refuses sound, or allows it again. Nothing is lost meanwhile. */
  onBlocked(isBlocked: boolean): void
  /** Time went by while there was something to hear. At most ten times a second. */
  onProgress(): void
  /** No more can be played. */
  onError(error: Error): void
}

/**
 * Where a speak session's audio goes: one stream of mono samples at a time, played without a seam.
 *
 * Creating one opens nothing.
 */
export interface AudioSink {
  /** Frames of the current stream taken so far. */
  readonly receivedFrames: number
  /** How often sound ran out in the middle of a stream, since the sink was made. */
  readonly underruns: number
  /**
   * Begins a new stream at frame 0; one under way is stopped. Whatever needs a user gesture is called before this returns.
   *
   * @throws DeepgramError `unsupported` where nothing can be played.
   */
  start(format: PcmFormat, handlers: AudioSinkHandlers, options?: { recording?: boolean | undefined }): void
  /** Adds bytes in the stream's format, cut anywhere. They are copied before this returns. */
  write(bytes: Uint8Array): void
  /** What was written is complete for now: it waits for no cushion, and running dry is no underrun. */
  flush(): void
  /** The stream is complete; `onDrained` follows. */
  end(): void
  /** Forgets what begins at `frame` or later, as far as it is not audible yet. `receivedFrames` tells what was kept. */
  truncate(frame: number): void
  /** Ends the stream: a short fade, then silence. No handler is called afterwards. */
  stop(): void
  /** Falls silent, keeping its place to the sample. */
  pause(): void
  /** Goes on with the next sample. */
  resume(): void
  /** Frames of the stream heard so far, by the audio clock. */
  getPlayedFrames(): number
  /** Momentary level of what is played, linear 0…1. Cheap; pulled. */
  getLevel(): number
  /** Sets the loudness, 0…1, without a click. */
  setVolume(volume: number): void
  /** Multiplies the loudness by `factor`, 0…1, without a click, until the next call; the loudness set is kept. */
  duck(factor: number): void
  /**
   * Moves the sound to another device; `''` is the system's choice.
   *
   * @throws DeepgramError `unsupported`, `device-not-found` or `permission-denied`, as a rejection.
   */
  setOutputDevice(deviceId: string): Promise<void>
  /** Whether the platform lets it; cheap, and opens nothing. */
  canSetOutputDevice(): boolean
  /** Prepares for sound inside a user gesture. Resolves with whether sound is allowed. */
  unlock(): Promise<boolean>
  /** The stream as a WAV file; `null` unless it was started with `recording`. */
  getRecording(): Uint8Array<ArrayBuffer> | null
  /** Stops, and gives back everything that was opened. It may be started again. */
  destroy(): void
}
