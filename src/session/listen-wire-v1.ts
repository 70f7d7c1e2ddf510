import {
  CLOSE_STREAM,
  FINALIZE,
  KEEP_ALIVE,
  LISTEN_V1_PARAMETERS,
  listenV1Schemas,
  type ListenV1Message,
} from '../protocol/listen-v1.ts'
import { foldListenV1 } from '../transcript/fold-listen-v1.ts'
import type { TranscriptState } from '../transcript/transcript.ts'
import type { Heard, ListenWire } from './listen-wire.ts'

/** `/v1/listen`: Nova and older models. */
export const listenV1: ListenWire = {
  path: '/v1/listen',
  parameters: LISTEN_V1_PARAMETERS,
  schemas: listenV1Schemas,
  keepAlive: KEEP_ALIVE,
  finalize: FINALIZE,
  close: [CLOSE_STREAM],
  complete: (query, format) => ({
    ...query,
    interim_results: query.interim_results ?? true,
    ...(format && { encoding: format.encoding, sample_rate: format.sampleRate, channels: format.channels }),
  }),
  configure: ({ keyterms, features }) => JSON.stringify({ type: 'Configure', keyterms, features }),
  doubts({
    model,
    keywords,
    keyterm,
    diarize,
    diarize_model: diarizeModel,
    utterance_end_ms: end,
    interim_results: interim,
  }) {
    const isNova3 = /^nova-3/.test(String(model))
    return [
      isNova3 && keywords != null && 'keywords are refused by nova-3: use keyterm',
      !isNova3 && keyterm != null && 'keyterm needs nova-3: use keywords',
      diarize != null && diarizeModel != null && 'diarize and diarize_model exclude each other',
      end != null && interim === false && 'utterance_end_ms needs interim_results',
    ].filter((doubt) => doubt !== false)
  },
  read(message: ListenV1Message, before): Heard {
    const text = foldListenV1(before, message)
    switch (message.type) {
      case 'Results':
        return {
          text,
          requestId: message.metadata?.request_id,
          words: message.channel.alternatives[0]?.transcript,
          ...(message.is_final && { settledEnd: settledEnd(text, message.channel_index[1] ?? 1) }),
          isFinalized: message.from_finalize,
        }
      case 'Metadata':
        return { text, requestId: message.request_id }
      case 'ConfigureSuccess':
        return { text, isConfigured: true }
      case 'Error':
      case 'ConfigureFailure':
        return { text, complaint: message.code ?? message.type, isConfigured: false }
      default:
        return { text }
    }
  },
}

/** Up to where every channel is settled. */
function settledEnd({ channels }: TranscriptState, channelCount: number): number {
  const ends = Object.values(channels).map((channel) => channel.settledEnd)
  return ends.length < channelCount ? 0 : Math.min(...ends)
}
