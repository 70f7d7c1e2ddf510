'use client'
import { createContext, useContext, type ReactNode } from 'react'
import type { ConnectionOptions } from '../socket/options.ts'

const ConnectionContext = createContext<ConnectionOptions>({})

/** Props of {@link DeepgramProvider}: the connection options, and what they are for. */
export interface DeepgramProviderProps extends ConnectionOptions {
  /** The part of the application that the options are for. */
  children?: ReactNode
}

/**
 * Gives connection options to every hook and component below; the nearest provider, hook or component wins, option by
 * option. Renders only its children. Changing an option takes effect at the next connection attempt.
 */
export function DeepgramProvider({ children, ...options }: DeepgramProviderProps): ReactNode {
  return <ConnectionContext.Provider value={useConnectionOptions(options)}>{children}</ConnectionContext.Provider>
}

/** The connection options in force here: those given, over those of the providers above. */
export function useConnectionOptions<T extends ConnectionOptions>(options: T): T {
  return mergeConnection(useContext(ConnectionContext), options)
}

function mergeConnection<T extends ConnectionOptions>(outer: ConnectionOptions, inner: T): T {
  const merged: T = { ...outer, ...definedOnly(inner) }
  // One credential replaces the other: whoever sets a key below a token provider means the key.
  if (inner.getToken && !inner.apiKey) delete merged.apiKey
  if (inner.apiKey && !inner.getToken) delete merged.getToken
  return merged
}

// `undefined` means "not set here", not "unset".
const definedOnly = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
