import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'
import { root } from '../../scripts/doors.mjs'

/** Throws unless dist/ was built from the source as it was when the run began. */
export function requireBuild(): void {
  if (inject('isBuilt') !== true) {
    throw new Error('dist/ could not be built; the packed package cannot be tested; see what "npm run build" says.')
  }
}

/** The files that `npm publish` would send, from the project's root. */
export function packedFiles(): string[] {
  const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel', 'error'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  const report = JSON.parse(json) as { files: { path: string }[] }[]
  return report[0]!.files.map(({ path }) => path).sort()
}

/** A folder in which `import 'react-deepgram'` finds the packed package. */
export interface Application {
  /** Where the application's own files go. */
  readonly folder: string
  /** The package's files, inside `node_modules` of the folder. */
  readonly packageFolder: string
  /** Removes the folder. */
  remove(): void
}

/**
 * Makes an empty application that has the packed package installed.
 *
 * It lies below the project's own `node_modules`, so that the peers and dependencies are found there.
 */
export function makeApplication(files = packedFiles()): Application {
  const parent = join(root, 'node_modules/.cache/react-deepgram')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'application-'))
  // Without a package of its own it would be a part of the project, and a bundler would resolve the name to the project itself.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'application', private: true, type: 'module' }))
  const packageFolder = join(folder, 'node_modules/react-deepgram')
  for (const file of files) {
    const target = join(packageFolder, file)
    mkdirSync(dirname(target), { recursive: true })
    cpSync(join(root, file), target)
  }
  return { folder, packageFolder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
