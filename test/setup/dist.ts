import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { root } from '../../scripts/doors.mjs'

/**
 * Builds the package when a test that reads it is about to run and the source has changed since the last build.
 *
 * A run that names only unit tests does not wait for a build.
 */
export default function setup(project: TestProject) {
  // Vitest keeps the file names of its command line to itself; without them the package is built.
  const asked = (project.vitest as unknown as { filenamePattern?: string[] }).filenamePattern ?? []
  const needsPackage = asked.length === 0 || asked.some((name) => /contract|e2e/.test(name))
  if (!needsPackage || !existsSync(`${root}/scripts/build.mjs`)) return
  execFileSync(process.execPath, [`${root}/scripts/build.mjs`, '--if-stale'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}
