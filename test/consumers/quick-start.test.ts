import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { root } from '../../scripts/doors.mjs'
import { freePort, run, start } from './support/run.ts'
import { listen, visit } from './support/visit.ts'

const folder = inject('consumers')
const modules = join(folder, 'node_modules')

/** The code blocks of a page, in order. */
const blocksOf = (page: string): string[] =>
  [...page.matchAll(/```\w+[^\n]*\n([\s\S]*?)```/g)].map(([, code]) => code!.trim())

interface Start {
  /** What is typed, a command a line. */
  readonly commands: string
  readonly config: string
  readonly app: string
  /** The same two as the page changes them for the emulator. */
  readonly keyless?: { readonly config: string; readonly app: string }
}

const ofReadme = (): Start => {
  const section = readFileSync(join(root, 'README.md'), 'utf8').split(
    '### From nothing, with Vite and without a key\n',
  )[1]!
  const [commands, config, app] = blocksOf(section)
  return { commands: commands!, config: config!, app: app! }
}

const ofManual = (): Start => {
  const page = readFileSync(join(root, 'stories/docs/QuickStartVite.mdx'), 'utf8')
  const [commands, app, config, , emulator, handler, transcript] = blocksOf(page)
  const replaced = (text: string, what: RegExp, by: string): string => {
    expect(text).toMatch(what)
    return text.replace(what, by)
  }
  return {
    commands: `${commands!}\n${emulator!}`,
    config: config!,
    app: app!,
    keyless: {
      config: replaced(config!, /^const handler = .*$/m, handler!),
      app: replaced(app!, /<LiveTranscript .*>/, transcript!),
    },
  }
}

it.each([
  ['the README', ofReadme],
  ['the manual', ofManual],
])(
  'a new application, made by following only the quick start of %s, reaches a live transcript in under 15 lines',
  async (_, read) => {
    const { commands, config, app, keyless } = read()
    // The commands, but that everything is installed already, and the package is the packed one.
    expect(commands.split('\n')).toEqual([
      'npm create vite@latest my-app -- --template react-ts',
      'cd my-app',
      'npm install react-deepgram',
      'npm install --save-dev ws opus-decoder',
      'npx react-deepgram-emulator',
    ])
    const site = join(folder, 'my-app')
    rmSync(site, { recursive: true, force: true })
    run(folder, [join(modules, 'create-vite/index.js'), 'my-app', '--template', 'react-ts', '--no-interactive'])
    const template = ['vite.config.ts', 'src/App.tsx'].map((file) => readFileSync(join(site, file), 'utf8'))
    const given = new Set(template.join('\n').split('\n'))
    const isCode = (line: string): boolean => !/^\s*(\/\/.*)?$/.test(line)
    const lines = `${config}\n${app}`.split('\n').filter((line) => isCode(line) && !given.has(line))
    expect(lines.length).toBeLessThan(15)

    const port = String(await freePort())
    const emulator = await start(
      site,
      [join(modules, 'react-deepgram/dist/testing/cli.js'), '--port', port],
      /listening on/,
    )
    try {
      for (const written of [{ config, app }, ...(keyless ? [keyless] : [])]) {
        // The address that everybody has is somebody else's here.
        writeFileSync(join(site, 'vite.config.ts'), written.config.replace('8787', port))
        writeFileSync(join(site, 'src/App.tsx'), written.app.replace('8787', port))
        run(site, [join(modules, 'typescript-7/bin/tsc'), '-b'])
        run(site, [join(modules, 'vite/bin/vite.js'), 'build'])
      }

      await visit(async (visit) => {
        const vitePort = String(await freePort())
        const args = [join(modules, 'vite/bin/vite.js'), '--port', vitePort, '--host', '127.0.0.1']
        const server = await start(site, args, /Local:/)
        try {
          await visit.page.goto(`http://127.0.0.1:${vitePort}/`)
          await listen(visit)
          expect(visit.complaints).toEqual([])
        } finally {
          await server.end()
        }
      })
    } finally {
      await emulator.end()
    }
  },
)
