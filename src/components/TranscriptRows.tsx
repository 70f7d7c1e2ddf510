'use client'
import { memo, useState, type ComponentType, type ReactElement, type ReactNode } from 'react'
import { joinText } from '../transcript/join.ts'
import type { Segment, Utterance } from '../transcript/transcript.ts'
import { labelOf, type DeepgramLabels } from './labels.ts'
import { shownText } from './shown-text.ts'

/** How settled text is shown. */
export interface TranscriptLook {
  /** Shows when each paragraph begins. @default false */
  showTimes?: boolean | undefined
  /** Shows a piece in another way; keep its identity from render to render, or every piece is rendered again. */
  renderSegment?: ((segment: Segment) => ReactNode) | undefined
  /** Own words; `speaker` names a speaker by `{n}`, from 1. */
  labels?: DeepgramLabels | undefined
}

/** A run of segments. The array grows, and its elements keep their identity: a run that did not grow did not change. */
interface Run extends Omit<TranscriptLook, 'labels'> {
  segments: readonly Segment[]
  from: number
  to: number
  speakerLabel: string
  /** Ids of the segments that begin a paragraph; grows with the segments. */
  breaks: ReadonlySet<string>
}

const isSameRun = (a: Run, b: Run): boolean =>
  a.from === b.from &&
  a.to === b.to &&
  a.segments[a.from] === b.segments[b.from] &&
  a.segments[a.to - 1] === b.segments[b.to - 1] &&
  a.speakerLabel === b.speakerLabel &&
  a.showTimes === b.showTimes &&
  a.renderSegment === b.renderSegment

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
  labels,
  ...look
}: TranscriptLook & { segments: readonly Segment[]; utterances?: readonly Utterance[] | undefined }) {
  const [breaksOf] = useState(createBreaks)
  const breaks = breaksOf(segments, utterances)
  const run: Run = { segments, ...look, breaks, from: 0, to: segments.length, speakerLabel: labelOf(labels, 'speaker') }
  return parts(run, every(run, CHAPTER), Chapter)
})

const Chapter = memo((run: Run) => <div className="dg-chapter">{parts(run, every(run, PAGE), Page)}</div>, isSameRun)

const Page = memo(
  (run: Run) => (
    <div className="dg-page">
      {parts(
        run,
        every(run, 1).filter((i) => i === run.from || run.breaks.has(run.segments[i]!.id)),
        Paragraph,
      )}
    </div>
  ),
  isSameRun,
)

const Paragraph = memo(({ segments, from, to, speakerLabel, showTimes, renderSegment }: Run) => {
  const { speaker, start, streamIndex } = segments[from]!
  const before = segments[from - 1]
  const isTurn = speaker !== undefined && (before?.speaker !== speaker || before.streamIndex !== streamIndex)
  return (
    <p className="dg-row" dir="auto" data-speaker={speaker} data-turn={isTurn ? '' : undefined}>
      {/* Isolated: the direction of a row is that of what was said. */}
      {isTurn && <bdi className="dg-speaker">{speakerLabel.replace('{n}', String(speaker + 1))} </bdi>}
      {showTimes && <bdi className="dg-time">{clock(start)} </bdi>}
      {segments.slice(from, to).map((segment, i) => (
        <Piece
          key={segment.id}
          {...{ segment, renderSegment }}
          isApart={i > 0 && isApart(segments[from + i - 1]!.text, segment.text)}
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

/** The run in parts that begin at these places. */
const parts = (run: Run, starts: readonly number[], Part: ComponentType<Run>): ReactElement[] =>
  starts.map((from, i) => <Part key={from} {...run} from={from} to={starts[i + 1] ?? run.to} />)

const every = ({ from, to }: Run, step: number): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step)

/**
 * Tells which segments begin a paragraph. What was told once stays: a piece that moved into another paragraph would be
 * announced again. Without utterances every segment does.
 */
function createBreaks() {
  let first: Segment | undefined
  let ends: Set<string | undefined>
  let breaks: Set<string>
  let known = 0
  return (segments: readonly Segment[], utterances?: readonly Utterance[]): ReadonlySet<string> => {
    if (!known || first !== segments[0]) {
      first = segments[0]
      ends = new Set()
      breaks = new Set()
      known = 0
    }
    for (const { segmentIds } of utterances?.slice(ends.size) ?? []) ends.add(segmentIds.at(-1))
    for (; known < segments.length; known++) {
      const { id, speaker, channel, streamIndex } = segments[known]!
      const before = segments[known - 1]
      const isOn = before?.speaker === speaker && before?.channel === channel && before.streamIndex === streamIndex
      if (!utterances || !isOn || ends.has(before.id)) breaks.add(id)
    }
    return breaks
  }
}

/** `1:02:03`, or `2:03` in the first hour. */
function clock(seconds: number): string {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor)
  return parts
    .slice(parts[0] ? 0 : 1)
    .map((part, i) => (i ? String(part).padStart(2, '0') : part))
    .join(':')
}
