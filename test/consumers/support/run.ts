import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { expect } from 'vitest'

/** The environment of a developer's shell: nothing of the test runner's own, nor of a machine that runs it. */
function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { NODE_ENV: _, VITEST: __, NODE_OPTIONS: ___, CI: ____, FORCE_COLOR: _____, ...env } = process.env
  return { ...env, NO_COLOR: '1', ...extra }
}

/** Runs a program of Node to its end; gives everything it said, and fails the test if it failed. */
export function run(cwd: string, args: readonly string[], env?: Record<string, string>): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: environment(env),
  })
  const said = stdout + stderr
  expect(status, said).toBe(0)
  return said
}

/** A server in a process of its own. */
export interface Running {
  /** Everything it has said. */
  said(): string
  /** Ends it, and its children. */
  end(): Promise<void>
}

/** Starts a program of Node, and waits until it says `ready`. */
export async function start(
  cwd: string,
  args: readonly string[],
  ready: RegExp,
  env?: Record<string, string>,
): Promise<Running> {
  // A group of its own, so that what it starts ends with it.
  const child = spawn(process.execPath, args, { cwd, env: environment(env), detached: process.platform !== 'win32' })
  let said = ''
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`It never said ${String(ready)}:\n${said}`)), 60_000)
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      if (!ready.test(said)) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', (code) => reject(new Error(`It ended with ${code}:\n${said}`)))
  }).catch(async (error: unknown) => {
    endGroup(child)
    throw error
  })
  return {
    said: () => said,
    async end() {
      endGroup(child)
      await ended
    },
  }
}

function endGroup(child: ChildProcess): void {
  if (child.exitCode !== null || child.pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGTERM')
  } catch {
    // It has ended meanwhile.
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
