import { decodeMessage } from '../protocol/decode.ts'
import { pickParameters } from '../protocol/endpoint.ts'
import { CLEAR, CLOSE, encodeSpeak, FLUSH, SPEAK_V1_PARAMETERS, speakV1Schemas } from '../protocol/speak-v1.ts'
import type { SpeakWire } from './speak-wire.ts'

const formatOf: SpeakWire['formatOf'] = ({ encoding = 'linear16', sampleRate }) => {
  const rates = [8_000, 16_000, ...(encoding === 'linear16' ? [24_000, 32_000, 48_000] : [])]
  const format = { encoding, sampleRate: sampleRate ?? rates[2] ?? rates[0]! }
  if (!rates.includes(format.sampleRate)) {
    throw new TypeError(`sampleRate must be one of ${rates.join(', ')} for ${encoding}.`)
  }
  return format
}

/** `/v1/speak`. It keeps nothing of a connection. */
export const speakV1: SpeakWire = {
  parameters: SPEAK_V1_PARAMETERS,
  formatOf,
  address({ model = 'aura-2-thalia-en', parameters, ...options }) {
    const query = { ...pickParameters({ ...options, ...formatOf(options), model }, SPEAK_V1_PARAMETERS), ...parameters }
    return { path: '/v1/speak', query }
  },
  speak: encodeSpeak,
  flush: () => FLUSH,
  clear: () => CLEAR,
  isHeld: false,
  close: CLOSE,
  read(text) {
    const decoded = decodeMessage(text, speakV1Schemas)
    if (decoded.kind !== 'message') return { type: 'unread', frame: decoded }
    const { message } = decoded
    switch (message.type) {
      case 'Flushed':
        return { type: 'flushed', sequence: message.sequence_id }
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
