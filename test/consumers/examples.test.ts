import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { freePort, run, start } from './support/run.ts'
import { listen, speak, SPOKEN, visit, type Visit } from './support/visit.ts'

const folder = inject('consumers')
const modules = join(folder, 'node_modules')
const tsc = join(modules, 'typescript/bin/tsc')

/** Starts an example as its `npm start` does, with no key in the environment, and opens its page. */
async function open(
  name: string,
  args: (port: string) => string[],
  ready: RegExp,
  use: (visit: Visit) => Promise<void>,
  env: (visit: Visit) => Record<string, string> = () => ({}),
): Promise<void> {
  await visit(async (visit) => {
    const port = String(await freePort())
    const app = await start(join(folder, name), args(port), ready, {
      DEEPGRAM_API_KEY: '',
      EMULATOR_PORT: String(await freePort()),
      NEXT_TELEMETRY_DISABLED: '1',
      PORT: port,
      ...env(visit),
    })
    try {
      await visit.page.goto(`http://127.0.0.1:${port}/`)
      await use(visit)
      expect(visit.complaints).toEqual([])
    } catch (error) {
      throw new Error(`The example said:\n${app.said()}`, { cause: error })
    } finally {
      await app.end()
    }
  })
}

const listenAndSpeak = async (visit: Visit): Promise<void> => {
  await listen(visit)
  await speak(visit)
}

const next = join(modules, 'next/dist/bin/next')

describe('the examples, on the packed package', () => {
  it('Vite: passes the compiler, starts with one command, listens and speaks', async () => {
    run(join(folder, 'vite'), [tsc])
    const vite = join(modules, 'vite/bin/vite.js')
    await open('vite', (port) => [vite, '--port', port, '--host', '127.0.0.1'], /Local:/, listenAndSpeak)
  })

  it('dictation: settled words go where the caret is, and what is typed by hand stays', async () => {
    run(join(folder, 'dictation'), [tsc])
    await open(
      'dictation',
      () => ['server.mjs'],
      /Dictation at/,
      async ({ page }) => {
        const field = page.getByLabel('Your text')
        await field.fill('Dear Ann, yours Bob')
        await field.evaluate((element: HTMLTextAreaElement) => element.setSelectionRange(9, 9))
        await page.getByRole('button', { name: /microphone/i }).click()
        await expect.poll(() => field.inputValue(), { timeout: 30_000 }).toContain(SPOKEN.split(' ').at(-1)!)
        await page.getByRole('button', { name: /microphone/i }).click()
        expect(await field.inputValue()).toBe(`Dear Ann, ${SPOKEN} yours Bob`)
      },
    )
  })

  it('dialogue: starts with one command; what is said is answered aloud, and the history holds both', async () => {
    run(join(folder, 'dialogue'), [next, 'typegen'], { NEXT_TELEMETRY_DISABLED: '1' })
    run(join(folder, 'dialogue'), [tsc, '--noEmit'])
    await open(
      'dialogue',
      (port) => ['start.mjs', '-p', port, '-H', '127.0.0.1'],
      /Ready in/,
      async ({ page }) => {
        const microphone = page.getByRole('button', { name: 'Talk', exact: true })
        await microphone.click()
        await page.locator('[data-role="user"]').getByText(SPOKEN, { exact: true }).first().waitFor({ timeout: 30_000 })
        const answer = page.locator('[data-role="assistant"][data-state="spoken"]').first()
        await answer.waitFor({ timeout: 30_000 })
        expect(await answer.innerText()).toContain(`you said ${SPOKEN}`)
        await microphone.click()
        await page.locator('[data-phase="idle"]').waitFor()
      },
    )
  })

  describe('Next.js', () => {
    const dist = join(folder, 'next/.next')

    it('starts with one command, hydrates without a warning, listens and speaks', async () => {
      await open('next', (port) => ['start.mjs', '-p', port, '-H', '127.0.0.1'], /Ready in/, listenAndSpeak)
    })

    it.each(['turbopack', 'webpack'])(
      'pain 68, pain 85: built with %s and no help around the library, warns of nothing, listens and speaks',
      async (bundler) => {
        rmSync(dist, { recursive: true, force: true })
        const edge = join(folder, 'next/app/api/edge')
        mkdirSync(edge, { recursive: true })
        // Every door that can be opened there is, at the edge.
        writeFileSync(
          join(edge, 'route.ts'),
          `import * as core from 'react-deepgram/core'
          import { createTokenHandler } from 'react-deepgram/server'
          export const runtime = 'edge'
          export const GET = () => Response.json([typeof core.createListenSession, typeof createTokenHandler])`,
        )
        const said = run(join(folder, 'next'), [next, 'build', `--${bundler}`], { NEXT_TELEMETRY_DISABLED: '1' })
        const warnings = said.split('\n').filter((line) => /warn|⚠/i.test(line))
        // Next has something against its own edge runtime, which is in use for the test's sake.
        expect(warnings.filter((line) => !/edge runtime/i.test(line))).toEqual([])
        await open(
          'next',
          (port) => [next, 'start', '-p', port, '-H', '127.0.0.1'],
          /Ready in/,
          async (visit) => {
            await listenAndSpeak(visit)
            const answer = await visit.page.request.get(new URL('/api/edge', visit.page.url()).href)
            expect(await answer.json()).toEqual(['function', 'function'])
          },
          ({ emulator }) => ({ DEEPGRAM_API_KEY: emulator.apiKey, DEEPGRAM_BASE_URL: emulator.httpUrl }),
        )
      },
    )
  })
})
