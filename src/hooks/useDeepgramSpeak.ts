'use client'
import { useState } from 'react'
import { createBrowserSpeakSession, type SpeakOptions } from '../browser-speak.ts'
import type { SpeakSession, SpeakState } from '../session/speak-session.ts'
import type { ReadonlyStore } from '../session/store.ts'
import { useConnectionOptions } from './DeepgramProvider.tsx'
import { useGone } from './useGone.ts'
import { useLatest } from './useLatest.ts'
import { useSessionResult } from './useTracked.ts'

/** Options of {@link useDeepgramSpeak}. */
export type UseDeepgramSpeakOptions = SpeakOptions

/** What {@link useDeepgramSpeak} returns: the state, the verbs, and the session itself. */
export interface UseDeepgramSpeakResult
  extends SpeakState, Omit<SpeakSession, keyof ReadonlyStore<SpeakState> | 'destroy'> {
  /** The session: a read-only store plus the same verbs, stable for the life of the component. */
  readonly session: SpeakSession
}

/**
 * Speaks text, and tells what is heard.
 *
 * Nothing happens on mounting: no connection, no audio context. Options are read when `speak()` is called, so inline
 * objects and callbacks are fine; changing them while speaking takes effect with the next text. Verbs never change
 * identity. Unmounting stops the voice and gives socket and audio context back.
 *
 * Renders again only when a member that was read has changed; `utterance` changes at most ten times a second.
 */
export function useDeepgramSpeak(options: UseDeepgramSpeakOptions = {}): UseDeepgramSpeakResult {
  const inForce = useConnectionOptions(options)
  // A function, so that developer tools, which show what a ref holds, show no credential.
  const latest = useLatest(() => inForce)
  const [session] = useState(() => createBrowserSpeakSession(() => latest.current()))

  useGone(session.destroy)

  return useSessionResult<SpeakState, SpeakSession>(session)
}
