'use client'
import { useState, useSyncExternalStore } from 'react'
import type { ReadonlyStore } from '../session/store.ts'

/** Tells a store's state apart by what was read of it. */
function createTracker<T extends object>(store: ReadonlyStore<T>): { getView: () => T; getInitialView: () => T } {
  const used = new Set<keyof T>()
  let seen = store.getState()
  let view: T | null = null

  function createView(): T {
    const next = {} as T
    for (const key of Object.keys(seen) as (keyof T)[]) {
      Object.defineProperty(next, key, {
        enumerable: true,
        get() {
          if (!used.has(key)) {
            used.add(key)
            seen = { ...seen, [key]: store.getState()[key] }
          }
          return seen[key]
        },
      })
    }
    return next
  }

  return {
    getView() {
      const state = store.getState()
      if (!view || [...used].some((key) => !Object.is(seen[key], state[key]))) {
        seen = state
        view = createView()
      }
      return view
    },
    getInitialView: store.getInitialState,
  }
}

/**
 * Subscribes to a store, but only to what is read of the result: a component that reads `status` does not render when
 * the transcript changes. The result is a new object exactly when something that was read has changed.
 */
export function useTracked<T extends object>(store: ReadonlyStore<T>): T {
  const [tracker] = useState(() => createTracker(store))
  return useSyncExternalStore(store.subscribe, tracker.getView, tracker.getInitialView)
}

type Kept<S> = Omit<S, keyof ReadonlyStore<object> | 'destroy'>

/** What a hook returns: what is read of the state, the session's verbs, and the session itself. See {@link useTracked}. */
export function useSessionResult<T extends object, S extends ReadonlyStore<T>>(
  session: S,
): T & Kept<S> & { session: S } {
  const state = useTracked<T>(session)
  const { getState, getInitialState, subscribe, destroy, ...verbs } = session as S & { destroy?: unknown }
  // Getters are copied as getters, so that reading them is still noticed.
  return Object.defineProperties({ ...verbs, session }, Object.getOwnPropertyDescriptors(state)) as T &
    Kept<S> & { session: S }
}
