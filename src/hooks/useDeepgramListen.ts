'use client'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { createBrowserListenSession, listenUnsupportedReason, type ListenOptions } from '../browser-listen.ts'
import type { DeepgramErrorCode } from '../errors.ts'
import type { ListenSession, ListenState } from '../session/listen-session.ts'
import type { ReadonlyStore } from '../session/store.ts'
import { useConnectionOptions } from './DeepgramProvider.tsx'
import { useGone } from './useGone.ts'
import { useLatest } from './useLatest.ts'
import { useSessionResult } from './useTracked.ts'

/** Options of {@link useDeepgramListen}. */
export interface UseDeepgramListenOptions extends ListenOptions {
  /** Starts by itself after mounting. The browser may ask for the microphone then. @default false */
  autoStart?: boolean | undefined
}

/** What {@link useDeepgramListen} returns: the state, the verbs, and the session itself. */
export interface UseDeepgramListenResult extends ListenState, Omit<ListenSession, keyof ReadonlyStore<ListenState>> {
  /** Whether this browser and this page can listen to a microphone. `true` until it is known, after mounting. */
  readonly isSupported: boolean
  /** Why not, as an error code; `null` when it can. */
  readonly unsupportedReason: DeepgramErrorCode | null
  /** The session: a read-only store plus the same verbs, stable for the life of the component. */
  readonly session: ListenSession
}

const neverChanges = (): (() => void) => () => {}
const notYetKnown = (): null => null

/**
 * Listens to the microphone (or a stream) and gives live text.
 *
 * Nothing happens on mounting: no prompt, no connection, no audio context. Options are read when they are used, so
 * inline objects and callbacks are fine; changing them while listening takes effect at the next connection or with
 * `applyOptions()`, callbacks at once. Verbs never change identity. Unmounting ends the session at once and gives the microphone back.
 *
 * Renders again only when a member that was read has changed: a component that reads only `status` does not render on
 * interim text. Interim text changes at most once per picture.
 */
export function useDeepgramListen(options: UseDeepgramListenOptions = {}): UseDeepgramListenResult {
  const { autoStart = false } = options
  const inForce = useConnectionOptions(options)
  // A function, so that developer tools, which show what a ref holds, show no credential.
  const latest = useLatest(() => inForce)
  const [session] = useState(() => createBrowserListenSession(() => latest.current()))
  const unsupportedReason = useSyncExternalStore(neverChanges, listenUnsupportedReason, notYetKnown)

  useGone(session.abort)
  useEffect(() => {
    let isMounted = true
    // Strict Mode mounts twice in one task: only the mount that stays may start.
    if (autoStart) queueMicrotask(() => isMounted && void session.start())
    return () => {
      isMounted = false
    }
  }, [session, autoStart])

  const isSupported = unsupportedReason === null
  return Object.assign(useSessionResult<ListenState, ListenSession>(session), { isSupported, unsupportedReason })
}
