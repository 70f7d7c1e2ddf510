'use client'
import {
  forwardRef,
  Fragment,
  memo,
  useEffect,
  useMemo,
  useRef,
  type ElementType,
  type HTMLAttributes,
  type ReactNode,
} from 'react'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type { SpeakSession, SpeakState } from '../session/speak-session.ts'
import { sentencesOf } from '../text/segment.ts'
import { toSpeakable } from '../text/speakable.ts'
import { classNames, joinRefs } from './props.ts'
import { shownText } from './shown-text.ts'

/** Where a sentence is, as seen from the ear. */
export type SpokenTextState = 'before' | 'now' | 'heard'

/** How a spoken text looks. */
export interface SpokenTextLook extends Omit<HTMLAttributes<HTMLElement>, 'children'> {
  /** The text; the same that is given to the button. Its line breaks are kept. */
  text: string
  /** The element to render. @default 'p' */
  as?: ElementType | undefined
  /** Keeps the sentence that is heard in view. @default false */
  follow?: boolean | undefined
  /** Shows a sentence in another way; keep its identity from render to render. */
  renderSentence?: ((sentence: string, state: SpokenTextState) => ReactNode) | undefined
}

/** Props of {@link SpokenTextView}. */
export interface SpokenTextViewProps extends SpokenTextLook {
  /** How many characters of the text were heard; `null` while it is not spoken. @default null */
  heardLength?: number | null | undefined
}

/**
 * A text on the page, in which the sentence being heard stands out.
 *
 * Renders a `<p>` with a `<span data-state>` for each sentence: `before`, `now` (with `aria-current`), `heard`. Nothing of it is
 * announced: whoever listens hears it already. Without a voice it is plain text.
 */
export const SpokenTextView = forwardRef<HTMLElement, SpokenTextViewProps>(function SpokenTextView(
  { text, heardLength = null, as: Element = 'p', follow = false, renderSentence, className, ...rest },
  ref,
) {
  const own = useRef<HTMLElement>(null)
  const sentences = useMemo(() => placed(sentencesOf(text)), [text])
  const index =
    heardLength === null ? -1 : sentences.findLastIndex(({ start }, i) => i === 0 || start <= Math.max(0, heardLength))
  useEffect(() => {
    // Never glides: the reader is elsewhere by then.
    if (follow) own.current?.querySelector('[data-state=now]')?.scrollIntoView({ block: 'nearest' })
  }, [follow, index])
  return (
    <Element
      {...rest}
      ref={joinRefs(own, ref)}
      className={classNames('dg-spoken', className)}
      data-speaking={index < 0 ? undefined : ''}
    >
      {sentences.map(({ start, sentence, space }, i) => (
        <Fragment key={start}>
          <Sentence {...{ sentence, renderSentence }} state={i === index ? 'now' : i < index ? 'heard' : 'before'} />
          {space}
        </Fragment>
      ))}
    </Element>
  )
})

interface SentenceProps extends Pick<SpokenTextLook, 'renderSentence'> {
  sentence: string
  state: SpokenTextState
}

const Sentence = memo(({ sentence, state, renderSentence }: SentenceProps) => (
  <span className="dg-sentence" data-state={state} aria-current={state === 'now' ? 'true' : undefined}>
    {renderSentence ? renderSentence(sentence, state) : shownText(sentence)}
  </span>
))

/** Sentences with the place where they begin, and the white space after them. */
function placed(sentences: readonly string[]) {
  let end = 0
  return sentences.map((whole) => {
    const start = end
    end += whole.length
    const sentence = whole.trimEnd()
    return { start, sentence, space: whole.slice(sentence.length) }
  })
}

/** Props of {@link SpokenText}. */
export interface SpokenTextProps extends SpokenTextLook {
  /** Who speaks it: the session that is given to the `SpeakButton`. */
  session: SpeakSession
  /** How the text is prepared for the voice, as for the button. @default Markdown, links, code and emoji become plain text */
  prepare?: ((text: string) => string) | false | undefined
}

/**
 * The text of a {@link SpeakButton} on the page, following the ear. Of several on one session, only the one whose text is
 * spoken stands out. Renders when the next words are heard, at most ten times a second, and then only the sentences that
 * changed. For its elements and states see {@link SpokenTextView}.
 */
export const SpokenText = forwardRef<HTMLElement, SpokenTextProps>(function SpokenText(
  { session, prepare = toSpeakable, ...rest },
  ref,
) {
  const { text } = rest
  const places = useMemo(() => createPlaces(text, prepare ? prepare(text) : text), [text, prepare])
  const heardLength = useDeepgramSession(session, ({ utterance, status }: SpeakState) =>
    utterance && places.isOf(utterance.text) && /^(speaking|paused|buffering|reconnecting)$/.test(status)
      ? places.find(utterance.spokenText)
      : null,
  )
  return <SpokenTextView {...rest} ref={ref} heardLength={heardLength} />
})

const WORD = /[\p{L}\p{N}]+/gu

/** What is written otherwise than it is spoken must not lead further astray, in words. */
const REACH = 200

/** Finds in a text what was heard of its spoken form, in which marks, links and code are missing. */
function createPlaces(text: string, spoken: string) {
  const written = [...text.matchAll(WORD)]
  const starts: number[] = []
  let at = 0
  for (const [word] of spoken.matchAll(WORD)) {
    const offset = written.slice(at, at + REACH).findIndex((each) => each[0] === word)
    if (offset >= 0) at += offset + 1
    starts.push(written[at - 1]?.index ?? 0)
  }
  return {
    isOf: (utterance: string): boolean => !!utterance.trim() && utterance.trim() === spoken.trim(),
    /** Where the word begins that comes after those which were heard. */
    find: (heard: string): number => starts[heard.match(WORD)?.length ?? 0] ?? starts.at(-1) ?? 0,
  }
}
