'use client'
import {
  forwardRef,
  memo,
  useId,
  useState,
  type ButtonHTMLAttributes,
  type ForwardedRef,
  type HTMLAttributes,
  type MouseEvent,
  type ReactNode,
} from 'react'
import { DeepgramError } from '../errors.ts'
import { useAudioLevel } from '../hooks/useAudioLevel.ts'
import { useDeepgramDialogue, type UseDeepgramDialogueOptions } from '../hooks/useDeepgramDialogue.ts'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type {
  DialogueMessage,
  DialoguePhase,
  DialogueProblem,
  DialogueSession,
  DialogueState,
} from '../session/dialogue.ts'
import type { ListenState } from '../session/listen-session.ts'
import type { SpeakState } from '../session/speak-session.ts'
import type { ListenStatus, SpeakStatus } from '../session/status.ts'
import { AudioLevelMeter, AudioLevelMeterView } from './AudioLevelMeter.tsx'
import { connect } from './connect.tsx'
import { DeepgramErrorMessageView } from './DeepgramErrorMessage.tsx'
import { FollowedText } from './FollowedText.tsx'
import { labelOf, type DeepgramLabel, type DeepgramLabels } from './labels.ts'
import { MicrophoneButtonView } from './MicrophoneButton.tsx'
import { classNames, HIDDEN, joinRefs, splitProps } from './props.ts'
import { shownText } from './shown-text.ts'

// The messages.

/** Props of {@link DialogueMessagesView}. */
export interface DialogueMessagesViewProps extends Omit<HTMLAttributes<HTMLDivElement>, 'children'> {
  /** What was said, oldest first; messages that did not change keep their identity. */
  history: readonly DialogueMessage[]
  /** What the user is saying right now. @default '' */
  unfinished?: string | undefined
  /** Who is at it. @default 'idle' */
  phase?: DialoguePhase | undefined
  /**
   * Whether assistive technology reads new messages out.
   *
   * @default false: the page speaks for itself
   */
  announce?: boolean | undefined
  /** Shows a message in another way. Keep its identity from render to render. */
  renderMessage?: ((message: DialogueMessage) => ReactNode) | undefined
  /** Own words; `dialogue.you` and `dialogue.assistant` say whose message it is. */
  labels?: DeepgramLabels | undefined
}

/**
 * What both have said.
 *
 * Renders a `<div role="log">` with a paragraph per message, which says who is speaking to assistive technology and has
 * `data-role` and `data-state`; of an answer, what was not heard yet, or never will be, is set apart. What the user is saying right now
 * follows outside of the log, hidden from assistive technology.
 */
export const DialogueMessagesView = forwardRef<HTMLDivElement, DialogueMessagesViewProps>(function DialogueMessagesView(
  { history, unfinished = '', phase = 'idle', announce = false, renderMessage, labels, className, ...rest },
  ref,
) {
  const isPondering = phase === 'thinking' && history.at(-1)?.role !== 'assistant'
  return (
    <>
      <div
        role="log"
        aria-live={announce ? 'polite' : 'off'}
        aria-label={labelOf(labels, 'dialogue')}
        {...rest}
        ref={ref}
        className={classNames('dg-messages', className)}
      >
        {history.map((message) => (
          <Message key={message.id} {...{ message, renderMessage, labels }} />
        ))}
      </div>
      {unfinished && (
        <p className="dg-message" data-role="user" data-state="unfinished" dir="auto" aria-hidden="true">
          {shownText(unfinished)}
        </p>
      )}
      {isPondering && (
        <p className="dg-message dg-pondering" data-role="assistant" aria-hidden="true">
          <span />
          <span />
          <span />
        </p>
      )}
    </>
  )
})

interface MessageProps extends Pick<DialogueMessagesViewProps, 'renderMessage' | 'labels'> {
  message: DialogueMessage
}

const Message = memo(({ message, renderMessage, labels }: MessageProps) => {
  const { role, content } = message
  const [text, state] = message.role === 'assistant' ? [message.text, message.state] : [content, 'said']
  const isCut = state === 'interrupted' || state === 'unspoken'
  // A text that was prepared for the voice is another; then nothing is set apart.
  const heard = state === 'unspoken' || !text.startsWith(content) ? text : content
  return (
    <p className="dg-message" data-role={role} data-state={state} dir="auto">
      {/* Isolated: the direction of a message is that of what was said. */}
      <bdi style={HIDDEN}>{labelOf(labels, `dialogue.${role === 'user' ? 'you' : 'assistant'}`)}: </bdi>
      {renderMessage ? (
        renderMessage(message)
      ) : (
        <>
          {shownText(heard)}
          {heard.length < text.length && <span className="dg-unheard">{shownText(text.slice(heard.length))}</span>}
        </>
      )}
      {isCut && <span className="dg-note"> {labelOf(labels, `dialogue.${state}` as DeepgramLabel)}</span>}
    </p>
  )
})

/** Props of {@link DialogueMessages}. */
export interface DialogueMessagesProps extends Omit<DialogueMessagesViewProps, 'history' | 'unfinished' | 'phase'> {
  /** Whose messages. */
  session: DialogueSession
}

/**
 * A dialogue's messages. Of them only those render anew that have changed. Where the voice has failed they are announced,
 * for want of it. See {@link DialogueMessagesView}.
 */
export const DialogueMessages = forwardRef<HTMLDivElement, DialogueMessagesProps>(function DialogueMessages(
  { session, ...rest },
  ref,
) {
  const { isMute, ...state } = useDeepgramSession(
    session,
    ({ history, unfinished, phase, problem }: DialogueState) => ({
      history,
      unfinished,
      phase,
      isMute: problem?.part === 'speak',
    }),
  )
  return <DialogueMessagesView announce={isMute} {...rest} {...state} ref={ref} />
})

// The status.

/** Props of {@link DialogueStatusView}. */
export interface DialogueStatusViewProps extends HTMLAttributes<HTMLDivElement> {
  /** Who is at it. */
  phase: DialoguePhase
  /** Said instead while it listens, but is not heard yet. @default 'listening' */
  listenStatus?: ListenStatus | undefined
  /** Said instead while the browser keeps sound off. @default 'idle' */
  speakStatus?: SpeakStatus | undefined
  /** Own words; `dialogue.thinking` and so on. */
  labels?: DeepgramLabels | undefined
}

/**
 * Who is at it, in words, with a dot beside them. Children are shown in place of the words.
 *
 * Renders a `<div role="status">`; `data-status` is the phase.
 */
export const DialogueStatusView = forwardRef<HTMLDivElement, DialogueStatusViewProps>(function DialogueStatusView(
  { phase, listenStatus = 'listening', speakStatus = 'idle', labels, className, children, ...rest },
  ref,
) {
  const isBlocked = speakStatus === 'blocked'
  // The page itself pauses the microphone while it speaks.
  const isWaiting =
    phase === 'listening' ? !/^(listening|paused)$/.test(listenStatus) : phase === 'idle' && listenStatus === 'error'
  const name = isBlocked ? 'speech.blocked' : isWaiting ? `listen.${listenStatus}` : `dialogue.${phase}`
  return (
    <div
      role="status"
      {...rest}
      ref={ref}
      className={classNames('dg-status', className)}
      data-status={isBlocked ? speakStatus : isWaiting ? listenStatus : phase}
    >
      <span className="dg-status-dot" aria-hidden="true" />
      <span>{children ?? labelOf(labels, name as DeepgramLabel)}</span>
    </div>
  )
})

/** Props of {@link DialogueStatus}. */
export interface DialogueStatusProps extends Omit<DialogueStatusViewProps, 'phase' | 'listenStatus' | 'speakStatus'> {
  /** Whose status. */
  session: DialogueSession
}

/** Who is at it, in words. Renders when that changes, and on nothing else. See {@link DialogueStatusView}. */
export const DialogueStatus = forwardRef<HTMLDivElement, DialogueStatusProps>(function DialogueStatus(
  { session, ...rest },
  ref,
) {
  return <DialogueStatusView {...rest} {...useStatuses(session)} ref={ref} />
})

function useStatuses(session: DialogueSession) {
  const phase = useDeepgramSession(session, (state) => state.phase)
  const listenStatus = useDeepgramSession(session.listen, (state: ListenState) => state.status)
  const speakStatus = useDeepgramSession(session.speak, (state: SpeakState) => state.status)
  return { phase, listenStatus, speakStatus }
}

// The buttons.

/** Props of {@link DialogueMicrophone}. */
export interface DialogueMicrophoneProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it begins and ends. */
  session: DialogueSession
  /** Own words; `dialogue.microphone` names the button. */
  labels?: DeepgramLabels | undefined
}

/**
 * Begins a conversation and ends it. A click handler of one's own runs first and may prevent that with
 * `preventDefault()`. Renders a `MicrophoneButtonView`, which is pressed for as long as the conversation lasts, also
 * while the page itself keeps the microphone closed.
 */
export const DialogueMicrophone = forwardRef<HTMLButtonElement, DialogueMicrophoneProps>(function DialogueMicrophone(
  { session, onClick, ...rest },
  ref,
) {
  const { listenStatus } = useStatuses(session)
  const level = useAudioLevel(session.listen)
  const press = (event: MouseEvent<HTMLButtonElement>): void => {
    onClick?.(event)
    if (event.defaultPrevented) return
    if (isOff(listenStatus)) startTalking(session)
    else void session.stop()
  }
  return <Microphone {...rest} ref={joinRefs(ref, level.ref)} status={listenStatus} onClick={press} />
})

const isOff = (status: ListenStatus): boolean => status === 'idle' || status === 'error'

const Microphone = forwardRef<HTMLButtonElement, Omit<DialogueMicrophoneProps, 'session'> & { status: ListenStatus }>(
  function Microphone({ status, labels, ...rest }, ref) {
    const label = rest.children ? undefined : labelOf(labels, 'dialogue.microphone')
    return (
      <MicrophoneButtonView
        aria-label={label}
        aria-pressed={!isOff(status) && status !== 'stopping'}
        {...rest}
        ref={ref}
        status={status}
      />
    )
  },
)

/** Starts in a click. What goes wrong with the service is in the state; a misuse is the developer's to see. */
function startTalking(session: DialogueSession): void {
  session.start().catch((error: unknown) => {
    if (!(error instanceof DeepgramError)) throw error
  })
}

/** Props of {@link DialogueInterrupt}. */
export interface DialogueInterruptProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it interrupts. */
  session: DialogueSession
  /** Own words; `dialogue.interrupt` names the button. */
  labels?: DeepgramLabels | undefined
}

/**
 * Silences the page, or takes its answer back; the conversation goes on. Renders a `<button>` with `aria-disabled` while there
 * is nothing to interrupt: nothing moves when there is, and whoever pressed it by the keyboard keeps the place. Children
 * replace its words.
 */
export const DialogueInterrupt = forwardRef<HTMLButtonElement, DialogueInterruptProps>(function DialogueInterrupt(
  { session, onClick, ...rest },
  ref,
) {
  const phase = useDeepgramSession(session, (state) => state.phase)
  const press = (event: MouseEvent<HTMLButtonElement>): void => {
    onClick?.(event)
    if (!event.defaultPrevented) session.interrupt()
  }
  return <Interrupt {...rest} ref={ref} phase={phase} onClick={press} />
})

const Interrupt = forwardRef<HTMLButtonElement, Omit<DialogueInterruptProps, 'session'> & { phase: DialoguePhase }>(
  function Interrupt({ phase, labels, className, children, onClick, ...rest }, ref) {
    const isUsable = phase === 'speaking' || phase === 'thinking'
    return (
      <button
        aria-disabled={!isUsable}
        {...rest}
        ref={ref}
        type="button"
        onClick={isUsable ? onClick : undefined}
        className={classNames('dg-button dg-interrupt', className)}
      >
        {children ?? labelOf(labels, 'dialogue.interrupt')}
      </button>
    )
  },
)

/** A turn that is typed. */
function TypedTurn({ onSend, labels }: { onSend: (text: string) => void; labels: DeepgramLabels | undefined }) {
  const id = useId()
  const [text, setText] = useState('')
  return (
    <form
      className="dg-type"
      onSubmit={(event) => {
        event.preventDefault()
        if (text.trim()) onSend(text.trim())
        setText('')
      }}
    >
      <label htmlFor={id} style={HIDDEN}>
        {labelOf(labels, 'dialogue.type')}
      </label>
      <input
        id={id}
        value={text}
        onChange={({ target }) => setText(target.value)}
        placeholder={labelOf(labels, 'dialogue.type')}
        autoComplete="off"
        dir="auto"
      />
      <button type="submit" className="dg-button">
        {labelOf(labels, 'dialogue.send')}
      </button>
    </form>
  )
}

/** What went wrong, and what can still be done. */
function Problem({
  problem,
  onRetry,
  labels,
}: {
  problem: DialogueProblem | null
  onRetry: (() => void) | undefined
  labels: DeepgramLabels | undefined
}) {
  const { part, error } = problem ?? {}
  return (
    <DeepgramErrorMessageView
      error={error ?? null}
      labels={labels}
      // Trying again is for the ears; the answer and the voice are tried with the next turn.
      onRetry={part === 'listen' ? onRetry : undefined}
    >
      {error && part && `${labelOf(labels, `error.${error.code}`)} ${labelOf(labels, `dialogue.without-${part}`)}`}
    </DeepgramErrorMessageView>
  )
}

// The whole.

/** How a dialogue looks. */
export interface DialogueLook extends Pick<DialogueMessagesViewProps, 'announce' | 'renderMessage' | 'labels'> {
  /** What stands where the messages will be, in place of a hint to press the microphone. */
  placeholder?: ReactNode
  /** Whether the level meter is shown. @default true */
  showLevel?: boolean | undefined
  /** Whether a turn can be typed. @default only while nothing can be heard */
  showTextInput?: boolean | undefined
  /** More for the bar at the top. */
  actions?: ReactNode
}

/** Props of {@link DialogueView}. */
export interface DialogueViewProps extends DialogueLook, Omit<HTMLAttributes<HTMLDivElement>, 'children' | 'onError'> {
  /** Who is at it. @default 'idle' */
  phase?: DialoguePhase | undefined
  /** What was said, oldest first. @default [] */
  history?: readonly DialogueMessage[] | undefined
  /** What the user is saying right now. @default '' */
  unfinished?: string | undefined
  /** What went wrong, with what still works. @default null */
  problem?: DialogueProblem | null | undefined
  /** What the side that listens is doing. @default 'idle' in the phase 'idle', else 'listening' */
  listenStatus?: ListenStatus | undefined
  /** What the side that speaks is doing. @default 'idle' */
  speakStatus?: SpeakStatus | undefined
  /** The microphone's level now, linear 0…1. Without it there is no meter. */
  getLevel?: (() => number) | undefined
  /** The microphone was pressed while it was off, or "Try again". Without it there is no microphone button. */
  onStart?: (() => void) | undefined
  /** The microphone was pressed while it was on. */
  onStop?: (() => void) | undefined
  /** The answer was interrupted. Without it there is no button for that. */
  onInterrupt?: (() => void) | undefined
  /** A turn was typed. Without it none can be. */
  onSend?: ((text: string) => void) | undefined
}

const NOTHING: readonly DialogueMessage[] = []

/**
 * A conversation without a session: it shows what it is given.
 *
 * Renders a `<div>` with `data-phase`: a bar with the microphone, the status and the button that interrupts; the messages
 * in a `role="log"`; errors with what still works; and, where nothing can be heard, a field to type in.
 */
export const DialogueView = forwardRef<HTMLDivElement, DialogueViewProps>(function DialogueView(
  {
    phase = 'idle',
    history = NOTHING,
    unfinished = '',
    problem = null,
    listenStatus = phase === 'idle' ? 'idle' : 'listening',
    speakStatus,
    getLevel,
    onStart,
    onStop,
    onInterrupt,
    onSend,
    announce,
    renderMessage,
    labels,
    placeholder,
    showLevel = true,
    showTextInput = problem?.part === 'listen',
    actions,
    ...rest
  },
  ref,
) {
  const press = (): void => (isOff(listenStatus) ? onStart : onStop)?.()
  return (
    <Frame
      {...rest}
      {...{ frameRef: ref, phase, labels }}
      bar={
        <>
          {onStart && <Microphone status={listenStatus} labels={labels} onClick={press} />}
          <DialogueStatusView {...{ phase, listenStatus, speakStatus, labels }} />
          {showLevel && getLevel && <AudioLevelMeterView getLevel={getLevel} isActive={phase === 'listening'} />}
          {onInterrupt && <Interrupt phase={phase} labels={labels} onClick={onInterrupt} />}
          {actions}
        </>
      }
      messages={
        <>
          <Hint isEmpty={!history.length && !unfinished} {...{ phase, placeholder, labels }} />
          <DialogueMessagesView {...{ history, unfinished, phase, renderMessage, labels }} announce={announce} />
        </>
      }
      rest={
        <>
          <Problem problem={problem} labels={labels} onRetry={onStart} />
          {showTextInput && onSend && <TypedTurn onSend={onSend} labels={labels} />}
        </>
      }
    />
  )
})

/** Props of {@link Dialogue}: how it looks, what the dialogue is to do, and what its element takes. */
export interface DialogueProps
  extends
    DialogueLook,
    Omit<UseDeepgramDialogueOptions, 'onTurn'>,
    Omit<HTMLAttributes<HTMLDivElement>, keyof UseDeepgramDialogueOptions | 'children'> {
  /** Answers a turn. Required without a session. */
  onTurn?: UseDeepgramDialogueOptions['onTurn'] | undefined
  /** A session that exists. Without it the component has one of its own, made of the dialogue's options. */
  session?: DialogueSession | undefined
}

/**
 * A conversation with everything around it: microphone, who is at it, both sides' words, a way to interrupt, and errors
 * with what still works. It follows the end of the text until the reader scrolls up.
 *
 * Takes every option of `useDeepgramDialogue`, or a session. Nothing happens before a press of the button; unmounting ends
 * a dialogue of its own. While the page speaks only the message that is spoken renders anew. For its elements, roles and
 * states see {@link DialogueView}.
 */
export const Dialogue = forwardRef<HTMLDivElement, DialogueProps>(function Dialogue({ session, ...rest }, ref) {
  const [elementProps, options] = splitProps(rest)
  const { labels, placeholder, announce, renderMessage, showLevel, showTextInput, actions, ...talking } = options
  const look = { labels, placeholder, announce, renderMessage, showLevel, showTextInput, actions }
  const shown = { elementProps, look, frameRef: ref }
  // A function, so that developer tools, which show what a part is given, show no credential.
  return session ? <Connected {...shown} session={session} /> : <WithOwnSession {...shown} getOptions={() => talking} />
})

interface ConnectedProps {
  session: DialogueSession
  elementProps: Record<string, unknown>
  look: DialogueLook
  frameRef: ForwardedRef<HTMLDivElement>
}

function WithOwnSession({
  getOptions,
  ...shown
}: Omit<ConnectedProps, 'session'> & { getOptions: () => Omit<DialogueProps, keyof DialogueLook | 'session'> }) {
  const options = getOptions()
  const { onTurn } = options
  if (!onTurn) throw new TypeError('<Dialogue> needs onTurn, or a session.')
  const { session } = useDeepgramDialogue({ ...options, onTurn })
  return <Connected {...shown} session={session} />
}

function Connected({ session, elementProps, look, frameRef }: ConnectedProps) {
  const { labels, placeholder, announce, renderMessage, showLevel = true, showTextInput, actions } = look
  const phase = useDeepgramSession(session, (state) => state.phase)
  return (
    <Frame
      {...elementProps}
      {...{ frameRef, phase, labels }}
      bar={
        <>
          <DialogueMicrophone session={session} labels={labels} />
          <DialogueStatus session={session} labels={labels} />
          {showLevel && <AudioLevelMeter session={session.listen} />}
          <DialogueInterrupt session={session} labels={labels} />
          {actions}
        </>
      }
      messages={
        <>
          <SessionHint {...{ session, placeholder, labels }} />
          <DialogueMessages {...{ session, renderMessage, labels }} {...(announce !== undefined && { announce })} />
        </>
      }
      rest={
        <>
          <SessionProblem session={session} labels={labels} onRetry={() => startTalking(session)} />
          <SessionTypedTurn session={session} labels={labels} onSend={session.send} isShown={showTextInput} />
        </>
      }
    />
  )
}

interface HintProps extends Pick<DialogueLook, 'placeholder' | 'labels'> {
  isEmpty: boolean
  phase: DialoguePhase
}

const Hint = ({ isEmpty, phase, placeholder, labels }: HintProps) =>
  isEmpty && (
    <p className="dg-hint">{placeholder ?? labelOf(labels, phase === 'idle' ? 'prompt' : 'dialogue.speakNow')}</p>
  )

const SessionHint = connect(Hint, ({ phase, history, unfinished }: DialogueState) => ({
  phase: phase === 'idle' ? phase : ('listening' as const),
  isEmpty: !history.length && !unfinished,
}))

const SessionProblem = connect(Problem, ({ problem }: DialogueState) => ({ problem }))

const SessionTypedTurn = connect(
  ({
    isDeaf,
    isShown = isDeaf,
    ...rest
  }: Parameters<typeof TypedTurn>[0] & { isDeaf: boolean; isShown?: boolean | undefined }) =>
    isShown && <TypedTurn {...rest} />,
  ({ problem }: DialogueState) => ({ isDeaf: problem?.part === 'listen' }),
)

interface FrameProps extends HTMLAttributes<HTMLDivElement> {
  frameRef: ForwardedRef<HTMLDivElement>
  phase: DialoguePhase
  labels: DeepgramLabels | undefined
  bar: ReactNode
  messages: ReactNode
  rest: ReactNode
}

function Frame({ frameRef, phase, labels, bar, messages, rest, className, ...element }: FrameProps) {
  return (
    <div {...element} ref={frameRef} className={classNames('dg-live dg-dialogue', className)} data-phase={phase}>
      <div className="dg-bar">{bar}</div>
      <FollowedText label={labelOf(labels, 'dialogue')} jumpLabel={labelOf(labels, 'jump')}>
        {messages}
      </FollowedText>
      {rest}
    </div>
  )
}
