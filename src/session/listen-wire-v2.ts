import {
  CLOSE_STREAM,
  encodeListenV2Configure,
  FORCE_END_TURN,
  LISTEN_V2_PARAMETERS,
  listenV2Complaints,
  listenV2Schemas,
  type ListenV2Message,
} from '../protocol/listen-v2.ts'
import { acknowledgedBy, foldListenV2, foldTurn } from '../transcript/fold-listen-v2.ts'
import { channelOf, settleLost } from '../transcript/transcript.ts'
import type { Heard, ListenWire } from './listen-wire.ts'

/** A turn longer than this is not heard again from its beginning. */
const LONG_TURN_SECONDS = 5
/** Words this near to the end of what was heard may still be revised. */
const UNSURE_SECONDS = 2

interface Numbered {
  type: string
  request_id?: string
  sequence_id?: number
}

/** `/v2/listen`: Flux, which tells turns. */
export const listenV2: ListenWire = {
  path: '/v2/listen',
  parameters: LISTEN_V2_PARAMETERS,
  schemas: listenV2Schemas,
  keepAlive: null,
  finalize: FORCE_END_TURN,
  // Without the first, the words of the last turn would never be settled.
  close: [FORCE_END_TURN, CLOSE_STREAM],
  complete: (query, format) => ({
    ...query,
    ...(format && { encoding: format.encoding, sample_rate: format.sampleRate }),
  }),
  configure: encodeListenV2Configure,
  doubts: (query) => listenV2Complaints(query).map((complaint) => complaint.replace(/\.$/, '')),
  read(message: ListenV2Message, before, turn): Heard {
    const acknowledged = acknowledgedBy(message)
    const { type, request_id: requestId, sequence_id: sequence } = message as Numbered
    if (type !== 'Connected' && sequence !== undefined && sequence <= turn.sequence)
      return { text: before, isOld: true }
    // Whatever else ended the turn did so before it was asked for, and the answer is still to come.
    const isEnd =
      message.type === 'TurnInfo' && message.event === 'EndOfTurn' && !/^(model|timeout)$/.test(message.trigger ?? '')
    const code = 'code' in message ? (message.code ?? message.type) : undefined
    return {
      text: foldListenV2(before, message),
      turn: foldTurn(turn, message),
      requestId,
      ...(message.type === 'TurnInfo' && { words: message.transcript, until: message.audio_window_end }),
      ...(acknowledged && { settledEnd: acknowledged + before.streamOffset }),
      // A warning answers too: there was no turn to end.
      isFinalized: isEnd || type === 'Warning',
      ...(/^Configure/.test(type) && { isConfigured: type === 'ConfigureSuccess' }),
      ...(type === 'ConfigureFailure' && { complaint: code ?? type }),
      ...(type === 'Error' && { fatal: code ?? type }),
    }
  },
  lost(text) {
    const { words = [], start = 0, end = 0 } = channelOf(text, 0).interim ?? {}
    // Only the end of a turn acknowledges audio. A line that breaks more often than turns end would never get on.
    if (end - start < LONG_TURN_SECONDS) return text
    // The last word is always heard again, so that somebody hears the turn end.
    const count = words.slice(0, -1).findLastIndex((word) => word.end <= end - UNSURE_SECONDS) + 1
    const [last, next] = [words[count - 1], words[count]]
    // Not within a word: half of it would be understood as another.
    return last && next ? settleLost(text, Math.max(last.end, (last.end + next.start) / 2)) : text
  },
}
