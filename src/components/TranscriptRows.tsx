'use client'
import { memo, type ReactNode } from 'react'
import type { Segment } from '../transcript/transcript.ts'
import { labelOf, type DeepgramLabels } from './labels.ts'
import { shownText } from './shown-text.ts'

/** How settled text is shown. */
export interface TranscriptLook {
  /** Shows when each piece was said. @default false */
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

/** Settled text in pages; a new segment renders one row, and adds one element to the document. */
export const TranscriptRows = memo(function TranscriptRows({
  segments,
  labels,
  ...look
}: TranscriptLook & { segments: readonly Segment[] }) {
  return split(
    { segments, ...look, from: 0, to: segments.length, speakerLabel: labelOf(labels, 'speaker') },
    CHAPTER,
  ).map((run) => <Chapter key={run.from} {...run} />)
})

const Chapter = memo(function Chapter(run: Run) {
  return (
    <div className="dg-chapter">
      {split(run, PAGE).map((page) => (
        <Page key={page.from} {...page} />
      ))}
    </div>
  )
}, isSameRun)

const Page = memo(function Page({ segments, from, to, speakerLabel, ...look }: Run) {
  return (
    <div className="dg-page">
      {segments.slice(from, to).map((segment, i) => {
        const before = segments[from + i - 1]
        const isTurn = before?.speaker !== segment.speaker || before?.streamIndex !== segment.streamIndex
        return (
          <Row
            key={segment.id}
            segment={segment}
            speaker={
              isTurn && segment.speaker !== undefined ? speakerLabel.replace('{n}', String(segment.speaker + 1)) : ''
            }
            {...look}
          />
        )
      })}
    </div>
  )
}, isSameRun)

interface RowProps extends Omit<TranscriptLook, 'labels'> {
  segment: Segment
  /** The speaker's name where another one begins to speak. */
  speaker: string
}

const Row = memo(function Row({ segment, speaker, showTimes, renderSegment }: RowProps) {
  return (
    <p
      className="dg-row"
      dir="auto"
      data-speaker={segment.speaker}
      data-turn={speaker ? '' : undefined}
      data-provisional={segment.isProvisional ? '' : undefined}
    >
      {/* Isolated: the direction of a row is that of what was said. */}
      {speaker && <bdi className="dg-speaker">{speaker} </bdi>}
      {showTimes && <bdi className="dg-time">{clock(segment.start)} </bdi>}
      {renderSegment ? renderSegment(segment) : shownText(segment.text)}
    </p>
  )
})

function split(run: Run, size: number): Run[] {
  const runs: Run[] = []
  for (let { from } = run; from < run.to; from += size) runs.push({ ...run, from, to: Math.min(run.to, from + size) })
  return runs
}

/** `1:02:03`, or `2:03` in the first hour. */
function clock(seconds: number): string {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor)
  const [first, ...rest] = parts[0] ? parts : parts.slice(1)
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':')
}
