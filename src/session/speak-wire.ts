import type { PcmFormat } from '../audio/ports.ts'
import type { Decoded, MessageSchemas } from '../protocol/decode.ts'
import type { QueryValue } from '../protocol/listen-v1.ts'
import type { SpeakV1Parameters } from '../protocol/speak-v1.ts'
import type { SpeakV2Parameters } from '../protocol/speak-v2.ts'
import type { SocketAddress } from '../socket/deepgram-socket.ts'

/** What is asked of the service; each generation takes the parameters it knows. */
export interface SpeakWireOptions extends SpeakV1Parameters, SpeakV2Parameters {
  parameters?: Readonly<Record<string, QueryValue>> | undefined
}

/** What a message of the service means to a speak session. */
export type SpeakWireEvent =
  /** All audio of the oldest outstanding flush has been sent. The service may number these, from 0 on. */
  | { readonly type: 'flushed'; readonly sequence?: number | undefined }
  /** No message that is known. */
  | { readonly type: 'unread'; readonly frame: Exclude<Decoded<MessageSchemas>, { kind: 'message' }> }
  /**
   * What follows belongs to what is said after the interruption. The texts are the service's own: which part of the
   * text under way was heard, and which was not.
   */
  | { readonly type: 'cleared'; readonly spoken?: string | undefined; readonly remaining?: string | undefined }
  /** The service went on in spite of the interruption: the connection can only be dropped. */
  | { readonly type: 'lost' }
  /** This has to be sent before anything else. */
  | { readonly type: 'reply'; readonly text: string }
  /** The newest flush was not taken; its text waits for another. */
  | { readonly type: 'flush-refused' }
  | { readonly type: 'started'; readonly requestId: string }
  | { readonly type: 'warning' | 'error'; readonly text: string }

/** One connection to a generation of the service's speak protocol, as a session sees it. */
export interface SpeakWire {
  /** Names of the query parameters, in camel case. */
  readonly parameters: readonly string[]
  /**
   * The format that is asked for.
   *
   * @throws TypeError naming the option the service would refuse.
   */
  formatOf(options: SpeakWireOptions): PcmFormat
  /** The address for these options. */
  address(options: SpeakWireOptions): SocketAddress
  /** Sends text to be spoken. A `flush` follows before anything else. */
  speak(text: string): string
  flush(): string
  /** Changes the rate of speech from the next text on; without it the rate is part of the address. */
  configure?(speed: number | undefined): string
  /**
   * Asks for silence; `cleared` or `lost` follows, and what is heard until then was not asked for any more.
   *
   * @param heardMs - Milliseconds heard of the audio of the oldest outstanding flush; below 0 while earlier audio plays.
   * @returns null when nothing is under way, or silence was asked for already.
   */
  clear(heardMs: number): string | null
  /** Nothing may be sent until `cleared`. */
  readonly isHeld: boolean
  readonly close: string
  /** Reads one text frame; `null` where it is of no interest. */
  read(text: string): SpeakWireEvent | null
}
