'use client'
import { useId, useState, type KeyboardEvent, type ReactNode } from 'react'
import { toJSON, toPlainText, toSRT, toWebVTT } from '../transcript/captions.ts'
import type { Transcript } from '../transcript/transcript.ts'
import { copyText } from './copy-text.ts'
import { labelOf, type DeepgramLabels } from './labels.ts'

/** A file that a transcript can be taken away as. */
export type TranscriptFormat = 'txt' | 'srt' | 'vtt' | 'json'

const TYPES: Record<TranscriptFormat, string> = {
  txt: 'text/plain',
  srt: 'application/x-subrip',
  vtt: 'text/vtt',
  json: 'application/json',
}

const WRITERS: Record<TranscriptFormat, (transcript: Transcript) => string> = {
  txt: toPlainText,
  srt: toSRT,
  vtt: toWebVTT,
  json: (transcript) => JSON.stringify(toJSON(transcript), null, 2),
}

/** Offers a file to the reader, as a link to it would. */
function save(transcript: Transcript, format: TranscriptFormat, name: string): void {
  const url = URL.createObjectURL(new Blob([WRITERS[format](transcript)], { type: TYPES[format] }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.${format}`
  link.click()
  // Not at once: some browsers read it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

interface TranscriptToolsProps {
  /** Asked when a button is pressed. */
  getTranscript: () => Transcript
  formats: readonly TranscriptFormat[]
  fileName: string
  labels?: DeepgramLabels | undefined
  /** More buttons. */
  children?: ReactNode
}

/** Buttons that take the transcript away: to the clipboard, or as a file. */
export function TranscriptTools({ getTranscript, formats, fileName, labels, children }: TranscriptToolsProps) {
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  const [result, setResult] = useState<'copied' | 'notCopied' | null>(null)
  const copy = async (): Promise<void> => {
    setResult(null)
    setResult((await copyText(toPlainText(getTranscript()))) ? 'copied' : 'notCopied')
  }
  const onKeyDown = ({ key, currentTarget }: KeyboardEvent<HTMLElement>): void => {
    if (key !== 'Escape' || !isOpen) return
    setOpen(false)
    currentTarget.querySelector<HTMLElement>('[aria-expanded]')?.focus()
  }
  return (
    <div className="dg-tools" onKeyDown={onKeyDown}>
      {formats.length > 0 && (
        <>
          <button type="button" className="dg-tool" onClick={() => void copy()}>
            {labelOf(labels, 'copy')}
          </button>
          <button
            type="button"
            className="dg-tool"
            aria-expanded={isOpen}
            aria-controls={isOpen ? id : undefined}
            onClick={() => setOpen(!isOpen)}
          >
            {labelOf(labels, 'download')}
          </button>
          {isOpen && (
            <span id={id} role="group" aria-label={labelOf(labels, 'download')} className="dg-formats">
              {formats.map((format) => (
                <button
                  key={format}
                  type="button"
                  className="dg-tool"
                  onClick={() => save(getTranscript(), format, fileName)}
                >
                  {labelOf(labels, `download.${format}`)}
                </button>
              ))}
            </span>
          )}
        </>
      )}
      {children}
      <span role="status" className="dg-said">
        {result && labelOf(labels, result)}
      </span>
    </div>
  )
}
