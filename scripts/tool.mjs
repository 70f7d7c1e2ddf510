import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)

/**
 * The path of an installed tool's program. Asked by folder, because not every package lets its package.json be resolved.
 *
 * @param {string} name
 * @param {string} path
 * @returns {string}
 * @throws {Error} when the tool is not installed.
 */
export function tool(name, path) {
  const folder = require.resolve.paths(name)?.find((modules) => existsSync(join(modules, name, path)))
  if (folder === undefined) throw new Error(`${name} is not installed. Run npm install first.`)
  return join(folder, name, path)
}
