import type { DeepgramError } from '../errors.ts'
import type { Scope } from '../scope.ts'

/** What a hand-over needs of its session. */
export interface HandOverConfig {
  readonly scope: Scope
  /** The connection that the options ask for; equal texts are the same one. */
  wanted(): string
  /** The connection that is in use, or being made; `null` for none, and when no other is to be made. */
  used(): string | null
  /** Lets go of the line: what it was sent is still answered, nothing more is sent. `connect` or `retreat` follows. */
  leave(): void
  /** The line has ended. */
  connect(): void
  /** The new connection cannot be made: goes back to the one before. */
  retreat(error: DeepgramError): void
}

/** Goes over from one connection to another that the options ask for, in the midst of listening. */
export interface HandOver {
  /** See `ListenSession.applyOptions`. */
  readonly apply: () => Promise<void>
  /** A line is open. */
  readonly opened: () => void
  /** A line is over for good. @returns whether that was part of a hand-over, which goes on. */
  readonly ended: (error: DeepgramError | null) => boolean
}

/** Changes that follow one another so quickly are one. */
const MERGE_MS = 50

/** Creates a hand-over that does nothing until it is asked to. */
export function createHandOver(config: HandOverConfig): HandOver {
  const { scope } = config
  let pending: Promise<void> | null = null
  let settle: ((error: DeepgramError | null) => void) | null = null

  /** Resolves with what `end` is given, or with `null` when the session ends. */
  const until = <T>(begin: (end: (value: T | null) => void) => void): Promise<T | null> =>
    new Promise((resolve) => {
      const forget = scope.add(() => resolve(null))
      begin((value) => {
        resolve(value)
        forget()
      })
    })

  async function run(): Promise<void> {
    await until<null>((end) => scope.timeout(() => end(null), MERGE_MS))
    // Options may change once more while the new line opens.
    while (!scope.isDisposed && config.used() !== null && config.used() !== config.wanted()) {
      const error = await until<DeepgramError>((end) => {
        settle = end
        config.leave()
      })
      if (error) throw error
    }
  }

  function end(error: DeepgramError | null): void {
    const tell = settle
    settle = null
    tell?.(error)
  }

  return {
    apply() {
      if (!pending) {
        pending = run().finally(() => (pending = null))
        // The failure is in the state too: who ignores the promise is not punished for it.
        pending.catch(() => {})
      }
      return pending
    },
    opened: () => end(null),
    ended(error) {
      if (!settle) return false
      if (error) {
        config.retreat(error)
        end(error)
      } else {
        config.connect()
      }
      return true
    },
  }
}
