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

const coordinators = new WeakMap<object, Coordinator>()

/** Finds the coordinator of a page, or of whatever object stands for what is heard together. */
export function coordinatorOf(page: object = globalThis): Coordinator {
  const coordinator = coordinators.get(page) ?? createCoordinator()
  coordinators.set(page, coordinator)
  return coordinator
}
