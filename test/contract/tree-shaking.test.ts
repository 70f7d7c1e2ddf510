import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build as esbuild } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build as vite } from 'vite'
import * as door from 'react-deepgram'
import { makeApplication, requireBuild, type Application } from '../support/packed.ts'

let application: Application

beforeAll(() => {
  requireBuild()
  application = makeApplication()
}, 60_000)

afterAll(() => application?.remove())

/** Bundles an application; gives the files of the package of which something is left in the bundle. */
const bundlers = {
  async esbuild(code: string): Promise<string[]> {
    const { metafile } = await esbuild({
      stdin: { contents: code, resolveDir: application.folder },
      bundle: true,
      splitting: true,
      format: 'esm',
      outdir: 'out',
      write: false,
      metafile: true,
      external: ['react', 'react/*'],
      logLevel: 'silent',
    })
    // A file that nothing leads to any more may still be written; it is never loaded.
    const entry = Object.keys(metafile.outputs).find((path) => metafile.outputs[path]!.entryPoint === '<stdin>')!
    const reached = new Set([entry])
    for (const path of reached) {
      for (const { path: next } of metafile.outputs[path]!.imports) if (next in metafile.outputs) reached.add(next)
    }
    return [...reached].flatMap((path) =>
      Object.entries(metafile.outputs[path]!.inputs).flatMap(([input, { bytesInOutput }]) =>
        bytesInOutput > 0 ? [input] : [],
      ),
    )
  },

  /** `atFirst`: only what is loaded before anything is asked for by `import()`. */
  async vite(code: string, { atFirst = false } = {}): Promise<string[]> {
    const entry = join(application.folder, 'entry.js')
    writeFileSync(entry, code)
    const output = await vite({
      root: application.folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        minify: false,
        lib: { entry, formats: ['es'], fileName: 'out' },
        rolldownOptions: { external: /^react(\/|$)/ },
      },
    })
    const { output: chunks } = [output].flat()[0] as Extract<typeof output, { output: unknown }>
    const reached = new Set(
      chunks.flatMap((chunk) => (chunk.type === 'chunk' && chunk.isEntry ? [chunk.fileName] : [])),
    )
    for (const name of reached) {
      const chunk = chunks.find(({ fileName }) => fileName === name)
      if (chunk?.type === 'chunk') for (const next of chunk.imports) reached.add(next)
    }
    return chunks.flatMap((chunk) =>
      chunk.type === 'chunk' && (!atFirst || reached.has(chunk.fileName))
        ? Object.entries(chunk.modules).flatMap(([path, { renderedLength }]) => (renderedLength > 0 ? [path] : []))
        : [],
    )
  },
}

const ofPackage = (paths: string[]): string[] =>
  paths.flatMap((path) => /react-deepgram\/dist\/(.*)$/.exec(path.replaceAll('\\', '/'))?.[1] ?? []).sort()

const SPEAKING = /^(playback|text)\/|speak|dialogue/i
const LISTENING = /^(capture|transcript)\/|listen|webm|uplink/i
const COMPONENTS = /^components\//

describe.each(['esbuild', 'vite'] as const)('bundled with %s', (name) => {
  const left = async (names: string): Promise<string[]> =>
    ofPackage(await bundlers[name](`export { ${names} } from 'react-deepgram'`))

  test('listening brings nothing that speaks, and no component', async () => {
    const files = await left('useDeepgramListen')
    expect(files).toContain('session/listen-session.js')
    expect(files.filter((file) => SPEAKING.test(file) || COMPONENTS.test(file))).toEqual([])
  })

  test('speaking brings nothing that listens, and no component', async () => {
    const files = await left('useDeepgramSpeak')
    expect(files).toContain('session/speak-session.js')
    expect(files.filter((file) => LISTENING.test(file) || COMPONENTS.test(file))).toEqual([])
  })

  test('the provider brings neither', async () => {
    const files = await left('DeepgramProvider')
    expect(files).toContain('hooks/DeepgramProvider.js')
    expect(files.filter((file) => [SPEAKING, LISTENING, COMPONENTS].some((kind) => kind.test(file)))).toEqual([])
  })

  test('a component brings its own direction', async () => {
    expect((await left('SpeakButton')).filter((file) => LISTENING.test(file))).toEqual([])
    expect((await left('LiveTranscript')).filter((file) => SPEAKING.test(file))).toEqual([])
  })

  test('what only shows brings nothing that listens, speaks or connects', async () => {
    const views = Object.keys(door).filter((name) => name.endsWith('View'))
    expect(views).toContain('LiveTranscriptView')
    for (const view of views) {
      const files = await left(view)
      expect(
        files
          .filter((file) => /^(session|socket|capture|playback|protocol)\/|^browser/.test(file))
          .map((file) => `${view}: ${file}`),
      ).toEqual([])
    }
  })

  test('an import for nothing brings nothing', async () => {
    expect(ofPackage(await bundlers[name](`import 'react-deepgram'; import 'react-deepgram/core'`))).toEqual([])
  })
})

// Not esbuild: it puts all that is in use behind a door into the file that imports anything through it.
test('what is imported when it is shown is not in what is loaded at first', async () => {
  writeFileSync(join(application.folder, 'captions.js'), `export { LiveTranscript } from 'react-deepgram'`)
  const provider = `export { DeepgramProvider } from 'react-deepgram'`
  const later = `${provider}; export const load = () => import('./captions.js')`
  expect(ofPackage(await bundlers.vite(later))).toContain('session/listen-session.js')
  expect(ofPackage(await bundlers.vite(later, { atFirst: true }))).toEqual(ofPackage(await bundlers.vite(provider)))
})
