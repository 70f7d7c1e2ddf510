/** What a client may say on Listen v1. */
export type ListenV1Command =
  | { type: 'KeepAlive' | 'CloseStream' | 'Sync' }
  | { type: 'Finalize'; channel: number | null }
  | { type: 'Configure'; keyterms: readonly string[] | null; features: Readonly<Record<string, boolean>> | null }

const types = ['CloseStream', 'Configure', 'Sync', 'KeepAlive', 'Finalize']
const fields: Readonly<Record<string, readonly string[]>> = {
  Configure: ['features', 'processors', 'keyterms', 'language_hints'],
  Finalize: ['channel'],
}

/** Reads a text message; a string is what the service's `SchemaError` says of it. */
export function readListenV1Command(text: string): ListenV1Command | string {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return 'expected value at line 1 column 1'
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return 'invalid type: expected internally tagged enum'
  }
  const { type, ...rest } = message as Record<string, unknown>
  if (typeof type !== 'string') return 'missing field `type`'
  if (!types.includes(type)) return `unknown variant \`${type}\`, expected one of ${list(types)}`
  const known = fields[type]
  const unknown = Object.keys(rest).find((field) => !known?.includes(field))
  if (unknown !== undefined) {
    const expected = known === undefined ? 'there are no fields' : `expected one of ${list(known)}`
    return `unknown field \`${unknown}\`, ${expected}`
  }
  if (type === 'Finalize') return readFinalize(rest)
  if (type === 'Configure') return readConfigure(rest)
  return { type: type as 'KeepAlive' | 'CloseStream' | 'Sync' }
}

function readFinalize({ channel = null }: Record<string, unknown>): ListenV1Command | string {
  if (channel !== null && !Number.isInteger(channel)) return 'invalid type: `channel` must be an integer'
  return { type: 'Finalize', channel: channel as number | null }
}

function readConfigure({ keyterms = null, features = null }: Record<string, unknown>): ListenV1Command | string {
  if (keyterms !== null && !(Array.isArray(keyterms) && keyterms.every((term) => typeof term === 'string'))) {
    return 'invalid type: `keyterms` must be a sequence of strings'
  }
  const isMap = typeof features === 'object' && !Array.isArray(features)
  if (!isMap || Object.values(features ?? {}).some((value) => typeof value !== 'boolean')) {
    return 'invalid type: `features` must be a map of booleans'
  }
  return { type: 'Configure', keyterms, features: features as Record<string, boolean> | null }
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}
