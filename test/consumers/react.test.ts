import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { describe, expect, inject, it } from 'vitest'
import { freePort, run, start } from './support/run.ts'
import { serveFolder } from './support/serve.ts'
import { listen, speak, SPOKEN, visit, type Visit } from './support/visit.ts'

const folder = inject('consumers')

/** Bundles files of an application as a developer's server would: with every warning that React has. */
async function bundle(app: string, entries: string[], out: string, plugins: Plugin[] = []): Promise<void> {
  const { warnings } = await build({
    absWorkingDir: app,
    entryPoints: entries,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    outdir: out,
    logLevel: 'silent',
    plugins,
  })
  expect(warnings).toEqual([])
}

const page = (script: string, html = '', baseUrl = ''): string => `<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <title>A consumer</title>
      <link rel="icon" href="data:," />
    </head>
    <body>
      <div id="root" data-base-url="${baseUrl}">${html}</div>
      <script type="module" src="./${script}"></script>
    </body>
  </html>`

describe.each([
  ['18', join(folder, 'react-18')],
  ['19', folder],
])('React %s', (_version, at) => {
  const app = join(at, 'app')

  it('pain 28: renders every component on a server and wakes it in a page, in Strict Mode, without a warning', async () => {
    const out = join(at, 'out')
    rmSync(out, { recursive: true, force: true })
    await bundle(app, ['client.tsx'], out)
    // React is not bundled for the server, as no framework does.
    await build({
      absWorkingDir: app,
      entryPoints: ['server.tsx'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      jsx: 'automatic',
      packages: 'external',
      outfile: join(out, 'server.mjs'),
      logLevel: 'silent',
    })
    await visit(async (visit) => {
      const { page: tab, emulator, complaints } = visit
      const said = run(out, ['server.mjs', emulator.url], { NODE_ENV: 'development' })
      // One line: a warning of the server would be another.
      const { names, html } = JSON.parse(said) as { names: string[]; html: string }
      expect(names).toEqual(
        expect.arrayContaining(['LiveTranscript', 'SpeakButton', 'AudioLevelMeter', 'VoiceSelectView']),
      )
      for (const name of names) expect(html).toContain(`aria-label="${name}"`)
      writeFileSync(join(out, 'index.html'), page('client.js', html, emulator.url))
      const site = await serveFolder(out, emulator)
      try {
        await tab.goto(site.url)
        await listen(visit, tab.getByRole('region', { name: 'LiveTranscript', exact: true }))
        await speak(visit, tab.getByRole('region', { name: 'SpeakButton', exact: true }))
        // Strict Mode mounts everything twice; a session is one all the same.
        expect(emulator.sockets.map(({ path }) => path).sort()).toEqual(['/v1/listen', '/v1/speak'])
        expect(complaints).toEqual([])
      } finally {
        site.close()
      }
    })
  })
})

/** Compiles the application's own components with the React Compiler. */
function reactCompiler(compiled: string[]): Plugin {
  const require = createRequire(join(folder, 'package.json'))
  const { transformSync } = require('@babel/core') as typeof import('@babel/core')
  return {
    name: 'react-compiler',
    setup(build) {
      build.onLoad({ filter: /\/app\/[^/]+\.tsx$/ }, ({ path }) => {
        const { code } = transformSync(readFileSync(path, 'utf8'), {
          filename: path,
          babelrc: false,
          configFile: false,
          parserOpts: { plugins: ['jsx', 'typescript'] },
          plugins: [[require.resolve('babel-plugin-react-compiler'), { panicThreshold: 'all_errors' }]],
        })!
        compiled.push(...[...code!.matchAll(/function (\w+)\([^)]*\) \{\s*const \$ = _c\(/g)].map(([, name]) => name!))
        return { contents: code!, loader: 'tsx' }
      })
    },
  }
}

describe('an application in React 19', () => {
  const app = join(folder, 'app')

  async function open(plugins: Plugin[], use: (visit: Visit) => Promise<void>): Promise<void> {
    const out = join(folder, 'out-lifecycle')
    rmSync(out, { recursive: true, force: true })
    await bundle(app, ['lifecycle.tsx'], out, plugins)
    writeFileSync(join(out, 'index.html'), page('lifecycle.js'))
    await visit(async (visit) => {
      const site = await serveFolder(out, visit.emulator)
      try {
        await visit.page.goto(`${site.url}?baseUrl=${encodeURIComponent(visit.emulator.url)}`)
        await use(visit)
        expect(visit.complaints).toEqual([])
      } finally {
        site.close()
      }
    })
  }

  const status = ({ page }: Visit, text: string) =>
    page.getByRole('status', { name: 'status' }).getByText(text, { exact: true })
  const isOpen = ({ state }: { state: string }): boolean => state === 'open'

  it('compiled by the React Compiler, shows every change of what the hooks return', async () => {
    const compiled: string[] = []
    await open([reactCompiler(compiled)], async (visit) => {
      expect(compiled).toEqual(expect.arrayContaining(['Listener', 'Words', 'Page']))
      const { page } = visit
      await page.getByRole('button', { name: 'Microphone' }).click()
      await status(visit, 'listening').waitFor()
      await page.getByRole('status', { name: 'words' }).getByText(SPOKEN).waitFor({ timeout: 30_000 })
      await page.getByRole('button', { name: 'Microphone' }).click()
      await status(visit, 'idle').waitFor()
      await page.getByRole('status', { name: 'count' }).getByText('1', { exact: true }).waitFor()
    })
  })

  it('goes on listening while a neighbour suspends, and ends when <Activity> hides it, to begin anew', async () => {
    await open([], async (visit) => {
      const { page, emulator } = visit
      const button = page.getByRole('button', { name: 'Microphone' })
      await button.click()
      await status(visit, 'listening').waitFor()
      await page.getByRole('button', { name: 'Suspend' }).click()
      await page.getByText('Waiting').waitFor()
      await page.getByRole('button', { name: 'Arrive' }).click()
      await status(visit, 'listening').waitFor()
      expect(emulator.sockets.filter(isOpen)).toHaveLength(1)
      expect(emulator.sockets).toHaveLength(1)

      await page.getByRole('button', { name: 'Activity' }).click()
      await expect.poll(() => emulator.sockets.filter(isOpen).length).toBe(0)
      await page.getByRole('button', { name: 'Activity' }).click()
      await status(visit, 'idle').waitFor()
      await button.click()
      await status(visit, 'listening').waitFor()
      expect(emulator.sockets.filter(isOpen)).toHaveLength(1)
      expect(emulator.sockets).toHaveLength(2)
    })
  })

  it('is reloaded hot, and the one session goes on', async () => {
    const source = join(folder, 'app-hot')
    rmSync(source, { recursive: true, force: true })
    mkdirSync(source)
    for (const name of ['hot.tsx', 'hot-main.tsx']) cpSync(join(app, name), join(source, name))
    writeFileSync(join(source, 'index.html'), page('hot-main.tsx'))
    await visit(async (visit) => {
      const { page, emulator } = visit
      const port = String(await freePort())
      writeFileSync(
        join(source, 'vite.config.mjs'),
        `import react from '@vitejs/plugin-react'
        import { createTokenHandler, toNodeHandler } from 'react-deepgram/server'
        const route = toNodeHandler(createTokenHandler({ apiKey: 'key', baseUrl: '${emulator.httpUrl}', authorize: () => true }))
        export default {
          plugins: [react(), { name: 'token', configureServer: ({ middlewares }) => void middlewares.use('/api/deepgram/token', route) }],
        }`,
      )
      const vite = [join(folder, 'node_modules/vite/bin/vite.js'), '--port', port, '--host', '127.0.0.1']
      const server = await start(source, vite, /Local:/)
      try {
        await page.goto(`http://127.0.0.1:${port}/?baseUrl=${encodeURIComponent(emulator.url)}`)
        await status(visit, 'listening').waitFor()
        await page.evaluate(() => Object.assign(window, { isSamePage: true }))
        const file = join(source, 'hot.tsx')
        writeFileSync(file, readFileSync(file, 'utf8').replace('Before', 'After'))
        await page.getByRole('heading', { name: 'After' }).waitFor()
        await status(visit, 'listening').waitFor()
        expect(await page.evaluate(() => 'isSamePage' in window)).toBe(true)
        expect(emulator.sockets.filter(isOpen)).toHaveLength(1)
        expect(emulator.sockets).toHaveLength(1)
        expect(visit.complaints).toEqual([])
      } finally {
        await server.end()
      }
    })
  })
})
