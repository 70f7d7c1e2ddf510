/** Someone who can be asked to be silent. */
export interface Speaker {
  /** Another speaker begins: fall silent. */
  yield(): void
}

/** Lets one speaker be heard at a time. */
export interface Coordinator {
  /** The speaker begins; the one before it is asked to yield. */
  claim(speaker: Speaker): void
  /** The speaker is done. */
  release(speaker: Speaker): void
}

/** Creates a coordinator of its own, for speakers that leave the rest of the page alone. */
export function createCoordinator(): Coordinator {
  let current: Speaker | null = null
  return {
    claim(speaker) {
      const previous = current
      current = speaker
      if (previous !== speaker) previous?.yield()
    },
    release(speaker) {
      if (current === speaker) current = null
    },
  }
}

/** The coordinator of everything that is heard on this page. */
export const pageCoordinator: Coordinator = /* @__PURE__ */ createCoordinator()
