/** Someone who can be asked to be silent. */
export interface Speaker {
  /** Another speaker begins: fall silent. */
  yield(): void
  /** The turn that was waited for has come. */
  begin?(): void
}

/** Lets one speaker be heard at a time, and knows whether one is. */
export interface Coordinator {
  /** Whether sound of any speaker is on its way to the ear: from its first audio to its last, gaps included. */
  readonly isSounding: boolean
  /** The speaker begins; the one before it is asked to yield. */
  claim(speaker: Speaker): void
  /** The speaker begins when nobody else speaks. Returns whether that is now; otherwise `begin` follows. */
  wait(speaker: Speaker): boolean
  /** The speaker is done, or waits no longer; the next who waits begins. */
  release(speaker: Speaker): void
  /** The speaker's sound begins, before any of it is heard, or it is over. */
  sound(speaker: Speaker, isSounding: boolean): void
  /** Calls back when {@link Coordinator.isSounding} changes. Returns its own undo. */
  onSounding(listener: () => void): () => void
}

/** Creates a coordinator of its own, for speakers that leave the rest of the page alone. */
export function createCoordinator(): Coordinator {
  let current: Speaker | null = null
  const sounding = new Set<Speaker>()
  const listeners = new Set<() => void>()
  const waiting = new Set<Speaker>()
  return {
    get isSounding() {
      return sounding.size > 0
    },
    claim(speaker) {
      const previous = current
      current = speaker
      waiting.delete(speaker)
      if (previous !== speaker) previous?.yield()
    },
    wait(speaker) {
      current ??= speaker
      if (current !== speaker) waiting.add(speaker)
      return current === speaker
    },
    release(speaker) {
      waiting.delete(speaker)
      if (current !== speaker) return
      const [next = null] = waiting
      current = next
      waiting.delete(next!)
      next?.begin?.()
    },
    sound(speaker, isSounding) {
      const before = sounding.size
      if (isSounding) sounding.add(speaker)
      else sounding.delete(speaker)
      if (!before !== !sounding.size) for (const listener of [...listeners]) listener()
    },
    onSounding(listener) {
      // Each call is a subscription of its own, even with the same function.
      const own = (): void => listener()
      listeners.add(own)
      return () => listeners.delete(own)
    },
  }
}

/** The coordinator of everything that is heard on this page. */
export const pageCoordinator: Coordinator = /* @__PURE__ */ createCoordinator()
