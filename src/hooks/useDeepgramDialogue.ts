'use client'
import { useState } from 'react'
import { createBrowserDialogueSession, type BrowserDialogueOptions } from '../browser-dialogue.ts'
import type { DialogueSession, DialogueState } from '../session/dialogue.ts'
import type { ReadonlyStore } from '../session/store.ts'
import { useConnectionOptions } from './DeepgramProvider.tsx'
import { useGone } from './useGone.ts'
import { useLatest } from './useLatest.ts'
import { useSessionResult } from './useTracked.ts'

/** Options of {@link useDeepgramDialogue}. */
export type UseDeepgramDialogueOptions = BrowserDialogueOptions

/** What {@link useDeepgramDialogue} returns: the state, the verbs, both sides, and the session itself. */
export interface UseDeepgramDialogueResult
  extends DialogueState, Omit<DialogueSession, keyof ReadonlyStore<DialogueState> | 'destroy'> {
  /** The session: a read-only store plus the same verbs, stable for the life of the component. */
  readonly session: DialogueSession
}

/**
 * A conversation: listens, lets the application answer, and speaks the answer.
 *
 * Nothing happens on mounting. Options are read when they are used, so inline objects and callbacks are fine; whether
 * `listen` and `speak` are sessions is decided by the first render. Verbs never change identity. Unmounting ends the
 * conversation; sessions of its own are ended with it, those that were given stay as they are.
 *
 * Renders again only when a member that was read has changed: `history` changes at most ten times a second while the page
 * speaks, `unfinished` at most once per picture, `phase` a few times a turn.
 */
export function useDeepgramDialogue(options: UseDeepgramDialogueOptions): UseDeepgramDialogueResult {
  const inForce = useConnectionOptions(options)
  // A function, so that developer tools, which show what a ref holds, show no credential.
  const latest = useLatest(() => inForce)
  const [session] = useState(() => createBrowserDialogueSession(() => latest.current()))

  useGone(session.destroy)

  return useSessionResult<DialogueState, DialogueSession>(session)
}
