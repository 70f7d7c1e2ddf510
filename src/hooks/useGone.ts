'use client'
import { useEffect, useRef } from 'react'

/**
 * Runs `end` when the component has gone for good.
 *
 * In development React takes effects away and brings them back in one task: Strict Mode at mounting, and again whenever a
 * `<Suspense>` boundary shows its content after a fallback; a hot reload too. A session that somebody is speaking into does not end
 * for that.
 *
 * @param end - Stable for the life of the component.
 */
export function useGone(end: () => void): void {
  const present = useRef<(() => void) | null>(null)
  useEffect(() => {
    present.current = end
    return () => {
      present.current = null
      queueMicrotask(() => {
        if (present.current !== end) end()
      })
    }
  }, [end])
}
