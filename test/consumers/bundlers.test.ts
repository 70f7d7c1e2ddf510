import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { run } from './support/run.ts'
import { serveFolder } from './support/serve.ts'
import { listen, speak, visit } from './support/visit.ts'

const folder = inject('consumers')

/** How an application comes to its page, each bundler as its documentation shows first. Gives what was warned of. */
const bundlers: Record<string, (source: string, out: string) => string[]> = {
  vite(source, out) {
    writeFileSync(
      join(source, 'vite.config.mjs'),
      `import react from '@vitejs/plugin-react'
      export default { plugins: [react()], build: { outDir: ${JSON.stringify(out)}, emptyOutDir: true } }`,
    )
    const said = run(source, [join(folder, 'node_modules/vite/bin/vite.js'), 'build'])
    return said.match(/.*(warn|\(!\)|⚠).*/gi) ?? []
  },

  webpack(source, out) {
    writeFileSync(
      join(source, 'webpack.mjs'),
      `import webpack from 'webpack'
      import Css from 'mini-css-extract-plugin'
      const compiler = webpack({
        mode: 'production',
        entry: './main.tsx',
        output: { path: ${JSON.stringify(out)}, filename: 'main.js' },
        resolve: { extensions: ['.tsx', '.ts', '.js'] },
        module: {
          rules: [
            { test: /\\.tsx$/, loader: 'esbuild-loader', options: { jsx: 'automatic', target: 'es2022' } },
            { test: /\\.css$/, use: [Css.loader, 'css-loader'] },
          ],
        },
        plugins: [new Css({ filename: 'main.css' })],
        performance: { hints: false },
      })
      compiler.run((error, stats) => {
        if (error) throw error
        console.log(JSON.stringify(stats.toJson({ all: false, errors: true, warnings: true })))
      })`,
    )
    const { errors, warnings } = JSON.parse(run(source, ['webpack.mjs'])) as Record<string, { message: string }[]>
    writePage(source, out)
    return [...errors!, ...warnings!].map(({ message }) => message)
  },

  esbuild(source, out) {
    writeFileSync(
      join(source, 'esbuild.mjs'),
      `import { build } from 'esbuild'
      const { errors, warnings } = await build({
        entryPoints: ['main.tsx'],
        bundle: true,
        splitting: true,
        format: 'esm',
        minify: true,
        jsx: 'automatic',
        define: { 'process.env.NODE_ENV': '"production"' },
        logLevel: 'silent',
        outdir: ${JSON.stringify(out)},
      })
      console.log(JSON.stringify([...errors, ...warnings]))`,
    )
    const said = JSON.parse(run(source, ['esbuild.mjs'])) as { text: string }[]
    writePage(source, out)
    return said.map(({ text }) => text)
  },

  'nothing but the browser'(_source, out) {
    writePlainPage(out)
    return []
  },
}

/** The page of an application whose bundler does not write one. */
function writePage(source: string, out: string): void {
  const page = readFileSync(join(source, 'index.html'), 'utf8')
    .replace('./main.tsx', './main.js')
    .replace('</head>', '<link rel="stylesheet" href="./main.css" /></head>')
  writeFileSync(join(out, 'index.html'), page)
}

/** A page without a bundler: an import map, and the packed files as they are. */
function writePlainPage(out: string): void {
  const modules = join(folder, 'node_modules')
  for (const name of ['react-deepgram', 'zustand', 'valibot']) {
    cpSync(join(modules, name), join(out, name), { recursive: true })
  }
  // React comes as CommonJS alone; a page gets it from a host that has made one module of it.
  writeFileSync(
    join(out, 'build.mjs'),
    `import { createRequire } from 'node:module'
    import { build } from 'esbuild'
    const names = (name) => Object.keys(createRequire(import.meta.url)(name)).join()
    await build({
      stdin: {
        contents: \`
          import React from 'react'
          import client from 'react-dom/client'
          import runtime from 'react/jsx-runtime'
          export default React
          export const { \${names('react')} } = React
          export const { createRoot } = client
          export const { jsx, jsxs } = runtime\`,
        resolveDir: ${JSON.stringify(folder)},
      },
      bundle: true,
      format: 'esm',
      define: { 'process.env.NODE_ENV': '"production"' },
      outfile: 'react.js',
    })`,
  )
  run(out, ['build.mjs'])
  const imports = {
    ...Object.fromEntries(['react', 'react/jsx-runtime', 'react-dom/client'].map((name) => [name, './react.js'])),
    'react-deepgram': './react-deepgram/dist/index.js',
    'react-deepgram/core': './react-deepgram/dist/core.js',
    'zustand/vanilla': './zustand/esm/vanilla.mjs',
    valibot: './valibot/dist/index.mjs',
  }
  writeFileSync(
    join(out, 'index.html'),
    `<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>A plain page</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="./react-deepgram/dist/styles.css" />
        <script type="importmap">${JSON.stringify({ imports })}</script>
      </head>
      <body>
        <div id="root"></div>
        <script type="module">
          import { createElement as h } from 'react'
          import { createRoot } from 'react-dom/client'
          import { createTokenFetcher, DeepgramProvider, LiveTranscript, SpeakButton } from 'react-deepgram'

          const query = new URLSearchParams(location.search)
          const format = query.get('format') === 'pcm' ? 'pcm' : 'auto'
          createRoot(document.getElementById('root')).render(
            h(DeepgramProvider, { getToken: createTokenFetcher('/api/deepgram/token'), baseUrl: query.get('baseUrl') },
              h(LiveTranscript, { capture: { format } }),
              h(SpeakButton, { text: 'hello how can i help' })),
          )
        </script>
      </body>
    </html>`,
  )
}

describe.each(Object.keys(bundlers))('built with %s', (name) => {
  it('pain 68: warns of nothing, misses no file, listens in both formats and speaks', async () => {
    const source = join(folder, `app-${name}`)
    const out = join(source, 'out')
    rmSync(source, { recursive: true, force: true })
    cpSync(join(folder, 'app'), source, { recursive: true })
    mkdirSync(out)
    expect(bundlers[name]!(source, out)).toEqual([])

    await visit(async (visit) => {
      const site = await serveFolder(out, visit.emulator)
      try {
        const query = `?baseUrl=${encodeURIComponent(visit.emulator.url)}`
        await visit.page.goto(`${site.url}${query}`)
        await listen(visit)
        await speak(visit)
        // Samples come from a worklet, whose program is not a file to be found by a bundler.
        await visit.page.goto(`${site.url}${query}&format=pcm`)
        await visit.page.getByRole('button', { name: /microphone/i }).click()
        await visit.page.getByText('Listening', { exact: true }).waitFor()
        const raw = visit.emulator.sockets.at(-1)!
        expect([raw.path, raw.query.get('encoding')]).toEqual(['/v1/listen', 'linear16'])
        await expect.poll(() => raw.receivedFrames.length, { timeout: 10_000 }).toBeGreaterThan(20)
        expect(visit.complaints).toEqual([])
      } finally {
        site.close()
      }
    })
  })
})
