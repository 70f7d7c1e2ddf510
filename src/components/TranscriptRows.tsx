'use client'
import { memo, useState, type ComponentType, type ReactElement, type ReactNode } from 'react'
import { speakerKey } from '../transcript/edit.ts'
import { joinText } from '../transcript/join.ts'
import type { Gap, Segment, Utterance } from '../transcript/transcript.ts'
import { labelOf, type DeepgramLabels } from './labels.ts'
import { shownText } from './shown-text.ts'

/** How settled text is shown. */
export interface TranscriptLook {
  /** Shows when each paragraph begins. @default false */
  showTimes?: boolean | undefined
  /** Shows a piece in another way; keep its identity from render to render, or every piece is rendered again. */
  renderSegment?: ((segment: Segment) => ReactNode) | undefined
  /** Shows a speaker's name in another way, at the beginning of a turn; keep its identity from render to render. */
  renderSpeaker?: ((segment: Segment, name: string) => ReactNode) | undefined
  /** Names of speakers by their `speakerKey`: `{ '0:1': 'Ann' }`; keep the object's identity from render to render. */
  speakerNames?: Readonly<Record<string, string>> | undefined
  /** Own words; `speaker` names a speaker by `{n}`, from 1. */
  labels?: DeepgramLabels | undefined
}

/** What the rows show. */
export interface TranscriptRowsProps extends TranscriptLook {
  segments: readonly Segment[]
  utterances?: readonly Utterance[] | undefined
  gaps?: readonly Gap[] | undefined
  /** Another one when settled text was changed by hand; while it stays the same, the array only grows. */
  version?: unknown
}

/**
 * A run of segments. Their list grows, and its elements keep their identity: a run that did not grow did not change. Each run
 * has a list of its own: React keeps what a row was made from, and ten thousand rows that keep all segments before them are
 * hundreds of megabytes.
 */
interface Run extends Omit<TranscriptLook, 'labels'> {
  segments: readonly Segment[]
  /** Where it begins in the whole. */
  from: number
  /** The segment before it. */
  before: Segment | undefined
  speakerLabel: string
  gapLabels: DeepgramLabels | undefined
  /** Ids of the segments that begin a paragraph; grows with the segments. */
  breaks: ReadonlySet<string>
  /** Gaps by the id of the segment before them; another map when there is one more. */
  gaps: ReadonlyMap<string, readonly Gap[]>
  version: unknown
}

const isSameRun = (a: Run, b: Run): boolean =>
  a.from === b.from &&
  a.segments.length === b.segments.length &&
  (a.version === b.version
    ? a.segments[0] === b.segments[0] && a.segments.at(-1) === b.segments.at(-1)
    : a.segments.every((segment, i) => segment === b.segments[i])) &&
  a.speakerLabel === b.speakerLabel &&
  a.gapLabels === b.gapLabels &&
  a.gaps === b.gaps &&
  a.speakerNames === b.speakerNames &&
  a.showTimes === b.showTimes &&
  a.renderSegment === b.renderSegment &&
  a.renderSpeaker === b.renderSpeaker

// Measured: with pages of pages an update costs the same at ten segments and at a hundred thousand, and every row stays
// in the document for find-in-page, copying and screen readers.
const PAGE = 64
const CHAPTER = PAGE * PAGE

/**
 * Settled text: paragraphs in pages. The pieces of one speaker in one utterance flow in one paragraph, except over the
 * end of a page. A new segment renders one piece, and adds one element to the document.
 */
export const TranscriptRows = memo(function TranscriptRows({
  segments,
  utterances,
  gaps,
  labels,
  version,
  ...look
}: TranscriptRowsProps) {
  const [layOut] = useState(createLayout)
  const run: Run = {
    segments,
    ...look,
    ...layOut(segments, utterances, gaps, version),
    version,
    from: 0,
    before: undefined,
    speakerLabel: labelOf(labels, 'speaker'),
    gapLabels: gaps?.length ? labels : undefined,
  }
  return (
    <>
      {gapsAfter(run, BEFORE_ALL)}
      {parts(run, every(run, CHAPTER), Chapter)}
    </>
  )
})

const Chapter = memo((run: Run) => <div className="dg-chapter">{parts(run, every(run, PAGE), Page)}</div>, isSameRun)

const Page = memo((run: Run) => {
  const { segments, breaks } = run
  const starts = every(run, 1).filter((i) => i === 0 || breaks.has(segments[i]!.id))
  return (
    <div className="dg-page">
      {parts({ ...run, gaps: NO_GAPS }, starts, Paragraph).flatMap((paragraph, i) => [
        paragraph,
        ...gapsAfter(run, segments[(starts[i + 1] ?? segments.length) - 1]!.id),
      ])}
    </div>
  )
}, isSameRun)

const gapsAfter = ({ gaps, gapLabels }: Run, after: string): ReactElement[] =>
  (gaps.get(after) ?? []).map(({ id, duration, reason }) => (
    <p className="dg-gap" key={id} data-reason={reason}>
      {labelOf(gapLabels, `gap.${reason}`, Math.max(1, Math.round(duration)))}
    </p>
  ))

const Paragraph = memo((run: Run) => {
  const { segments, before, speakerLabel, speakerNames, showTimes, renderSegment, renderSpeaker } = run
  const first = segments[0]!
  const { speaker, start, streamIndex } = first
  const isTurn = speaker !== undefined && (before?.speaker !== speaker || before.streamIndex !== streamIndex)
  const name =
    speaker === undefined
      ? ''
      : shownText(speakerNames?.[speakerKey(first)!] ?? speakerLabel.replace('{n}', String(speaker + 1)))
  return (
    <p className="dg-row" dir="auto" data-speaker={speaker} data-turn={isTurn ? '' : undefined}>
      {/* Isolated: the direction of a row is that of what was said. */}
      {isTurn && <bdi className="dg-speaker">{renderSpeaker ? renderSpeaker(first, name) : name} </bdi>}
      {showTimes && <bdi className="dg-time">{clock(start)} </bdi>}
      {segments.map((segment, i) => (
        <Piece
          key={segment.id}
          {...{ segment, renderSegment }}
          isApart={i > 0 && isApart(segments[i - 1]!.text, segment.text)}
        />
      ))}
    </p>
  )
}, isSameRun)

interface PieceProps extends Pick<TranscriptLook, 'renderSegment'> {
  segment: Segment
  /** Whether a space parts it from the piece before it. */
  isApart: boolean
}

const Piece = memo(({ segment, isApart, renderSegment }: PieceProps) => (
  <span data-provisional={segment.isProvisional ? '' : undefined}>
    {isApart && ' '}
    {renderSegment ? renderSegment(segment) : shownText(segment.text)}
  </span>
))

const isApart = (left: string, right: string): boolean => joinText(left, right).length > left.length + right.length

/** The run in parts that begin at these places in it. */
const parts = (run: Run, starts: readonly number[], Part: ComponentType<Run>): ReactElement[] =>
  starts.map((start, i) => (
    <Part
      key={run.from + start}
      {...run}
      segments={run.segments.slice(start, starts[i + 1])}
      from={run.from + start}
      before={run.segments[start - 1] ?? run.before}
    />
  ))

const every = ({ segments }: Run, step: number): number[] =>
  Array.from({ length: Math.ceil(segments.length / step) }, (_, i) => i * step)

const NO_GAPS: Run['gaps'] = new Map()
/** Stands for the segment before the first one; no id is empty. */
const BEFORE_ALL = ''

/**
 * Tells which segments begin a paragraph, and after which there is a gap. What was told once stays: a piece that moved into
 * another paragraph would be announced again. Without utterances every segment begins one.
 */
function createLayout() {
  let first: Segment | undefined
  let ends: Set<string | undefined>
  let breaks: Set<string>
  let known = 0
  let knownVersion: unknown
  let gaps = NO_GAPS
  let knownGaps = 0
  return (
    segments: readonly Segment[],
    utterances: readonly Utterance[] | undefined,
    lost: readonly Gap[] | undefined,
    version?: unknown,
  ): Pick<Run, 'breaks' | 'gaps'> => {
    if (!known || first !== segments[0] || knownVersion !== version) {
      first = segments[0]
      knownVersion = version
      ends = new Set()
      breaks = new Set()
      known = knownGaps = 0
      gaps = NO_GAPS
    }
    for (const { segmentIds } of utterances?.slice(ends.size) ?? []) ends.add(segmentIds.at(-1))
    for (; lost && knownGaps < lost.length; knownGaps++) {
      const gap = lost[knownGaps]!
      const { id = BEFORE_ALL } = segments.findLast(({ start }) => start < gap.end) ?? {}
      gaps = new Map(gaps).set(id, [...(gaps.get(id) ?? []), gap])
    }
    for (; known < segments.length; known++) {
      const { id, speaker, channel, streamIndex } = segments[known]!
      const before = segments[known - 1]
      const isOn = before?.speaker === speaker && before?.channel === channel && before.streamIndex === streamIndex
      if (!utterances || !isOn || ends.has(before.id) || gaps.has(before.id)) breaks.add(id)
    }
    return { breaks, gaps }
  }
}

/** `1:02:03`, or `2:03` in the first hour. */
export function clock(seconds: number): string {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor)
  return parts
    .slice(parts[0] ? 0 : 1)
    .map((part, i) => (i ? String(part).padStart(2, '0') : part))
    .join(':')
}
