import { textOf } from './join.ts'
import type { Entity, Segment, Transcript } from './transcript.ts'

/** One correction by a reader. Segments go by their id, speakers by their {@link speakerKey}. */
export type TranscriptEdit =
  /** Replaces a segment's text; by an empty one, takes the segment away. */
  | { readonly type: 'correct'; readonly id: string; readonly text: string }
  /** Takes a segment away. */
  | { readonly type: 'delete'; readonly id: string }
  /** Makes one segment of several; it has the first one's id, speaker and channel. */
  | { readonly type: 'merge'; readonly ids: readonly string[] }
  /** Gives a speaker a name. */
  | { readonly type: 'rename-speaker'; readonly speaker: string; readonly name: string }
  /** Tells that two speakers are the same person: what `speaker` says, also from now on, is said by `into`. */
  | { readonly type: 'merge-speakers'; readonly speaker: string; readonly into: string }

/** Corrections in their order, and those taken back. Never changed, always replaced. */
export interface TranscriptEdits {
  /** In force, oldest first. */
  readonly done: readonly TranscriptEdit[]
  /** Taken back; the last one is the first to return. */
  readonly undone: readonly TranscriptEdit[]
}

/** A transcript as its editor wants it read; whatever reads a transcript reads it too. */
export interface TranscriptView extends Transcript {
  /** The names given to speakers, by {@link speakerKey}. */
  readonly speakerNames: Readonly<Record<string, string>>
}

/** No corrections yet. */
export const NO_EDITS: TranscriptEdits = { done: [], undone: [] }

/** Adds a correction. What was taken back before cannot be redone any more. */
export const addEdit = ({ done }: TranscriptEdits, edit: TranscriptEdit): TranscriptEdits => ({
  done: [...done, edit],
  undone: [],
})

/** Takes the newest correction back, if there is one. */
export function undoEdit(edits: TranscriptEdits): TranscriptEdits {
  const edit = edits.done.at(-1)
  return edit ? { done: edits.done.slice(0, -1), undone: [...edits.undone, edit] } : edits
}

/** Puts the correction that was taken back last in force again, if there is one. */
export function redoEdit(edits: TranscriptEdits): TranscriptEdits {
  const edit = edits.undone.at(-1)
  return edit ? { done: [...edits.done, edit], undone: edits.undone.slice(0, -1) } : edits
}

/** What tells speakers apart. */
type Speaker = Pick<Segment, 'channel' | 'streamIndex'> & {
  /** The service's number for the speaker, within one stream. */
  readonly speaker?: number | undefined
}

/**
 * The name of a speaker within a session: the service numbers speakers anew on each connection and on each channel.
 *
 * `'0:1'` is speaker 1 of the first connection; channels other than the first add theirs: `'0:1:2'`.
 *
 * @returns `undefined` where speakers are not told apart.
 */
export const speakerKey = ({ streamIndex, speaker, channel }: Speaker): string | undefined =>
  speaker === undefined ? undefined : `${streamIndex}:${speaker}${channel ? `:${channel}` : ''}`

interface Applied {
  readonly source: readonly Segment[]
  readonly ids: ReadonlySet<string>
  readonly view: TranscriptView
  readonly relabel: (segment: Segment) => Segment
}

// The latest result of each set of corrections, so that new words cost only themselves.
const results = new WeakMap<TranscriptEdits, Applied>()

/**
 * Applies corrections to a transcript, which itself stays as it is. Pure.
 *
 * Segments that no correction touches keep their identity, and so do those that one did while `edits` is the same
 * object. Words that arrive later are added without looking at the earlier ones again. An id or speaker that is not
 * there changes nothing. `utterances`, `interim` and `gaps` are the transcript's own.
 */
export function applyEdits(transcript: Transcript, edits: TranscriptEdits): TranscriptView {
  const { segments } = transcript
  const before = results.get(edits)
  const known = before?.source.length ?? 0
  const isLater = before && known <= segments.length && before.source[known - 1] === segments[known - 1]
  const added = isLater ? segments.slice(known) : segments
  let applied = before
  if (!isLater || added.some(({ id }) => before.ids.has(id))) applied = applyAll(transcript, edits.done)
  else if (added.length) {
    const { view, relabel } = before
    const shown = added.map(relabel)
    applied = {
      ...before,
      source: segments,
      view: {
        ...view,
        segments: view.segments.concat(shown),
        text: view.text + textOf(shown, view.segments.at(-1)?.text),
      },
    }
  }
  const { interim, utterances, gaps } = transcript
  let { view } = applied!
  if (view.interim !== interim || view.utterances !== utterances || view.gaps !== gaps) {
    view = { ...view, interim, utterances, gaps }
  }
  results.set(edits, { ...applied!, view })
  return view
}

function applyAll(transcript: Transcript, edits: readonly TranscriptEdit[]): Applied {
  const { segments } = transcript
  const byId = new Map(segments.map((segment) => [segment.id, segment]))
  const ids = new Set<string>()
  const aliases = new Map<string, string>()
  const speakerNames: Record<string, string> = {}
  // Never a ring: only speakers that are nobody else's alias are merged.
  const aliasOf = (key: string): string => (aliases.has(key) ? aliasOf(aliases.get(key)!) : key)
  for (const edit of edits) {
    if ('speaker' in edit) {
      const speaker = aliasOf(edit.speaker)
      if ('name' in edit) {
        speakerNames[speaker] = edit.name
        continue
      }
      const into = aliasOf(edit.into)
      if (speaker === into) continue
      aliases.set(speaker, into)
      const name = speakerNames[into] ?? speakerNames[speaker]
      if (name !== undefined) speakerNames[into] = name
      continue
    }
    const touched = new Set('ids' in edit ? edit.ids : [edit.id])
    for (const id of touched) ids.add(id)
    // In the order of the transcript, whatever the order in which they were picked.
    const parts = [...touched].flatMap((id) => byId.get(id) ?? []).sort((a, b) => a.start - b.start)
    const [first] = parts
    const text = 'text' in edit ? edit.text : 'ids' in edit && textOf(parts)
    for (const part of parts) if (part !== first || !text) byId.delete(part.id)
    if (!first || !text) continue
    const entities: Entity[] = []
    let index = 0
    for (const part of parts) {
      for (const entity of part.entities ?? []) {
        entities.push({ ...entity, startWord: index + entity.startWord, endWord: index + entity.endWord })
      }
      index += part.words.length
    }
    byId.set(first.id, {
      ...first,
      text,
      ...(entities.length && { entities }),
      end: Math.max(...parts.map(({ end }) => end)),
      words: parts.flatMap(({ words }) => words),
      isProvisional: parts.some(({ isProvisional }) => isProvisional),
    })
  }
  const relabel = (segment: Segment): Segment => {
    const key = speakerKey(segment) ?? ''
    const alias = aliasOf(key)
    if (alias === key) return segment
    const [streamIndex = 0, speaker = 0, channel = 0] = alias.split(':').map(Number)
    return { ...segment, streamIndex, speaker, channel, words: segment.words.map((word) => ({ ...word, speaker })) }
  }
  const shown = Array.from(byId.values(), relabel)
  return {
    source: segments,
    ids,
    relabel,
    view: { ...transcript, segments: shown, text: textOf(shown), speakerNames },
  }
}
