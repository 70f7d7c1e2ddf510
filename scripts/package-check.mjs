// Packs the package and lets publint and are-the-types-wrong judge the tarball; then size-limit weighs what an application loads,
// and the licences of everything that is installed with the package are looked at.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './doors.mjs'

execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--if-stale'], { cwd: root, stdio: ['ignore', 1, 2] })
const folder = mkdtempSync(join(tmpdir(), 'react-deepgram-pack-'))
try {
  const quiet = ['--ignore-scripts', '--loglevel', 'error']
  execFileSync('npm', ['pack', '--pack-destination', folder, ...quiet], {
    cwd: root,
    stdio: ['ignore', 'ignore', 2],
    shell: process.platform === 'win32',
  })
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  )
  const checks = [
    ['publint/src/cli.js', ['run', tarball, '--strict']],
    // A stylesheet has no types to be wrong.
    [
      '@arethetypeswrong/cli/dist/index.js',
      [tarball, '--profile', 'esm-only', '--exclude-entrypoints', './styles.css', '--no-emoji'],
    ],
    ['size-limit/bin.js', []],
    [
      'license-checker-rseidelsohn/bin/license-checker-rseidelsohn.js',
      // What an application would have to be asked about first is not here.
      [
        '--production',
        '--excludePrivatePackages',
        '--onlyAllow',
        'MIT;ISC;BSD-2-Clause;BSD-3-Clause;0BSD;Apache-2.0',
        '--summary',
      ],
    ],
  ]
  for (const [path, args] of checks) {
    const { status } = spawnSync(process.execPath, [join(root, 'node_modules', path), ...args], {
      cwd: root,
      stdio: ['ignore', 1, 2],
    })
    if (status !== 0) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
