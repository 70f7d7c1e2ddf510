import { describe, expect, it } from 'vitest'
import { toJSON, toPlainText, toSRT, toWebVTT } from '../../../src/transcript/captions.ts'
import { addEdit, applyEdits, NO_EDITS } from '../../../src/transcript/edit.ts'
import { EMPTY_TRANSCRIPT } from '../../../src/transcript/transcript.ts'
import { parseSRT, parseWebVTT } from '../../support/captions.ts'
import { segmentOf, transcriptOf, wordsOf } from '../../support/transcripts.ts'

const interim = { text: 'not yet', start: 2, end: 2.8, words: wordsOf('not yet', 2), channel: 0, isProvisional: false }
const textOf = (cues: ReturnType<typeof parseWebVTT>) =>
  cues.map(({ voices }) => voices.map(({ lines }) => lines.join(' ')).join(' ')).join(' ')

describe('the parsers of these tests', () => {
  it.each([
    'WEBVTT',
    'WEBVTTX\n\n00:00.000 --> 00:01.000\na\n',
    'WEBVTT\n\n00:00.000 --> 00:00.000\na\n',
    'WEBVTT\n\n00:00.000 --> 00:02.000\na\n\n00:01.000 --> 00:03.000\nb\n',
    'WEBVTT\n\n0:00:00.000 --> 00:01.000\na\n',
    'WEBVTT\n\n00:00,000 --> 00:01,000\na\n',
    'WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ann>a\n',
    'WEBVTT\n\n00:00.000 --> 00:01.000\na & b\n',
    'WEBVTT\n\n00:00.000 --> 00:01.000\na < b\n',
    'WEBVTT\n\n00:00.000 --> 00:01.000\na --> b\n',
    'WEBVTT\n\n00:00.000 --> 00:01.000\n',
  ])('refuse %j', (file) => {
    expect(() => parseWebVTT(file)).toThrow()
  })
})

describe('captions', () => {
  it('pain 94: an empty transcript gives a valid empty file', () => {
    expect(toWebVTT(EMPTY_TRANSCRIPT)).toBe('WEBVTT\n')
    expect(parseWebVTT(toWebVTT(EMPTY_TRANSCRIPT))).toEqual([])
    expect(toSRT(EMPTY_TRANSCRIPT)).toBe('')
    expect(toPlainText(EMPTY_TRANSCRIPT)).toBe('')
    expect(toJSON(EMPTY_TRANSCRIPT)).toEqual({ version: 1, text: '', segments: [], utterances: [], gaps: [] })
  })

  it('pain 94: voice tags are closed and hold the name, escaped', () => {
    const transcript = transcriptOf([
      segmentOf('s1', 'good morning', 0, { speaker: 0 }),
      segmentOf('s2', 'hello there', 2, { speaker: 1 }),
    ])
    const file = toWebVTT(transcript, { speakerNames: { '0:1': 'Tom > "Jerry" & <Co>\n--> x' } })
    expect(file).toContain('<v Speaker 1>good morning</v>')
    expect(parseWebVTT(file).map(({ voices }) => voices)).toEqual([
      [{ name: 'Speaker 1', lines: ['good morning'] }],
      [{ name: 'Tom > "Jerry" & <Co> --> x', lines: ['hello there'] }],
    ])
    const srt = parseSRT(toSRT(transcript, { speakerNames: { '0:1': 'Ann' } }))
    expect(srt.map(({ voices }) => voices[0]?.lines)).toEqual([['Speaker 1: good morning'], ['Ann: hello there']])
  })

  it('pain 94: <, & and --> are escaped and come back as they were said', () => {
    const said = 'a<b && c>d --> <i>tag</i> {\\an8} &amp;'
    const transcript = transcriptOf([segmentOf('s1', said)])
    const file = toWebVTT(transcript)
    expect(file).toContain('a&lt;b &amp;&amp; c&gt;d --&gt;')
    expect(textOf(parseWebVTT(file))).toBe(said)
    const srt = toSRT(transcript)
    expect(textOf(parseSRT(srt)).replaceAll('\u200b', '')).toBe(said)
    expect(srt).toContain('&amp;')
  })

  it('pain 94: hours are counted on, beyond ninety-nine too', () => {
    const transcript = transcriptOf([segmentOf('s1', 'one', 3_725.5), segmentOf('s2', 'two', 360_000)])
    expect(toWebVTT(transcript)).toContain('\n01:02:05.500 --> 01:02:06.500\none\n')
    expect(toWebVTT(transcript)).toContain('\n100:00:00.000 --> 100:00:01.000\ntwo\n')
    expect(parseSRT(toSRT(transcript)).map(({ start }) => start)).toEqual([3_725_500, 360_000_000])
  })

  it('pain 94: the time zone of the machine does not matter', () => {
    const transcript = transcriptOf([segmentOf('s1', 'one', 5), segmentOf('s2', 'two', 90_000)])
    const zone = process.env.TZ
    const files = ['UTC', 'Asia/Kathmandu', 'America/St_Johns'].map((TZ) => {
      process.env.TZ = TZ
      return [new Date(0).getHours() * 60 + new Date(0).getMinutes(), toWebVTT(transcript), toSRT(transcript)] as const
    })
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
    expect(new Set(files.map(([offset]) => offset)).size).toBe(3)
    expect(new Set(files.map(([, vtt, srt]) => vtt + srt)).size).toBe(1)
  })

  it('cuts lines at 42 columns and cues at two lines, between words', () => {
    const text = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ')
    const cues = parseWebVTT(toWebVTT(transcriptOf([segmentOf('s1', text, 0, { end: 12 })])))
    expect(cues.length).toBeGreaterThan(3)
    for (const { voices } of cues) {
      expect(voices[0]!.lines.length).toBeLessThanOrEqual(2)
      for (const line of voices[0]!.lines) expect(line.length).toBeLessThanOrEqual(42)
    }
    expect(cues[0]!.voices[0]!.lines[0]!.length).toBeGreaterThan(34)
    expect(textOf(cues)).toBe(text)
  })

  it('joins the segments of one voice into cues, so that a line is not cut where the service cut', () => {
    const transcript = transcriptOf([segmentOf('s1', 'so that the', 0), segmentOf('s2', 'house is big', 1.2)])
    expect(parseWebVTT(toWebVTT(transcript))).toEqual([
      { start: 0, end: 2400, voices: [{ name: '', lines: ['so that the house is big'] }] },
    ])
  })

  it('shows no cue longer than six seconds, and none over a silence', () => {
    const slow = segmentOf('s1', 'a b c d e f g h i j', 0, { end: 20 })
    const late = segmentOf('s2', 'back again', 60)
    const cues = parseWebVTT(toWebVTT(transcriptOf([slow, late])))
    expect(cues.map(({ start, end }) => end - start)).toEqual([6000, 6000, 6000, 2000, 1000])
    expect(cues.at(-1)).toMatchObject({ start: 60_000, voices: [{ lines: ['back again'] }] })
    const short = parseWebVTT(toWebVTT(transcriptOf([slow]), { maxDuration: 2, minDuration: 0.5 }))
    expect(short).toHaveLength(10)
  })

  it('begins a new cue after a sentence, once there is enough to read', () => {
    const text = 'This is the first of all of them. And here the second begins.'
    const cues = parseWebVTT(toWebVTT(transcriptOf([segmentOf('s1', text, 0, { end: 6 })])))
    expect(cues.map(({ voices }) => voices[0]!.lines)).toEqual([
      ['This is the first of all of them.'],
      ['And here the second begins.'],
    ])
  })

  it('a name leaves room for words in a SubRip line', () => {
    const text = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen'
    const transcript = transcriptOf([segmentOf('s1', text, 0, { speaker: 0, end: 5 })])
    for (const { voices } of parseSRT(toSRT(transcript))) {
      expect(voices[0]!.lines.length).toBeLessThanOrEqual(2)
      for (const line of voices[0]!.lines) expect(line.length).toBeLessThanOrEqual(42)
      expect(voices[0]!.lines[0]).toMatch(/^Speaker 1: \w/)
    }
    const long = 'The Right Honourable Member for Somewhere Beyond the Hills'
    const [cue] = parseSRT(toSRT(transcript, { speakerNames: { '0:0': long } }))
    expect(cue!.voices[0]!.lines[0]).toBe(`${long}: one two three four`)
  })

  it('pain 94: channels that speak at once share no time', () => {
    const transcript = transcriptOf([
      segmentOf('s1', 'first channel speaks on and on and on', 0, { end: 5 }),
      segmentOf('s2', 'second comes in', 2, { end: 4, channel: 1 }),
      segmentOf('s3', 'both', 8, { end: 9 }),
      segmentOf('s4', 'at once', 8.2, { end: 9.4, channel: 1 }),
    ])
    expect(parseWebVTT(toWebVTT(transcript, { channelNames: { 1: 'Guest' } }))).toEqual([
      { start: 0, end: 2000, voices: [{ name: 'Channel 1', lines: ['first channel speaks on and on and on'] }] },
      { start: 2000, end: 4000, voices: [{ name: 'Guest', lines: ['second comes in'] }] },
      {
        start: 8000,
        end: 9400,
        voices: [
          { name: 'Channel 1', lines: ['both'] },
          { name: 'Guest', lines: ['at once'] },
        ],
      },
    ])
  })

  it('tells a speaker of a later connection from one of the first', () => {
    const transcript = transcriptOf([
      segmentOf('s1', 'before', 0, { speaker: 0 }),
      segmentOf('s2', 'after', 9, { speaker: 0, streamIndex: 1 }),
      segmentOf('s3', 'here', 19, { speaker: 0, streamIndex: 1, channel: 1 }),
    ])
    expect(toPlainText(transcript)).toBe(
      'Channel 1, Speaker 1: before\nChannel 1, Speaker 1 (2): after\nChannel 2, Speaker 1 (2): here',
    )
    const names = { '0:0': 'Ann', '1:0': 'Ann', '1:0:1': 'Bob' }
    expect(toPlainText(transcript, { speakerNames: names })).toBe('Ann: before after\nBob: here')
  })

  it('spreads text that came without words over its time, and full-width text over narrower lines', () => {
    const text = '今日は天気がいいので散歩に行きました。'.repeat(3)
    const cues = parseWebVTT(
      toWebVTT(
        transcriptOf([segmentOf('s1', text, 10, { words: [], end: 16 }), segmentOf('s2', '终', 40, { words: [] })]),
      ),
    )
    expect(cues.at(-1)).toEqual({ start: 40_000, end: 41_000, voices: [{ name: '', lines: ['终'] }] })
    expect(
      cues
        .slice(0, -1)
        .map(({ voices }) => voices[0]!.lines.join(''))
        .join(''),
    ).toBe(text)
    expect(cues[0]).toMatchObject({ start: 10_000 })
    for (const line of cues.flatMap(({ voices }) => voices[0]!.lines)) expect(line.length).toBeLessThanOrEqual(21)
  })

  it('breaks what is longer than a line, but no character in two', () => {
    const text = '👩‍👩‍👧é🇫🇷'.repeat(30)
    const lines = parseWebVTT(toWebVTT(transcriptOf([segmentOf('s1', text, 0)]))).flatMap(
      ({ voices }) => voices[0]!.lines,
    )
    expect(lines.join('')).toBe(text)
    for (const line of lines) expect(line).toMatch(/^(?:👩‍👩‍👧|é|🇫🇷)+$/u)
  })

  it('keeps corrected text beside the times of the words', () => {
    const transcript = transcriptOf([segmentOf('s1', 'the first mistake', 0), segmentOf('s2', 'the other', 5)])
    const one = applyEdits(transcript, addEdit(NO_EDITS, { type: 'correct', id: 's2', text: 'tho author' }))
    const more = applyEdits(transcript, addEdit(NO_EDITS, { type: 'correct', id: 's2', text: 'yet another one' }))
    expect(parseWebVTT(toWebVTT(one)).at(-1)).toMatchObject({ start: 5000, voices: [{ lines: ['tho author'] }] })
    expect(parseWebVTT(toWebVTT(more)).at(-1)).toMatchObject({ start: 5000, voices: [{ lines: ['yet another one'] }] })
  })

  it('works while recording: settled and provisional text, and the interim when asked for', () => {
    const transcript = transcriptOf(
      [segmentOf('s1', 'settled', 0, { speaker: 1 }), segmentOf('s2', 'lost', 1, { speaker: 1, isProvisional: true })],
      { interim: { ...interim, words: interim.words.map((word) => ({ ...word, speaker: 1 })) } },
    )
    expect(toPlainText(transcript)).toBe('Speaker 2: settled lost')
    expect(toPlainText(transcript, { includeInterim: true })).toBe('Speaker 2: settled lost not yet')
    expect(toJSON(transcript).segments.map(({ isProvisional }) => isProvisional)).toEqual([false, true])
    expect(toJSON(transcript, { includeInterim: true }).segments.at(-1)).toMatchObject({ id: null, text: 'not yet' })
    expect(textOf(parseWebVTT(toWebVTT(transcript, { includeInterim: true })))).toBe('settled lost not yet')
    expect(toWebVTT(transcript)).not.toContain('not yet')
  })

  it('never writes a time below zero or out of order, whatever the times are', () => {
    const transcript = transcriptOf([
      segmentOf('s1', 'one two', -3, { end: -1 }),
      segmentOf('s2', 'three four', 5, { end: 4 }),
      segmentOf('s3', 'five six', 1, { end: 2 }),
      segmentOf('s4', 'seven', NaN, { end: NaN }),
    ])
    expect(textOf(parseWebVTT(toWebVTT(transcript)))).toBe('one two three four five six seven')
  })
})

describe('plain data', () => {
  it('is the caller’s own, survives JSON and always has the same keys in the same order', () => {
    const transcript = transcriptOf([segmentOf('s1', 'a b', 0, { speaker: 0 }), segmentOf('s2', 'c', 1)], {
      utterances: [
        { id: 'u3', text: 'a b c', start: 0, end: 1.4, channel: 0, segmentIds: ['s1', 's2'], source: 'speech-final' },
      ],
    })
    const json = toJSON(transcript)
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(json.text).toBe('a b c')
    expect(new Set(json.segments.map((segment) => Object.keys(segment).join())).size).toBe(1)
    expect(json.segments[0]!.words[0]).not.toBe(transcript.segments[0]!.words[0])
    json.utterances[0]!.segmentIds satisfies readonly string[]
    expect(json.utterances[0]!.segmentIds).not.toBe(transcript.utterances[0]!.segmentIds)
    expect(toJSON(transcript)).toEqual(json)
  })
})
