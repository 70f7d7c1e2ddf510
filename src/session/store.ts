import { createStore } from 'zustand/vanilla'

/** A store that can be read and watched, but not written. */
export interface ReadonlyStore<T> {
  /** The state now. The same object until something changes. */
  readonly getState: () => T
  /** The state before anything happened; what a server renders. */
  readonly getInitialState: () => T
  /** Calls the listener after each change. Returns its own undo. */
  readonly subscribe: (listener: (state: T, previous: T) => void) => () => void
}

/** Creates a store and the one function that writes it. A write that changes nothing wakes nobody. */
export function createReadonlyStore<T extends object>(initial: T): [ReadonlyStore<T>, (change: Partial<T>) => void] {
  const store = createStore<T>()(() => initial)
  const set = (change: Partial<T>): void => {
    const state = store.getState()
    if (Object.entries(change).some(([key, value]) => !Object.is(state[key as keyof T], value))) store.setState(change)
  }
  const { getState, getInitialState } = store
  const subscribe: ReadonlyStore<T>['subscribe'] = (listener) =>
    store.subscribe((state, previous) => callSafely(listener, state, previous))
  return [{ getState, getInitialState, subscribe }, set]
}

/** Calls an application's callback. What it throws is its own affair: it is reported, and the session goes on. */
export function callSafely<A extends unknown[]>(callback: ((...args: A) => unknown) | undefined, ...args: A): void {
  try {
    callback?.(...args)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
