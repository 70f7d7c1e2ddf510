import { abortedError } from './errors.ts'

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
  listen(target: EventTarget, type: string, listener: (event: never) => void): Dispose
  /** Starts a one-shot timer that dies with the scope. */
  timeout(callback: () => void, delayMs: number): Dispose
  /** Runs every disposer, newest first. One that throws does not stop the rest. */
  readonly dispose: () => void
}

/** Creates an empty scope. */
export function createScope(): Scope {
  const disposers = new Set<Dispose>()
  const controller = new AbortController()
  const { signal } = controller
  const add = (dispose: Dispose): Dispose => {
    const once = (): void => {
      if (disposers.delete(once)) dispose()
    }
    disposers.add(once)
    if (signal.aborted) once()
    return once
  }
  return {
    signal,
    get isDisposed() {
      return signal.aborted
    },
    add,
    listen(target, type, listener) {
      target.addEventListener(type, listener as EventListener)
      return add(() => target.removeEventListener(type, listener as EventListener))
    },
    timeout(callback, delayMs) {
      const id = setTimeout(() => {
        forget()
        callback()
      }, delayMs)
      const forget = add(() => clearTimeout(id))
      return forget
    },
    dispose() {
      controller.abort()
      for (const dispose of [...disposers].reverse()) {
        try {
          dispose()
        } catch {
          // One broken disposer must not keep a microphone or a socket open; nobody is left to tell.
        }
      }
    },
  }
}

/**
 * Settles as a promise does, unless the signal aborts first; what the promise yields is then nobody's.
 *
 * @param what - What was under way, for the error's message.
 * @throws DeepgramError `aborted` as a rejection.
 */
export const untilAborted = <T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(abortedError(what))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    const forget = (): void => signal.removeEventListener('abort', abort)
    void promise.then(resolve, reject).then(forget)
  })
