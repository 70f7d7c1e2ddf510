import type { LiveTranscriptViewProps } from 'react-deepgram'
import type { ListenScript } from 'react-deepgram/testing'

type Segment = NonNullable<LiveTranscriptViewProps['segments']>[number]
type Interim = NonNullable<LiveTranscriptViewProps['interim']>

/** Settled text as a session would have it: one segment per line, three seconds each. */
export const segmentsOf = (
  lines: readonly (string | { text: string; speaker: number })[],
  change: Partial<Segment> = {},
): Segment[] =>
  lines.map((line, i) => ({
    id: `s${i + 1}`,
    start: i * 3,
    end: i * 3 + 2.6,
    words: [],
    channel: 0,
    isProvisional: false,
    streamIndex: 0,
    ...(typeof line === 'string' ? { text: line } : line),
    ...change,
  }))

/** The unfinished tail. */
export const interimOf = (text: string, isProvisional = false): Interim => ({
  text,
  start: 60,
  end: 61,
  words: [],
  channel: 0,
  isProvisional,
})

export const english = [
  'Good morning, and welcome to the reading room.',
  'Today we look at how a voice becomes text: first as a wave, then as words, and a moment later as a sentence with its commas in place.',
  'You can scroll up at any time. The page will wait for you.',
]

export const interview = [
  { speaker: 0, text: 'Thank you for coming. When did you first hear the recordings?' },
  { speaker: 1, text: 'In the spring, on a very old machine in the cellar of the museum.' },
  { speaker: 1, text: 'The tape had been lying there for forty years.' },
  { speaker: 0, text: 'And could you understand what was said?' },
  { speaker: 2, text: 'If I may add something: hardly a word, at first.' },
  { speaker: 1, text: 'That is true. We cleaned it for weeks.' },
]

export const arabic = [
  'صباح الخير، وأهلاً بكم في قاعة القراءة.',
  'نتحدث اليوم عن Deepgram وعن تحويل الصوت إلى نص في الوقت نفسه.',
]
export const hebrew = ['בוקר טוב, וברוכים הבאים לאולם הקריאה.', 'היום נדבר על הפיכת קול לטקסט.']
export const japanese = [
  'おはようございます。図書室へようこそ。',
  '今日は、声がどのように文字になるのかを見ていきます。',
]

/** About as long as two hours of talk. */
export const hours = Array.from({ length: 2400 }, (_, i) => `${i + 1}. ${english[i % english.length]!}`)

/** What a listener hears, with its punctuation. */
export const welcome = [
  'Welcome to the reading room.',
  'Every word you see was spoken a moment ago.',
  'Scroll up and the text waits for you.',
] satisfies ListenScript

/** What the microphone says meanwhile, so that there is a level to be seen. */
export const welcomeSound = welcome.join(' ')
