'use client'
import { forwardRef, type HTMLAttributes, type ReactNode } from 'react'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type { ListenStatus, SpeakStatus } from '../session/status.ts'
import type { ReadonlyStore } from '../session/store.ts'
import { labelOf, type DeepgramLabel, type DeepgramLabels } from './labels.ts'
import { classNames } from './props.ts'

/** Props of {@link ConnectionStatusView}. */
export interface ConnectionStatusViewProps extends Omit<HTMLAttributes<HTMLDivElement>, 'children'> {
  /** What to say in words. */
  status: ListenStatus | SpeakStatus
  /** Which kind of session it is of. @default 'listen' */
  kind?: 'listen' | 'speech' | undefined
  /** Own words. */
  labels?: DeepgramLabels | undefined
  /** Shown in place of the words; a function is told the status and the words. */
  children?: ReactNode | ((status: ListenStatus | SpeakStatus, words: string) => ReactNode)
}

/**
 * A status in words, with a dot beside it. Children are shown in place of the words.
 *
 * Renders a `<div role="status">`, so that changes are announced; `data-status` says which.
 */
export const ConnectionStatusView = forwardRef<HTMLDivElement, ConnectionStatusViewProps>(function ConnectionStatusView(
  { status, kind = 'listen', labels, className, children, ...rest },
  ref,
) {
  const words = labelOf(labels, kind === 'speech' ? ofSpeech(status) : (`listen.${status}` as DeepgramLabel))
  return (
    <div role="status" {...rest} ref={ref} className={classNames('dg-status', className)} data-status={status}>
      <span className="dg-status-dot" aria-hidden="true" />
      <span>{typeof children === 'function' ? children(status, words) : (children ?? words)}</span>
    </div>
  )
})

// The words for speech tell what a press of the button does; some of them are no status.
const OF_SPEECH: Readonly<Record<string, DeepgramLabel>> = {
  idle: 'listen.idle',
  speaking: 'dialogue.speaking',
  error: 'listen.error',
}

const ofSpeech = (status: string): DeepgramLabel => OF_SPEECH[status] ?? (`speech.${status}` as DeepgramLabel)

/** Props of {@link ConnectionStatus}. */
export interface ConnectionStatusProps extends Omit<ConnectionStatusViewProps, 'status'> {
  /** Whose status. A listen session; with `kind="speech"` a speak session. */
  session: ReadonlyStore<{ readonly status: ListenStatus | SpeakStatus }>
}

/** A session's status in words. Renders when the status changes, and on nothing else. See {@link ConnectionStatusView}. */
export const ConnectionStatus = forwardRef<HTMLDivElement, ConnectionStatusProps>(function ConnectionStatus(
  { session, ...rest },
  ref,
) {
  return <ConnectionStatusView {...rest} ref={ref} status={useDeepgramSession(session, (state) => state.status)} />
})
