/** The console methods that a test must not see unexpectedly. */
export type WatchedMethod = 'error' | 'warn'

interface Allowance {
  method: WatchedMethod
  pattern: RegExp
  required: boolean
  seen: number
}

interface ConsoleWatch {
  allowances: Allowance[]
  unexpected: string[]
}

// Kept on the global object: in the browser a setup file and a test file may each load their own copy of this module.
const key = Symbol.for('react-deepgram.test.console')
const holder = globalThis as { [key]?: ConsoleWatch }

/** What the running test has allowed and what it has met; for the setup file. */
export const consoleWatch: ConsoleWatch = (holder[key] ??= { allowances: [], unexpected: [] })

/**
 * Expects a console message in the running test: without one that matches, the test fails.
 *
 * Any other `console.error` or `console.warn` still fails the test.
 *
 * @returns How many messages have matched so far.
 */
export function expectConsole(method: WatchedMethod, pattern: RegExp): () => number {
  return allow(method, pattern, true)
}

/** Tolerates a console message in the running test, whether or not it comes. */
export function allowConsole(method: WatchedMethod, pattern: RegExp): () => number {
  return allow(method, pattern, false)
}

function allow(method: WatchedMethod, pattern: RegExp, required: boolean): () => number {
  const allowance: Allowance = { method, pattern, required, seen: 0 }
  consoleWatch.allowances.push(allowance)
  return () => allowance.seen
}
