'use client'
import type { DeepgramErrorCode } from '../errors.ts'
import type { ListenWarning } from '../session/listen-session.ts'
import type { Gap } from '../transcript/transcript.ts'
import type { DialoguePhase } from '../session/dialogue.ts'
import type { ListenStatus, SpeakStatus } from '../session/status.ts'

const setup = 'This page is not set up for the speech service. Please tell the people who run it.'
const line = 'The connection was lost. Check your network, then try again.'
const silence = 'The speech service did not answer. Check your network, then try again.'

const errors: Record<DeepgramErrorCode, string> = {
  'unsafe-api-key': setup,
  'invalid-token': setup,
  'token-failed': 'The speech service was not allowed. Try again, or sign in again.',
  'token-timeout': line,
  'token-unreachable': line,
  'handshake-failed': silence,
  'subprotocol-mismatch': setup,
  'connect-timeout': silence,
  'connection-lost': line,
  'reconnect-exhausted': line,
  'invalid-audio': 'The speech service did not understand the sound. Try again.',
  'no-audio-timeout': 'The speech service heard no sound. Check your microphone, then try again.',
  'service-error': 'The speech service has a problem. Try again in a moment.',
  'rate-limited': 'Too many people are using the speech service. Try again in a moment.',
  'payment-required': 'The speech service has no credit left. Please tell the people who run this page.',
  'text-too-long': 'The text is too long. Shorten it, then try again.',
  'permission-denied':
    'The microphone is blocked. Allow it for this site in the browser’s settings, beside the address, then try again.',
  'permission-dismissed': 'The microphone was not allowed. Try again, and choose Allow.',
  'policy-blocked': 'The microphone is not allowed on this page. Please tell the people who run it.',
  'device-not-found': 'No microphone was found. Plug one in, then try again.',
  'device-busy': 'Another app is using the microphone. Close that app, then try again.',
  constraints: 'The microphone could not be used. Choose another one, then try again.',
  'insecure-context': 'The microphone needs a secure page. Open this page with https.',
  'insecure-url': setup,
  unsupported: 'This browser cannot do this. Use a current version of Chrome, Edge, Firefox or Safari.',
  'source-ended': 'The sound ended. Check your microphone, then try again.',
  'playback-blocked': 'The browser keeps sound off until you press something. Try again.',
  'playback-failed': 'The sound could not be played. Check your loudspeaker, then try again.',
  revoked: 'You are signed out. Sign in again.',
  'reply-failed': 'No answer came. Say it again.',
  aborted: 'This was stopped. Try again.',
}

const listening: Record<ListenStatus, string> = {
  idle: 'Ready',
  'requesting-permission': 'Asking for the microphone…',
  connecting: 'Connecting…',
  listening: 'Listening',
  paused: 'Paused',
  reconnecting: 'Reconnecting… keep talking, your words are kept',
  stopping: 'Finishing…',
  error: 'Stopped by a problem',
}

const speaking: Record<SpeakStatus, string> = {
  idle: '',
  connecting: 'Connecting…',
  buffering: 'Preparing…',
  speaking: 'Press to stop',
  paused: 'Paused',
  blocked: 'Press anything to allow sound',
  reconnecting: 'Reconnecting…',
  error: 'Not spoken. Press to try again',
}

// A warning of the service itself is shown in its own words.
const warnings: Record<Exclude<ListenWarning['code'], 'service'>, string> = {
  'drain-timeout': 'The last words may be missing: the service did not answer in time.',
  'input-muted': 'The microphone is muted. Nothing is heard.',
  'no-input': 'Nothing comes from {n}, not even noise. Is it muted by a switch, or is another one meant?',
  'device-lost': '{n} went away. Nothing is heard until it is back, or another one is there.',
  'device-changed': 'The chosen microphone is not there. {n} is heard in its place.',
  'format-changed': 'The sound was not understood. It is recorded in another way now.',
  'audio-lost': 'Part of the sound was lost with the connection. Those words are missing.',
  'audio-altered': 'The service received other sound than was recorded. The text may be wrong.',
  congested: 'Your network is slow. The text comes late.',
  'options-refused': 'The new settings were not accepted. It goes on with the old ones.',
  'ending-soon': 'Listening stops in a few seconds.',
  'idle-timeout': 'Listening stopped, because nobody spoke.',
  'max-duration': 'Listening stopped, because its time was over.',
}

const gaps: Record<Gap['reason'], string> = {
  'buffer-full': '{n} s are missing: the connection was away for too long',
  'new-recording': '{n} s are missing: the recording had to begin anew',
  asleep: '{n} s are missing: the device was asleep',
  'given-up': '{n} s are missing: the service did not answer',
}

const talking = {
  microphone: 'Talk',
  interrupt: 'Stop speaking',
  type: 'Type a message',
  send: 'Send',
  speakNow: 'Speak now, as to a person.',
  you: 'You',
  assistant: 'Assistant',
  idle: 'Ready',
  listening: 'Listening',
  thinking: 'Thinking…',
  speaking: 'Speaking',
  interrupted: 'Interrupted',
  unspoken: 'Not spoken',
  'without-listen': 'You can type instead.',
  'without-reply': 'The conversation goes on.',
  'without-speak': 'Answers are written here meanwhile.',
} satisfies Record<DialoguePhase, string> & Record<string, string>

type Prefixed<Prefix extends string, Texts> = { [Key in keyof Texts & string as `${Prefix}.${Key}`]: string }

const prefixed = <Prefix extends string, Texts extends object>(prefix: Prefix, texts: Texts): Prefixed<Prefix, Texts> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [`${prefix}.${key}`, text as string])) as Prefixed<
    Prefix,
    Texts
  >

/** The words of the components, in English. */
const LABELS = {
  microphone: 'Listen to the microphone',
  holdToTalk: 'Hold to talk',
  transcript: 'Transcript',
  prompt: 'Press the microphone, then speak.',
  promptHold: 'Hold the microphone, and speak.',
  promptAllow: 'Allow the microphone when the browser asks.',
  speakNow: 'Speak now. Your words appear here.',
  jump: 'Jump to latest',
  speaker: 'Speaker {n}',
  copy: 'Copy',
  copied: 'Copied',
  notCopied: 'Could not be copied',
  download: 'Download',
  'download.txt': 'Text',
  'download.srt': 'SRT',
  'download.vtt': 'WebVTT',
  'download.json': 'JSON',
  edit: 'Edit',
  undo: 'Undo',
  redo: 'Redo',
  editText: 'Text at {n}',
  editSpeaker: 'Name of the speaker',
  retry: 'Try again',
  useDefaultDevice: 'Use the default microphone',
  openSecurely: 'Open with https',
  allowSound: 'Allow sound',
  copyDetails: 'Copy details',
  details: 'Technical details',
  speak: 'Speak',
  nothingToSay: 'Nothing to say',
  pressToPause: 'Press to pause',
  pressToResume: 'Press to go on',
  device: 'Microphone',
  outputDevice: 'Loudspeaker',
  defaultDevice: 'System default',
  unnamedDevice: 'Device {n}',
  allowNames: 'Show names',
  voice: 'Voice',
  tryVoice: 'Try it',
  ...prefixed('listen', listening),
  ...prefixed('speech', speaking),
  ...prefixed('gap', gaps),
  ...prefixed('warning', warnings),
  dialogue: 'Conversation',
  ...prefixed('dialogue', talking),
  ...prefixed('error', errors),
}

/** The name of one string that a component shows or gives to assistive technology. */
export type DeepgramLabel = keyof typeof LABELS

/**
 * The strings of the components, by name; those left out stay English. Plain data, so one translation serves every
 * component and may come from a file. `{n}` stands for a number.
 */
export type DeepgramLabels = { readonly [Name in DeepgramLabel]?: string }

/** The string for a name: the application's, or else the English one. */
export const labelOf = (labels: DeepgramLabels | undefined, name: DeepgramLabel, n?: number | string): string =>
  labelIfAny(labels, name)!.replace('{n}', n === undefined ? '{n}' : String(n))

/** The same for a name that may be unknown. */
export const labelIfAny = (labels: DeepgramLabels | undefined, name: string): string | undefined =>
  labels?.[name as DeepgramLabel] ?? (LABELS as DeepgramLabels)[name as DeepgramLabel]
