'use client'
import { useEffect } from 'react'
import { holdWhileSpeaking, type HalfDuplexOptions } from '../session/half-duplex.ts'
import type { ListenSession } from '../session/listen-session.ts'
import { useLatest } from './useLatest.ts'

/** Options of {@link useHalfDuplex}. */
export interface UseHalfDuplexOptions extends HalfDuplexOptions {
  /** Whether it holds the microphone at all. @default true */
  isOn?: boolean | undefined
}

/**
 * Closes the microphone of a listen session while any voice of this page is heard, so that the page does not transcribe
 * itself. Nothing has to be handed from the component that speaks to the one that listens. A dialogue does this by itself.
 *
 * The session is paused meanwhile, and its status says so. Renders nothing anew; unmounting opens the microphone again.
 */
export function useHalfDuplex(session: ListenSession, options: UseHalfDuplexOptions = {}): void {
  const latest = useLatest(options)
  useEffect(
    () => holdWhileSpeaking(session, () => ((latest.current.isOn ?? true) ? latest.current : null)),
    [session, latest],
  )
}
