'use client'
import type { ComponentType, ReactElement } from 'react'
import { useDeepgramSession } from '../hooks/useDeepgramSession.ts'
import type { ReadonlyStore } from '../session/store.ts'

/** A part that reads some of its props out of a session's state, and renders when one of these changes. */
export const connect =
  <Props extends object, State extends object, Read extends Partial<Props>>(
    Part: ComponentType<Props>,
    read: (state: State) => Read,
  ) =>
  ({ session, ...rest }: Omit<Props, keyof Read> & { session: ReadonlyStore<State> }): ReactElement => (
    <Part {...(rest as unknown as Props)} {...useDeepgramSession(session, read)} />
  )
