'use client'
import { forwardRef, useState, type HTMLAttributes, type ReactNode } from 'react'
import type { DeepgramError, DeepgramErrorCode } from '../errors.ts'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type { ListenSession } from '../session/listen-session.ts'
import type { SpeakSession } from '../session/speak-session.ts'
import type { ReadonlyStore } from '../session/store.ts'
import { copyText } from './copy-text.ts'
import { labelOf, type DeepgramLabel, type DeepgramLabels } from './labels.ts'
import { startListening } from './MicrophoneButton.tsx'
import { classNames } from './props.ts'
import { shownText } from './shown-text.ts'

// Trying again in the same page, in the same browser, cannot end otherwise. What helps is to tell somebody.
const FOR_OTHERS: readonly DeepgramErrorCode[] = ['unsafe-api-key', 'insecure-url', 'policy-blocked', 'unsupported']

/** What a function given as an error message's children is told. */
export interface DeepgramErrorMessageState {
  /** What went wrong. */
  readonly error: DeepgramError
  /** The sentence that would be shown: what happened, and what to do. */
  readonly text: string
}

/** Props of {@link DeepgramErrorMessageView}. */
export interface DeepgramErrorMessageViewProps extends Omit<HTMLAttributes<HTMLDivElement>, 'children'> {
  /** What went wrong; `null` shows nothing. */
  error: DeepgramError | null
  /** What "Try again" does; without it there is no such button. */
  onRetry?: (() => void) | undefined
  /** What "Use the default microphone" does, where the chosen one cannot be used. */
  onUseDefaultDevice?: (() => void) | undefined
  /** What "Allow sound" does, where the browser keeps it off. @default onRetry */
  onAllowSound?: (() => void) | undefined
  /** Offers the error's code and its message for developers, folded away. @default true */
  showDetails?: boolean | undefined
  /** Own words; `error.permission-denied` and so on are the sentences shown. */
  labels?: DeepgramLabels | undefined
  /** Shown in place of the sentence; a function is told the error and the sentence. */
  children?: ReactNode | ((state: DeepgramErrorMessageState) => ReactNode)
}

/**
 * An error in plain words: what happened and what to do, with a button that does it.
 *
 * Renders a `<div>` that stays while there is no error, so that its `role="alert"` is there when one comes; `data-code`
 * is the error's code. The button is the one that helps: try again, use the default microphone, allow sound, open the page
 * with https, or, where only the people who run the page can help, copy the details for them.
 */
export const DeepgramErrorMessageView = forwardRef<HTMLDivElement, DeepgramErrorMessageViewProps>(
  function DeepgramErrorMessageView(
    {
      error,
      onRetry,
      onUseDefaultDevice,
      onAllowSound = onRetry,
      showDetails = true,
      labels,
      className,
      children,
      ...rest
    },
    ref,
  ) {
    const { code } = error ?? {}
    const text = code && labelOf(labels, `error.${code}`)
    const way: [label: DeepgramLabel, act: (() => void) | undefined] =
      code === 'constraints' && onUseDefaultDevice
        ? ['useDefaultDevice', onUseDefaultDevice]
        : code === 'playback-blocked'
          ? ['allowSound', onAllowSound]
          : code === 'insecure-context'
            ? ['openSecurely', openSecurely]
            : ['retry', code === 'revoked' || (code && FOR_OTHERS.includes(code)) ? undefined : onRetry]
    return (
      <div {...rest} ref={ref} className={classNames('dg-error', className)} data-code={code}>
        <div role="alert" className="dg-error-text">
          {error && text && (typeof children === 'function' ? children({ error, text }) : (children ?? text))}
        </div>
        {code && way[1] && (
          <button type="button" className="dg-button" onClick={way[1]}>
            {labelOf(labels, way[0])}
          </button>
        )}
        {error && FOR_OTHERS.includes(error.code) && <CopyDetails error={error} labels={labels} />}
        {error && showDetails && (
          <details className="dg-error-details">
            <summary>{labelOf(labels, 'details')}</summary>
            <p dir="auto">
              <code>{code}</code> {shownText(error.message)}{' '}
              {error.details.requestId && <code>{error.details.requestId}</code>}
            </p>
          </details>
        )}
      </div>
    )
  },
)

/** For whoever runs the page: the error as it is safe to paste. */
function CopyDetails({ error, labels }: { error: DeepgramError; labels: DeepgramLabels | undefined }) {
  const [result, setResult] = useState<'copied' | 'notCopied' | null>(null)
  const copy = async (): Promise<void> => {
    setResult((await copyText(JSON.stringify(error, null, 2))) ? 'copied' : 'notCopied')
  }
  return (
    <>
      <button type="button" className="dg-button" onClick={() => void copy()}>
        {labelOf(labels, 'copyDetails')}
      </button>
      <span role="status" className="dg-said">
        {result && labelOf(labels, result)}
      </span>
    </>
  )
}

function openSecurely(): void {
  const { location } = globalThis
  location.href = location.href.replace(/^http:/, 'https:')
}

/** Props of {@link DeepgramErrorMessage}. */
export interface DeepgramErrorMessageProps extends Omit<DeepgramErrorMessageViewProps, 'error'> {
  /** Whose error: a listen or a speak session. */
  session: ReadonlyStore<{ readonly error: DeepgramError | null }> &
    Partial<Pick<ListenSession, 'start' | 'setDevice'> & Pick<SpeakSession, 'unlock'>>
}

/**
 * A session's error, with a way out: a listen session is started again, with the default microphone where the chosen one
 * cannot be used; a speak session is allowed to sound. Renders when the error changes. See {@link DeepgramErrorMessageView}.
 */
export const DeepgramErrorMessage = forwardRef<HTMLDivElement, DeepgramErrorMessageProps>(function DeepgramErrorMessage(
  { session, ...rest },
  ref,
) {
  const { start, setDevice, unlock } = session
  const begin = start && (() => startListening({ start }))
  return (
    <DeepgramErrorMessageView
      onRetry={begin}
      onAllowSound={unlock && (() => void unlock())}
      onUseDefaultDevice={
        begin &&
        setDevice &&
        (() => {
          // Nothing is awaited: the browser wants the click. What goes wrong is in the state.
          setDevice(undefined).catch(() => {})
          begin()
        })
      }
      {...rest}
      ref={ref}
      error={useError(session)}
    />
  )
})

const useError = (session: DeepgramErrorMessageProps['session']): DeepgramError | null =>
  // Held in a list, because two errors with equal members are two errors.
  useDeepgramSession(session, (state) => [state.error] as const)[0]
