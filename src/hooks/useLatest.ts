'use client'
import { useInsertionEffect, useRef, type RefObject } from 'react'

/** Keeps the value of the latest render where callbacks can read it. Renders nothing anew. */
export function useLatest<T>(value: T): Readonly<RefObject<T>> {
  const latest = useRef(value)
  useInsertionEffect(() => {
    latest.current = value
  })
  return latest
}
