import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { root } from '../../scripts/doors.mjs'
import { packInto } from '../../scripts/pack.mjs'

/** Besides what the examples name: what the tests' own applications are built with. */
const TOOLS = {
  '@babel/core': '^7.28.0',
  'babel-plugin-react-compiler': '^1.0.0',
  'create-vite': '^9.0.0',
  'mini-css-extract-plugin': '^2.9.0',
  'css-loader': '^7.1.0',
  'esbuild-loader': '^4.3.0',
  // What a new application has. The others keep to the one that the repository itself has.
  'typescript-7': 'npm:typescript@~7.0.2',
  webpack: '^5.100.0',
}
const EXAMPLES = ['vite', 'next', 'dictation', 'dialogue']

/**
 * Installs the packed package as a stranger would, once for all tests of the project: with React 19 and every tool at the top,
 * and with React 18 in a folder below. It lies outside the repository, so that nothing is found there by accident.
 *
 * `CONSUMERS=/some/folder` keeps the folder, and in the next run renews only the package itself; with `CONSUMERS_AS_IS=1` not
 * even that, for work on the tests alone.
 */
export default function setup(project: TestProject) {
  const kept = process.env['CONSUMERS']
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'react-deepgram-consumers-'))
  mkdirSync(folder, { recursive: true })
  if (process.env['CONSUMERS_AS_IS'] !== '1') installAll(folder)

  for (const name of EXAMPLES) {
    const target = join(folder, name)
    rmSync(target, { recursive: true, force: true })
    // Without what a start in the repository has left there.
    cpSync(join(root, 'examples', name), target, {
      recursive: true,
      filter: (path) => !/[\\/](node_modules|\.next|dist)$/.test(path),
    })
  }
  for (const target of [join(folder, 'app'), join(folder, 'react-18/app')]) {
    rmSync(target, { recursive: true, force: true })
    cpSync(join(root, 'test/consumers/app'), target, { recursive: true })
  }
  project.provide('consumers', folder)
  return () => {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

function installAll(folder: string): void {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--if-stale'], { stdio: ['ignore', 1, 2] })
  const tarball = packInto(join(folder, 'tarball'))

  const dependencies: Record<string, string> = { ...TOOLS }
  for (const name of EXAMPLES) {
    const manifest = JSON.parse(readFileSync(join(root, 'examples', name, 'package.json'), 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >
    Object.assign(dependencies, manifest.dependencies, manifest.devDependencies)
  }
  install(folder, { ...dependencies, 'react-deepgram': `file:${tarball}` })
  install(join(folder, 'react-18'), {
    react: '^18.3.1',
    'react-dom': '^18.3.1',
    'react-deepgram': `file:${tarball}`,
  })
}

function install(folder: string, dependencies: Record<string, string>): void {
  mkdirSync(folder, { recursive: true })
  // A package of the same version as the one installed before is taken for the same package.
  rmSync(join(folder, 'node_modules/react-deepgram'), { recursive: true, force: true })
  rmSync(join(folder, 'package-lock.json'), { force: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }, null, 2))
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 2],
    shell: process.platform === 'win32',
  })
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder in which the packed package is installed, with React 19; `react-18` below it has React 18. */
    consumers: string
  }
}
