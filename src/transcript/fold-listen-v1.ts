import type { ListenV1Message, ListenV1Results } from '../protocol/listen-v1.ts'
import {
  channelOf,
  closeUtterance,
  setInterim,
  settle,
  TIME_EPSILON,
  type Recognised,
  type TranscriptState,
  type Word,
} from './transcript.ts'

/**
 * Folds one `/v1/listen` message into the transcript. Pure; a message that changes nothing gives the same state back.
 *
 * Source: protocol reference, section 2.5.
 */
export function foldListenV1(state: TranscriptState, message: ListenV1Message): TranscriptState {
  switch (message.type) {
    case 'Results':
      return foldResults(state, message)
    case 'UtteranceEnd': {
      const channel = message.channel[0] ?? 0
      const { lastWordEnd, closedEnd, interim } = channelOf(state, channel)
      const end = message.last_word_end + state.streamOffset
      const newest = Math.max(lastWordEnd, interim?.words.at(-1)?.end ?? -1)
      // It may come late: for words closed already, or while the next ones are being spoken.
      const isLate = message.last_word_end < 0 || end <= closedEnd + TIME_EPSILON || newest > end + TIME_EPSILON
      return isLate ? state : closeUtterance(state, channel, 'utterance-end')
    }
    default:
      return state
  }
}

function foldResults(state: TranscriptState, message: ListenV1Results): TranscriptState {
  const heard = recognised(message, state.streamOffset)
  if (!message.is_final) return setInterim(state, heard)
  const settled = settle(state, heard)
  return message.speech_final ? closeUtterance(settled, heard.channel, 'speech-final') : settled
}

function recognised(message: ListenV1Results, offset: number): Recognised {
  const best = message.channel.alternatives[0]
  const start = message.start + offset
  return {
    channel: message.channel_index[0] ?? 0,
    start,
    end: start + message.duration,
    text: best?.transcript ?? '',
    words: (best?.words ?? []).map((word): Word => ({
      text: word.punctuated_word ?? word.word,
      start: word.start + offset,
      end: word.end + offset,
      confidence: word.confidence,
      ...(word.speaker !== undefined && { speaker: word.speaker }),
      ...(word.language !== undefined && { language: word.language }),
    })),
  }
}
