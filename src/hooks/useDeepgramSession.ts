'use client'
import { useStore } from 'zustand/react'
import { useShallow } from 'zustand/react/shallow'
import type { ReadonlyStore } from '../session/store.ts'

/**
 * Reads one slice of any session. Renders again only when the slice changes; a slice that is an object or an array is
 * compared by its members.
 *
 * @param session - A listen, speak or dialogue session; `useDeepgramListen().session` for example.
 * @param selector - Takes the state and returns the slice.
 */
export function useDeepgramSession<T extends object, U>(session: ReadonlyStore<T>, selector: (state: T) => U): U {
  return useStore(session, useShallow(selector))
}
