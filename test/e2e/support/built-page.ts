import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import react from '@vitejs/plugin-react'
import { build } from 'vite'
import { doorAliases, root } from '../../../scripts/doors.mjs'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
}

/** A production build, served. */
export interface BuiltPage {
  readonly url: string
  /** Answers whatever is no file of the build. */
  route: RequestListener | undefined
  /** The headers of every answer; may be changed before the page is opened. */
  headers: Readonly<Record<string, string>>
  /** The names of the files. */
  readonly files: readonly string[]
  /** Where they are. */
  readonly folder: string
  close(): Promise<void>
}

/**
 * Builds a page of this project for production, against the built package, and serves it as a host of static files does.
 *
 * @param define - Constants of the page.
 * @param copies - Further files to serve, by their names.
 */
export async function servePage(
  folder: string,
  define: Readonly<Record<string, unknown>> = {},
  copies: Readonly<Record<string, string>> = {},
): Promise<BuiltPage> {
  const out = mkdtempSync(join(tmpdir(), 'react-deepgram-page-'))
  // A run of tests has a NODE_ENV of its own, by which React and JSX would be built for development.
  const { NODE_ENV: own } = process.env
  process.env['NODE_ENV'] = 'production'
  const built = await build({
    root: `${root}/${folder}`,
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    resolve: { alias: doorAliases('built') },
    define: Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)])),
    plugins: [react()],
    build: { outDir: out, emptyOutDir: true, modulePreload: false, assetsInlineLimit: 0 },
  })
  process.env['NODE_ENV'] = own
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []))
  for (const [name, from] of Object.entries(copies)) copyFileSync(from, join(out, name))
  const files = [...outputs.map(({ fileName }) => fileName), ...Object.keys(copies)]
  const server = createServer((req, res) => {
    for (const [name, value] of Object.entries(page.headers)) res.setHeader(name, value)
    const name = new URL(req.url ?? '/', 'http://page').pathname.slice(1) || 'index.html'
    if (files.includes(name)) {
      res.setHeader('Content-Type', TYPES[extname(name)] ?? 'application/octet-stream')
      res.end(readFileSync(join(out, name)))
    } else if (name === 'favicon.ico') res.writeHead(204).end()
    else if (page.route) page.route(req, res)
    else res.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const page: BuiltPage = {
    url: `http://127.0.0.1:${port}/`,
    route: undefined,
    headers: {},
    files,
    folder: out,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(out, { recursive: true, force: true })
    },
  }
  return page
}
