// Builds the package into dist/: modules and source maps by Vite, declarations by TypeScript, the stylesheet as it is.
//
//   node scripts/build.mjs              builds
//   node scripts/build.mjs --if-stale   builds only when a source has changed since the last build
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { build } from 'vite'
import { commandLine, doors, root, styles } from './doors.mjs'

const cache = join(root, 'node_modules/.cache/react-deepgram')
const stamp = join(cache, 'dist.hash')
const worklet = join(root, 'dist/pcm-worklet.js')
const lock = join(cache, 'build.lock')

const started = Date.now()
await acquire()
try {
  const hash = sourceHash()
  const isFresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && isComplete()
  if (!process.argv.includes('--if-stale') || !isFresh) {
    rmSync(stamp, { force: true })
    rmSync(join(root, 'dist'), { recursive: true, force: true })
    const complaints = (await buildModules()) + emitDeclarations()
    if (existsSync(join(root, styles.source))) {
      copyFileSync(join(root, styles.source), join(root, styles.built))
      // Since TypeScript 6 an import for its effect alone must lead to something that has types.
      writeFileSync(join(root, `${styles.built}.d.ts`), 'export {}\n')
    }
    await writeWorklet()
    finishCommandLine()
    if (complaints > 0) {
      // The modules are there and can be tried; but the build has failed, and says so.
      process.exitCode = 1
    } else {
      writeFileSync(stamp, hash)
      console.log(`dist/ built in ${((Date.now() - started) / 1000).toFixed(1)} s`)
    }
  }
} finally {
  rmSync(lock, { recursive: true, force: true })
}

/** Builds both graphs of vite.config.ts. Returns the number of errors told. */
async function buildModules() {
  try {
    // Whoever builds, a run of tests with a NODE_ENV of its own among them: JSX for development does not run in production.
    process.env.NODE_ENV = 'production'
    for (const mode of ['client', 'server']) await build({ configFile: join(root, 'vite.config.ts'), mode })
    return 0
  } catch (error) {
    console.error(error.message)
    return 1
  }
}

/** Two test runs that start together must not write dist/ together. A lock that is older than any build is a dead one. */
async function acquire() {
  mkdirSync(cache, { recursive: true })
  for (;;) {
    try {
      mkdirSync(lock)
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0)
      if (age > 120_000) rmSync(lock, { recursive: true, force: true })
      else await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

function sourceHash() {
  const hash = createHash('sha256')
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const settings = ['package.json', 'vite.config.ts', 'tsconfig.base.json', 'tsconfig.json', 'tsconfig.build.json']
  for (const path of [
    ...sources.sort(),
    ...[...settings, 'scripts/build.mjs', 'scripts/doors.mjs'].map((name) => join(root, name)),
  ]) {
    hash.update(`${path}\n${readFileSync(path, 'utf8')}\n`)
  }
  return hash.digest('hex')
}

/** The program of the audio thread as a file, for pages whose policy allows no `blob:`. */
async function writeWorklet() {
  const { PCM_WORKLET } = await import(pathToFileURL(join(root, 'dist/capture/pcm-worklet.js')).href)
  writeFileSync(worklet, PCM_WORKLET)
}

function isComplete() {
  if (!existsSync(worklet)) return false
  return [...Object.values(doors), styles, commandLine].every(
    ({ source, built }) => !existsSync(join(root, source)) || existsSync(join(root, built)),
  )
}

/** Emits declarations whose relative imports name the built `.js` files. Returns the number of errors told. */
function emitDeclarations() {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => report([diagnostic]) }
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.build.json'), {}, host)
  const program = ts.createProgram(config.fileNames, config.options)
  const result = program.emit(undefined, (path, text) => ts.sys.writeFile(path, withBuiltImports(text)))
  return report([...ts.getPreEmitDiagnostics(program), ...result.diagnostics])
}

// TypeScript rewrites `.ts` in the imports of modules, but not in those of declarations.
function withBuiltImports(text) {
  let out = text
  for (const { fileName, end } of ts.preProcessFile(text, true, true).importedFiles.toReversed()) {
    if (!/^\.\.?\//.test(fileName)) continue
    const start = text.indexOf(fileName, end - fileName.length - 2)
    out = out.slice(0, start) + fileName.replace(/\.tsx?$/, '.js') + out.slice(start + fileName.length)
  }
  return out
}

function report(diagnostics) {
  if (diagnostics.length > 0) {
    console.error(
      ts.formatDiagnosticsWithColorAndContext(diagnostics, {
        getCanonicalFileName: (name) => name,
        getCurrentDirectory: () => root,
        getNewLine: () => '\n',
      }),
    )
  }
  return diagnostics.length
}

function finishCommandLine() {
  const path = join(root, commandLine.built)
  if (!existsSync(path)) return
  if (!readFileSync(path, 'utf8').startsWith('#!')) {
    throw new Error(
      `${commandLine.built} has lost its first line; it would not start as a command; begin ${commandLine.source} with #!/usr/bin/env node.`,
    )
  }
  chmodSync(path, 0o755)
}
