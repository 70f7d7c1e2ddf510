import {
  CLOSE_STREAM,
  FINALIZE,
  KEEP_ALIVE,
  LISTEN_V1_PARAMETERS,
  listenV1Complaints,
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
  doubts: listenV1Complaints,
  read(message: ListenV1Message, before): Heard {
    const text = foldListenV1(before, message)
    switch (message.type) {
      case 'Results':
        return {
          text,
          requestId: message.metadata?.request_id,
          until: message.start + message.duration,
          words: message.channel.alternatives[0]?.transcript,
          ...(message.is_final && { settledEnd: settledEnd(text, message.channel_index[1] ?? 1) }),
          isFinalized: message.from_finalize,
        }
      case 'SpeechStarted':
        return { text, speechStart: message.timestamp + before.streamOffset }
      case 'Metadata':
        return { text, requestId: message.request_id, sha256: message.sha256 }
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
