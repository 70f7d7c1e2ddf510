import type { AudioFormat } from '../audio/ports.ts'
import type { MessageSchemas } from '../protocol/decode.ts'
import type { QueryValue } from '../protocol/listen-v1.ts'
import type { ListenV2Settings } from '../protocol/listen-v2.ts'
import type { TurnState } from '../transcript/fold-listen-v2.ts'
import type { TranscriptState } from '../transcript/transcript.ts'

/** Query parameters under their wire names. */
export type WireQuery = Record<string, QueryValue>

/** What can be changed in mid-stream: on `/v1/listen` `keyterms` and `features`, with a `flux-` model all but `features`. */
export interface ListenSettings extends ListenV2Settings {
  /** Formatting, by its name on the wire, for example `{ numerals: true }`. */
  features?: Readonly<Record<string, boolean>> | undefined
}

/** What a message of the service means to the session. */
export interface Heard {
  /** The text after it. */
  readonly text: TranscriptState
  /** The turn after it, where the service tells turns. */
  readonly turn?: TurnState
  /** Up to where all text is settled, in seconds on the session's timeline. */
  readonly settledEnd?: number
  /** Up to where its words reach, in seconds of the stream. */
  readonly until?: number
  /** It comes after one that the service numbered higher: a repeat, or out of order. */
  readonly isOld?: boolean
  readonly requestId?: string | undefined
  /** Digest of the audio that arrived. */
  readonly sha256?: string | undefined
  /** The newest words of the message, if it is about words; `''` for silence. */
  readonly words?: string | undefined
  /** Speech was noticed to begin here, in seconds on the session's timeline. */
  readonly speechStart?: number
  /** It answers a request for everything said so far. */
  readonly isFinalized?: boolean | undefined
  /** Whether new settings were taken. */
  readonly isConfigured?: boolean | undefined
  /** Code of a complaint after which everything goes on. */
  readonly complaint?: string | undefined
  /** Code of a complaint after which nothing does. */
  readonly fatal?: string | undefined
}

/** How one generation of the service is spoken to. */
export interface ListenWire {
  readonly path: string
  /** Names of its query parameters, in camel case. */
  readonly parameters: readonly string[]
  readonly schemas: MessageSchemas
  /** Keeps a quiet line open; `null` where only audio does. */
  readonly keepAlive: string | null
  /** Asks for everything said so far. */
  readonly finalize: string
  /** Asks for the rest and the close, in this order. */
  readonly close: readonly string[]
  /** Fills in what the service needs. `format` is `undefined` for a container. */
  complete(query: WireQuery, format: Extract<AudioFormat, { kind: 'raw' }> | undefined): WireQuery
  /** Changes settings in mid-stream. @throws TypeError for one that is known to be refused. */
  configure(settings: ListenSettings): string
  /** What is known to be refused. */
  doubts(query: WireQuery): string[]
  /** Reads a decoded message. Pure. */
  read(message: never, text: TranscriptState, turn: TurnState): Heard
  /** The line is lost: settles what the next one must not have to hear again. Pure. */
  lost?(text: TranscriptState): TranscriptState
}
