import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './doors.mjs'

/**
 * Packs the package as `npm publish` would; dist/ must be built.
 *
 * @param {string} folder - Where the tarball goes; made if it is not there.
 * @returns {string} The tarball's path.
 */
export function packInto(folder) {
  mkdirSync(folder, { recursive: true })
  const args = ['pack', '--json', '--pack-destination', folder, '--ignore-scripts', '--loglevel', 'error']
  const json = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
    shell: process.platform === 'win32',
  })
  return join(folder, JSON.parse(json)[0].filename)
}
