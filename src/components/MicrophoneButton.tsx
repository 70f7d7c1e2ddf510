'use client'
import {
  forwardRef,
  useRef,
  type ButtonHTMLAttributes,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type ReactNode,
  type SyntheticEvent,
} from 'react'
import { DeepgramError } from '../errors.ts'
import { useAudioLevel } from '../hooks/useAudioLevel.ts'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type { ListenSession } from '../session/listen-session.ts'
import type { ListenStatus } from '../session/status.ts'
import { labelOf, type DeepgramLabels } from './labels.ts'
import { classNames, joinRefs } from './props.ts'

/** What a function given as a microphone button's children is told. */
export interface MicrophoneButtonState {
  /** What the session is doing. */
  readonly status: ListenStatus
  /** Whether the microphone is wanted. */
  readonly isPressed: boolean
}

/** What both buttons take. */
interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> {
  /** Own words; `microphone` names the button, `holdToTalk` one that is held. */
  labels?: DeepgramLabels | undefined
  /**
   * `'toggle'` is pressed to begin and pressed to end; `'push-to-talk'` listens while it is held, by pointer, Space or Enter.
   * A press without a hold, as assistive technology makes it, begins or ends in both.
   *
   * @default 'toggle'
   */
  mode?: 'toggle' | 'push-to-talk' | undefined
  /** Replaces the icon; a function is told the state. */
  children?: ReactNode | ((state: MicrophoneButtonState) => ReactNode)
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
 * `aria-busy` that it is on its way; `data-mode` tells how it is used. Its element follows `--dg-level`, 0…1, with a ring.
 */
export const MicrophoneButtonView = forwardRef<HTMLButtonElement, MicrophoneButtonViewProps>(
  function MicrophoneButtonView({ status, labels, mode = 'toggle', className, children, ...rest }, ref) {
    const isPressed = !/^(idle|error|paused|stopping)$/.test(status)
    const name = labelOf(labels, mode === 'toggle' ? 'microphone' : 'holdToTalk')
    return (
      <button
        aria-label={children && typeof children !== 'function' && !rest['aria-label'] ? undefined : name}
        aria-pressed={isPressed}
        aria-busy={/^(requesting|connecting|stopping)/.test(status)}
        {...rest}
        ref={ref}
        type="button"
        className={classNames('dg-mic', className)}
        data-status={status}
        data-mode={mode}
      >
        {(typeof children === 'function' ? children({ status, isPressed }) : children) ?? (
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
 * Starts and stops a listen session; goes on where it was paused. Handlers of one's own run first and may prevent that
 * with `preventDefault()`. Renders when the status changes. See {@link MicrophoneButtonView}.
 */
export const MicrophoneButton = forwardRef<HTMLButtonElement, MicrophoneButtonProps>(function MicrophoneButton(
  { session, ...rest },
  ref,
) {
  const status = useDeepgramSession(session, (state) => state.status)
  const level = useAudioLevel(session)
  const isHeld = useRef(false)
  const hold = (): void => {
    if (isHeld.current) return
    isHeld.current = true
    const { status } = session.getState()
    if (status === 'paused') session.resume()
    else if (status === 'idle' || status === 'error') startListening(session)
    // Held again before the last words of the time before were there.
    else if (status === 'stopping') void session.stop().then(() => isHeld.current && startListening(session))
  }
  const letGo = (): void => {
    if (!isHeld.current) return
    isHeld.current = false
    if (!/^(idle|error)$/.test(session.getState().status)) void session.stop()
  }
  const isHolding = rest.mode === 'push-to-talk'
  /** The button's own part of an event, after that of the application. */
  const then =
    <E extends SyntheticEvent>(handler: ((event: E) => void) | undefined, act: (event: E) => void) =>
    (event: E): void => {
      handler?.(event)
      if (!event.defaultPrevented) act(event)
    }
  const isKey = ({ key }: KeyboardEvent): boolean => key === ' ' || key === 'Enter'
  const holding = {
    onPointerDown: then(rest.onPointerDown, (event: PointerEvent<HTMLButtonElement>) => {
      if (event.button !== 0) return
      // Let go beside the button is let go, too.
      event.currentTarget.setPointerCapture?.(event.pointerId)
      hold()
    }),
    onPointerUp: then(rest.onPointerUp, letGo),
    onPointerCancel: then(rest.onPointerCancel, letGo),
    onLostPointerCapture: then(rest.onLostPointerCapture, letGo),
    onBlur: then(rest.onBlur, letGo),
    onKeyDown: then(rest.onKeyDown, (event: KeyboardEvent<HTMLButtonElement>) => {
      if (!isKey(event)) return
      // Neither a click of its own, nor a page that scrolls.
      event.preventDefault()
      if (!event.repeat) hold()
    }),
    onKeyUp: then(rest.onKeyUp, (event: KeyboardEvent<HTMLButtonElement>) => {
      if (!isKey(event)) return
      event.preventDefault()
      letGo()
    }),
    // A long touch is a hold here, and no wish for a menu.
    onContextMenu: then(rest.onContextMenu, (event: MouseEvent) => {
      if (isHeld.current) event.preventDefault()
    }),
  }
  return (
    <MicrophoneButtonView
      {...rest}
      {...(isHolding && holding)}
      ref={joinRefs(ref, level.ref)}
      status={status}
      onClick={then(rest.onClick, ({ detail }: MouseEvent<HTMLButtonElement>) => {
        // A click that no pointer made has no hold before it.
        if (!isHolding || detail === 0) toggleListening(session)
      })}
    />
  )
})

/** What a press of the microphone does. */
function toggleListening(session: ListenSession): void {
  const { status } = session.getState()
  if (status === 'idle' || status === 'error') startListening(session)
  else if (status === 'paused') session.resume()
  else void session.stop()
}

/** Starts in a click. What goes wrong with the service is in the state; a misuse is the developer's to see. */
export function startListening({ start }: Pick<ListenSession, 'start'>): void {
  start().catch((error: unknown) => {
    if (!(error instanceof DeepgramError)) throw error
  })
}
