// What becomes of the stylesheet in a production build: Vite, and Next.js likewise, rewrite it for older browsers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { build } from 'vite'
import { root, styles as stylesheet } from '../../scripts/doors.mjs'
import { launchOptions } from '../../scripts/find-browser.mjs'

let browser: Browser
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'react-deepgram-'))
  browser = await chromium.launch(launchOptions())
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The stylesheet as a page gets it that Vite has built with its defaults. */
async function built(pageStyles: string): Promise<string> {
  writeFileSync(join(folder, 'page.css'), pageStyles)
  const entry = join(folder, 'entry.js')
  const styles = JSON.stringify(join(root, stylesheet.built))
  writeFileSync(entry, `import './page.css'\nimport ${styles}`)
  const result = await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    build: { write: false, rolldownOptions: { input: entry } },
  })
  const { output } = (Array.isArray(result) ? result[0] : result) as Extract<typeof result, { output: unknown }>
  const sheet = output.find((each) => each.type === 'asset' && each.fileName.endsWith('.css'))
  return String((sheet as { source: string | Uint8Array }).source)
}

const LIGHT = ['rgb(22, 33, 30)', 'rgb(255, 255, 255)']
const DARK = ['rgb(232, 239, 237)', 'rgb(21, 27, 26)']

it.each([
  ['a page that says nothing of light and dark', 'body { margin: 0 }', '<body>', LIGHT],
  ['a page that says dark', ':root { color-scheme: dark }', '<body>', DARK],
  ['a page that follows the system', ':root { color-scheme: light dark }', '<body>', DARK],
  ['a part of a page that is marked dark', 'body { margin: 0 }', '<body data-theme="dark">', DARK],
  ['a part of a dark page that is marked light', ':root { color-scheme: dark }', '<body data-theme="light">', LIGHT],
])('keeps its colours, built for production, on %s', async (_, pageStyles, body, colors) => {
  const styles = await built(pageStyles)
  const page = await browser.newPage({ colorScheme: 'dark' })
  await page.setContent(`<!doctype html><style>${styles}</style>${body}<div class="dg-live">text</div>`)
  const seen = await page.locator('.dg-live').evaluate((element) => {
    const { color, backgroundColor } = getComputedStyle(element)
    return [color, backgroundColor]
  })
  expect(seen).toEqual(colors)
  await page.close()
})
