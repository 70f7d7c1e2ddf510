/**
 * A list that only grows. Those it grew from stay as they were, and share its memory: adding to it costs the same however
 * long it is.
 */
export interface Log<T> {
  /** Shared; beyond `length` it belongs to others. */
  readonly items: T[]
  readonly length: number
  /** {@link toArray}, once asked for. */
  shown?: readonly T[]
}

/** A list with nothing in it. */
export const createLog = <T>(items: readonly T[] = []): Log<T> => ({ items: [...items], length: items.length })

/** The list with more at its end; the same one for nothing more. */
export function append<T>(log: Log<T>, added: readonly T[]): Log<T> {
  if (!added.length) return log
  // Somebody else has gone on from here already.
  const items = log.items.length === log.length ? log.items : log.items.slice(0, log.length)
  items.push(...added)
  return { items, length: items.length }
}

/** What a list has more than the one it grew from. */
export const addedSince = <T>(log: Log<T>, before: Log<T>): T[] => log.items.slice(before.length, log.length)

/** The list as an array, always the same one. The first call copies it. */
export const toArray = <T>(log: Log<T>): readonly T[] => (log.shown ??= log.items.slice(0, log.length))
