import type { ListenV1Message, ListenV1Results } from '../protocol/listen-v1.ts'
import {
  channelOf,
  closeUtterance,
  setInterim,
  settle,
  TIME_EPSILON,
  type Entity,
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
      const { last_word_end: end, channel } = message
      // It may come late: what was closed before stays closed, and newer words are left to the next utterance.
      return end < 0 ? state : closeUtterance(state, channel[0] ?? 0, 'utterance-end', end + state.streamOffset)
    }
    default:
      return state
  }
}

function foldResults(state: TranscriptState, message: ListenV1Results): TranscriptState {
  const heard = recognised(message, state.streamOffset)
  if (!message.is_final) return setInterim(state, heard)
  const settled = settle(state, heard)
  // A repeated message says nothing about what was said since.
  const isOld = heard.end < channelOf(settled, heard.channel).settledEnd - TIME_EPSILON
  return message.speech_final && !isOld ? closeUtterance(settled, heard.channel, 'speech-final') : settled
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
    entities: message.entities?.map((entity): Entity => ({
      label: entity.label,
      text: entity.value,
      ...(entity.raw_value !== undefined && { rawText: entity.raw_value }),
      confidence: entity.confidence,
      startWord: entity.start_word,
      endWord: entity.end_word,
    })),
  }
}
