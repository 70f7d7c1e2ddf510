'use client'
import { forwardRef, useState, type ForwardedRef, type HTMLAttributes, type ReactNode } from 'react'
import type { DeepgramError } from '../errors.ts'
import { useDeepgramListen, type UseDeepgramListenOptions } from '../hooks/useDeepgramListen.ts'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type { ListenSession, ListenState, ListenWarning } from '../session/listen-session.ts'
import type { ListenStatus } from '../session/status.ts'
import { applyEdits, NO_EDITS, redoEdit, undoEdit, type TranscriptEdits } from '../transcript/edit.ts'
import { textOf } from '../transcript/join.ts'
import type { Gap, Interim, Segment, Transcript, Utterance } from '../transcript/transcript.ts'
import { AudioLevelMeter, AudioLevelMeterView } from './AudioLevelMeter.tsx'
import { connect } from './connect.tsx'
import { ConnectionStatus, ConnectionStatusView } from './ConnectionStatus.tsx'
import { DeepgramErrorMessage, DeepgramErrorMessageView } from './DeepgramErrorMessage.tsx'
import { FollowedText } from './FollowedText.tsx'
import { labelIfAny, labelOf, type DeepgramLabels } from './labels.ts'
import { MicrophoneButton, MicrophoneButtonView } from './MicrophoneButton.tsx'
import { classNames, splitProps } from './props.ts'
import { shownText } from './shown-text.ts'
import { EditableRows } from './TranscriptEditor.tsx'
import { TranscriptRows, type TranscriptLook, type TranscriptRowsProps } from './TranscriptRows.tsx'
import { TranscriptTools, type TranscriptFormat } from './TranscriptTools.tsx'

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
  /** How the microphone button is used. @default 'toggle' */
  microphoneMode?: 'toggle' | 'push-to-talk' | undefined
  /** More for the bar at the top, after the level. */
  actions?: ReactNode
  /** Files that the text can be taken away as, besides the clipboard; none takes both away. @default ['txt', 'srt', 'vtt'] */
  exportFormats?: readonly TranscriptFormat[] | undefined
  /** Name of these files, without its ending. @default 'transcript' */
  exportName?: string | undefined
  /** Offers to correct settled text and speakers' names, with undo and redo. @default false */
  editable?: boolean | undefined
  /** The corrections, if they are kept elsewhere; see `applyEdits`. @default kept by the component */
  edits?: TranscriptEdits | undefined
  /** Called with every change of the corrections. */
  onEditsChange?: ((edits: TranscriptEdits) => void) | undefined
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
  /** Sound that was lost; each is a line between the pieces around it. */
  gaps?: readonly Gap[] | undefined
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
    gaps,
    interim = null,
    getLevel,
    onStart,
    onStop,
    ...rest
  },
  ref,
) {
  const [look, elementProps] = splitLook(rest)
  const { labels, placeholder, microphoneMode, showMicrophone = true, showLevel = true } = look
  const editing = useEditing(look)
  const isOff = /^(idle|error|paused)$/.test(status)
  return (
    <Frame
      {...elementProps}
      frameRef={ref}
      status={status}
      look={look}
      editing={editing}
      bar={
        <>
          {showMicrophone && onStart && (
            <MicrophoneButtonView
              status={status}
              labels={labels}
              mode={microphoneMode}
              onClick={() => (isOff ? onStart : onStop)?.()}
            />
          )}
          <ConnectionStatusView status={status} labels={labels} />
          {showLevel && getLevel && <AudioLevelMeterView getLevel={getLevel} isActive={!isOff} />}
          {look.actions}
        </>
      }
      hint={!segments.length && !interim && <Hint {...{ status, isCapturing, placeholder, microphoneMode, labels }} />}
      rows={<Rows {...rowsOf(look)} {...{ segments, utterances, gaps, editing }} />}
      tail={<Tail interim={interim} />}
      tools={
        <Tools
          {...{ look, editing }}
          isEmpty={!segments.length}
          getTranscript={() => ({
            segments,
            utterances: utterances ?? [],
            gaps: gaps ?? [],
            interim,
            text: textOf(segments),
          })}
        />
      }
      problems={
        <>
          <Warning warning={warning} labels={labels} />
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
  const [elementProps, options] = splitProps(rest)
  const [look, listening] = splitLook(options)
  const shown = { elementProps, look, language: listening.language, frameRef: ref }
  // A function, so that developer tools, which show what a part is given, show no credential.
  return session ? (
    <Connected {...shown} session={session} />
  ) : (
    <WithOwnSession {...shown} getOptions={() => listening} />
  )
})

interface ConnectedProps {
  session: ListenSession
  elementProps: Record<string, unknown>
  look: LiveTranscriptLook
  language: string | undefined
  frameRef: ForwardedRef<HTMLDivElement>
}

function WithOwnSession({
  getOptions,
  ...shown
}: Omit<ConnectedProps, 'session'> & { getOptions: () => UseDeepgramListenOptions }) {
  const { session } = useDeepgramListen(getOptions())
  return <Connected {...shown} session={session} />
}

function Connected({ session, elementProps, look, language, frameRef }: ConnectedProps) {
  const { labels, placeholder, microphoneMode, showMicrophone = true, showLevel = true } = look
  const editing = useEditing(look)
  const status = useDeepgramSession(session, (state) => state.status)
  return (
    <Frame
      {...elementProps}
      frameRef={frameRef}
      status={status}
      look={look}
      editing={editing}
      language={language}
      bar={
        <>
          {showMicrophone && <MicrophoneButton session={session} labels={labels} mode={microphoneMode} />}
          <ConnectionStatus session={session} labels={labels} />
          {showLevel && <AudioLevelMeter session={session} />}
          {look.actions}
        </>
      }
      hint={<SessionHint {...{ session, placeholder, microphoneMode, labels }} />}
      rows={<SessionRows {...rowsOf(look)} {...{ session, editing }} />}
      tail={<SessionTail session={session} />}
      tools={<SessionTools {...{ session, look, editing }} getTranscript={() => session.getState().transcript} />}
      problems={
        <>
          <SessionWarning session={session} labels={labels} />
          <DeepgramErrorMessage session={session} labels={labels} />
        </>
      }
    />
  )
}

/** Tells apart how it looks, and the rest. */
function splitLook<T extends LiveTranscriptLook>(
  props: T,
): [look: LiveTranscriptLook, rest: Omit<T, keyof LiveTranscriptLook>] {
  const look: Record<string, unknown> = {}
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(props)) (LOOK.includes(name) ? look : rest)[name] = value
  return [look, rest as Omit<T, keyof LiveTranscriptLook>]
}

const LOOK: readonly string[] = Object.keys({
  showTimes: 1,
  renderSegment: 1,
  renderSpeaker: 1,
  speakerNames: 1,
  labels: 1,
  announce: 1,
  placeholder: 1,
  showMicrophone: 1,
  showLevel: 1,
  microphoneMode: 1,
  actions: 1,
  exportFormats: 1,
  exportName: 1,
  editable: 1,
  edits: 1,
  onEditsChange: 1,
} satisfies Record<keyof LiveTranscriptLook, 1>)

const rowsOf = ({ showTimes, renderSegment, renderSpeaker, speakerNames, labels }: LiveTranscriptLook) => ({
  showTimes,
  renderSegment,
  renderSpeaker,
  speakerNames,
  labels,
})

/** The corrections, and whether some are being made. */
interface Editing {
  readonly isOffered: boolean
  /** Whether there are corrections, or may be one day: the rows then keep one way of being rendered. */
  readonly isUsed: boolean
  readonly isEditing: boolean
  readonly edits: TranscriptEdits
  readonly setEditing: (isEditing: boolean) => void
  readonly setEdits: (edits: TranscriptEdits) => void
}

function useEditing({ editable = false, edits: given, onEditsChange }: LiveTranscriptLook): Editing {
  const [isEditing, setEditing] = useState(false)
  const [own, setOwn] = useState(NO_EDITS)
  const setEdits = (next: TranscriptEdits): void => {
    setOwn(next)
    onEditsChange?.(next)
  }
  return {
    isOffered: editable,
    isUsed: editable || given !== undefined,
    isEditing: editable && isEditing,
    edits: given ?? own,
    setEditing,
    setEdits,
  }
}

// What is shown, from a session or from props.

interface HintProps extends Pick<LiveTranscriptLook, 'placeholder' | 'microphoneMode' | 'labels'> {
  status: ListenStatus
  isCapturing: boolean
}

function Hint({ status, isCapturing, placeholder, microphoneMode, labels }: HintProps) {
  const prompt = microphoneMode === 'push-to-talk' ? 'promptHold' : 'prompt'
  const name = isCapturing ? 'speakNow' : status === 'requesting-permission' ? 'promptAllow' : prompt
  return <p className="dg-hint">{placeholder ?? labelOf(labels, name)}</p>
}

function Rows({ editing, ...rows }: TranscriptRowsProps & { editing: Editing }) {
  const { edits, setEdits, isEditing, isUsed } = editing
  if (!isUsed) return <TranscriptRows {...rows} />
  return <EditableRows {...rows} {...{ edits, isEditing }} onEditsChange={setEdits} />
}

interface ToolsProps {
  look: LiveTranscriptLook
  editing: Editing
  isEmpty: boolean
  getTranscript: () => Transcript
}

const FORMATS: readonly TranscriptFormat[] = ['txt', 'srt', 'vtt']

function Tools({ look, editing, isEmpty, getTranscript }: ToolsProps) {
  const { labels, exportFormats = FORMATS, exportName = 'transcript' } = look
  const { isOffered, isEditing, edits, setEditing, setEdits } = editing
  if (isEmpty || !(exportFormats.length || isOffered)) return null
  // Not `disabled`: whoever took back the last correction by the keyboard would lose the place.
  const tool = (name: 'undo' | 'redo', isUsable: boolean, act: (edits: TranscriptEdits) => TranscriptEdits) => (
    <button
      type="button"
      className="dg-tool"
      aria-disabled={!isUsable}
      onClick={() => {
        if (isUsable) setEdits(act(edits))
      }}
    >
      {labelOf(labels, name)}
    </button>
  )
  return (
    <TranscriptTools
      labels={labels}
      formats={exportFormats}
      fileName={exportName}
      getTranscript={() => {
        const view = applyEdits(getTranscript(), edits)
        return { ...view, speakerNames: { ...look.speakerNames, ...view.speakerNames } }
      }}
    >
      {isOffered && (
        <button type="button" className="dg-tool" aria-pressed={isEditing} onClick={() => setEditing(!isEditing)}>
          {labelOf(labels, 'edit')}
        </button>
      )}
      {isEditing && (
        <>
          {tool('undo', edits.done.length > 0, undoEdit)}
          {tool('redo', edits.undone.length > 0, redoEdit)}
        </>
      )}
    </TranscriptTools>
  )
}

/** Visible, but not for assistive technology: what changes five times a second cannot be listened to. */
function Tail({ interim }: { interim: Interim | null }) {
  const text = interim ? shownText(interim.text) : ''
  return (
    <p
      className="dg-interim"
      dir="auto"
      aria-hidden="true"
      // Not left to `:empty`: with that in a stylesheet Chromium matches the rules for this element anew with every word.
      data-empty={text ? undefined : ''}
      data-provisional={interim?.isProvisional ? '' : undefined}
    >
      {text}
    </p>
  )
}

const Warning = ({ warning, labels }: { warning: ListenWarning | null; labels: DeepgramLabels | undefined }) => (
  <div className="dg-warning" aria-live="polite" data-code={warning?.code}>
    {warning &&
      shownText(
        (labelIfAny(labels, `warning.${warning.code}`) ?? warning.message).replace('{n}', warning.device ?? ''),
      )}
  </div>
)

// Each of these reads the one slice it shows.

const SessionRows = connect(Rows, ({ transcript: { segments, utterances, gaps } }: ListenState) => ({
  segments,
  utterances,
  gaps,
}))

const SessionTail = connect(Tail, ({ transcript: { interim } }: ListenState) => ({ interim }))

const SessionWarning = connect(Warning, ({ warning }: ListenState) => ({ warning }))

const SessionTools = connect(Tools, ({ transcript }: ListenState) => ({ isEmpty: !transcript.segments.length }))

const SessionHint = connect(
  ({ isEmpty, ...look }: HintProps & { isEmpty: boolean }) => isEmpty && <Hint {...look} />,
  ({ status, transcript, isCapturing }: ListenState) => ({
    status,
    isCapturing,
    isEmpty: !transcript.segments.length && !transcript.interim,
  }),
)

interface FrameProps extends HTMLAttributes<HTMLDivElement> {
  frameRef: ForwardedRef<HTMLDivElement>
  status: ListenStatus
  look: LiveTranscriptLook
  editing: Editing
  language?: string | undefined
  bar: ReactNode
  hint: ReactNode
  rows: ReactNode
  tail: ReactNode
  tools: ReactNode
  problems: ReactNode
}

function Frame(props: FrameProps) {
  const { frameRef, status, look, editing, language, bar, hint, rows, tail, tools, problems, lang, ...rest } = props
  const { labels, announce = true } = look
  // Who corrects the text hears what is typed, and not the text around it once more.
  const isAnnounced = announce && !editing.isEditing
  return (
    <div {...rest} ref={frameRef} className={classNames('dg-live', rest.className)} data-status={status}>
      <div className="dg-bar">{bar}</div>
      <FollowedText
        label={labelOf(labels, 'transcript')}
        jumpLabel={labelOf(labels, 'jump')}
        lang={lang ?? (language === 'multi' ? undefined : language)}
      >
        {hint}
        <div role="log" aria-live={isAnnounced ? 'polite' : 'off'} aria-label={labelOf(labels, 'transcript')}>
          {rows}
        </div>
        {tail}
      </FollowedText>
      {tools}
      {problems}
    </div>
  )
}
