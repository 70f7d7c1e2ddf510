// Starts the demo: a page that speaks and listens, against the emulator or, with DEEPGRAM_API_KEY, against Deepgram.
//
//   npm run demo -- [--port 5173] [--emulator-port 8787] [--open]
//
// Exported as `startDemo` for the end-to-end tests, which drive the very page a visitor sees.
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { doorAliases, doors, root } from './doors.mjs'

const TOKEN_PATH = '/api/deepgram/token'
const WORKLET_PATH = '/pcm-worklet.js'

/** What a person is told in one sentence, without a stack. */
class DemoError extends Error {}

/**
 * @param {{ port?: number, emulatorPort?: number, apiKey?: string | undefined, emulator?: object, page?: string }} [options]
 *   `emulator`: options of the emulator; see `react-deepgram/testing/node`. `page`: folder of the page.
 * @returns {Promise<{ url: string, target: 'deepgram' | 'emulator', emulator: any, close: () => Promise<void> }>}
 */
export async function startDemo({
  port = 5173,
  emulatorPort = 8787,
  apiKey,
  emulator: emulatorOptions = {},
  page = 'examples/demo',
} = {}) {
  const door = (/** @type {string} */ name) => import(pathToFileURL(`${root}/${doors[name].built}`).href)
  const { createTokenHandler, grantToken, toNodeHandler } = await door('react-deepgram/server')
  const target = apiKey ? 'deepgram' : 'emulator'
  if (apiKey) await checkKey(grantToken, apiKey)
  const emulator = apiKey ? null : await startEmulator(door, emulatorPort, emulatorOptions)
  const handleToken = toNodeHandler(
    createTokenHandler({
      apiKey: apiKey ?? emulator.apiKey,
      ...(emulator && { baseUrl: emulator.httpUrl }),
      // The page is served to this machine alone.
      authorize: () => true,
      rateLimit: { limit: 600, windowMs: 60_000 },
    }),
  )
  // The policy of SECURITY.md, with what a development server needs: its own inline scripts and styles, by a nonce.
  const nonce = randomBytes(16).toString('base64')
  const own = `'self' 'nonce-${nonce}'`
  const service = emulator?.url ?? 'wss://api.deepgram.com'
  const { createServer } = await import('vite')
  const { default: react } = await import('@vitejs/plugin-react')
  const server = await createServer({
    root: `${root}/${page}`,
    configFile: false,
    logLevel: 'error',
    cacheDir: `${root}/node_modules/.vite-${page.replaceAll('/', '-')}`,
    // Found in the middle of a visit, a dependency would reload the page.
    optimizeDeps: {
      include: [
        'react',
        'react-dom/client',
        'react/jsx-runtime',
        'react/jsx-dev-runtime',
        'zustand/vanilla',
        'zustand/react',
        'zustand/react/shallow',
        'valibot',
      ],
    },
    clearScreen: false,
    html: { cspNonce: nonce },
    resolve: { alias: doorAliases('built') },
    define: {
      __DEMO__: JSON.stringify({
        target,
        tokenUrl: TOKEN_PATH,
        workletUrl: WORKLET_PATH,
        ...(emulator && { baseUrl: emulator.url }),
      }),
    },
    server: {
      port,
      strictPort: port !== 0,
      host: '127.0.0.1',
      headers: {
        'Content-Security-Policy': `default-src 'none'; script-src ${own}; style-src ${own}; img-src 'self' data:; connect-src 'self' ${service}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        'Permissions-Policy': 'microphone=(self)',
      },
    },
    plugins: [
      react(),
      {
        name: 'token-route',
        configureServer({ middlewares }) {
          middlewares.use(TOKEN_PATH, handleToken)
          // Samples are captured by a program that the policy lets in as a file only.
          middlewares.use(WORKLET_PATH, (_, response) => {
            response.setHeader('content-type', 'text/javascript')
            response.end(readFileSync(`${root}/dist/pcm-worklet.js`))
          })
        },
      },
    ],
  })
  try {
    await server.listen(port === 0 ? freePort() : port)
  } catch (error) {
    await server.close()
    await emulator?.close()
    throw portError(error, port, '--port')
  }
  const address = /** @type {import('node:net').AddressInfo} */ (server.httpServer?.address())
  return {
    url: `http://127.0.0.1:${address.port}/`,
    target,
    emulator,
    async close() {
      await server.close()
      await emulator?.close()
    },
  }
}

/** Vite takes port 0 for its default; a number the system is not likely to use does for a test. */
const freePort = () => 20_000 + Math.floor(Math.random() * 20_000)

async function checkKey(grantToken, apiKey) {
  try {
    await grantToken({ apiKey, ttlSeconds: 1 })
  } catch (error) {
    throw new DemoError(`The demo cannot use DEEPGRAM_API_KEY: ${error.message}`)
  }
}

async function startEmulator(door, port, options) {
  const { startDeepgramEmulator } = await door('react-deepgram/testing/node')
  try {
    return await startDeepgramEmulator({ ...options, port })
  } catch (error) {
    throw portError(error, port, '--emulator-port')
  }
}

const portError = (error, port, flag) =>
  /in use|EADDRINUSE/.test(`${error.code} ${error.message}`)
    ? new DemoError(
        `Port ${port} is in use by another program; end that program, or choose another port with ${flag} N.`,
      )
    : error

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '5173' },
        'emulator-port': { type: 'string', default: '8787' },
        open: { type: 'boolean', default: false },
      },
    })
    const [port, emulatorPort] = [values.port, values['emulator-port']].map(Number)
    for (const number of [port, emulatorPort]) {
      if (!Number.isInteger(number) || number < 1 || number > 65_535)
        throw new Error('a port is a number from 1 to 65535')
    }
    return { port, emulatorPort, open: values.open }
  } catch (error) {
    throw new DemoError(
      `The demo did not start: ${error.message.split('\n')[0]}; use: npm run demo -- [--port N] [--emulator-port N] [--open]`,
    )
  }
}

/** Opens the address in the person's own browser, or says why not. */
function openBrowser(url) {
  const [command, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open']
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  const sorry = () => console.log('No browser could be opened from here; open the address above in one yourself.')
  child.on('error', sorry)
  child.on('exit', (code) => code && sorry())
  child.unref()
}

async function main() {
  const { port, emulatorPort, open } = readArguments()
  const built = spawnSync(process.execPath, [`${root}/scripts/build.mjs`, '--if-stale'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (built.status !== 0) throw new DemoError('The library could not be built; the messages above say why.')
  const demo = await startDemo({ port, emulatorPort, apiKey: process.env.DEEPGRAM_API_KEY })
  console.log(`\n  react-deepgram demo:  ${demo.url}\n`)
  console.log(
    demo.target === 'deepgram'
      ? '  It talks to Deepgram itself, with tokens made from DEEPGRAM_API_KEY.'
      : `  It talks to the emulator on this machine (${demo.emulator.url}): no key, nothing leaves the machine.\n` +
          '  Set DEEPGRAM_API_KEY to talk to Deepgram itself.',
  )
  console.log('  Press Ctrl+C to end it.\n')
  if (open) openBrowser(demo.url)
  const end = () => void demo.close().then(() => process.exit(0))
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    console.error(error instanceof DemoError ? error.message : `The demo could not start: ${error.message}`)
    process.exit(1)
  })
}
