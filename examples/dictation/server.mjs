// A server of Node's own: the page, bundled by esbuild, and the token route. Without DEEPGRAM_API_KEY, an emulator on this
// machine is Deepgram.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { build } from 'esbuild'
import { createTokenHandler, toNodeHandler } from 'react-deepgram/server'

const { DEEPGRAM_API_KEY: apiKey = '', PORT = '3000', EMULATOR_PORT = '8787' } = process.env
const baseUrl = apiKey ? undefined : `ws://127.0.0.1:${EMULATOR_PORT}`
if (baseUrl) {
  const { startDeepgramEmulator } = await import('react-deepgram/testing/node')
  await startDeepgramEmulator({ port: Number(EMULATOR_PORT) })
}

const folder = import.meta.dirname
const { outputFiles } = await build({
  entryPoints: [`${folder}/main.tsx`],
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  minify: true,
  write: false,
  outdir: '/',
  define: { 'process.env.NODE_ENV': '"production"', DEEPGRAM_URL: JSON.stringify(baseUrl) ?? 'undefined' },
})
const types = { js: 'text/javascript', css: 'text/css', html: 'text/html; charset=utf-8' }
const files = new Map(outputFiles.map(({ path, contents }) => [path, contents]))
files.set('/', readFileSync(`${folder}/index.html`))

const answerToken = toNodeHandler(
  createTokenHandler({
    apiKey: apiKey || 'emulator-key',
    baseUrl: baseUrl?.replace('ws:', 'http:'),
    // In an application: only for users who are signed in. Whoever passes here speaks and listens at your expense.
    authorize: () => true,
  }),
)

createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost')
  if (pathname === '/api/deepgram/token') return void answerToken(request, response)
  const file = files.get(pathname)
  if (!file) return void response.writeHead(404).end()
  response.writeHead(200, { 'content-type': types[pathname.split('.')[1] ?? 'html'] }).end(file)
}).listen(Number(PORT), '127.0.0.1', () => console.log(`Dictation at http://127.0.0.1:${PORT}/`))
