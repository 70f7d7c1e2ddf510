'use client'
import { useState, useSyncExternalStore } from 'react'
import type { ReadonlyStore } from '../session/store.ts'

/**
 * Reads one slice of any session. Renders again only when the slice changes; a slice that is a plain object or an array
 * is compared by its members.
 *
 * @param session - A listen, speak or dialogue session; `useDeepgramListen().session` for example.
 * @param selector - Takes the state and returns the slice.
 */
export function useDeepgramSession<T extends object, U>(session: ReadonlyStore<T>, selector: (state: T) => U): U {
  const [keep] = useState(createKeeper<U>)
  const read = (getState: () => T) => (): U => keep(selector(getState()))
  return useSyncExternalStore(session.subscribe, read(session.getState), read(session.getInitialState))
}

/** Gives back the slice from before while it is the same. */
function createKeeper<U>() {
  let slice: U
  return (next: U): U => (isSame(slice, next) ? slice : (slice = next))
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  const members = Object.entries(b ?? {})
  return (
    isPlain(a) &&
    isPlain(b) &&
    Array.isArray(a) === Array.isArray(b) &&
    members.length === Object.keys(a).length &&
    members.every(([key, member]) => Object.hasOwn(a, key) && Object.is(a[key], member))
  )
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  Array.isArray(value) || (typeof value === 'object' && value !== null && value.constructor === Object)
