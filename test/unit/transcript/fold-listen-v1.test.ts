import { describe, expect, it } from 'vitest'
import { foldListenV1 } from '../../../src/transcript/fold-listen-v1.ts'
import {
  beginStream,
  clearTranscript,
  closeUtterance,
  EMPTY_TRANSCRIPT,
  holdInterims,
  INITIAL_TRANSCRIPT_STATE,
  settleLost,
  settleRest,
  type TranscriptState,
} from '../../../src/transcript/transcript.ts'
import { final, foldAll, interim, read, utteranceEnd } from './support.ts'

const texts = ({ transcript }: TranscriptState) => transcript.segments.map(({ text }) => text)
const utterances = ({ transcript }: TranscriptState) => transcript.utterances.map(({ text, source }) => [text, source])

describe('assembling', () => {
  it('pain 11: a long sentence over several finals keeps its beginning', () => {
    const state = foldAll([
      interim(0, 1, 'it was'),
      interim(0, 2, 'it was a bright'),
      final(0, 4, 'It was a bright cold'),
      interim(4, 5, 'day'),
      final(4, 8, 'day in April and'),
      final(8, 10, 'the clocks were striking.', { speechFinal: true }),
    ])
    expect(state.transcript.text).toBe('It was a bright cold day in April and the clocks were striking.')
    expect(state.transcript.interim).toBeNull()
    expect(utterances(state)).toEqual([
      ['It was a bright cold day in April and the clocks were striking.', 'speech-final'],
    ])
    expect(state.transcript.utterances[0]).toMatchObject({ start: 0, end: 10, segmentIds: ['s1', 's2', 's3'] })
  })

  it('pain 11: an interim replaces the one before, and may drop words', () => {
    const first = foldAll([interim(0, 1, 'I was thirty years of')])
    expect(first.transcript.interim?.text).toBe('I was thirty years of')
    const second = foldAll([interim(0, 2, 'Was thirty')], first)
    expect(second.transcript.interim?.text).toBe('Was thirty')
    expect(second.transcript.text).toBe('')
    expect(foldAll([interim(0, 3, '')], second).transcript.interim).toBeNull()
  })

  it('pain 11: a repeated final adds nothing, and does not close what was said since', () => {
    const once = final(0, 2, 'hello there', { speechFinal: true })
    const before = foldAll([once, final(2, 4, 'and then')])
    const after = foldListenV1(before, once)
    expect(after).toBe(before)
    expect(texts(after)).toEqual(['hello there', 'and then'])
    expect(utterances(after)).toEqual([['hello there', 'speech-final']])
  })

  it('pain 11: a final that overlaps what is settled adds only its new words', () => {
    const state = foldAll([
      final(0, 2, 'one two'),
      final(0, 4, 'One two three four', {
        words: [
          { text: 'One', start: 0, end: 1 },
          { text: 'two', start: 1, end: 2.01 },
          { text: 'three', start: 2.01, end: 3 },
          { text: 'four', start: 3, end: 4 },
        ],
      }),
    ])
    expect(state.transcript.text).toBe('one two three four')
  })

  it('pain 11: empty finals settle time, but make no segment', () => {
    const state = foldAll([
      final(0, 2, ''),
      final(2, 3, 'hi'),
      final(3, 5, '', { speechFinal: true }),
      final(5, 5, '', { speechFinal: true }),
    ])
    expect(texts(state)).toEqual(['hi'])
    expect(utterances(state)).toEqual([['hi', 'speech-final']])
    expect(state.channels[0]?.settledEnd).toBe(5)
  })

  it('pain 11: an interim out of range, of settled audio, changes nothing', () => {
    const settled = foldAll([final(0, 4, 'all settled here')])
    expect(foldListenV1(settled, interim(0, 3, 'all settle'))).toBe(settled)
    expect(foldListenV1(settled, interim(0, 4, 'all settled her'))).toBe(settled)
    const going = foldListenV1(settled, interim(4, 6, 'going on'))
    expect(foldListenV1(going, interim(0, 3, 'all settle'))).toBe(going)
    const reaching = foldListenV1(settled, interim(0, 6, 'all settled here yes no no'))
    expect(reaching.transcript.interim?.text).toBe('no no')
  })

  it('sums of 32-bit floats, a hair off, neither repeat nor lose a word', () => {
    const state = foldAll([
      final(12.08, 12.08 + 4.7700005, 'one two'),
      final(12.08, 12.08 + 4.7700009, 'one two'),
      final(16.849998, 18, 'three'),
    ])
    expect(state.transcript.text).toBe('one two three')
  })

  it('text without a word list is kept', () => {
    const state = foldAll([final(0, 2, 'No words given', { words: [] })])
    expect(state.transcript.segments[0]).toMatchObject({ text: 'No words given', start: 0, end: 2, words: [] })
  })

  it('SpeechStarted, Metadata and unfamiliar news clear nothing', () => {
    const state = foldAll([final(0, 1, 'one'), interim(1, 2, 'two')])
    for (const message of [
      read({ type: 'SpeechStarted', channel: [0, 1], timestamp: 1.5 }),
      read({ type: 'Metadata', request_id: 'x' }),
      read({ type: 'Error', description: 'x' }),
      read({ type: 'ConfigureSuccess' }),
    ]) {
      expect(foldListenV1(state, message)).toBe(state)
    }
  })

  it('segments keep their identity, and the texts of earlier states do not change', () => {
    const first = foldAll([final(0, 1, 'one')])
    const second = foldAll([interim(1, 2, 'tw'), final(1, 2, 'two')], first)
    expect(second.transcript.segments[0]).toBe(first.transcript.segments[0])
    expect(first.transcript.segments).toHaveLength(1)
    expect(first.transcript.text).toBe('one')
    expect(second.transcript.segments.map(({ id }) => id)).toEqual(['s1', 's2'])
  })

  it('an interim repeated word for word is not a change', () => {
    const state = foldAll([interim(0, 1, 'hello')])
    expect(foldListenV1(state, interim(0, 1, 'hello'))).toBe(state)
  })
})

describe('utterances', () => {
  const spoken = [final(0, 2, 'hello there'), final(2, 4, 'my friend')]

  it('speech_final, then UtteranceEnd for the same words, is one utterance', () => {
    const state = foldAll([final(0, 2, 'hello there', { speechFinal: true }), utteranceEnd(2), utteranceEnd(2)])
    expect(utterances(state)).toEqual([['hello there', 'speech-final']])
  })

  it('UtteranceEnd, then an empty speech_final, is one utterance', () => {
    const state = foldAll([...spoken, utteranceEnd(4), final(4, 5, '', { speechFinal: true })])
    expect(utterances(state)).toEqual([['hello there my friend', 'utterance-end']])
  })

  it('UtteranceEnd with -1 says nothing, in a later stream either', () => {
    const state = foldAll(spoken)
    expect(foldListenV1(state, utteranceEnd(-1))).toBe(state)
    const later = beginStream(state, 1, 10)
    expect(foldListenV1(later, utteranceEnd(-1))).toBe(later)
  })

  it('a late UtteranceEnd does not close what is being said now', () => {
    const state = foldAll([final(0, 8.8, 'before', { speechFinal: true }), final(9.6, 12, 'now')])
    expect(foldListenV1(state, utteranceEnd(8.8))).toBe(state)
    expect(utterances(foldAll([utteranceEnd(12)], state)).at(-1)).toEqual(['now', 'utterance-end'])
  })

  it('an UtteranceEnd after new words have begun closes the old ones alone', () => {
    const state = foldAll([...spoken, interim(4, 9, 'next thing'), utteranceEnd(4)])
    expect(utterances(state)).toEqual([['hello there my friend', 'utterance-end']])
    expect(state.transcript.interim?.text).toBe('next thing')
    const on = foldAll([...spoken, final(6, 9, 'next thing'), utteranceEnd(4), utteranceEnd(9)])
    expect(utterances(on)).toEqual([
      ['hello there my friend', 'utterance-end'],
      ['next thing', 'utterance-end'],
    ])
  })

  it('ids of segments and utterances are never the same twice', () => {
    const state = foldAll([
      final(0, 1, 'a', { speechFinal: true }),
      final(1, 2, 'b', { speechFinal: true }),
      final(2, 3, 'c', { speechFinal: true }),
    ])
    const { segments, utterances: closed } = state.transcript
    const ids = [...segments, ...closed].map(({ id }) => id)
    expect(new Set(ids).size).toBe(6)
  })
})

describe('channels and speakers', () => {
  it('each channel has its own window, tail and utterances', () => {
    const left = { channel: [0, 2] as const }
    const right = { channel: [1, 2] as const }
    const state = foldAll([
      interim(0, 1, 'hello', left),
      interim(0, 1, 'well', right),
      final(0, 2, 'hello you', { ...left, speechFinal: true }),
      final(0, 2, 'well yes', right),
      interim(2, 3, 'so', left),
    ])
    expect(state.transcript.segments.map(({ text, channel }) => [text, channel])).toEqual([
      ['hello you', 0],
      ['well yes', 1],
    ])
    expect(utterances(state)).toEqual([['hello you', 'speech-final']])
    expect(state.transcript.interim).toMatchObject({ text: 'so', channel: 0 })
    // The tail of the other channel comes back when this one is settled.
    const both = foldAll(
      [interim(2, 3, 'right tail', right), interim(2, 4, 'so it', left), final(2, 4, 'so', left)],
      state,
    )
    expect(both.transcript.interim).toMatchObject({ text: 'right tail', channel: 1 })
  })

  it('a window with several speakers becomes a segment for each', () => {
    const state = foldAll([
      final(0, 4, 'Hi. Hello. How are you?', {
        speechFinal: true,
        words: [
          { text: 'Hi.', start: 0, end: 1, speaker: 0 },
          { text: 'Hello.', start: 1, end: 2, speaker: 1 },
          { text: 'How', start: 2, end: 3, speaker: 0 },
          { text: 'are', start: 3, end: 3.5, speaker: 0 },
          { text: 'you?', start: 3.5, end: 4, speaker: 0 },
        ],
      }),
    ])
    expect(state.transcript.segments.map(({ text, speaker, start, end }) => [text, speaker, start, end])).toEqual([
      ['Hi.', 0, 0, 1],
      ['Hello.', 1, 1, 2],
      ['How are you?', 0, 2, 4],
    ])
    expect(utterances(state)).toEqual([['Hi. Hello. How are you?', 'speech-final']])
  })

  it('one speaker, and a language, stay on their words', () => {
    const words = [{ text: 'Salut', start: 0, end: 1, speaker: 3, language: 'fr' }]
    const [segment] = foldAll([final(0, 1, 'Salut', { words })]).transcript.segments
    expect(segment).toMatchObject({ speaker: 3, words: [{ text: 'Salut', speaker: 3, language: 'fr' }] })
    const [plain] = foldAll([final(0, 1, 'Salut')]).transcript.segments
    expect(plain).not.toHaveProperty('speaker')
  })
})

describe('entities', () => {
  const name = { label: 'NAME', value: 'Ann Lee', raw_value: 'ann lee', confidence: 0.8, start_word: 1, end_word: 3 }
  const number = { label: 'CARDINAL', value: '5', confidence: 0.7, start_word: 4, end_word: 5 }

  it('are told with the words they are made of', () => {
    const [segment] = foldAll([final(0, 5, 'hello Ann Lee, take five', { entities: [name, number] })]).transcript
      .segments
    expect(segment!.entities).toEqual([
      { label: 'NAME', text: 'Ann Lee', rawText: 'ann lee', confidence: 0.8, startWord: 1, endWord: 3 },
      { label: 'CARDINAL', text: '5', confidence: 0.7, startWord: 4, endWord: 5 },
    ])
    const [without] = foldAll([final(0, 1, 'hello', { entities: [] })]).transcript.segments
    expect(without).not.toHaveProperty('entities')
  })

  it('follow their words into the segment of their speaker, and do not outlive a part of them', () => {
    const words = ['hello', 'Ann', 'Lee', 'take', 'five'].map((text, i) => ({
      text,
      start: i,
      end: i + 1,
      speaker: i < 1 ? 0 : 1,
    }))
    const { segments } = foldAll([
      final(0, 5, 'hello Ann Lee take five', { words, entities: [name, number] }),
    ]).transcript
    expect(segments.map(({ entities }) => entities?.map(({ startWord, endWord }) => [startWord, endWord]))).toEqual([
      undefined,
      [
        [0, 2],
        [3, 4],
      ],
    ])
    // The first two words had been settled before: only the number is still whole.
    const late = foldAll([
      final(0, 2, 'hello Ann'),
      final(0, 5, 'hello Ann Lee take five', { entities: [name, number] }),
    ])
    expect(late.transcript.segments[1]).toMatchObject({
      text: 'Lee take five',
      entities: [{ label: 'CARDINAL', startWord: 2, endWord: 3 }],
    })
    expect(late.transcript.segments[1]!.entities).toHaveLength(1)
  })

  it('that are broken, or point beyond the words, cost nothing', () => {
    for (const entities of [[{ label: 5 }], [{ ...name, start_word: 40, end_word: 50 }], [{ ...name, end_word: 0 }]]) {
      const [segment] = foldAll([final(0, 1, 'hello', { entities })]).transcript.segments
      expect(segment).toMatchObject({ text: 'hello' })
      expect(segment).not.toHaveProperty('entities')
    }
  })
})

describe('a line that is lost', () => {
  const held = holdInterims(foldAll([final(0, 2, 'one two'), interim(2, 6, 'three four five six')]))

  it('its unfinished text stays, marked', () => {
    expect(held.transcript.interim).toMatchObject({ text: 'three four five six', isProvisional: true })
    expect(held.transcript.text).toBe('one two')
    expect(holdInterims(held)).toBe(held)
  })

  it('the replay takes its place when it has come as far, and settles it piece by piece', () => {
    const replay = beginStream(held, 1, 2)
    const behind = foldAll([interim(0, 1, 'three')], replay)
    expect(behind.transcript.interim?.text).toBe('three four five six')
    const part = foldAll([final(0, 2, 'three four')], behind)
    expect(part.transcript.text).toBe('one two three four')
    expect(part.transcript.interim).toMatchObject({ text: 'five six', isProvisional: true })
    const whole = foldAll([interim(2, 4.5, 'five six seven')], part)
    expect(whole.transcript.interim).toMatchObject({ text: 'five six seven', isProvisional: false, start: 4 })
    expect(whole.transcript.segments.at(-1)).toMatchObject({ start: 2, end: 4, streamIndex: 1 })
  })

  it('words that the old line had settled are not repeated by the replay', () => {
    const replay = beginStream(held, 1, 1)
    expect(foldAll([final(0, 3, 'two three four')], replay).transcript.text).toBe('one two three four')
  })

  it('the last settled word, heard again a little later than before, is not said twice', () => {
    const before = foldAll([
      final(0, 2, 'one Two.', {
        words: [
          { text: 'one', start: 0.5, end: 1 },
          { text: 'Two.', start: 1.4, end: 2 },
        ],
      }),
    ])
    const again = (word: string, start: number, stream = 1) =>
      foldAll(
        [
          final(0, 3, `${word} three`, {
            words: [
              { text: word, start: start - 1.5, end: start - 0.9 },
              { text: 'three', start: 0.8, end: 1.2 },
            ],
          }),
        ],
        beginStream(before, stream, 1.5),
      ).transcript.text
    expect(again('two', 1.8)).toBe('one Two. three')
    // Another word, one that follows, and one of the same line are words of their own.
    expect(again('too', 1.8)).toBe('one Two. too three')
    expect(again('two', 2)).toBe('one Two. two three')
    expect(again('two', 1.8, 0)).toBe('one Two. two three')
  })

  it('text whose audio is lost for good becomes provisional segments, and no more than that', () => {
    const lost = settleLost(held, 4)
    expect(lost.transcript.segments.map(({ text, isProvisional }) => [text, isProvisional])).toEqual([
      ['one two', false],
      ['three four', true],
    ])
    expect(lost.transcript.interim?.text).toBe('five six')
    expect(settleLost(lost, 4)).toBe(lost)
    expect(texts(settleLost(held, 100)).at(-1)).toBe('three four five six')
  })

  it('at the end everything unfinished is kept, and every utterance closed, once', () => {
    const end = settleRest(held)
    expect(end.transcript.text).toBe('one two three four five six')
    expect(end.transcript.interim).toBeNull()
    expect(utterances(end)).toEqual([['one two three four five six', 'stop']])
    expect(settleRest(end)).toBe(end)
  })

  it('times go on over streams', () => {
    const state = foldAll([final(0, 2, 'again')], beginStream(foldAll([final(0, 2, 'once')]), 1, 7.5))
    expect(state.transcript.segments.map(({ start, end, streamIndex }) => [start, end, streamIndex])).toEqual([
      [0, 2, 0],
      [7.5, 9.5, 1],
    ])
    expect(state.transcript.segments[1]?.words[0]).toMatchObject({ start: 7.5, end: 9.5 })
  })
})

describe('clearing', () => {
  it('forgets the text, but neither the time nor the ids', () => {
    const full = foldAll([final(0, 2, 'one', { speechFinal: true }), final(2, 3, 'two'), interim(3, 4, 'three')])
    const empty = clearTranscript(full)
    expect(empty.transcript).toBe(EMPTY_TRANSCRIPT)
    const again = foldAll([final(2, 3, 'two'), final(3, 5, 'four', { speechFinal: true })], empty)
    expect(texts(again)).toEqual(['four'])
    expect(utterances(again)).toEqual([['four', 'speech-final']])
    const ids = [...full.transcript.segments, ...full.transcript.utterances].map(({ id }) => id)
    expect(ids).not.toContain(again.transcript.segments[0]?.id)
  })

  it('closing an utterance when nothing was said changes nothing', () => {
    expect(closeUtterance(INITIAL_TRANSCRIPT_STATE, 0, 'stop')).toBe(INITIAL_TRANSCRIPT_STATE)
  })
})
