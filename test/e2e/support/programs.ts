import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where a program is that the command line would find by its name. */
export function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
}

/** A program that runs until it is ended. */
export interface RunningProgram {
  readonly process: ChildProcess
  /** What it wrote to its error output. */
  readonly errors: () => string
  /** Resolves when it has ended by itself, with its exit code. */
  readonly ended: Promise<number | null>
  /** Ends it, and the programs that it started. Harmless when called twice. */
  end(): Promise<void>
}

/** Starts a program in a process group of its own, so that what it starts can be ended with it. */
export function startProgram(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): RunningProgram {
  const child = spawn(name, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr?.on('data', (data: Buffer) => (errors = (errors + data.toString()).slice(-10_000)))
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      errors += String(error)
      resolve(null)
    })
    child.on('close', (code) => resolve(code))
  })
  const signal = (name: NodeJS.Signals): void => {
    try {
      // The group may outlive its leader.
      if (child.pid !== undefined) process.kill(-child.pid, name)
    } catch {
      // It has ended.
    }
  }
  const kill = (): void => signal('SIGKILL')
  // A run that is broken off leaves nothing behind.
  process.once('exit', kill)
  return {
    process: child,
    errors: () => errors,
    ended,
    async end() {
      signal('SIGTERM')
      const timer = setTimeout(kill, 3000)
      await ended
      clearTimeout(timer)
      kill()
      process.off('exit', kill)
    },
  }
}
