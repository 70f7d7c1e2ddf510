/** What a client may say on Speak v2. */
export type SpeakV2Command =
  | { type: 'Speak'; text: string }
  | { type: 'Flush' | 'Close' }
  /** `playedMs`: null where no offset was given. */
  | { type: 'Interrupt'; playedMs: number | null }
  | { type: 'Configure'; speed: number | undefined }

/** The error that answers what is no command. */
export type UnreadCommand = 'MESSAGE-0000' | 'DATA-0000'

const fields: Readonly<Record<string, readonly string[]>> = {
  Speak: ['text'],
  Flush: [],
  Interrupt: ['playback_offset'],
  Configure: ['speed'],
  Close: [],
}

/** Reads a text message; what cannot be read is fatal here. */
export function readSpeakV2Command(message: string): SpeakV2Command | UnreadCommand {
  let parsed: unknown
  try {
    parsed = JSON.parse(message)
  } catch {
    return 'MESSAGE-0000'
  }
  if (!isObject(parsed)) return 'MESSAGE-0000'
  const { type, ...rest } = parsed
  if (typeof type !== 'string') return 'MESSAGE-0000'
  const known = Object.hasOwn(fields, type) ? fields[type]! : null
  if (known === null) return 'DATA-0000'
  if (Object.keys(rest).some((name) => !known.includes(name))) return 'MESSAGE-0000'
  return readKnown(type, rest) ?? 'MESSAGE-0000'
}

function readKnown(type: string, { text, playback_offset: offset, speed }: Record<string, unknown>) {
  if (type === 'Flush' || type === 'Close') return { type } as const
  if (type === 'Speak') return typeof text === 'string' ? ({ type, text } as const) : null
  if (type === 'Configure') return speed === undefined || typeof speed === 'number' ? ({ type, speed } as const) : null
  if (offset === undefined || offset === null) return { type: 'Interrupt', playedMs: null } as const
  if (!isObject(offset)) return null
  const { type: unit, value, ...others } = offset
  const isRead = unit === 'time_ms' && typeof value === 'number' && value >= 0 && Object.keys(others).length === 0
  return isRead ? ({ type: 'Interrupt', playedMs: value } as const) : null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// The service's own list is closed, and only described: SSML's core elements and vendors' namespaces, the bracketed
// audio tags of ElevenLabs v3, and Cartesia's inline tags. Everything else (Markdown, HTML) is read out as it is.
const markup = new RegExp(
  [
    String.raw`</?(?:speak|break|prosody|emphasis|say-as|phoneme|sub|voice|audio|lang|mark|lexicon|lookup|token)\b[^<>]*>`,
    String.raw`</?(?:amazon|mstts|google|azure):[\w-]+\b[^<>]*>`,
    String.raw`</?(?:emotion|speed|volume|spell)\b[^<>]*>`,
    String.raw`\[(?:laughs?|laughter|laughing|whispers?|whispering|sighs?|exhales|excited|sarcastic|curious|crying|mischievously|pause|clears throat)\]`,
  ].join('|'),
  'gi',
)

/** Takes out the markup that the service knows and does not speak. */
export function stripMarkup(text: string): string {
  return text.replace(markup, '')
}
