'use client'
import { forwardRef, type ButtonHTMLAttributes, type MouseEvent } from 'react'
import { DeepgramError } from '../errors.ts'
import { useAudioLevel } from '../hooks/useAudioLevel.ts'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type { ListenSession } from '../session/listen-session.ts'
import type { ListenStatus } from '../session/status.ts'
import { labelOf, type DeepgramLabels } from './labels.ts'
import { classNames, joinRefs } from './props.ts'

/** What both buttons take. */
interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** Own words; `microphone` names the button. */
  labels?: DeepgramLabels | undefined
}

/** Props of {@link MicrophoneButtonView}. */
export interface MicrophoneButtonViewProps extends ButtonProps {
  /** What the button shows: pressed while the microphone is wanted. */
  status: ListenStatus
}

/**
 * A button that turns listening on and off. Children replace the icon.
 *
 * Renders a `<button type="button">` whose name stays the same; `aria-pressed` and `data-status` tell the state, and
 * `aria-busy` that it is on its way. Its element follows `--dg-level`, 0…1, with a ring.
 */
export const MicrophoneButtonView = forwardRef<HTMLButtonElement, MicrophoneButtonViewProps>(
  function MicrophoneButtonView({ status, labels, className, children, ...rest }, ref) {
    return (
      <button
        aria-label={children && !rest['aria-label'] ? undefined : labelOf(labels, 'microphone')}
        aria-pressed={!/^(idle|error|paused|stopping)$/.test(status)}
        aria-busy={/^(requesting|connecting|stopping)/.test(status)}
        {...rest}
        ref={ref}
        type="button"
        className={classNames('dg-mic', className)}
        data-status={status}
      >
        {children ?? (
          <svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" aria-hidden="true">
            <rect x="9" y="3" width="6" height="11" rx="3" strokeWidth="1.75" className="dg-mic-body" />
            <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" strokeWidth="1.75" strokeLinecap="round" />
          </svg>
        )}
      </button>
    )
  },
)

/** Props of {@link MicrophoneButton}. */
export interface MicrophoneButtonProps extends ButtonProps {
  /** What it turns on and off. */
  session: ListenSession
}

/**
 * Starts and stops a listen session; goes on where it was paused. A click handler of one's own runs first and may
 * prevent that with `preventDefault()`. Renders when the status changes. See {@link MicrophoneButtonView}.
 */
export const MicrophoneButton = forwardRef<HTMLButtonElement, MicrophoneButtonProps>(function MicrophoneButton(
  { session, onClick, ...rest },
  ref,
) {
  const status = useDeepgramSession(session, (state) => state.status)
  const level = useAudioLevel(session)
  const press = (event: MouseEvent<HTMLButtonElement>): void => {
    onClick?.(event)
    if (!event.defaultPrevented) toggleListening(session)
  }
  return <MicrophoneButtonView {...rest} ref={joinRefs(ref, level.ref)} status={status} onClick={press} />
})

/** What a press of the microphone does. */
function toggleListening(session: ListenSession): void {
  const { status } = session.getState()
  if (status === 'idle' || status === 'error') startListening(session)
  else if (status === 'paused') session.resume()
  else void session.stop()
}

/** Starts in a click. What goes wrong with the service is in the state; a misuse is the developer's to see. */
export function startListening(session: ListenSession): void {
  session.start().catch((error: unknown) => {
    if (!(error instanceof DeepgramError)) throw error
  })
}
