import { describe, expect, it } from 'vitest'
import {
  addEdit,
  applyEdits,
  NO_EDITS,
  redoEdit,
  speakerKey,
  undoEdit,
  type TranscriptEdit,
} from '../../../src/transcript/edit.ts'
import { toPlainText } from '../../../src/transcript/captions.ts'
import type { Segment } from '../../../src/transcript/transcript.ts'
import { segmentOf, transcriptOf } from '../../support/transcripts.ts'

const segments = [
  segmentOf('s1', 'hello wrld', 0, { speaker: 0 }),
  segmentOf('s2', 'how are', 1, { speaker: 1 }),
  segmentOf('s3', 'you', 2, { speaker: 1, isProvisional: true }),
  segmentOf('s4', 'fine', 3, { speaker: 2 }),
]
const transcript = transcriptOf(segments)
const editsOf = (...edits: TranscriptEdit[]) => edits.reduce(addEdit, NO_EDITS)
const viewOf = (...edits: TranscriptEdit[]) => applyEdits(transcript, editsOf(...edits))
const later = (...more: Segment[]) => transcriptOf([...segments, ...more])

describe('editing a transcript', () => {
  it('without corrections shows what was heard', () => {
    const view = applyEdits(transcript, NO_EDITS)
    expect(view).toEqual({ ...transcript, speakerNames: {} })
    view.segments.forEach((segment, index) => expect(segment).toBe(segments[index]))
  })

  it('corrects, deletes and merges, and leaves the transcript and every other segment as they are', () => {
    const before = structuredClone(transcript)
    const view = viewOf(
      { type: 'correct', id: 's1', text: 'hello world' },
      { type: 'merge', ids: ['s3', 's2', 's2', 'gone'] },
      { type: 'delete', id: 'gone' },
    )
    expect(view.segments.map(({ id, text }) => [id, text])).toEqual([
      ['s1', 'hello world'],
      ['s2', 'how are you'],
      ['s4', 'fine'],
    ])
    expect(view.segments[1]).toMatchObject({ start: 1, end: segments[2]!.end, isProvisional: true, speaker: 1 })
    expect(view.segments[1]!.words).toEqual([...segments[1]!.words, ...segments[2]!.words])
    expect(view.segments[2]).toBe(segments[3])
    expect(view.text).toBe('hello world how are you fine')
    expect(transcript).toEqual(before)
    expect(viewOf({ type: 'delete', id: 's1' }, { type: 'correct', id: 's4', text: '' }).text).toBe('how are you')
  })

  it('the entities of merged segments point to the words of all', () => {
    const entity = (startWord: number, endWord: number) => ({
      label: 'NAME',
      text: 'x',
      confidence: 1,
      startWord,
      endWord,
    })
    const named = transcriptOf([
      segmentOf('s1', 'ask Ann', 0, { entities: [entity(1, 2)] }),
      segmentOf('s2', 'or Bob Lee', 2, { entities: [entity(1, 3)] }),
    ])
    const [merged] = applyEdits(named, editsOf({ type: 'merge', ids: ['s1', 's2'] })).segments
    const spoken = merged!.entities!.map(({ startWord, endWord }) => merged!.words.slice(startWord, endWord))
    expect(spoken.map((words) => words.map(({ text }) => text).join(' '))).toEqual(['Ann', 'Bob Lee'])
  })

  it('applies corrections in their order: a merged segment can be corrected, a corrected one merged', () => {
    const merge: TranscriptEdit = { type: 'merge', ids: ['s2', 's3'] }
    expect(viewOf(merge, { type: 'correct', id: 's2', text: 'who' }).text).toBe('hello wrld who fine')
    expect(viewOf({ type: 'correct', id: 's2', text: 'who' }, merge).text).toBe('hello wrld who you fine')
  })

  it('undoes and redoes, and forgets what was undone when something else is done', () => {
    const first = editsOf({ type: 'delete', id: 's1' })
    const second = addEdit(first, { type: 'delete', id: 's4' })
    const undone = undoEdit(second)
    expect(applyEdits(transcript, undone).text).toBe(applyEdits(transcript, first).text)
    expect(applyEdits(transcript, redoEdit(undone)).text).toBe('how are you')
    expect(undoEdit(undoEdit(undone)).done).toEqual([])
    expect(undoEdit(NO_EDITS)).toBe(NO_EDITS)
    expect(redoEdit(second)).toBe(second)
    expect(redoEdit(addEdit(undone, { type: 'delete', id: 's2' })).done).toHaveLength(2)
    expect(applyEdits(transcript, undoEdit(undone)).segments[0]).toBe(segments[0])
  })

  it('names and merges speakers, also in words that arrive later, but not those of a new connection', () => {
    const edits = editsOf(
      { type: 'rename-speaker', speaker: '0:0', name: 'Ann' },
      { type: 'merge-speakers', speaker: '0:2', into: '0:1' },
      { type: 'merge-speakers', speaker: '0:1', into: '0:0' },
    )
    const view = applyEdits(transcript, edits)
    expect(view.segments.map((segment) => speakerKey(segment))).toEqual(['0:0', '0:0', '0:0', '0:0'])
    expect(view.segments[3]!.words[0]!.speaker).toBe(0)
    expect(view.speakerNames['0:0']).toBe('Ann')
    const more = applyEdits(
      later(segmentOf('s5', 'still', 4, { speaker: 2 }), segmentOf('s6', 'new', 5, { speaker: 2, streamIndex: 1 })),
      edits,
    )
    expect(toPlainText(more)).toBe('Ann: hello wrld how are you fine still\nSpeaker 3 (2): new')
    expect(segments.map(({ speaker }) => speaker)).toEqual([0, 1, 1, 2])
  })

  it('keeps the name when the named speaker is merged into one without, and survives a ring', () => {
    const view = viewOf(
      { type: 'rename-speaker', speaker: '0:0', name: 'Ann' },
      { type: 'merge-speakers', speaker: '0:0', into: '0:1' },
      { type: 'merge-speakers', speaker: '0:1', into: '0:0' },
    )
    expect(view.segments.map((segment) => speakerKey(segment))).toEqual(['0:1', '0:1', '0:1', '0:2'])
    expect(view.speakerNames['0:1']).toBe('Ann')
  })

  it('adds words that arrive later without looking at the earlier ones again', () => {
    let looks = 0
    const watched = (segment: Segment): Segment =>
      new Proxy(segment, {
        get(target, key) {
          looks++
          return Reflect.get(target, key) as unknown
        },
      })
    const edits = editsOf({ type: 'merge-speakers', speaker: '0:2', into: '0:1' })
    const make = (count: number) => Array.from({ length: count }, (_, i) => watched(segmentOf(`s${i}`, 'x', i)))
    const costOfNext = (count: number) => {
      const known = make(count)
      const own = { ...edits }
      const view = applyEdits(transcriptOf([], { segments: known }), own)
      looks = 0
      const next = segmentOf('new', 'y', count, { speaker: 2 })
      const longer = applyEdits(transcriptOf([], { segments: [...known, next] }), own)
      expect(longer.segments).toHaveLength(count + 1)
      expect(longer.segments.slice(0, -1).every((segment, i) => segment === view.segments[i])).toBe(true)
      expect(longer.text).toBe(view.text + ' y')
      return looks
    }
    expect(costOfNext(1000)).toBe(costOfNext(10))
  })

  it('keeps the segments’ array and touched segments while only the interim changes', () => {
    const edits = editsOf({ type: 'correct', id: 's1', text: 'hello world' })
    const one = applyEdits(transcript, edits)
    const interim = { text: 'an', start: 4, end: 5, words: [], channel: 0, isProvisional: false }
    const two = applyEdits({ ...transcript, interim }, edits)
    expect(two.segments).toBe(one.segments)
    expect(two.interim).toBe(interim)
    expect(applyEdits({ ...transcript, interim }, edits)).toBe(two)
    const three = applyEdits(later(segmentOf('s5', 'more', 4)), edits)
    expect(three.segments[0]).toBe(one.segments[0])
    expect(three.interim).toBeNull()
  })

  it('gives the same whether words came one by one or at once, and starts anew after clear()', () => {
    const edits = editsOf(
      { type: 'merge', ids: ['s2', 's4'] },
      { type: 'correct', id: 's3', text: 'who' },
      { type: 'merge-speakers', speaker: '0:1', into: '0:0' },
    )
    const steps = { ...edits }
    segments.forEach((_, index) => applyEdits(transcriptOf(segments.slice(0, index + 1)), steps))
    expect(applyEdits(transcript, steps)).toEqual(applyEdits(transcript, { ...edits }))
    const cleared = transcriptOf([segmentOf('s9', 'anew', 9)])
    expect(applyEdits(cleared, steps)).toEqual({ ...cleared, speakerNames: {} })
    expect(applyEdits(transcriptOf([]), steps).segments).toEqual([])
    expect(applyEdits(transcript, steps)).toEqual(applyEdits(transcript, { ...edits }))
  })
})
