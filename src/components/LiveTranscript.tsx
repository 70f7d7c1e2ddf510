'use client'
import { forwardRef, useEffect, useRef, useState, type ForwardedRef, type HTMLAttributes, type ReactNode } from 'react'
import type { DeepgramError } from '../errors.ts'
import { useDeepgramListen, type UseDeepgramListenOptions } from '../hooks/useDeepgramListen.ts'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type { ListenSession, ListenState, ListenWarning } from '../session/listen-session.ts'
import type { ListenStatus } from '../session/status.ts'
import type { Interim, Segment, Utterance } from '../transcript/transcript.ts'
import { AudioLevelMeter, AudioLevelMeterView } from './AudioLevelMeter.tsx'
import { connect } from './connect.tsx'
import { ConnectionStatus, ConnectionStatusView } from './ConnectionStatus.tsx'
import { DeepgramErrorMessage, DeepgramErrorMessageView } from './DeepgramErrorMessage.tsx'
import { labelOf } from './labels.ts'
import { MicrophoneButton, MicrophoneButtonView, startListening } from './MicrophoneButton.tsx'
import { classNames, splitProps } from './props.ts'
import { shownText } from './shown-text.ts'
import { TranscriptRows, type TranscriptLook } from './TranscriptRows.tsx'

/** How a live transcript looks and announces itself. */
export interface LiveTranscriptLook extends TranscriptLook {
  /**
   * Whether assistive technology reads settled text out as it comes. Switch it off while the page itself speaks.
   *
   * @default true
   */
  announce?: boolean | undefined
  /** What stands where the text will be, in place of a hint to press the microphone. */
  placeholder?: ReactNode
  /** Whether the microphone button is shown. @default true */
  showMicrophone?: boolean | undefined
  /** Whether the level meter is shown. @default true */
  showLevel?: boolean | undefined
  /** More for the bar at the top, after the level. */
  actions?: ReactNode
}

/** Props of {@link LiveTranscriptView}. */
export interface LiveTranscriptViewProps
  extends LiveTranscriptLook, Omit<HTMLAttributes<HTMLDivElement>, 'onError' | 'children'> {
  /** What to show in words. @default 'idle' */
  status?: ListenStatus | undefined
  /** Shown with a way out. @default null */
  error?: DeepgramError | null | undefined
  /** Shown as one line. @default null */
  warning?: ListenWarning | null | undefined
  /** Whether sound is being recorded: the speaker may speak. @default status is 'listening' */
  isCapturing?: boolean | undefined
  /** Settled text: an array that grows, whose elements keep their identity. @default [] */
  segments?: readonly Segment[] | undefined
  /** Utterances that are over: the pieces of one flow in one paragraph. Without them each piece is a paragraph. */
  utterances?: readonly Utterance[] | undefined
  /** The unfinished tail. @default null */
  interim?: Interim | null | undefined
  /** The level now, linear 0…1. Without it there is no meter. */
  getLevel?: (() => number) | undefined
  /** The microphone was pressed while it was off or paused, or "Try again". Without it there is no microphone button. */
  onStart?: (() => void) | undefined
  /** The microphone was pressed while it was on. */
  onStop?: (() => void) | undefined
}

/**
 * A live transcript without a session: it shows what it is given.
 *
 * Renders a `<div>` with `data-status`. Settled text is in a `role="log"`, one element per segment, in paragraphs; the unfinished tail
 * is outside of every live region and hidden from assistive technology; status and error are in regions of their own.
 */
export const LiveTranscriptView = forwardRef<HTMLDivElement, LiveTranscriptViewProps>(function LiveTranscriptView(
  {
    status = 'idle',
    error = null,
    warning = null,
    isCapturing = status === 'listening',
    segments = NO_SEGMENTS,
    utterances,
    interim = null,
    getLevel,
    onStart,
    onStop,
    showTimes,
    renderSegment,
    labels,
    placeholder,
    announce,
    showMicrophone = true,
    showLevel = true,
    actions,
    ...rest
  },
  ref,
) {
  const isOff = /^(idle|error|paused)$/.test(status)
  return (
    <Frame
      {...rest}
      frameRef={ref}
      status={status}
      labels={labels}
      announce={announce}
      bar={
        <>
          {showMicrophone && onStart && (
            <MicrophoneButtonView status={status} labels={labels} onClick={() => (isOff ? onStart : onStop)?.()} />
          )}
          <ConnectionStatusView status={status} labels={labels} />
          {showLevel && getLevel && <AudioLevelMeterView getLevel={getLevel} isActive={!isOff} />}
          {actions}
        </>
      }
      hint={!segments.length && !interim && <Hint {...{ isCapturing, placeholder, labels }} />}
      rows={<TranscriptRows {...{ segments, utterances, showTimes, renderSegment, labels }} />}
      tail={<Tail interim={interim} />}
      problems={
        <>
          <Warning warning={warning} />
          <DeepgramErrorMessageView error={error} labels={labels} onRetry={onStart} />
        </>
      }
    />
  )
})

const NO_SEGMENTS: readonly Segment[] = []

/** Props of {@link LiveTranscript}: how it looks, what the session is to do, and what its element takes. */
export interface LiveTranscriptProps
  extends
    LiveTranscriptLook,
    UseDeepgramListenOptions,
    Omit<HTMLAttributes<HTMLDivElement>, keyof UseDeepgramListenOptions | 'children'> {
  /** A session that exists. Without it the component has one of its own, made of the listen options. */
  session?: ListenSession | undefined
}

/**
 * Live text from the microphone, with everything around it: a button, the level, the status in words, the text, and
 * errors with a way out. It follows the end of the text until the reader scrolls up, and offers the way back.
 *
 * Takes every option of `useDeepgramListen`, or a session. Nothing happens before a press of the button; unmounting ends
 * a session of its own. Only the unfinished tail renders on an interim result, and only one piece on a final one.
 * For its elements, roles and states see {@link LiveTranscriptView}.
 */
export const LiveTranscript = forwardRef<HTMLDivElement, LiveTranscriptProps>(function LiveTranscript(props, ref) {
  const { session, ...rest } = props
  return session ? (
    <Connected {...rest} session={session} frameRef={ref} />
  ) : (
    <WithOwnSession {...rest} frameRef={ref} />
  )
})

type InnerProps = Omit<LiveTranscriptProps, 'session'> & { frameRef: ForwardedRef<HTMLDivElement> }

function WithOwnSession(props: InnerProps) {
  const { session } = useDeepgramListen(splitProps(props)[1])
  return <Connected {...props} session={session} />
}

function Connected({ session, frameRef, ...props }: InnerProps & { session: ListenSession }) {
  const [elementProps, options] = splitProps(props)
  const { labels, placeholder, announce, showTimes, renderSegment, showMicrophone = true, showLevel = true } = options
  const status = useDeepgramSession(session, (state) => state.status)
  return (
    <Frame
      {...elementProps}
      frameRef={frameRef}
      status={status}
      labels={labels}
      announce={announce}
      language={options.language}
      bar={
        <>
          {showMicrophone && <MicrophoneButton session={session} labels={labels} />}
          <ConnectionStatus session={session} labels={labels} />
          {showLevel && <AudioLevelMeter session={session} />}
          {options.actions}
        </>
      }
      hint={<SessionHint {...{ session, placeholder, labels }} />}
      rows={<SessionRows {...{ session, showTimes, renderSegment, labels }} />}
      tail={<SessionTail session={session} />}
      problems={
        <>
          <SessionWarning session={session} />
          <DeepgramErrorMessage session={session} labels={labels} onRetry={() => startListening(session)} />
        </>
      }
    />
  )
}

// What is shown, from a session or from props.

function Hint({ isCapturing, placeholder, labels }: LiveTranscriptLook & { isCapturing: boolean }) {
  return <p className="dg-hint">{placeholder ?? labelOf(labels, isCapturing ? 'speakNow' : 'prompt')}</p>
}

/** Visible, but not for assistive technology: what changes five times a second cannot be listened to. */
function Tail({ interim }: { interim: Interim | null }) {
  return (
    <p className="dg-interim" dir="auto" aria-hidden="true" data-provisional={interim?.isProvisional ? '' : undefined}>
      {interim && shownText(interim.text)}
    </p>
  )
}

const Warning = ({ warning }: { warning: ListenWarning | null }) => (
  <div className="dg-warning" aria-live="polite" data-code={warning?.code}>
    {warning && shownText(warning.message)}
  </div>
)

// Each of these reads the one slice it shows.

const SessionRows = connect(TranscriptRows, ({ transcript: { segments, utterances } }: ListenState) => ({
  segments,
  utterances,
}))

const SessionTail = connect(Tail, ({ transcript: { interim } }: ListenState) => ({ interim }))

const SessionWarning = connect(Warning, ({ warning }: ListenState) => ({ warning }))

const SessionHint = connect(
  ({ isEmpty, ...look }: Parameters<typeof Hint>[0] & { isEmpty: boolean }) => isEmpty && <Hint {...look} />,
  ({ transcript, isCapturing }: ListenState) => ({
    isCapturing,
    isEmpty: !transcript.segments.length && !transcript.interim,
  }),
)

interface FrameProps extends HTMLAttributes<HTMLDivElement>, Pick<LiveTranscriptLook, 'labels' | 'announce'> {
  frameRef: ForwardedRef<HTMLDivElement>
  status: ListenStatus
  language?: string | undefined
  bar: ReactNode
  hint: ReactNode
  rows: ReactNode
  tail: ReactNode
  problems: ReactNode
}

function Frame(props: FrameProps) {
  const { frameRef, status, language, bar, hint, rows, tail, problems, labels, announce = true, lang, ...rest } = props
  const { box, content, isFollowing, onScroll, jump } = useFollowEnd()
  return (
    <div {...rest} ref={frameRef} className={classNames('dg-live', rest.className)} data-status={status}>
      <div className="dg-bar">{bar}</div>
      <div className="dg-body">
        <div
          ref={box}
          className="dg-scroll"
          role="group"
          aria-label={labelOf(labels, 'transcript')}
          // It can be scrolled with the keyboard only if it can be focused.
          tabIndex={0}
          lang={lang ?? (language === 'multi' ? undefined : language)}
          onScroll={onScroll}
        >
          <div ref={content} className="dg-text">
            {hint}
            <div role="log" aria-live={announce ? 'polite' : 'off'} aria-label={labelOf(labels, 'transcript')}>
              {rows}
            </div>
            {tail}
          </div>
        </div>
        {!isFollowing && (
          <button type="button" className="dg-button dg-jump" onClick={jump}>
            {labelOf(labels, 'jump')}
          </button>
        )}
      </div>
      {problems}
    </div>
  )
}

/** Pixels from the end within which a reader counts as being at the end. */
const NEAR = 16

/** Keeps a box scrolled to its end, until its reader scrolls up. */
function useFollowEnd() {
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [isFollowing, setFollowing] = useState(true)
  const place = useRef({ top: 0, isFollowing: true })
  const follow = (next: boolean): void => {
    place.current.isFollowing = next
    setFollowing(next)
  }
  useEffect(() => {
    if (typeof ResizeObserver === 'undefined') return
    // Told after the layout and before the picture: nothing is ever seen in the wrong place, and nothing glides.
    const observer = new ResizeObserver(() => {
      if (place.current.isFollowing) goToEnd(box.current)
    })
    observer.observe(box.current!)
    observer.observe(content.current!)
    return () => observer.disconnect()
  }, [])
  const onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!
    if (scrollHeight - clientHeight - scrollTop < NEAR) follow(true)
    // Only upwards: text that grows faster than it is followed is not a reader's wish.
    else if (scrollTop < place.current.top) follow(false)
    place.current.top = scrollTop
  }
  const jump = (): void => {
    follow(true)
    goToEnd(box.current)
    // The button goes away; the focus stays nearby.
    box.current?.focus({ preventScroll: true })
  }
  return { box, content, isFollowing, onScroll, jump }
}

function goToEnd(box: HTMLElement | null): void {
  if (box) box.scrollTop = box.scrollHeight
}
