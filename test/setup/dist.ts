import { spawnSync } from 'node:child_process'
import type { TestProject } from 'vitest/node'
import { root } from '../../scripts/doors.mjs'

/**
 * Builds the package when a test that reads it is about to run and the source has changed since the last build.
 *
 * A run that names only other tests does not wait for a build. A build that fails fails the tests that read the package,
 * by `requireBuild` in `test/support/packed.ts`, and no others.
 */
export default function setup(project: TestProject) {
  // Vitest keeps the file names of its command line to itself; without them the package is built.
  const asked = (project.vitest as unknown as { filenamePattern?: string[] }).filenamePattern ?? []
  const needsPackage =
    asked.length === 0 ||
    asked.some((name) =>
      /contract|test\/?$|doors|docblocks|sizes|tree-shaking|command-line|api-report|consumers|e2e/.test(name),
    )
  if (!needsPackage) return
  const { status } = spawnSync(process.execPath, [`${root}/scripts/build.mjs`, '--if-stale'], {
    cwd: root,
    stdio: ['ignore', 1, 2],
  })
  project.provide('isBuilt', status === 0)
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether dist/ was built from the source as it was when the run began. */
    isBuilt: boolean
  }
}
