import type { PcmFormat } from '../audio/ports.ts'
import { decodeMessage } from '../protocol/decode.ts'
import { pickParameters } from '../protocol/endpoint.ts'
import type { QueryValue } from '../protocol/listen-v1.ts'
import {
  CLEAR,
  CLOSE,
  encodeSpeak,
  FLUSH,
  SPEAK_V1_PARAMETERS,
  speakV1Schemas,
  type SpeakV1Parameters,
} from '../protocol/speak-v1.ts'
import type { SocketAddress } from '../socket/deepgram-socket.ts'

/** What a message of the service means to a speak session. */
export type SpeakEvent =
  /** All audio of the oldest outstanding flush has been sent. */
  | { readonly type: 'flushed' }
  /** What follows belongs to what was said after the interruption. */
  | { readonly type: 'cleared' }
  /** The newest flush was not taken; its text waits for another. */
  | { readonly type: 'flush-refused' }
  | { readonly type: 'started'; readonly requestId: string }
  | { readonly type: 'warning' | 'error'; readonly text: string }

/** One generation of the service's speak protocol, as a session sees it. */
export interface SpeakWire {
  /** The address for these options. */
  address(options: SpeakV1Parameters & { parameters?: Readonly<Record<string, QueryValue>> | undefined }): SocketAddress
  /** Sends text to be spoken. */
  speak(text: string): string
  readonly flush: string
  readonly clear: string
  readonly close: string
  /** Reads one text frame; `null` where it is of no interest. */
  read(text: string): SpeakEvent | null
}

/**
 * The format that is asked for.
 *
 * @throws TypeError when the encoding cannot have the rate.
 */
export function formatOf({ encoding = 'linear16', sampleRate }: SpeakV1Parameters): PcmFormat {
  const rates = [8_000, 16_000, ...(encoding === 'linear16' ? [24_000, 32_000, 48_000] : [])]
  const format = { encoding, sampleRate: sampleRate ?? rates[2] ?? rates[0]! }
  if (!rates.includes(format.sampleRate)) {
    throw new TypeError(`sampleRate must be one of ${rates.join(', ')} for ${encoding}.`)
  }
  return format
}

/** `/v1/speak`. */
export const speakV1: SpeakWire = {
  address({ model = 'aura-2-thalia-en', parameters, ...options }) {
    const query = { ...pickParameters({ ...options, ...formatOf(options), model }, SPEAK_V1_PARAMETERS), ...parameters }
    return { path: '/v1/speak', query }
  },
  speak: encodeSpeak,
  flush: FLUSH,
  clear: CLEAR,
  close: CLOSE,
  read(text) {
    const decoded = decodeMessage(text, speakV1Schemas)
    if (decoded.kind !== 'message') return null
    const { message } = decoded
    switch (message.type) {
      case 'Flushed':
        return { type: 'flushed' }
      case 'Cleared':
        return { type: 'cleared' }
      case 'Metadata':
        return { type: 'started', requestId: message.request_id ?? '' }
      case 'Warning': {
        const code = message.code ?? message.warn_code ?? ''
        if (code === 'EXCESSIVE_FLUSH') return { type: 'flush-refused' }
        return { type: 'warning', text: code || (message.description ?? message.warn_msg ?? '') }
      }
      case 'Error':
        return { type: 'error', text: message.code ?? message.err_code ?? '' }
    }
  },
}
