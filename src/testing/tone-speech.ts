/** One word as it was spoken or heard; times in seconds of audio. */
export interface SpokenWord {
  text: string
  /** Seconds. */
  start: number
  /** Seconds. */
  end: number
  /** 0…1. */
  confidence: number
}

/** How {@link encodeToneSpeech} speaks. */
export interface ToneSpeechOptions {
  /** Hertz, 8000 or more. */
  sampleRate: number
  /** Peak of the sum of the tones, 0…1. @default 0.5 */
  gain?: number
  /** Milliseconds of silence between two words. */
  wordGapMs?: number
  /** Milliseconds of silence after a word that ends with a full stop, question mark or exclamation mark. */
  sentenceGapMs?: number
}

/** Writes down the tone speech it hears. */
export interface ToneSpeechRecogniser {
  /** Mono samples at the recogniser's rate; any chunking gives the same words. */
  push(samples: Float32Array): void
  /** The audio is over: settles what is pending. */
  flush(): void
  /** Seconds of audio received. */
  readonly position: number
  /** Settled words, in order; grows only. */
  readonly words: readonly SpokenWord[]
  /** Best guess of the word being spoken right now. */
  readonly pending: SpokenWord | null
  /** Whether there is voice (tones or human) right now. */
  readonly isSpeaking: boolean
  /** Seconds; end of the latest voice activity, 0 when there was none. */
  readonly lastVoiceEnd: number
}

/** Speaks a text. */
export declare function encodeToneSpeech(
  text: string,
  options: ToneSpeechOptions,
): { samples: Float32Array<ArrayBuffer>; words: SpokenWord[] }

/** Creates a recogniser. */
export declare function createToneSpeechRecogniser(options: {
  sampleRate: number
  placeholder?: string
}): ToneSpeechRecogniser

/** Speaks a text into a WAV file, 16-bit mono, as Chromium's fake microphone wants it. */
export declare function toneSpeechWav(
  text: string,
  options?: Partial<ToneSpeechOptions> & { leadingSilenceMs?: number; trailingSilenceMs?: number },
): Uint8Array<ArrayBuffer>
