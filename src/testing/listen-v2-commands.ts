import type { TurnSettings } from './listen-v2-messages.ts'

/** What a client may say on Listen v2. */
export type ListenV2Command =
  { type: 'CloseStream' | 'ForceEndTurn' } | { type: 'Configure'; change: Partial<TurnSettings> }

const configureFields = ['thresholds', 'keyterms', 'language_hints', 'numerals']
const thresholdFields: Readonly<Record<string, 'eotThreshold' | 'eagerEotThreshold' | 'eotTimeoutMs'>> = {
  eot_threshold: 'eotThreshold',
  eager_eot_threshold: 'eagerEotThreshold',
  eot_timeout_ms: 'eotTimeoutMs',
}

/** Reads a text message; null cannot be parsed, which is fatal here. */
export function readListenV2Command(text: string): ListenV2Command | null {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(message)) return null
  const { type, ...rest } = message
  if (type === 'Configure') return readConfigure(rest)
  if (type !== 'CloseStream' && type !== 'ForceEndTurn') return null
  return Object.keys(rest).length === 0 ? { type } : null
}

// Strict about names and types: a threshold that is not nested would be lost without a word by a service that is not.
function readConfigure(fields: Record<string, unknown>): ListenV2Command | null {
  if (Object.keys(fields).some((name) => !configureFields.includes(name))) return null
  const { thresholds = {}, keyterms, language_hints: hints, numerals } = fields
  const change: Partial<TurnSettings> = {}
  if (!isObject(thresholds)) return null
  for (const [name, value] of Object.entries(thresholds)) {
    const setting = thresholdFields[name]
    if (setting === undefined || typeof value !== 'number') return null
    change[setting] = value
  }
  if (keyterms !== undefined) {
    const list = typeof keyterms === 'string' ? [keyterms] : keyterms
    if (!isTexts(list)) return null
    change.keyterms = list
  }
  if (hints !== undefined && hints !== null) {
    if (!isTexts(hints)) return null
    change.languageHints = hints
  }
  if (numerals !== undefined) {
    if (typeof numerals !== 'boolean') return null
    change.numerals = numerals
  }
  return { type: 'Configure', change }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
