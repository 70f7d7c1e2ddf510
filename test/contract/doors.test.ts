import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import vm from 'node:vm'
import { build, type BuildOptions } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doors, root } from '../../scripts/doors.mjs'
import { makeApplication, packedFiles, requireBuild, type Application } from '../support/packed.ts'

const names = Object.keys(doors)
/** The doors that a page may open. */
const forBrowsers = ['react-deepgram', 'react-deepgram/core', 'react-deepgram/testing']

let application: Application
let packed: string[]

beforeAll(() => {
  requireBuild()
  packed = packedFiles()
  application = makeApplication(packed)
}, 60_000)

afterAll(() => application?.remove())

/** Runs a module in a Node that knows nothing of the tests, and returns what it printed as JSON. */
function inBareNode<Result>(code: string): Result {
  const file = join(application.folder, 'bare.mjs')
  // It ends by itself when it has printed: a timer that an import started must be reported, not waited for.
  writeFileSync(file, `${code}\nprocess.exit()`)
  const { NODE_OPTIONS: _, VITEST: __, NODE_ENV: ___, ...env } = process.env
  return JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8', env, timeout: 30_000 })) as Result
}

/** The files of the packed package that a file pulls in, itself included. */
function reachedFrom(file: string): string[] {
  const reached = new Set<string>()
  const pending = [file]
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    const text = readFileSync(join(application.packageFolder, path), 'utf8')
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (fileName.startsWith('.')) pending.push(posix.join(posix.dirname(path), fileName))
    }
  }
  return [...reached].sort()
}

function directives(file: string): string[] {
  const text = readFileSync(join(application.packageFolder, file), 'utf8')
  const found: string[] = []
  for (const statement of ts.createSourceFile(file, text, ts.ScriptTarget.Latest).statements) {
    if (!ts.isExpressionStatement(statement) || !ts.isStringLiteral(statement.expression)) break
    found.push(statement.expression.text)
  }
  return found
}

/** Bundles an application that imports everything of a door. */
async function bundle(door: string, options: BuildOptions = {}) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from ${JSON.stringify(door)}`, resolveDir: application.folder },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
    ...options,
    write: false,
    metafile: true,
  })
  return { text: outputFiles[0]!.text, metafile }
}

describe('the doors', () => {
  test('are six, and each leads to packed files', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, string | Record<string, string>>
    }
    const opened = Object.keys(exports).map((path) => posix.join('react-deepgram', path))
    expect(opened.sort()).toEqual([...names, 'react-deepgram/styles.css'].sort())
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? target : Object.values(target),
    )
    expect(targets.filter((target) => !packed.includes(posix.normalize(target)))).toEqual([])
    for (const [door, { built }] of Object.entries(doors)) {
      expect(exports[`.${door.slice('react-deepgram'.length)}`]).toMatchObject({ default: `./${built}` })
    }
  })

  test('the command line is packed, can be run, and says how', () => {
    const file = join(application.packageFolder, 'dist/testing/cli.js')
    expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect(execFileSync(process.execPath, [file, '--help'], { encoding: 'utf8', timeout: 20_000 })).toContain('--port')
  })

  test('the package holds nothing that a user has no use for', () => {
    const places = new Set(packed.map((file) => file.split('/')[0]))
    expect([...places].filter((place) => !['dist', 'src'].includes(place!)).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'].filter((file) =>
        existsSync(join(root, file)),
      ),
    )
    expect(packed.filter((file) => /\.(test|stories)\.|node_modules|tsbuildinfo/.test(file))).toEqual([])
  })

  test('every source map leads to a packed source', () => {
    const lost = packed
      .filter((file) => file.endsWith('.js.map'))
      .flatMap((file) => {
        const { sources } = JSON.parse(readFileSync(join(application.packageFolder, file), 'utf8')) as {
          sources: string[]
        }
        return sources
          .filter((source) => !packed.includes(posix.join(posix.dirname(file), source)))
          .map((source) => `${file}: ${source}`)
      })
    expect(lost).toEqual([])
  })

  test.each(names)('%s exports the names that are written down', async (door) => {
    const values = inBareNode<string[]>(`console.log(JSON.stringify(Object.keys(await import('${door}')).sort()))`)
    const declarations = join(application.packageFolder, doors[door]!.built.replace(/\.js$/, '.d.ts'))
    const program = ts.createProgram([declarations], {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      skipLibCheck: true,
      noEmit: true,
    })
    const checker = program.getTypeChecker()
    const file = checker.getSymbolAtLocation(program.getSourceFile(declarations)!)!
    const declared = checker
      .getExportsOfModule(file)
      .map(({ name }) => name)
      .sort()
    expect(
      values.filter((name) => !declared.includes(name)),
      'values without a type',
    ).toEqual([])
    const page = declared.map((name) => (values.includes(name) ? name : `type ${name}`)).join('\n')
    await expect(`${page}\n`).toMatchFileSnapshot(`./__snapshots__/${door.replaceAll('/', '-')}.txt`)
  })
})

describe('imported where there is no browser', () => {
  test.each(names)('pain 28: %s can be imported in bare Node, and importing it does nothing', (door) => {
    const report = inBareNode<{ handles: string[]; globals: string[]; browser: string[] }>(`
      const before = new Set(Reflect.ownKeys(globalThis).map(String))
      const browser = ['window', 'document', 'self', 'MediaRecorder', 'AudioContext', 'localStorage'].filter((name) => name in globalThis)
      await import('${door}')
      await new Promise((resolve) => setImmediate(resolve))
      console.log(JSON.stringify({
        handles: process.getActiveResourcesInfo().filter((name) => !/FSReq|TTY|Pipe|Immediate/.test(name)),
        globals: Reflect.ownKeys(globalThis).map(String).filter((name) => !before.has(name)),
        browser,
      }))
    `)
    expect(report).toEqual({ handles: [], globals: [], browser: [] })
  })

  test.each(names.filter((door) => door !== 'react-deepgram/testing/node'))(
    'pain 28: %s can be imported at the edge, where there is neither a page nor Node',
    async (door) => {
      const { text } = await bundle(door, {
        format: 'iife',
        globalName: 'door',
        platform: 'neutral',
        mainFields: ['module', 'main'],
        conditions: ['worker'],
        define: { 'process.env.NODE_ENV': '"production"' },
      })
      const context = vm.createContext(edgeGlobals())
      const exported = vm.runInContext(`${text}; Object.keys(door)`, context) as string[]
      expect(exported.length).toBeGreaterThan(0)
      expect(vm.runInContext('typeof window + typeof document + typeof process + typeof require', context)).toBe(
        'undefined'.repeat(4),
      )
    },
  )
})

/** What Web-standard runtimes for servers have in common. */
function edgeGlobals() {
  return {
    ...{
      AbortController,
      AbortSignal,
      Blob,
      console,
      crypto,
      Event,
      EventTarget,
      fetch,
      FormData,
      Headers,
      queueMicrotask,
    },
    ...{ ReadableStream, Request, Response, setTimeout, clearTimeout, setInterval, clearInterval, structuredClone },
    ...{ TextDecoder, TextEncoder, TransformStream, URL, URLSearchParams, WritableStream, atob, btoa, DOMException },
  }
}

describe('bundled for a page', () => {
  // esbuild replaces only a name that nothing in the bundle declares, so what is left is what a browser would look up.
  const free = Object.fromEntries(
    ['Buffer', 'global', 'require', '__dirname', 'setImmediate'].map((name) => [name, `free_${name}`]),
  )

  test.each(forBrowsers)('pain 47: %s leaves no name of Node to be polyfilled', async (door) => {
    const { text, metafile } = await bundle(door, {
      define: { ...free, process: 'free_process', 'process.env.NODE_ENV': '"production"' },
      external: ['react', 'react/*'],
    })
    expect([...new Set(text.match(/free_\w+/g))]).toEqual([])
    const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(imported.filter((path) => !/^react(\/|$)/.test(path))).toEqual([])
  })

  test.each(forBrowsers)('pain 47: %s can be loaded by a page that replaces nothing', async (door) => {
    // As a browser sees the files through an import map: `process.env.NODE_ENV` stands there as written. React is the page's own affair.
    const { text } = await bundle(door, {
      format: 'cjs',
      define: { 'process.env.NODE_ENV': 'process.env.NODE_ENV' },
      external: ['react', 'react/*', 'zustand', 'zustand/*'],
    })
    const react = new Proxy({}, { get: (_, name) => (name === '__esModule' ? false : function nothing() {}) })
    const module = { exports: {} }
    const context = vm.createContext({ ...edgeGlobals(), module, exports: module.exports, require: () => react })
    vm.runInContext(text, context)
    expect(Object.keys(module.exports).length).toBeGreaterThan(0)
  })

  test('NODE_ENV stands in the packed files as written, for the application to replace', () => {
    const files = packed.filter((file) => /^dist\/(?!testing\/|server\/).*\.js$/.test(file))
    const text = files.map((file) => readFileSync(join(application.packageFolder, file), 'utf8')).join('\n')
    expect(text).toContain('process.env.NODE_ENV')
  })
})

describe('with React Server Components', () => {
  test('pain 85: every file that the React door pulls in begins with the directive, so an application need not', () => {
    const files = reachedFrom('dist/index.js')
    expect(files.length).toBeGreaterThan(1)
    expect(files.filter((file) => directives(file).join() !== 'use client')).toEqual([])
  })

  test('pain 85: no file that the server door pulls in is marked for the client', () => {
    const files = reachedFrom('dist/server/index.js')
    expect(files.filter((file) => directives(file).length > 0)).toEqual([])
  })

  test.each(['react-deepgram/testing', 'react-deepgram/testing/node'])(
    'pain 85: %s itself is not marked for the client',
    (door) => {
      expect(directives(doors[door]!.built)).toEqual([])
    },
  )
})
