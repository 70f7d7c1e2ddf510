import type { ConnectionOptions } from './options.ts'

/** Connection options over those further out: the inner ones win, option by option. */
export function mergeConnection<T extends ConnectionOptions>(outer: ConnectionOptions, inner: T): T {
  const merged: T = { ...outer, ...definedOnly(inner) }
  // One credential replaces the other: whoever sets a key below a token provider means the key.
  if (inner.getToken && !inner.apiKey) delete merged.apiKey
  if (inner.apiKey && !inner.getToken) delete merged.getToken
  if (outer.revoked) merged.revoked = outer.revoked
  return merged
}

// `undefined` means "not set here", not "unset".
const definedOnly = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
