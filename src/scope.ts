/** Undoes one thing; calling it again does nothing. */
export type Dispose = () => void

/** Collects what must be undone, and undoes it once, newest first. */
export interface Scope {
  /** Aborts when the scope is disposed. */
  readonly signal: AbortSignal
  /** Whether {@link Scope.dispose} was called. */
  readonly isDisposed: boolean
  /** Adds a disposer; one that comes after the end runs at once. Returns a function that runs and forgets it. */
  add(dispose: Dispose): Dispose
  /** Listens to a DOM-style event until the scope ends. */
  listen(
    target: EventTarget,
    type: string,
    listener: (event: never) => void,
    options?: AddEventListenerOptions,
  ): Dispose
  /** Starts a one-shot timer that dies with the scope. */
  timeout(callback: () => void, delayMs: number): Dispose
  /** Runs every disposer, newest first. One that throws does not stop the rest. */
  dispose(): void
}

/** Creates an empty scope. */
export function createScope(): Scope {
  const disposers = new Set<Dispose>()
  const controller = new AbortController()
  const add = (dispose: Dispose): Dispose => {
    if (controller.signal.aborted) {
      dispose()
      return () => {}
    }
    disposers.add(dispose)
    return () => {
      if (disposers.delete(dispose)) dispose()
    }
  }
  return {
    signal: controller.signal,
    get isDisposed() {
      return controller.signal.aborted
    },
    add,
    listen(target, type, listener, options) {
      target.addEventListener(type, listener as EventListener, options)
      return add(() => target.removeEventListener(type, listener as EventListener, options))
    },
    timeout(callback, delayMs) {
      const forget = add(() => clearTimeout(id))
      const id = setTimeout(() => {
        forget()
        callback()
      }, delayMs)
      return forget
    },
    dispose() {
      controller.abort()
      for (const dispose of [...disposers].reverse()) {
        if (!disposers.delete(dispose)) continue
        try {
          dispose()
        } catch {
          // One broken disposer must not keep a microphone or a socket open; nobody is left to tell.
        }
      }
    },
  }
}
