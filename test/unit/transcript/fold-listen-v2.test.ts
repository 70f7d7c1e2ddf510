import { describe, expect, it } from 'vitest'
import {
  acknowledgedBy,
  beginTurnStream,
  endTurn,
  foldListenV2,
  INITIAL_TURN_STATE,
} from '../../../src/transcript/fold-listen-v2.ts'
import {
  beginStream,
  clearTranscript,
  holdInterims,
  INITIAL_TRANSCRIPT_STATE,
  settleRest,
  type TranscriptState,
} from '../../../src/transcript/transcript.ts'
import { foldAll, foldTurns, info, read } from './support-v2.ts'

const texts = ({ transcript }: TranscriptState) => transcript.segments.map(({ text }) => text)
const utterances = ({ transcript }: TranscriptState) => transcript.utterances.map(({ text }) => text)
const shown = ({ transcript }: TranscriptState) => transcript.interim?.text ?? null

describe('the transcript of turns', () => {
  it('shows the running turn as interim text, from any event, and settles it at its end', () => {
    const messages = [
      info('Update', 0, 0.24, ''),
      info('Update', 0, 0.72, 'We'),
      info('StartOfTurn', 0, 0.96, 'We, the'),
      info('SomethingNew', 0, 1.2, 'We, the people'),
      info('EagerEndOfTurn', 0, 2.4, 'We the people.'),
      info('TurnResumed', 0, 2.48, 'We the people. Of'),
      info('EagerEndOfTurn', 0, 3.6, 'We the people of it.'),
    ]
    const seen = messages.map((_, i) => shown(foldAll(messages.slice(0, i + 1))))
    expect(seen).toEqual([
      null,
      'We',
      'We, the',
      'We, the people',
      'We the people.',
      'We the people. Of',
      'We the people of it.',
    ])
    const ended = foldAll([...messages, info('EndOfTurn', 0, 4, 'We the people of it.', { trigger: 'model' })])
    expect(ended.transcript).toMatchObject({
      text: 'We the people of it.',
      interim: null,
      segments: [{ id: 's1', start: 0, isProvisional: false, channel: 0 }],
      utterances: [{ id: 'u2', text: 'We the people of it.', segmentIds: ['s1'] }],
    })
  })

  it('an update between the eager end and the end changes nothing', () => {
    const eager = foldAll([info('EagerEndOfTurn', 0, 2, 'done')])
    const after = foldAll([info('Update', 0, 2.08, 'done'), info('EndOfTurn', 0, 2.16, 'done')], eager)
    expect(texts(after)).toEqual(['done'])
    expect(utterances(after)).toEqual(['done'])
  })

  it('a revision may change and drop earlier words; only the end counts', () => {
    const state = foldAll([
      info('StartOfTurn', 0, 2, 'ice cream for everyone'),
      info('Update', 0, 2.24, 'I scream'),
      info('EndOfTurn', 0, 3.5, 'I scream.'),
    ])
    expect(texts(state)).toEqual(['I scream.'])
  })

  it('the next turn begins where this one ended, and its first word is kept', () => {
    const state = foldAll([
      info('EndOfTurn', 0, 20, 'One.'),
      info('Update', 20, 20.24, '', { turn: 1 }),
      info('StartOfTurn', 20, 20.72, 'Two', { turn: 1, words: [{ word: 'Two', start: 19.6, end: 20.1 }] }),
      info('EndOfTurn', 20, 22, 'Two.', { turn: 1, words: [{ word: 'Two.', start: 19.6, end: 20.1 }] }),
    ])
    expect(texts(state)).toEqual(['One.', 'Two.'])
    expect(state.transcript.segments[1]!.start).toBe(20)
  })

  it('repeated and late messages say nothing new', () => {
    const end = info('EndOfTurn', 0, 2, 'One two.')
    const state = foldAll([info('Update', 0, 1, 'One'), end, info('Update', 2, 2.24, 'Three', { turn: 1 })])
    for (const old of [end, info('Update', 0, 1, 'One'), info('Update', 0, 1.9, 'One two')]) {
      expect(foldListenV2(state, old)).toBe(state)
    }
    const late = foldListenV2(foldAll([info('Update', 0, 2, 'One two')]), info('Update', 0, 1, 'One'))
    expect(shown(late)).toBe('One two')
  })

  it('a turn whose end was never told is settled when the next one is heard', () => {
    const state = foldAll([
      info('StartOfTurn', 0, 1, 'First words'),
      info('TurnVanished', 0, 1.92, 'First words here'),
      info('Update', 2, 2.24, '', { turn: 1 }),
      info('EndOfTurn', 2, 4, 'Second.', { turn: 1 }),
    ])
    expect(texts(state)).toEqual(['First words here', 'Second.'])
    expect(utterances(state)).toEqual(['First words here', 'Second.'])
  })

  it('without an end of turn before the close, the rest is settled as provisional', () => {
    const open = foldAll([info('EndOfTurn', 0, 2, 'One.'), info('Update', 2, 3, 'and', { turn: 1 })])
    expect(texts(open)).toEqual(['One.'])
    const { transcript } = settleRest(open)
    expect(transcript).toMatchObject({
      text: 'One. and',
      segments: [{ isProvisional: false }, { isProvisional: true }],
      utterances: [{}, { source: 'stop' }],
    })
  })

  it('words without times share the time between their neighbours by their length', () => {
    const state = foldAll([
      info('EndOfTurn', 10, 14, 'a bb known cc d', {
        words: [
          { word: 'a' },
          { word: 'bb' },
          { word: 'known', start: 11.5, end: 12 },
          { word: 'ccc' },
          { word: 'd', start: 13.2 },
        ],
      }),
    ])
    const times = state.transcript.segments[0]!.words.map(({ text, start, end }) => [text, start, end])
    expect(times).toEqual([
      ['a', 10, 10.5],
      ['bb', 10.5, 11.5],
      ['known', 11.5, 12],
      ['ccc', 12, 13.2],
      ['d', 13.2, 13.2],
    ])
  })

  it('a word list that is broken or missing does not cost the text', () => {
    const message = info('EndOfTurn', 0, 2, 'Hello there.', { words: [{ word: 5 as never }] })
    expect(foldAll([message]).transcript).toMatchObject({
      text: 'Hello there.',
      segments: [{ start: 0, end: 2, words: [] }],
    })
  })

  it('the end of a turn and silence acknowledge audio; running text does not', () => {
    expect(acknowledgedBy(info('EndOfTurn', 2, 20, 'One.'))).toBe(20)
    expect(acknowledgedBy(info('EagerEndOfTurn', 2, 20, 'One.'))).toBe(2)
    expect(acknowledgedBy(info('Update', 2, 20, 'One.'))).toBe(2)
    // But for the last seconds, in which a word may have begun.
    expect(acknowledgedBy(info('Update', 2, 60, ''))).toBe(57)
    expect(acknowledgedBy(info('Update', 2, 2.24, ''))).toBe(2)
    expect(acknowledgedBy(read({ type: 'Connected' }))).toBe(0)
  })

  it('a word that is told long after it was said is not lost, whatever the updates before had missed', () => {
    const words = [{ word: 'Late', start: 3, end: 4 }]
    const state = foldAll([info('Update', 0, 60, ''), info('EndOfTurn', 0, 62, 'Late', { words })])
    expect(state.transcript.segments).toMatchObject([{ text: 'Late', start: 3, end: 4 }])
  })

  it('after a drop the unfinished text stays until the replay has come as far, and nothing is said twice', () => {
    const before = foldAll([info('EndOfTurn', 0, 2, 'One.'), info('Update', 2, 4, 'two three', { turn: 1 })])
    // The ledger begins at the settled end; turns and windows begin at 0 again.
    const held = beginStream(holdInterims(before), 1, 2)
    const early = foldAll([info('Update', 0, 0.24, ''), info('Update', 0, 1, 'two')], held)
    expect(early.transcript.interim).toMatchObject({ text: 'two three', isProvisional: true })
    const caughtUp = foldAll([info('Update', 0, 2.24, 'two three four')], early)
    expect(caughtUp.transcript.interim).toMatchObject({ text: 'two three four', isProvisional: false })
    const ended = foldAll([info('EndOfTurn', 0, 3, 'two three four')], caughtUp)
    expect(texts(ended)).toEqual(['One.', 'two three four'])
    expect(ended.transcript.segments[1]).toMatchObject({ start: 2, streamIndex: 1 })
  })

  it('words of settled audio that is heard again appear once', () => {
    const before = foldAll([
      info('EndOfTurn', 0, 2, 'One two.', {
        words: [
          { word: 'One', start: 0.5, end: 1 },
          { word: 'two.', start: 1.4, end: 1.8 },
        ],
      }),
    ])
    const again = beginStream(before, 1, 1)
    const words = [
      { word: 'two.', start: 0.4, end: 0.8 },
      { word: 'Three.', start: 1.2, end: 1.6 },
    ]
    const state = foldAll(
      [info('Update', 0, 2, 'two. Three.', { words }), info('EndOfTurn', 0, 3, 'two. Three.', { words })],
      again,
    )
    expect(texts(state)).toEqual(['One two.', 'Three.'])
  })

  it('clearing forgets the text, and what was settled does not come back', () => {
    const end = info('EndOfTurn', 0, 2, 'One.')
    const state = foldAll([end, info('EndOfTurn', 2, 4, 'Two.', { turn: 1 })], clearTranscript(foldAll([end])))
    expect(texts(state)).toEqual(['Two.'])
  })

  it('one detected language is the language of every word', () => {
    const german = foldAll([info('EndOfTurn', 0, 2, 'guten Tag', { languages: ['de'] })])
    expect(german.transcript.segments[0]!.words.map(({ language }) => language)).toEqual(['de', 'de'])
    const mixed = foldAll([info('EndOfTurn', 0, 2, 'guten day', { languages: ['de', 'en'] })])
    expect(mixed.transcript.segments[0]!.words[0]).not.toHaveProperty('language')
  })

  it('messages that are no turns change nothing', () => {
    for (const type of ['Connected', 'ConfigureSuccess', 'ConfigureFailure', 'Warning', 'Error']) {
      expect(foldListenV2(INITIAL_TRANSCRIPT_STATE, read({ type, sequence_id: 0 }))).toBe(INITIAL_TRANSCRIPT_STATE)
    }
  })
})

describe('the turn', () => {
  const speech = [
    info('Update', 0, 0.24, '', { sequence: 1, confidence: 0.8 }),
    info('Update', 0, 0.72, 'We', { sequence: 2 }),
    info('StartOfTurn', 0, 0.96, 'We, the', { sequence: 3 }),
    info('Update', 0, 1.2, 'We the people', { sequence: 4 }),
    info('EagerEndOfTurn', 0, 2.4, 'We the people', { sequence: 5, confidence: 0.6 }),
    info('Update', 0, 2.48, 'We the people', { sequence: 6, confidence: 0.5 }),
    info('TurnResumed', 0, 2.56, 'We the people', { sequence: 7 }),
    info('EagerEndOfTurn', 0, 4, 'We the people of', { sequence: 8, confidence: 0.6 }),
    info('EndOfTurn', 0, 4.4, 'We the people of', { sequence: 9, confidence: 0.9, trigger: 'model' }),
    info('Update', 4.4, 4.64, '', { turn: 1, sequence: 10 }),
  ]

  it('is silent until speech is certain, speaks, may be about to end, ends, and is followed by the next', () => {
    const states = speech.map((_, i) => foldTurns(speech.slice(0, i + 1)).turn.state)
    expect(states).toEqual([
      'silent',
      'silent',
      'speaking',
      'speaking',
      'eager-end',
      'eager-end',
      'speaking',
      'eager-end',
      'ended',
      'silent',
    ])
    expect(foldTurns(speech.slice(0, 2)).turn).toEqual({
      index: 0,
      state: 'silent',
      text: 'We',
      endOfTurnConfidence: 0.1,
    })
    expect(foldTurns(speech).turn).toEqual({ index: 1, state: 'silent', text: '', endOfTurnConfidence: 0.1 })
  })

  it('every message of a turn is one event, and the end says what ended it', () => {
    const { events, state } = foldTurns(speech.slice(0, 9))
    expect(events.map(([type]) => type)).toEqual([
      'update',
      'update',
      'start',
      'update',
      'eager-end',
      'update',
      'resumed',
      'eager-end',
      'end',
    ])
    expect(state.events).toEqual([
      {
        type: 'end',
        index: 0,
        state: 'ended',
        text: 'We the people of',
        endOfTurnConfidence: 0.9,
        trigger: 'model',
      },
    ])
  })

  it.each(['SomethingNew', 'constructor', '__proto__'])('%s is no event that is known: an update', (event) => {
    const { events, turn } = foldTurns([info('StartOfTurn', 0, 1, 'We'), info(event, 0, 1.2, 'We, the')])
    expect(events.at(-1)).toEqual(['update', 0, 'We, the'])
    expect(turn.state).toBe('speaking')
  })

  it('repeats, and messages of a turn that is over, are no events; gaps do not matter', () => {
    const { state } = foldTurns(speech.slice(0, 9))
    expect(foldTurns(speech.slice(0, 9), state).events).toEqual([])
    const running = foldTurns(speech.slice(0, 5)).state
    expect(foldTurns(speech.slice(0, 5), running)).toMatchObject({ events: [], turn: running.turn })
    expect(foldTurns([info('EndOfTurn', 0, 4.4, 'We the people of', { sequence: 40 })], state).events).toEqual([])
    expect(foldTurns([info('StartOfTurn', 4.4, 6, 'Yes', { turn: 1, sequence: 99 })], state).events).toEqual([
      ['start', 1, 'Yes'],
    ])
  })

  it('messages that are no turns carry no event on', () => {
    const { state } = foldTurns([...speech, read({ type: 'ConfigureSuccess', sequence_id: 11 })])
    expect(state.events).toEqual([])
    expect(state.turn.index).toBe(1)
  })

  it('a turn whose end was never told has ended when the next is heard of', () => {
    const { marks } = foldTurns([
      info('StartOfTurn', 0, 1, 'One'),
      info('Update', 1, 1.24, '', { turn: 1 }),
      info('StartOfTurn', 1, 2, 'Two', { turn: 1 }),
    ])
    expect(marks).toEqual([
      ['start', 0, 'One'],
      ['end', 0, 'One'],
      ['start', 1, 'Two'],
    ])
  })

  it('what cannot follow is an update', () => {
    expect(foldTurns([info('TurnResumed', 0, 1, 'One')]).events).toEqual([['update', 0, 'One']])
    expect(foldTurns([info('Unheard', 0, 1, 'One')]).events).toEqual([['update', 0, 'One']])
  })

  it('goes on counting over a reconnection, after a turn that had ended', () => {
    const { state } = foldTurns([info('EndOfTurn', 0, 2, 'One.', { sequence: 7 })])
    const { marks, turn } = foldTurns(
      [
        info('Update', 0, 0.24, '', { sequence: 1 }),
        info('StartOfTurn', 0, 1, 'Two', { sequence: 2 }),
        info('EndOfTurn', 0, 2, 'Two.', { sequence: 3 }),
        info('StartOfTurn', 2, 3, 'Three', { turn: 1, sequence: 4 }),
      ],
      beginTurnStream(state),
    )
    expect(marks).toEqual([
      ['start', 1, 'Two'],
      ['end', 1, 'Two.'],
      ['start', 2, 'Three'],
    ])
    expect(turn.index).toBe(2)
  })

  it('a turn cut by a reconnection goes on as the same turn: one start, no text lost meanwhile, one end', () => {
    const { state } = foldTurns([info('StartOfTurn', 0, 1, 'One two'), info('EagerEndOfTurn', 0, 2, 'One two')])
    const replay = [
      info('Update', 0, 0.24, ''),
      info('StartOfTurn', 0, 0.9, 'One'),
      info('EagerEndOfTurn', 0, 2, 'One two'),
      info('TurnResumed', 0, 2.4, 'One two'),
      info('EndOfTurn', 0, 4, 'One two three.'),
    ]
    const begun = beginTurnStream(state)
    expect(foldTurns(replay.slice(0, 1), begun).turn).toMatchObject({ index: 0, state: 'eager-end', text: 'One two' })
    expect(foldTurns(replay, begun).marks).toEqual([
      ['eager-end', 0, 'One two'],
      ['resumed', 0, 'One two'],
      ['end', 0, 'One two three.'],
    ])
  })

  it('ends with the session if something was said in it', () => {
    const { state } = foldTurns([info('StartOfTurn', 0, 1, 'One')])
    expect(endTurn(state)).toMatchObject({ turn: { state: 'ended' }, events: [{ type: 'end', index: 0, text: 'One' }] })
    expect(endTurn(endTurn(state)).events).toEqual([])
    expect(endTurn(INITIAL_TURN_STATE).turn).toEqual(INITIAL_TURN_STATE.turn)
    // The next stream begins a turn of its own.
    expect(beginTurnStream(endTurn(state)).base).toBe(1)
  })
})
