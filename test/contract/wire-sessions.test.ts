import { expect, it } from 'vitest'
import type { ListenSessionOptions } from '../../src/session/listen-session.ts'
import type { TurnEvent } from '../../src/transcript/fold-listen-v2.ts'
import type { Utterance } from '../../src/transcript/transcript.ts'
import { bench, bytes, nextLine, pass, textsOn, useFakedTime, type Bench } from '../unit/session/listen-support.ts'

// Sessions made by hand, frame by frame, one for each trap of the protocol reference (sections 2.5, 3.4, 3.5 and 9), and what must
// be written down of each. Times, spellings and the order of keys are as they were seen on the wire.

useFakedTime()

type Words = readonly (readonly [word: string, start: number, end: number, more?: object])[]
type Flags = { final?: boolean; speech?: boolean; finalize?: boolean; of?: readonly [number, number]; more?: object }

/** A `Results` frame. */
function results(start: number, duration: number, transcript: string, words: Words, flags: Flags = {}): string {
  const { final = false, speech = false, finalize = false, of = [0, 1], more } = flags
  return JSON.stringify({
    type: 'Results',
    channel_index: of,
    duration,
    start,
    is_final: final,
    speech_final: speech,
    channel: {
      alternatives: [
        {
          transcript,
          confidence: transcript ? 0.98 : 0,
          words: words.map(([word, from, to, rest]) => ({ word, start: from, end: to, confidence: 0.9, ...rest })),
        },
      ],
    },
    metadata: {
      request_id: '019f4c80-a061-72f2-9780-89f9950b1adb',
      model_info: { name: 'general-nova-3', version: '2025-04-17.21547', arch: 'nova-3' },
      model_uuid: '40bd3654-e622-47c4-a111-63a61b23bfe8',
    },
    from_finalize: finalize,
    ...more,
  })
}
const final = { final: true }
const ended = { final: true, speech: true }
const utteranceEnd = (last: number, of: readonly [number, number] = [0, 1]): string =>
  JSON.stringify({ type: 'UtteranceEnd', channel: of, last_word_end: last })
const METADATA =
  '{"type":"Metadata","transaction_key":"deprecated","request_id":"019f4c80-a061-72f2-9780-89f9950b1adb","sha256":"ab","created":"2026-09-07T08:00:00.000Z","duration":5.1,"channels":1,"models":["40bd"],"model_info":{"40bd":{"name":"general-nova-3","version":"1","arch":"nova-3"}}}'

/** A `TurnInfo` frame. */
function turn(
  event: string,
  [index, from, to, sequence]: readonly [number, number, number, number],
  transcript: string,
  confidence: number,
  more: object = {},
): string {
  return JSON.stringify({
    type: 'TurnInfo',
    request_id: '019f4c80-a061-72f2-9780-89f9950b1adb',
    event,
    turn_index: index,
    audio_window_start: from,
    audio_window_end: to,
    transcript,
    words: transcript
      .split(' ')
      .filter(Boolean)
      .map((word, i) => ({ word, confidence: 0.9, start: from + 0.4000000286102295 * i, end: from + 0.4 * i + 0.32 })),
    end_of_turn_confidence: confidence,
    sequence_id: sequence,
    ...more,
  })
}
const connected = '{"type":"Connected","request_id":"019f4c80-a061-72f2-9780-89f9950b1adb","sequence_id":0}'

interface Sample {
  options?: ListenSessionOptions
  /** A frame, or something that happens. */
  wire: readonly (string | ((test: Bench) => unknown))[]
  /** The text of each segment. */
  segments: readonly string[]
  /** What is unfinished. */
  interim?: string
  utterances?: readonly (readonly [text: string, source: Utterance['source']])[]
  /** When each segment begins and ends. */
  times?: readonly (readonly [number, number])[]
  turns?: readonly string[]
  status?: string
  and?: (test: Bench) => void
}

const stop = (test: Bench) => void test.session.stop()
const close = (code: number, reason?: string) => (test: Bench) => test.line().end(code, reason)
const settle = (test: Bench) => test.settle()

const samples: Record<string, Sample> = {
  '2.5 (1, 2): an interim restates its whole window, and may drop what it had heard': {
    wire: [
      results(0, 1, 'i was thirty years of', [
        ['i', 0.08, 0.2],
        ['was', 0.24, 0.4],
        ['thirty', 0.48, 0.7],
        ['years', 0.72, 0.9],
        ['of', 0.92, 1],
      ]),
      results(0, 2, 'was thirty years of age', [
        ['was', 0.24, 0.4],
        ['thirty', 0.48, 0.7],
        ['years', 0.72, 0.9],
        ['of', 0.92, 1.1],
        ['age', 1.2, 1.6],
      ]),
    ],
    segments: [],
    interim: 'was thirty years of age',
  },
  '2.5 (3): the final may differ from every interim, and the next window begins where it ends': {
    wire: [
      results(0, 1, 'ice cream', [
        ['ice', 0, 0.4],
        ['cream', 0.4, 0.9],
      ]),
      results(
        0,
        2.4700003,
        'I scream',
        [
          ['i', 0.1, 0.4, { punctuated_word: 'I' }],
          ['scream', 0.4, 1.2],
        ],
        final,
      ),
      // Sums of 32-bit floats miss each other.
      results(2.4699998, 1.0000002, 'loudly', [['loudly', 2.5, 3.2]], ended),
    ],
    segments: ['I scream', 'loudly'],
    utterances: [['I scream loudly', 'speech-final']],
    times: [
      [0.1, 1.2],
      [2.5, 3.2],
    ],
  },
  '2.5 (4, 7): a long sentence is several finals, and one utterance': {
    wire: [
      results(
        0,
        4,
        'It was a bright',
        [
          ['it', 0.1, 0.3, { punctuated_word: 'It' }],
          ['was', 0.4, 0.6],
          ['a', 1, 1.1],
          ['bright', 3, 3.9],
        ],
        final,
      ),
      results(
        4,
        4,
        'cold day',
        [
          ['cold', 4.1, 5],
          ['day', 6, 7.9],
        ],
        final,
      ),
      results(
        8,
        1.5,
        'in April.',
        [
          ['in', 8, 8.4],
          ['april', 8.5, 9.2, { punctuated_word: 'April.' }],
        ],
        ended,
      ),
    ],
    segments: ['It was a bright', 'cold day', 'in April.'],
    utterances: [['It was a bright cold day in April.', 'speech-final']],
  },
  '2.5 (5): empty interims and finals are normal, and an empty speech_final ends what was said before': {
    wire: [
      results(0, 1, '', []),
      results(0, 2, '', [], final),
      results(2, 1, 'hello', [['hello', 2.2, 2.7]], final),
      results(3, 2, '', [], ended),
      results(5, 3, '', [], ended),
    ],
    segments: ['hello'],
    utterances: [['hello', 'speech-final']],
  },
  '2.5 (6): without interims the finals alone are everything': {
    options: { interimResults: false },
    wire: [results(0, 3, 'only', [['only', 1, 2]], final), results(3, 2, 'finals', [['finals', 3.1, 4]], ended)],
    segments: ['only', 'finals'],
    utterances: [['only finals', 'speech-final']],
  },
  '2.5 (8): channels interleave, and keep apart': {
    wire: [
      results(0, 1, 'good', [['good', 0.1, 0.8]], { of: [0, 2] }),
      results(0, 1, 'uh', [['uh', 0.2, 0.5]], { of: [1, 2] }),
      results(
        0,
        2,
        'good morning',
        [
          ['good', 0.1, 0.8],
          ['morning', 1, 1.8],
        ],
        { ...ended, of: [0, 2] },
      ),
      results(
        0,
        2,
        'hello you',
        [
          ['hello', 0.2, 0.9],
          ['you', 1, 1.4],
        ],
        { ...final, of: [1, 2] },
      ),
      results(2, 1, '', [], { ...ended, of: [0, 2] }),
      utteranceEnd(1.4, [1, 2]),
    ],
    segments: ['good morning', 'hello you'],
    utterances: [
      ['good morning', 'speech-final'],
      ['hello you', 'utterance-end'],
    ],
  },
  '2.5: UtteranceEnd is the fallback where speech_final never comes': {
    options: { endpointing: false },
    wire: [
      results(
        0,
        3,
        'in noise',
        [
          ['in', 1, 1.2],
          ['noise', 1.3, 1.9],
        ],
        final,
      ),
      results(3, 1, '', []),
      utteranceEnd(1.9),
      results(3, 2, '', [], final),
      utteranceEnd(-1),
      utteranceEnd(1.9),
    ],
    segments: ['in noise'],
    utterances: [['in noise', 'utterance-end']],
  },
  '2.5: UtteranceEnd comes after speech_final, and when the next window is open: it says 8.8, that began at 9.6': {
    wire: [
      results(4, 5.6, 'one', [['one', 8, 8.8]], ended),
      results(9.6, 1, 'two', [['two', 9.7, 10.2]]),
      utteranceEnd(8.8),
      results(
        9.6,
        2,
        'two three',
        [
          ['two', 9.7, 10.2],
          ['three', 10.8, 11.4],
        ],
        final,
      ),
      utteranceEnd(8.8),
    ],
    segments: ['one', 'two three'],
    utterances: [['one', 'speech-final']],
  },
  '2.5: UtteranceEnd fires though new words have begun: the old ones alone are closed': {
    wire: [
      results(0, 2, 'first', [['first', 0.5, 1]], final),
      results(2, 3, 'second', [['second', 4, 4.6]]),
      utteranceEnd(1),
      results(
        2,
        4,
        'second part',
        [
          ['second', 4, 4.6],
          ['part', 4.7, 5.2],
        ],
        ended,
      ),
    ],
    segments: ['first', 'second part'],
    utterances: [
      ['first', 'utterance-end'],
      ['second part', 'speech-final'],
    ],
  },
  '2.5: SpeechStarted precedes every result, and clears nothing between two': {
    wire: [
      '{"type":"SpeechStarted","channel":[0,1],"timestamp":0.42}',
      results(0, 1, 'so', [['so', 0.5, 0.9]], final),
      '{"type":"SpeechStarted","channel":[0,1],"timestamp":1.2}',
      results(1, 1, 'be it', [
        ['be', 1.3, 1.5],
        ['it', 1.5, 1.8],
      ]),
    ],
    segments: ['so'],
    interim: 'be it',
  },
  '2.5: Finalize cuts a word in two; both halves are kept, and its empty answer is one': {
    wire: [
      (test) => void test.session.finalize(),
      results(
        0,
        1.1999999,
        'once, s',
        [
          ['once', 0.2, 0.7, { punctuated_word: 'once,' }],
          ['s', 0.9, 1.2],
        ],
        { ...ended, finalize: true },
      ),
      (test) => void test.session.finalize(),
      results(1.1999999, 0.02, '', [], { ...ended, finalize: true }),
      results(1.2199999, 1, 'aid', [['aid', 1.22, 1.6]], ended),
    ],
    segments: ['once, s', 'aid'],
    utterances: [
      ['once, s', 'speech-final'],
      ['aid', 'speech-final'],
    ],
    and: (test) => expect(textsOn(test.line())).toEqual(['{"type":"Finalize"}', '{"type":"Finalize"}']),
  },
  '2.5: on CloseStream a final, one of no length, Metadata, and 1000': {
    wire: [
      results(0, 2, 'last', [['last', 0.5, 1]]),
      stop,
      settle,
      results(
        0,
        2.68,
        'last words',
        [
          ['last', 0.5, 1],
          ['words', 1.2, 2.6],
        ],
        final,
      ),
      results(2.68, 0, '', [], ended),
      METADATA,
      close(1000),
      settle,
    ],
    segments: ['last words'],
    utterances: [['last words', 'speech-final']],
    status: 'idle',
  },
  '2.5: on CloseStream without any audio, Metadata alone': {
    wire: [
      stop,
      settle,
      METADATA.replace('"duration":5.1,"channels":1', '"duration":0.0,"channels":0'),
      close(1000),
      settle,
    ],
    segments: [],
    status: 'idle',
    and: (test) => expect(test.session.getState().warning).toBeNull(),
  },
  '2.6: silence of ours: Metadata that is incomplete, 1011, and a new line, without an error': {
    wire: [
      results(0, 1, 'before', [['before', 0.1, 0.9]], final),
      METADATA.replace('"sha256":"ab"', '"sha256":"incomplete"'),
      close(
        1011,
        'Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001',
      ),
      nextLine,
      (test) => test.accept(),
      results(0, 1, 'after', [['after', 0.1, 0.9]], final),
    ],
    segments: ['before', 'after'],
    // The audio that was not acknowledged begins at 1 s.
    times: [
      [0.1, 0.9],
      [1.1, 1.9],
    ],
    status: 'listening',
  },
  '2.3, 9 (15): complaints, replies and news that nobody knows change no word': {
    wire: [
      results(0, 1, 'one', [['one', 0.1, 0.9]], final),
      '{"type":"Error","variant":"SchemaError","description":"unknown variant `Sync2`","message":"{}"}',
      '{"type":"ConfigureFailure","request_id":"019f","code":"KeytermsNotSupported"}',
      '{"type":"ConfigureSuccess","request_id":"019f","keyterms":["a"]}',
      '{"type":"Novelty","text":"not said"}',
      '{"type":"Results","channel_index":"odd"}',
      'no JSON at all',
      results(1, 1, 'two', [['two', 1.1, 1.9]], ended),
    ],
    segments: ['one', 'two'],
    utterances: [['one two', 'speech-final']],
    status: 'listening',
  },
  '9 (21, 22): a result without its flags is unfinished, one without its channel is the first one’s': {
    wire: [
      '{"type":"Results","start":0.0,"duration":1.0,"channel":{"alternatives":[{"transcript":"bare","confidence":1,"words":[]}]}}',
      '{"type":"Results","start":0.0,"duration":1.5,"is_final":true,"channel":{"alternatives":[{"transcript":"bare bones","confidence":1,"words":[]}]}}',
      '{"type":"Results","channel_index":[0],"start":1.5,"duration":1.0,"is_final":true,"channel":{"alternatives":[{"transcript":"more","confidence":1,"words":[]}]}}',
      '{"type":"Results","channel_index":[0,1],"start":2.5,"duration":1.0,"is_final":true,"channel":{"alternatives":[]}}',
    ],
    segments: ['bare bones', 'more'],
  },
  '9 (23): a speech_final that is no final closes nothing': {
    wire: [
      results(0, 1, 'going', [['going', 0.1, 0.9]], { speech: true }),
      results(
        0,
        2,
        'going on',
        [
          ['going', 0.1, 0.9],
          ['on', 1, 1.4],
        ],
        final,
      ),
    ],
    segments: ['going on'],
    utterances: [],
  },
  '3.4: a start, eager ends taken back, an end; text is the whole turn, each time': {
    options: { model: 'flux-general-en', eagerEotThreshold: 0.5 },
    wire: [
      connected,
      turn('Update', [0, 0, 0.24, 1], '', 0.82),
      turn('StartOfTurn', [0, 0, 0.72, 2], 'Tell', 0.01),
      turn('EagerEndOfTurn', [0, 0, 1.6, 3], 'Tell me', 0.55),
      turn('TurnResumed', [0, 0, 1.68, 4], 'Tell me', 0.2),
      turn('Update', [0, 0, 1.92, 5], 'Tell me more', 0.1),
      turn('EagerEndOfTurn', [0, 0, 3, 6], 'Tell me more.', 0.6),
      turn('EndOfTurn', [0, 0, 3.2, 7], 'Tell me more.', 0.91, { trigger: 'model' }),
    ],
    segments: ['Tell me more.'],
    utterances: [['Tell me more.', 'speech-final']],
    turns: ['0 update', '0 start', '0 eager-end', '0 resumed', '0 update', '0 eager-end', '0 end model'],
  },
  '3.4: ForceEndTurn ends a turn by hand, one that was about to end at once, and warns where there is none': {
    options: { model: 'flux-general-en' },
    wire: [
      connected,
      (test) => void test.session.finalize(),
      '{"type":"Warning","request_id":"019f","sequence_id":1,"code":"FORCE_END_TURN_NO_ACTIVE_TURN","description":"Received ForceEndTurn while no turn was active; the request was ignored."}',
      turn('StartOfTurn', [0, 0, 0.72, 2], 'Now', 0.01),
      turn('EagerEndOfTurn', [0, 0, 1.6, 3], 'Now then', 0.55),
      (test) => void test.session.finalize(),
      turn('EndOfTurn', [0, 0, 1.6, 4], 'Now then', 0.55, { trigger: 'manual' }),
      turn('StartOfTurn', [1, 1.6, 2.4, 5], 'Next', 0.1),
      turn('EndOfTurn', [1, 1.6, 9, 6], 'Next', 0.3, { trigger: 'timeout' }),
    ],
    segments: ['Now then', 'Next'],
    turns: ['0 start', '0 eager-end', '0 end manual', '1 start', '1 end timeout'],
    status: 'listening',
    and: (test) => expect(test.session.getState().warning).toBeNull(),
  },
  '3.5: text before the turn has started, an update between the eager end and the end, and the next turn': {
    options: { model: 'flux-general-en', eagerEotThreshold: 0.5 },
    wire: [
      connected,
      turn('Update', [0, 0, 0.24, 1], '', 0.63),
      turn('Update', [0, 0, 0.48, 2], 'We', 0.02),
      (test) => expect(test.session.getState().turn).toMatchObject({ state: 'silent', text: 'We' }),
      turn('StartOfTurn', [0, 0, 0.72, 3], 'We, the', 0.02),
      turn('Update', [0, 0, 5, 4], 'We, the people', 0.78),
      turn('EagerEndOfTurn', [0, 0, 19.84, 5], 'We, the people.', 0.7925),
      turn('Update', [0, 0, 19.92, 6], 'We, the people.', 0.7183),
      '{"type":"ConfigureSuccess","request_id":"019f","thresholds":{"eot_threshold":0.8,"eot_timeout_ms":5000},"keyterms":[],"profanity_filter":false,"sequence_id":7}',
      turn('EndOfTurn', [0, 0, 20, 8], 'We, the people.', 0.9136, { trigger: 'model' }),
      turn('Update', [1, 20, 20.24, 9], '', 0.14),
      turn('Update', [1, 20, 20.48, 10], 'of', 0.1),
    ],
    segments: ['We, the people.'],
    interim: 'of',
    turns: [
      '0 update',
      '0 update',
      '0 start',
      '0 update',
      '0 eager-end',
      '0 update',
      '0 end model',
      '1 update',
      '1 update',
    ],
  },
  '3.5, 9 (6): after CloseStream updates and a close without a code; the end of the turn had been asked for': {
    options: { model: 'flux-general-en' },
    wire: [
      connected,
      turn('StartOfTurn', [0, 0, 0.72, 1], 'Good', 0.1),
      stop,
      settle,
      turn('EndOfTurn', [0, 0, 1.2, 2], 'Good bye.', 0.3, { trigger: 'manual' }),
      turn('Update', [1, 1.2, 1.3, 3], '', 0.2),
      close(1005),
      settle,
    ],
    segments: ['Good bye.'],
    turns: ['0 start', '0 end manual', '1 update'],
    status: 'idle',
    and: (test) => expect(textsOn(test.line())).toEqual(['{"type":"ForceEndTurn"}', '{"type":"CloseStream"}']),
  },
  '9 (6): an end that never comes leaves the words of the turn, as provisional': {
    options: { model: 'flux-general-en' },
    wire: [connected, turn('StartOfTurn', [0, 0, 0.72, 1], 'Half', 0.1), stop, settle, close(1005), settle],
    segments: ['Half'],
    utterances: [['Half', 'stop']],
    status: 'idle',
    and: (test) => expect(test.session.getState().transcript.segments[0]!.isProvisional).toBe(true),
  },
  '9 (12, 13): words without times lie within their turn; languages come or do not': {
    options: { model: 'flux-general-multi' },
    wire: [
      turn('EndOfTurn', [0, 2, 4, 1], 'ja gut', 0.9, {
        words: [
          { word: 'ja', confidence: 0.9 },
          { word: 'gut', confidence: 0.9 },
        ],
        languages: ['de'],
        languages_hinted: [],
      }),
      turn('EndOfTurn', [1, 4, 5, 2], 'yes', 0.9),
    ],
    segments: ['ja gut', 'yes'],
    times: [
      [2, 4],
      [4, 4.32],
    ],
    and: (test) =>
      expect(test.session.getState().transcript.segments.map(({ words }) => words[0]!.language)).toEqual([
        'de',
        undefined,
      ]),
  },
  '9 (10, 40): ConfigureFailure changes nothing; Error is the end of the line, whatever its close says': {
    options: { model: 'flux-general-en' },
    wire: [
      connected,
      turn('EndOfTurn', [0, 0, 1, 1], 'One.', 0.9),
      '{"type":"ConfigureFailure","sequence_id":2,"code":"INVALID_THRESHOLD","description":"eager_eot_threshold must be less than or equal to eot_threshold"}',
      '{"type":"Error","sequence_id":3,"code":"INTERNAL_SERVER_ERROR","description":"An internal error occurred."}',
      (test) => test.lines[0]!.end(1005),
      nextLine,
      (test) => test.accept(),
      connected,
      turn('EndOfTurn', [0, 0, 1, 1], 'Two.', 0.9),
    ],
    segments: ['One.', 'Two.'],
    turns: ['0 end', '1 end'],
    status: 'listening',
  },
}

it.each(Object.entries(samples))('%s', async (_, sample) => {
  const told: TurnEvent[] = []
  const test = bench({ ...sample.options, onTurn: (event) => told.push(event) })
  await test.open()
  // Ten seconds of sound.
  for (let i = 0; i < 10; i++) test.source.push(bytes(i, 2000))
  for (const each of sample.wire) {
    if (typeof each === 'string') test.line().receive(each)
    else await each(test)
  }
  // The next picture.
  await pass(20)
  const { transcript, status } = test.session.getState()
  expect(transcript.segments.map(({ text }) => text)).toEqual(sample.segments)
  expect(transcript.text).toBe(sample.segments.join(' '))
  expect(transcript.interim?.text).toBe(sample.interim)
  if (sample.utterances) {
    expect(transcript.utterances.map(({ text, source }) => [text, source])).toEqual(sample.utterances)
  }
  sample.times?.forEach(([start, end], i) => {
    expect(transcript.segments[i]!.start).toBeCloseTo(start, 3)
    expect(transcript.segments[i]!.end).toBeCloseTo(end, 3)
  })
  if (sample.turns) {
    expect(
      told.map(({ index, type, trigger }) => [index, type, trigger].filter((part) => part !== undefined).join(' ')),
    ).toEqual(sample.turns)
  }
  if (sample.status) expect(status).toBe(sample.status)
  sample.and?.(test)
  test.session.abort()
})
