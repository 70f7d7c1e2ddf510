import { decodeMessage } from '../protocol/decode.ts'
import { pickParameters } from '../protocol/endpoint.ts'
import {
  CLOSE,
  encodeInterrupt,
  encodeSpeak,
  encodeSpeakV2Configure,
  FLUSH,
  SPEAK_V2_PARAMETERS,
  speakV2Complaints,
  speakV2Schemas,
} from '../protocol/speak-v2.ts'
import type { SpeakWire, SpeakWireEvent } from './speak-wire.ts'

const formatOf: SpeakWire['formatOf'] = (options) => {
  const { encoding = 'linear16', sampleRate = encoding === 'linear16' ? 24_000 : 8_000 } = options
  const rates = encoding === 'linear16' ? [8_000, 16_000, 24_000, 32_000, 44_100, 48_000] : [8_000, 16_000]
  const [complaint] = speakV2Complaints(options)
  if (complaint) throw new TypeError(complaint)
  if (!rates.includes(sampleRate)) {
    throw new TypeError(`sampleRate must be one of ${rates.join(', ')} for ${encoding}.`)
  }
  return { encoding, sampleRate }
}

/** `/v2/speak`: what is flushed is a turn. Makes the wire of one connection, whose audio has one clock. */
export function createSpeakV2(): SpeakWire {
  /** Turns that were asked for and have not ended. */
  let turns = 0
  /** The clock at the beginning of the oldest of them, in milliseconds. */
  let clockMs = 0
  /** The service refuses a position that is not beyond the last one. */
  let lastMs = 0
  let isHeld = false
  /** Changes of settings that are not answered; answers come in order. */
  let changes = 0
  /** A harmless question was sent: what the service still had to say of an interruption comes before the answer. */
  let isProbing = false
  let texts: { spoken?: string | undefined; remaining?: string | undefined } = {}

  const cleared = (): SpeakWireEvent => {
    turns = 0
    isHeld = isProbing = false
    return { type: 'cleared', ...texts }
  }
  const probe = (): SpeakWireEvent => {
    isProbing = true
    return { type: 'reply', text: encodeSpeakV2Configure({}) }
  }
  const interruptAgain = (): SpeakWireEvent => {
    isProbing = false
    return { type: 'reply', text: encodeInterrupt() }
  }
  const flushed = (): SpeakWireEvent | null => {
    if (turns) turns--
    // The turn was over before the interruption arrived. Its answer, if there is one, must not be taken for another's.
    if (isHeld) return turns ? null : probe()
    return { type: 'flushed' }
  }

  function warned(code: string): SpeakWireEvent | null {
    const isRefusal = /^(NO_ACTIVE_SPEECH|NO_AUDIO_GENERATED|INTERRUPT_IN_PROGRESS|INVALID_INTERRUPT_OFFSET)$/.test(
      code,
    )
    if (isHeld && isRefusal) {
      if (isProbing) return null
      if (code === 'NO_ACTIVE_SPEECH') return cleared()
      return code === 'INVALID_INTERRUPT_OFFSET' ? interruptAgain() : { type: 'lost' }
    }
    // A turn that the service does not know has no audio and no end.
    return turns && code === 'NO_ACTIVE_SPEECH' ? flushed() : { type: 'warning', text: code }
  }

  return {
    parameters: SPEAK_V2_PARAMETERS,
    formatOf,
    address(options) {
      const { parameters } = options
      const query = { ...pickParameters({ ...options, ...formatOf(options) }, SPEAK_V2_PARAMETERS), ...parameters }
      return { path: '/v2/speak', query }
    },
    speak: encodeSpeak,
    flush() {
      turns++
      return FLUSH
    },
    configure(speed = 1) {
      changes++
      return encodeSpeakV2Configure({ speed })
    },
    clear(heardMs) {
      if (!turns || isHeld) return null
      isHeld = true
      texts = {}
      const playedMs = Math.floor(clockMs + heardMs)
      return encodeInterrupt(playedMs > lastMs ? playedMs : undefined)
    },
    get isHeld() {
      return isHeld
    },
    close: CLOSE,
    read(text) {
      const decoded = decodeMessage(text, speakV2Schemas)
      if (decoded.kind !== 'message') return { type: 'unread', frame: decoded }
      const { message } = decoded
      switch (message.type) {
        case 'Connected':
          return { type: 'started', requestId: message.request_id ?? '' }
        case 'SpeechStarted':
          // A turn that waited behind the interrupted one is spoken after all.
          return isProbing ? interruptAgain() : null
        case 'SpeechMetadata':
          clockMs += message.audio_duration_ms ?? 0
          return flushed()
        case 'SpeechInterrupted':
          // The service's clock goes on from the position heard.
          clockMs = lastMs = message.audio_played_ms ?? clockMs
          if (message.text_spoken !== undefined) {
            texts = { spoken: message.text_spoken, remaining: message.text_remaining }
          }
          turns--
          return turns > 0 ? probe() : cleared()
        case 'ConfigureSuccess':
        case 'ConfigureFailure':
          if (changes) changes--
          else if (isProbing) return cleared()
          return message.type === 'ConfigureFailure' ? { type: 'warning', text: message.code ?? '' } : null
        case 'Warning':
          return warned(message.code ?? message.description ?? '')
        case 'Error': {
          const code = message.code ?? ''
          // Limits and faults of the line: a close follows, which says whether to connect again.
          return { type: code.startsWith('NET-') ? 'warning' : 'error', text: code }
        }
        default:
          return null
      }
    },
  }
}
