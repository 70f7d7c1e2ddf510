import { existsSync, readdirSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import type { EngineBrowser, Surroundings } from './engine.ts'
import { type RunningProgram, startProgram } from './programs.ts'

/** The path of WebKitGTK's small browser, which no one finds by its name alone. */
export function findMiniBrowser(): string | undefined {
  const folders = [
    '/usr/lib',
    '/usr/libexec',
    '/usr/lib64',
    `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
  ]
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => /^webkit2?gtk-/.test(name))
        .map((name) => `${folder}/${name}/MiniBrowser`),
    )
    .filter((path) => existsSync(path))
    .sort()
    .at(-1)
}

/** Opens WebKitGTK on a screen of its own, driven over WebDriver. */
export async function openWebKit({ env }: Surroundings): Promise<EngineBrowser> {
  const started: RunningProgram[] = []
  const close = async (): Promise<void> => {
    for (const program of started.splice(0).reverse()) await program.end()
  }
  try {
    const screen = startProgram('Xvfb', ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'])
    started.push(screen)
    const display = await firstLine(screen)
    const port = await freePort()
    const driver = startProgram('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
      ...process.env,
      ...env,
      DISPLAY: `:${display}`,
      GDK_BACKEND: 'x11',
      LIBGL_ALWAYS_SOFTWARE: '1',
      NO_AT_BRIDGE: '1',
      // What it records with are packages of the system, of which each machine has others. Without encoders it is the same
      // everywhere; with them it records MP4, as Safari does, which the emulator does not read.
      GST_PLUGIN_FEATURE_RANK: 'opusenc avenc_opus avenc_aac voaacenc faac fdkaacenc'
        .replace(/\w+/g, '$&:NONE')
        .replaceAll(' ', ','),
    })
    started.push(driver)
    const address = `http://127.0.0.1:${port}`
    await untilReady(address, driver)
    const { sessionId } = (await command(address, 'POST', '/session', {
      capabilities: {
        alwaysMatch: {
          'webkitgtk:browserOptions': {
            binary: findMiniBrowser(),
            args: ['--automation', '--enable-media-stream=true'],
          },
        },
      },
    })) as { sessionId: string }
    const session = `${address}/session/${sessionId}`
    await command(session, 'POST', '/timeouts', { script: 120_000 })
    return {
      async goTo(url) {
        await command(session, 'POST', '/url', { url })
      },
      async click(selector) {
        const element = (await command(session, 'POST', '/element', {
          using: 'css selector',
          value: selector,
        })) as object
        await command(session, 'POST', `/element/${Object.values(element)[0]}/click`, {})
      },
      async evaluate(run) {
        const script = `const tell = arguments[0];
          (async () => (${String(run)})())().then(
            (value) => tell({ value }), (error) => tell({ error: String(error) + error?.stack }))`
        const answer = (await command(session, 'POST', '/execute/async', { script, args: [] })) as {
          value?: unknown
          error?: string
        }
        if (answer.error !== undefined) throw new Error(`In the page: ${answer.error}`)
        return answer.value as never
      },
      async close() {
        await command(session, 'DELETE', '').catch(() => {})
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function command(base: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(base + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const { value } = (await response.json()) as { value: { error?: string; message?: string } }
  if (!response.ok) throw new Error(`WebKitWebDriver, ${method} ${path}: ${value.error}: ${value.message}`)
  return value
}

async function untilReady(address: string, driver: RunningProgram): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await command(address, 'GET', '/status')
      return
    } catch (cause) {
      if (tries > 100 || driver.process.exitCode !== null)
        throw new Error(`WebKitWebDriver did not start: ${driver.errors()}`, { cause })
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** What a program writes to its fourth file first. */
async function firstLine({ process: child, ended, errors }: RunningProgram): Promise<string> {
  const line = new Promise<string>((resolve) =>
    child.stdio[3]?.once('data', (data: Buffer) => resolve(data.toString().trim())),
  )
  const result = await Promise.race([line, ended])
  if (typeof result === 'string') return result
  throw new Error(`A program did not start: ${errors()}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
