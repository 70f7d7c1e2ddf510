'use client'
import { useCallback, useLayoutEffect, useMemo, useRef, type KeyboardEvent } from 'react'
import { addEdit, applyEdits, speakerKey, type TranscriptEdit, type TranscriptEdits } from '../transcript/edit.ts'
import { EMPTY_TRANSCRIPT, type Segment } from '../transcript/transcript.ts'
import { labelOf } from './labels.ts'
import { shownText } from './shown-text.ts'
import { clock, TranscriptRows, type TranscriptRowsProps } from './TranscriptRows.tsx'

interface EditableRowsProps extends TranscriptRowsProps {
  edits: TranscriptEdits
  onEditsChange: (edits: TranscriptEdits) => void
  /** Whether the text can be changed now. */
  isEditing: boolean
}

/** The rows as they were corrected; while editing, each piece and each speaker's name is a text box. */
export function EditableRows({ edits, onEditsChange, isEditing, ...rows }: EditableRowsProps) {
  const { labels, segments: heard, speakerNames: given } = rows
  const { segments, speakerNames: edited } = applyEdits({ ...EMPTY_TRANSCRIPT, segments: heard }, edits)
  const speakerNames = useMemo(() => ({ ...given, ...edited }), [given, edited])
  const latest = useRef({ edits, onEditsChange })
  useLayoutEffect(() => {
    latest.current = { edits, onEditsChange }
  })
  const add = useCallback((edit: TranscriptEdit) => {
    const { edits, onEditsChange } = latest.current
    onEditsChange(addEdit(edits, edit))
  }, [])
  // These keep their identity from row to row, so that a correction renders one piece.
  const renderSegment = useCallback(
    ({ id, text, start }: Segment) => (
      <Field
        text={text}
        name={labelOf(labels, 'editText', clock(start))}
        onCommit={(text) => add({ type: 'correct', id, text })}
      />
    ),
    [labels, add],
  )
  const renderSpeaker = useCallback(
    (segment: Segment, name: string) => (
      <Field
        text={name}
        name={labelOf(labels, 'editSpeaker')}
        onCommit={(name) => name && add({ type: 'rename-speaker', speaker: speakerKey(segment)!, name })}
      />
    ),
    [labels, add],
  )
  return (
    <TranscriptRows
      {...rows}
      {...{ segments, speakerNames }}
      version={edits}
      {...(isEditing && { renderSegment, renderSpeaker })}
    />
  )
}

interface FieldProps {
  text: string
  name: string
  /** Told what the reader wrote, once the field is left or Enter is pressed. */
  onCommit: (text: string) => void
}

/** A piece of text that is written in where it stands; it flows and wraps like the text around it. */
function Field({ text, name, onCommit }: FieldProps) {
  const shown = shownText(text)
  const commit = (field: HTMLElement): void => {
    const next = field.textContent.replace(/\s+/g, ' ').trim()
    // The text is React's again, whatever the reader's browser made of its nodes.
    field.textContent = shown
    if (next !== shown) onCommit(next)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const { currentTarget: field } = event
    if (event.key === 'Escape') field.textContent = shown
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
    event.preventDefault()
    const fields = [...field.closest('[role=log]')!.querySelectorAll<HTMLElement>('[role=textbox]')]
    const next = fields[fields.indexOf(field) + 1]
    if (next) next.focus()
    else commit(field)
  }
  return (
    <span
      role="textbox"
      aria-label={name}
      tabIndex={0}
      className="dg-edit"
      contentEditable
      suppressContentEditableWarning
      onBlur={(event) => commit(event.currentTarget)}
      onKeyDown={onKeyDown}
    >
      {shown}
    </span>
  )
}
