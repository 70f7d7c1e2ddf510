'use client'
import {
  forwardRef,
  useId,
  useMemo,
  useRef,
  useState,
  type ButtonHTMLAttributes,
  type CSSProperties,
  type ForwardedRef,
  type MouseEvent,
  type ReactNode,
} from 'react'
import type { DeepgramError } from '../errors.ts'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import { useDeepgramSpeak, type UseDeepgramSpeakOptions } from '../hooks/useDeepgramSpeak.ts'
import type { SpeakSession, SpeakState } from '../session/speak-session.ts'
import type { SpeakStatus } from '../session/status.ts'
import { toSpeakable } from '../text/speakable.ts'
import { isSpeakable } from '../text/segment.ts'
import { connect } from './connect.tsx'
import { labelOf, type DeepgramLabel, type DeepgramLabels } from './labels.ts'
import { classNames, HIDDEN, splitProps } from './props.ts'

/** What a function given as a speak button's children is told. */
export interface SpeakButtonState {
  /** What is done with this button's text. */
  readonly status: SpeakStatus
  /** Whether the button is pressed: a press would stop, pause or go on. */
  readonly isPressed: boolean
}

/** How a speak button looks. */
export interface SpeakButtonLook extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children' | 'onError'> {
  /** What to say. Without anything that can be spoken the button is disabled. */
  text: string
  /** Own words; `speak` begins the button's name, `speech.buffering` and so on tell its state. */
  labels?: DeepgramLabels | undefined
  /** What a press does while the voice is heard. @default 'stop' */
  whileSpeaking?: 'stop' | 'pause' | undefined
  /** Replaces the button's words, or (a function) all that is in it. */
  children?: ReactNode | ((state: SpeakButtonState) => ReactNode)
}

/** Props of {@link SpeakButtonView}. */
export interface SpeakButtonViewProps extends SpeakButtonLook {
  /** What to show. @default 'idle' */
  status?: SpeakStatus | undefined
  /** How much was heard, 0…1; `null` where the length is not known. @default null */
  progress?: number | null | undefined
  /** Said in place of the words for the status `'error'`. */
  error?: DeepgramError | null | undefined
}

/**
 * A button that speaks a text and falls silent again.
 *
 * Renders a `<button type="button">` whose name begins with the same words in every state; what follows tells the state.
 * `aria-pressed` tells whether it speaks, `aria-busy` whether sound is on its way, `data-status` everything for styles.
 * What needs the person (sound is blocked, an error) is also announced, from a hidden live region after the button.
 */
export const SpeakButtonView = forwardRef<HTMLButtonElement, SpeakButtonViewProps>(function SpeakButtonView(
  { status = 'idle', progress = null, error, ...rest },
  ref,
) {
  const isEmpty = !toSpeakable(rest.text)
  return <Button {...rest} {...{ status, error, isEmpty }} buttonRef={ref} meter={<Progress value={progress} />} />
})

/** Props of {@link SpeakButton}: the text, how to speak it, and what its element takes. */
export interface SpeakButtonProps
  extends Omit<SpeakButtonLook, keyof UseDeepgramSpeakOptions>, UseDeepgramSpeakOptions {
  /** Makes the text fit for a voice; `false` speaks it as it is. @default Markdown, links, code and emoji become plain text */
  prepare?: UseDeepgramSpeakOptions['prepare']
  /** A session that exists. Without it the button has one of its own, made of the speak options. */
  session?: SpeakSession | undefined
}

/**
 * Speaks a text, and falls silent at the next press.
 *
 * Takes every option of `useDeepgramSpeak`, or a session; of several buttons on one session, only the one whose text is
 * spoken by its press is pressed. Nothing happens before a press; unmounting ends a session of its own. A click handler of one's own
 * runs first and may prevent the press with `preventDefault()`. Renders when its status changes; while speaking only
 * its progress does. For its element and states see {@link SpeakButtonView}.
 */
export const SpeakButton = forwardRef<HTMLButtonElement, SpeakButtonProps>(function SpeakButton(props, ref) {
  const { session, ...rest } = props
  const [elementProps, { text, labels, children, whileSpeaking, prepare, ...speaking }] = splitProps(rest)
  const shown = { elementProps, text, labels, children, whileSpeaking, prepare, buttonRef: ref }
  // A function, so that developer tools, which show what a part is given, show no credential.
  return session ? (
    <Connected {...shown} session={session} />
  ) : (
    <WithOwnSession {...shown} getOptions={() => speaking} />
  )
})

interface ConnectedProps
  extends Pick<SpeakButtonProps, 'text' | 'labels' | 'children' | 'whileSpeaking'>, Pick<SpeakButtonProps, 'prepare'> {
  session: SpeakSession
  elementProps: Record<string, unknown>
  buttonRef: ForwardedRef<HTMLButtonElement>
}

function WithOwnSession({
  getOptions,
  ...shown
}: Omit<ConnectedProps, 'session'> & { getOptions: () => UseDeepgramSpeakOptions }) {
  // The button prepares what it says, whose ever the session is.
  const { session } = useDeepgramSpeak({ ...getOptions(), prepare: false })
  return <Connected {...shown} session={session} />
}

function Connected({
  session,
  elementProps,
  text,
  labels,
  children,
  whileSpeaking = 'stop',
  prepare = toSpeakable,
  buttonRef,
}: ConnectedProps) {
  const { onClick, onPointerDown, onKeyDown } = elementProps as ButtonHTMLAttributes<HTMLButtonElement>
  const spoken = useMemo(() => (prepare ? prepare(text) : text), [text, prepare])
  /** The last utterance that this button began. */
  const [mine, setMine] = useState<string | null>(null)
  const wasBlocked = useRef(false)
  const [status, error] = useDeepgramSession(session, (state: SpeakState) =>
    mine && (state.utterance ? state.utterance.id === mine : state.error)
      ? ([state.status, state.error] as const)
      : NOT_MINE,
  )

  // The very press that allows sound lets the text begin; it does not end it.
  const noteBlocked =
    <E,>(handler: ((event: E) => void) | undefined) =>
    (event: E): void => {
      handler?.(event)
      wasBlocked.current = status === 'blocked'
    }
  const press = (event: MouseEvent<HTMLButtonElement>): void => {
    onClick?.(event)
    if (event.defaultPrevented) return
    if (status === 'idle' || status === 'error') setMine(session.speak(spoken).id)
    else if (wasBlocked.current) void session.unlock()
    else if (whileSpeaking === 'pause' && status === 'paused') session.resume()
    else if (whileSpeaking === 'pause' && status === 'speaking') session.pause()
    else session.stop()
    wasBlocked.current = false
  }
  return (
    <Button
      {...(elementProps as ButtonHTMLAttributes<HTMLButtonElement>)}
      {...{ text, labels, children, whileSpeaking, buttonRef, status, error }}
      isEmpty={!isSpeakable(spoken)}
      onPointerDown={noteBlocked(onPointerDown)}
      onKeyDown={noteBlocked(onKeyDown)}
      onClick={press}
      meter={<SessionProgress session={session} />}
    />
  )
}

const NOT_MINE = ['idle', null] as const

/** What both buttons take. */
interface ButtonProps extends SpeakButtonLook {
  buttonRef: ForwardedRef<HTMLButtonElement>
  status: SpeakStatus
  error: DeepgramError | null | undefined
  meter: ReactNode
  isEmpty: boolean
}

function Button({
  buttonRef,
  status,
  error,
  meter,
  isEmpty,
  text: _,
  labels,
  whileSpeaking = 'stop',
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  const id = useId()
  const isPressed = status !== 'idle' && status !== 'error'
  const words = error
    ? labelOf(labels, `error.${error.code}`)
    : labelOf(labels, isEmpty ? 'nothingToSay' : labelled(status, whileSpeaking))
  const isOwnName = rest['aria-label'] !== undefined || rest['aria-labelledby'] !== undefined
  return (
    <>
      <button
        aria-pressed={isPressed}
        aria-busy={isBusyStatus(status)}
        {...(isOwnName && { 'aria-describedby': id })}
        {...rest}
        ref={buttonRef}
        type="button"
        disabled={disabled || (isEmpty && !isPressed)}
        className={classNames('dg-speak', className)}
        data-status={status}
        data-empty={isEmpty ? '' : undefined}
      >
        {typeof children === 'function' ? (
          children({ status, isPressed })
        ) : (
          <>
            <Icon status={status} whileSpeaking={whileSpeaking} />
            <span className="dg-speak-name">{children ?? labelOf(labels, 'speak')}</span>
          </>
        )}{' '}
        {words && (
          // What is seen has to be in the name, so under a name of one's own the words become the description.
          <span
            id={id}
            className="dg-speak-state"
            style={isOwnName || typeof children === 'function' ? HIDDEN : undefined}
          >
            {words}
          </span>
        )}
        {isPressed && meter}
      </button>
      <span aria-live="polite" style={HIDDEN}>
        {(error ?? status === 'blocked') && words}
      </span>
    </>
  )
}

const isBusyStatus = (status: SpeakStatus): boolean => /^(connecting|buffering|reconnecting)$/.test(status)

const labelled = (status: SpeakStatus, whileSpeaking: 'stop' | 'pause'): DeepgramLabel =>
  whileSpeaking === 'pause' && /^(speaking|paused)$/.test(status)
    ? status === 'paused'
      ? 'pressToResume'
      : 'pressToPause'
    : `speech.${status}`

function Icon({ status, whileSpeaking }: { status: SpeakStatus; whileSpeaking: 'stop' | 'pause' }) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" className="dg-speak-icon" fill="none">
      {isBusyStatus(status) ? (
        <path
          d="M12 4a8 8 0 1 1-8 8"
          stroke="currentColor"
          strokeWidth="2.25"
          strokeLinecap="round"
          className="dg-spin"
        />
      ) : status === 'speaking' && whileSpeaking === 'pause' ? (
        <path
          d="M7 6.5A1.5 1.5 0 0 1 10 6.5v11a1.5 1.5 0 0 1-3 0zM14 6.5a1.5 1.5 0 0 1 3 0v11a1.5 1.5 0 0 1-3 0z"
          fill="currentColor"
        />
      ) : status === 'speaking' ? (
        <rect x="6" y="6" width="12" height="12" rx="2.5" fill="currentColor" />
      ) : (
        <path
          d="M8.5 5.6v12.8c0 .8.9 1.3 1.6.8l9.2-6.4a1 1 0 0 0 0-1.6l-9.2-6.4c-.7-.5-1.6 0-1.6.8Z"
          fill="currentColor"
        />
      )}
    </svg>
  )
}

const Progress = ({ value }: { value: number | null }) => (
  <span
    className="dg-progress"
    aria-hidden="true"
    style={{ '--dg-progress': value ?? 0 } as CSSProperties}
    data-unknown={value === null ? '' : undefined}
  />
)

const SessionProgress = connect(Progress, ({ utterance }: SpeakState) => ({
  value: utterance?.durationSeconds ? utterance.playedSeconds / utterance.durationSeconds : null,
}))
