'use client'
import { useCallback, useMemo, useRef, type RefCallback } from 'react'
import { createLevelFollower } from '../audio/level.ts'
import type { ReadonlyStore } from '../session/store.ts'

/** Something with a level: a listen or a speak session. */
export interface LevelSource extends ReadonlyStore<{ readonly status: string }> {
  /** Momentary level, linear 0…1. Cheap. */
  readonly getLevel: () => number
}

/** What {@link useAudioLevel} returns. */
export interface UseAudioLevelResult {
  /** Give it to an element: its custom property `--dg-level` then follows the level, 0…1. */
  readonly ref: RefCallback<HTMLElement>
  /** The level now, linear 0…1. */
  readonly getLevel: () => number
}

/** As loudness is felt, 0…1: ordinary speech, at a tenth of full scale, lies near the middle. */
export const feltLevel = (level: number): number => Math.min(1, Math.sqrt(level) * 1.4)

/**
 * Calls `paint` before each picture with the felt level, while `getLevel` is worth asking. Returns its own undo.
 */
export function paintLevel(getLevel: () => number, paint: (level: number, elapsedMs: number) => void): () => void {
  const follower = createLevelFollower()
  let before = performance.now()
  const tick = (now: number): void => {
    frame = requestAnimationFrame(tick)
    const elapsedMs = Math.max(0, now - before)
    before = now
    paint(follower.push(feltLevel(getLevel()), elapsedMs), elapsedMs)
  }
  let frame = requestAnimationFrame(tick)
  return () => {
    cancelAnimationFrame(frame)
    paint(0, 0)
  }
}

/** Runs {@link paintLevel} while a session is neither idle nor in error: a page at rest paints nothing. */
export function paintSessionLevel(session: LevelSource, paint: (level: number, elapsedMs: number) => void): () => void {
  let stop: (() => void) | undefined
  const update = (): void => {
    const isActive = !/^(idle|error)$/.test(session.getState().status)
    if (isActive) stop ??= paintLevel(session.getLevel, paint)
    else {
      stop?.()
      stop = undefined
    }
  }
  const unsubscribe = session.subscribe(update)
  paint(0, 0)
  update()
  return () => {
    unsubscribe()
    stop?.()
  }
}

/**
 * Follows a session's level for a meter of one's own, by animation frames.
 *
 * Never renders. Asks for no second microphone stream. Nothing runs while the session is idle, or after unmounting.
 */
export function useAudioLevel(session: LevelSource): UseAudioLevelResult {
  const undo = useRef<(() => void) | undefined>(undefined)
  const ref = useCallback(
    (element: HTMLElement | null) => {
      undo.current?.()
      let before = ''
      undo.current = element
        ? paintSessionLevel(session, (level) => {
            // A hundredth is less than can be seen; with each change the browser styles the element anew.
            const now = level.toFixed(2)
            if (now !== before) element.style.setProperty('--dg-level', (before = now))
          })
        : undefined
    },
    [session],
  )
  return useMemo(() => ({ ref, getLevel: session.getLevel }), [ref, session])
}
