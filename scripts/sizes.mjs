// The weight of what an application loads: bundled from dist/, minified, brotli at its best, React outside.
//
//   npm run sizes              prints each beside what bench/sizes.json has
//   npm run sizes -- --write   writes them there
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'
import { doors, root } from './doors.mjs'

/**
 * What is weighed: an application's import, and the goal for it in bytes (1 kB is 1000), if there is one. A part may not grow beyond
 * what is written down; the goals are where the project is to end.
 */
export const parts = Object.freeze({
  useDeepgramListen: { imports: `export { useDeepgramListen } from 'react-deepgram'`, goal: 9_000 },
  useDeepgramSpeak: { imports: `export { useDeepgramSpeak } from 'react-deepgram'`, goal: 7_000 },
  everything: { imports: `export * from 'react-deepgram'`, goal: 18_000 },
  core: { imports: `export * from 'react-deepgram/core'`, goal: 18_000 },
  DeepgramProvider: { imports: `export { DeepgramProvider } from 'react-deepgram'` },
  LiveTranscript: { imports: `export { LiveTranscript } from 'react-deepgram'` },
  LiveTranscriptView: { imports: `export { LiveTranscriptView } from 'react-deepgram'` },
  SpeakButton: { imports: `export { SpeakButton } from 'react-deepgram'` },
})

/** Where the weights are written down. */
export const record = join(root, 'bench/sizes.json')

/** The weights that are written down, in bytes by part. */
export function recorded() {
  return existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : {}
}

/**
 * Weighs one part, in bytes. dist/ must be built.
 *
 * @param {string} name
 * @returns {Promise<{ first: number, all: number }>} `first`: what is loaded with the import; `all`: with what is loaded on demand.
 */
export async function weigh(name) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: parts[name].imports, resolveDir: root },
    bundle: true,
    splitting: true,
    write: false,
    outdir: 'out',
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"' },
    external: ['react', 'react/*', 'react-dom', 'react-dom/*'],
    alias: Object.fromEntries(Object.entries(doors).map(([door, { built }]) => [door, join(root, built)])),
  })
  const entry = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === '<stdin>')[0]
  /** The files reached from the entry by imports of these kinds. */
  const reached = (...kinds) => {
    const found = new Set([entry])
    for (const path of found) {
      for (const { path: next, kind } of metafile.outputs[path].imports) {
        if (kinds.includes(kind) && next in metafile.outputs) found.add(next)
      }
    }
    return [...found]
  }
  const weightOf = (paths) =>
    outputFiles
      .filter(({ path }) => paths.some((each) => path.replaceAll('\\', '/').endsWith(`/${each}`)))
      .map(({ contents }) => {
        const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_SIZE_HINT: hint } = constants
        return brotliCompressSync(contents, { params: { [quality]: 11, [hint]: contents.length } }).length
      })
      .reduce((sum, bytes) => sum + bytes, 0)
  return {
    first: weightOf(reached('import-statement')),
    all: weightOf(reached('import-statement', 'dynamic-import')),
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--if-stale'], {
    stdio: ['ignore', 1, 2],
  })
  if (status !== 0) process.exit(1)
  const before = recorded()
  const now = {}
  for (const [name, { goal }] of Object.entries(parts)) {
    try {
      now[name] = await weigh(name)
    } catch (error) {
      console.error(`${name} cannot be bundled: ${error.errors?.[0]?.text ?? error.message}`)
      process.exitCode = 1
      continue
    }
    const was = before[name] === undefined ? '' : `; written down: ${before[name].first}, ${before[name].all}`
    const { first, all } = now[name]
    const aim = goal === undefined ? '' : `; goal ${goal}`
    console.log(`${name.padEnd(18)} ${first} bytes at first, ${all} in all${aim}${was}`)
  }
  if (process.argv.includes('--write')) writeFileSync(record, `${JSON.stringify(now, null, 2)}\n`)
}
