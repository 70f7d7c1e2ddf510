'use client'
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react'
import { mergeConnection } from '../socket/merge-options.ts'
import type { ConnectionOptions } from '../socket/options.ts'

// A function, so that developer tools, which show what a context holds, show no credential.
const ConnectionContext = createContext<() => ConnectionOptions>(() => NO_OPTIONS)
const NO_OPTIONS: ConnectionOptions = {}
const HandleContext = createContext<DeepgramProviderHandle | null>(null)

/** Props of {@link DeepgramProvider}: the connection options, and what they are for. */
export interface DeepgramProviderProps extends ConnectionOptions {
  /** The part of the application that the options are for. */
  children?: ReactNode
}

/** What {@link useDeepgramProvider} gives. */
export interface DeepgramProviderHandle {
  /**
   * Signs out: every session below the provider ends at once, microphone and sound included, and no token is asked for any
   * more. Later calls fail with `revoked`. It cannot be taken back: give the provider a new `key` after signing in.
   */
  readonly revoke: () => void
}

/**
 * Gives connection options to every hook and component below; the nearest provider, hook or component wins, option by
 * option, except for `revoked`, which takes the permission back from everything below. Renders only its children. Changing
 * an option takes effect at the next connection attempt.
 */
export function DeepgramProvider({ children, revoked, ...options }: DeepgramProviderProps): ReactNode {
  const outer = useContext(ConnectionContext)()
  const [{ handle, signal }] = useState(createRevocable)
  const inForce = { ...mergeConnection(outer, options), revoked: signal }
  useFollow(handle, revoked)
  useFollow(handle, outer.revoked)
  return (
    <HandleContext.Provider value={handle}>
      <ConnectionContext.Provider value={() => inForce}>{children}</ConnectionContext.Provider>
    </HandleContext.Provider>
  )
}

/**
 * The nearest `DeepgramProvider`, for signing out. The result never changes. Whoever stands above the provider passes an
 * `AbortSignal` as its `revoked` instead.
 *
 * @throws TypeError without a provider above.
 */
export function useDeepgramProvider(): DeepgramProviderHandle {
  const handle = useContext(HandleContext)
  if (!handle) throw new TypeError('useDeepgramProvider() needs a DeepgramProvider above it.')
  return handle
}

/** The connection options in force here: those given, over those of the providers above. */
export function useConnectionOptions<T extends ConnectionOptions>(options: T): T {
  return mergeConnection(useContext(ConnectionContext)(), options)
}

function createRevocable(): { handle: DeepgramProviderHandle; signal: AbortSignal } {
  const controller = new AbortController()
  return { handle: { revoke: () => controller.abort() }, signal: controller.signal }
}

function useFollow({ revoke }: DeepgramProviderHandle, signal: AbortSignal | undefined): void {
  useEffect(() => {
    if (signal?.aborted) revoke()
    signal?.addEventListener('abort', revoke)
    return () => signal?.removeEventListener('abort', revoke)
  }, [signal, revoke])
}
