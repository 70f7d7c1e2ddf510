import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toJSON, toPlainText, toSRT, toWebVTT } from '../../src/transcript/captions.ts'
import { addEdit, applyEdits, NO_EDITS, type TranscriptEdit } from '../../src/transcript/edit.ts'
import { joinTexts } from '../../src/transcript/join.ts'
import type { Segment, Transcript } from '../../src/transcript/transcript.ts'
import { parseSRT, parseWebVTT } from '../support/captions.ts'
import { transcriptOf } from '../support/transcripts.ts'

const word = fc.oneof(
  fc.constantFrom(
    'hello',
    'a',
    'é',
    'Yes.',
    '今日',
    'は',
    '。',
    'ครับ',
    'שלום',
    '👩‍👩‍👧',
    '-->',
    '<v',
    '</v>',
    '&amp;',
    '{\\an8}',
    'x'.repeat(90),
  ),
  fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => /\S/.test(text) && !text.includes('\0')),
)
const time = fc.double({ min: -1, max: 400_000, noNaN: true })

const segment = fc
  .record({
    texts: fc.array(word, { minLength: 1, maxLength: 30 }),
    start: fc.oneof(time, fc.double({ min: 0, max: 20, noNaN: true })),
    pace: fc.constantFrom(0, 0.01, 0.3, 2, 9),
    hasWords: fc.boolean(),
    speaker: fc.constantFrom(undefined, 0, 1),
    channel: fc.constantFrom(0, 0, 1, 2),
    streamIndex: fc.constantFrom(0, 1),
  })
  .map(({ texts, start, pace, hasWords, speaker, channel, streamIndex }): Omit<Segment, 'id'> => {
    const words = texts.map((text, i) => ({
      text,
      start: start + i * pace,
      end: start + (i + 1) * pace,
      confidence: 1,
    }))
    return {
      text: joinTexts(texts),
      start,
      end: start + texts.length * pace,
      words: hasWords ? words : [],
      channel,
      streamIndex,
      isProvisional: false,
      ...(speaker !== undefined && { speaker }),
    }
  })

const transcript = fc
  .array(segment, { maxLength: 12 })
  .map((all): Transcript => transcriptOf(all.map((each, index) => ({ ...each, id: `s${index}` }))))

const bare = (text: string) => text.replace(/[\s\u200b]+/g, '')
const letters = (text: string) => Array.from(bare(text)).sort().join('')
const spoken = ({ segments }: Transcript) => segments.map(({ text }) => text).join('')

const names = { '0:0': 'Ann <a> & Bob', '1:1': ' \n', '0:1:2': 'x'.repeat(80) }
const nameless = Object.fromEntries(
  [0, 1].flatMap((stream) =>
    [0, 1].flatMap((speaker) => ['', ':1', ':2'].map((at) => [`${stream}:${speaker}${at}`, ''])),
  ),
)
const options = fc.record(
  {
    lineLength: fc.integer({ min: 2, max: 60 }),
    maxLines: fc.integer({ min: 1, max: 3 }),
    maxDuration: fc.constantFrom(0, 1, 2.5, 6),
    minDuration: fc.constantFrom(0, 0.2, 1, 3),
    includeInterim: fc.boolean(),
    speakerNames: fc.constant(names),
  },
  { requiredKeys: [] },
)

describe('captions of any transcript', () => {
  it('pain 94: parse, never overlap, keep to their limits, and hold every letter that was said', () => {
    fc.assert(
      fc.property(transcript, options, (given, chosen) => {
        const { lineLength = 42, maxLines = 2, maxDuration = 6, minDuration = 1 } = chosen
        const cues = parseWebVTT(toWebVTT(given, chosen))
        const said = cues.flatMap(({ voices }) => voices.flatMap(({ lines }) => lines)).join('')
        expect(letters(said)).toBe(letters(spoken(given)))
        for (const { start, end, voices } of cues) {
          expect(end - start).toBeLessThanOrEqual(Math.max(maxDuration, minDuration, 0.001) * 1000)
          expect(end - start).toBeGreaterThanOrEqual(Math.max(minDuration * 1000, 1))
          for (const { lines } of voices) {
            expect(lines.length).toBeLessThanOrEqual(maxLines)
            for (const line of lines) expect(line.replace(/[^a-z. ]/gi, '').length).toBeLessThanOrEqual(lineLength)
          }
        }
        const subtitles = parseSRT(toSRT(given, { ...chosen, speakerNames: nameless, channelNames: ['', '', ''] }))
        expect(letters(subtitles.flatMap(({ voices }) => voices[0]!.lines).join(''))).toBe(letters(spoken(given)))
        parseSRT(toSRT(given, chosen))
      }),
      { numRuns: 300 },
    )
  })

  it('of one voice keep the order of the words', () => {
    fc.assert(
      fc.property(transcript, (given) => {
        const one = transcriptOf(given.segments.map(({ speaker: _, ...each }) => ({ ...each, channel: 0 })))
        for (const cues of [parseWebVTT(toWebVTT(one)), parseSRT(toSRT(one))]) {
          const said = cues.flatMap(({ voices }) => voices.flatMap(({ lines }) => lines)).join('')
          expect(bare(said)).toBe(bare(one.text))
        }
        expect(toPlainText(one)).toBe(one.text)
        expect(toJSON(one).text).toBe(one.text)
      }),
    )
  })

  it('while recording, what follows changes only the last cue', () => {
    fc.assert(
      fc.property(transcript, fc.nat(12), (given, count) => {
        const ordered = transcriptOf(
          given.segments.map(({ speaker: _, ...each }) => ({ ...each, channel: 0 })).sort((a, b) => a.start - b.start),
        )
        const soFar = transcriptOf(ordered.segments.slice(0, count))
        const before = parseWebVTT(toWebVTT(soFar))
        const after = parseWebVTT(toWebVTT(ordered))
        expect(after.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1))
      }),
    )
  })
})

describe('an edited transcript', () => {
  it('is the same whether it grew by one or was there at once, and undoing all gives back what was heard', () => {
    const id = fc.nat(12).map((index) => `s${index}`)
    const speaker = fc.constantFrom('0:0', '0:1', '1:0', '1:1', '0:0:1', '1:1:2', '7:7')
    const edit: fc.Arbitrary<TranscriptEdit> = fc.oneof(
      fc.record({ type: fc.constant('correct' as const), id, text: fc.constantFrom('', 'other words', '更正') }),
      fc.record({ type: fc.constant('delete' as const), id }),
      fc.record({ type: fc.constant('merge' as const), ids: fc.array(id, { maxLength: 4 }) }),
      fc.record({ type: fc.constant('rename-speaker' as const), speaker, name: fc.string() }),
      fc.record({ type: fc.constant('merge-speakers' as const), speaker, into: speaker }),
    )
    fc.assert(
      fc.property(transcript, fc.array(edit, { maxLength: 8 }), (given, list) => {
        const edits = list.reduce(addEdit, NO_EDITS)
        const growing = { ...edits }
        given.segments.forEach((_, index) => applyEdits(transcriptOf(given.segments.slice(0, index)), growing))
        const view = applyEdits(given, growing)
        expect(view).toEqual(applyEdits(given, { ...edits }))
        expect(view.text).toBe(joinTexts(view.segments.map(({ text }) => text)))
        expect(applyEdits(given, { ...NO_EDITS }).segments.every((each, i) => each === given.segments[i])).toBe(true)
        parseWebVTT(toWebVTT(view))
      }),
    )
  })
})
