import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../../scripts/doors.mjs'

interface Manifest {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  scripts?: Record<string, string>
}
interface LockedPackage extends Manifest {
  resolved?: string
  integrity?: string
  hasInstallScript?: boolean
  dev?: boolean
  peer?: boolean
  optional?: boolean
  devOptional?: boolean
}

const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'))
const manifest = read('package.json') as Manifest
const { packages } = read('package-lock.json') as { packages: Record<string, LockedPackage> }

/** What an application installs with the library: its dependencies, and theirs. */
function runtime(names = Object.keys(manifest.dependencies ?? {}), seen = new Set<string>()): Set<string> {
  for (const name of names) {
    if (seen.has(name)) continue
    seen.add(name)
    const { dependencies, optionalDependencies } = packages[`node_modules/${name}`]!
    runtime(Object.keys({ ...dependencies, ...optionalDependencies }), seen)
  }
  return seen
}

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare']

describe('the supply chain', () => {
  test('two packages come with the library, and none with these', () => {
    expect([...runtime()].sort()).toEqual(['valibot', 'zustand'])
  })

  test('neither the library nor what comes with it runs anything when it is installed', () => {
    const scriptsOf = ({ scripts = {} }: Manifest): string[] =>
      Object.keys(scripts).filter((name) => INSTALL_SCRIPTS.includes(name))
    expect(scriptsOf(manifest)).toEqual([])
    for (const name of runtime()) {
      expect([name, scriptsOf(read(`node_modules/${name}/package.json`) as Manifest)]).toEqual([name, []])
      expect(packages[`node_modules/${name}`]!.hasInstallScript ?? false).toBe(false)
    }
  })

  test('every locked package is held to its digest, and comes from no place of its own', () => {
    const foreign = Object.entries(packages).filter(
      ([path, { resolved = 'https://registry.npmjs.org/', integrity }]) =>
        path !== '' && !(resolved.startsWith('https://registry.npmjs.org/') && /^sha512-/.test(integrity ?? '')),
    )
    expect(foreign.map(([path]) => path)).toEqual([])
  })

  test('no key of the service is in the examples, nor a name under which a bundler would publish one', () => {
    const files = ['examples/demo/main.tsx', 'examples/demo/index.html', 'README.md', 'SECURITY.md', 'scripts/demo.mjs']
    for (const file of files) {
      const text = readFileSync(join(root, file), 'utf8')
      expect([file, /\b(NEXT_PUBLIC|VITE|REACT_APP|PUBLIC)_\w*(KEY|TOKEN|SECRET)/.exec(text)?.[0]]).toEqual([
        file,
        undefined,
      ])
      expect([file, /\b[0-9a-f]{40}\b/.test(text)]).toEqual([file, false])
    }
  })
})
