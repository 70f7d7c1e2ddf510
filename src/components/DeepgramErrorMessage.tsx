'use client'
import { forwardRef, type HTMLAttributes } from 'react'
import type { DeepgramError, DeepgramErrorCode } from '../errors.ts'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type { ReadonlyStore } from '../session/store.ts'
import { labelOf, type DeepgramLabels } from './labels.ts'
import { classNames } from './props.ts'
import { shownText } from './shown-text.ts'

// Trying again in the same page, in the same browser, cannot end otherwise.
const HOPELESS: readonly DeepgramErrorCode[] = [
  'unsafe-api-key',
  'insecure-context',
  'insecure-url',
  'unsupported',
  'revoked',
]

/** Props of {@link DeepgramErrorMessageView}. */
export interface DeepgramErrorMessageViewProps extends HTMLAttributes<HTMLDivElement> {
  /** What went wrong; `null` shows nothing. */
  error: DeepgramError | null
  /** What the button does; without it there is no button. */
  onRetry?: (() => void) | undefined
  /** Offers the error's code and its message for developers, folded away. @default true */
  showDetails?: boolean | undefined
  /** Own words; `error.permission-denied` and so on are the sentences shown. */
  labels?: DeepgramLabels | undefined
}

/**
 * An error in plain words: what happened and what to do, with a button that does it.
 *
 * Renders a `<div>` that stays while there is no error, so that its `role="alert"` is there when one comes; `data-code`
 * is the error's code. The button is left out where trying again cannot help.
 */
export const DeepgramErrorMessageView = forwardRef<HTMLDivElement, DeepgramErrorMessageViewProps>(
  function DeepgramErrorMessageView({ error, onRetry, showDetails = true, labels, className, children, ...rest }, ref) {
    const { code, message, details } = error ?? {}
    return (
      <div {...rest} ref={ref} className={classNames('dg-error', className)} data-code={code}>
        <div role="alert" className="dg-error-text">
          {code && (children ?? labelOf(labels, `error.${code}`))}
        </div>
        {code && onRetry && !HOPELESS.includes(code) && (
          <button type="button" className="dg-button" onClick={onRetry}>
            {labelOf(labels, 'retry')}
          </button>
        )}
        {code && showDetails && (
          <details className="dg-error-details">
            <summary>{labelOf(labels, 'details')}</summary>
            <p dir="auto">
              <code>{code}</code> {shownText(message ?? '')} {details?.requestId && <code>{details.requestId}</code>}
            </p>
          </details>
        )}
      </div>
    )
  },
)

/** Props of {@link DeepgramErrorMessage}. */
export interface DeepgramErrorMessageProps extends Omit<DeepgramErrorMessageViewProps, 'error'> {
  /** Whose error: a listen or a speak session. */
  session: ReadonlyStore<{ readonly error: DeepgramError | null }>
}

/** A session's error, with a way out. Renders when the error changes. See {@link DeepgramErrorMessageView}. */
export const DeepgramErrorMessage = forwardRef<HTMLDivElement, DeepgramErrorMessageProps>(function DeepgramErrorMessage(
  { session, ...rest },
  ref,
) {
  return <DeepgramErrorMessageView {...rest} ref={ref} error={useError(session)} />
})

const useError = (session: DeepgramErrorMessageProps['session']): DeepgramError | null =>
  // Held in a list, because two errors with equal members are two errors.
  useDeepgramSession(session, (state) => [state.error] as const)[0]
