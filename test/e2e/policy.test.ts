// Production builds under the policy that SECURITY.md tells people to use: read from there, and nothing added but the
// address of the emulator in the service's place.
import { readFileSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTokenHandler, toNodeHandler } from 'react-deepgram/server'
import { toneSpeechWav } from 'react-deepgram/testing'
import { startDeepgramEmulator, type DeepgramEmulatorServer } from 'react-deepgram/testing/node'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/doors.mjs'
import { launchOptions } from '../../scripts/find-browser.mjs'
import { servePage, type BuiltPage } from './support/built-page.ts'
import { policyOf } from './support/policy.ts'

const TEXT = 'pack my box with five dozen liquor jugs'

let emulator: DeepgramEmulatorServer
let browser: Browser
let folder: string
let page: Page
let complaints: string[]

beforeAll(async () => {
  emulator = await startDeepgramEmulator({ port: 0 })
  folder = mkdtempSync(join(tmpdir(), 'react-deepgram-'))
  const wav = join(folder, 'microphone.wav')
  writeFileSync(wav, toneSpeechWav(TEXT, { leadingSilenceMs: 2500, trailingSilenceMs: 3000 }))
  browser = await chromium.launch(launchOptions({ microphone: wav, autoplay: false }))
})
afterAll(async () => {
  await browser.close()
  await emulator.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  page = await browser.newPage()
  complaints = []
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()} answered ${response.status()}`)
  })
  await page.addInitScript(() => {
    const told = window as unknown as { violations: string[] }
    told.violations = []
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      told.violations.push(`${violatedDirective} ${blockedURI}`),
    )
  })
})
afterEach(async () => {
  // A test that needs no page has none.
  expect(await page.evaluate(() => (window as unknown as { violations?: string[] }).violations ?? [])).toEqual([])
  expect(complaints).toEqual([])
  await page.close()
})

function guard(site: BuiltPage): BuiltPage {
  site.headers = policyOf(emulator.url)
  site.route = (req, res) =>
    void toNodeHandler(
      createTokenHandler({ apiKey: emulator.apiKey, baseUrl: emulator.httpUrl, authorize: () => true }),
    )(req, res)
  return site
}

const browse = (site: BuiltPage, options: object): Promise<unknown> =>
  page.goto(`${site.url}?${encodeURIComponent(JSON.stringify({ baseUrl: emulator.url, ...options }))}`)

describe('a production build under the documented policy', () => {
  let site: BuiltPage
  beforeAll(async () => {
    site = guard(await servePage('test/e2e/guarded-page', {}, { 'pcm-worklet.js': `${root}/dist/pcm-worklet.js` }))
  })
  afterAll(() => site.close())

  it('pain 38: a microphone is heard and a text is spoken, with every component on the page, and nothing is refused', async () => {
    await browse(site, {})
    await page.getByRole('button', { name: 'Listen to the microphone' }).click()
    await page.getByRole('log').getByText('jugs').waitFor({ timeout: 20_000 })
    await page.getByRole('button', { name: /^Speak/ }).click()
    await page.waitForFunction(() => window.speech.getState().status === 'speaking')
    await page.waitForFunction(() => window.speech.getState().status === 'idle', undefined, { timeout: 20_000 })
    expect(await page.evaluate(async () => (await window.listen.stop()).text)).toBe(TEXT)
    expect(await page.evaluate(() => window.told)).toEqual([])
  })

  it('pain 38, pain 68: samples are captured by a worklet that the page serves itself', async () => {
    await browse(site, { listen: { capture: { format: 'pcm', workletUrl: '/pcm-worklet.js' }, digestAudio: true } })
    await page.getByRole('button', { name: 'Listen to the microphone' }).click()
    await page.getByRole('log').getByText('jugs').waitFor({ timeout: 20_000 })
    await page.evaluate(() => window.listen.stop())
    expect(await page.evaluate(() => window.listen.diagnostics().audioDigest)).toMatchObject({ isSame: true })
    expect(emulator.sockets.at(-1)!.query.get('encoding')).toBe('linear16')
  })

  it('pain 68: no built file names a file that has to be served beside it, and nothing evaluates text', () => {
    const scripts = site.files.filter((name) => name.endsWith('.js') && name !== 'pcm-worklet.js')
    expect(scripts.length).toBeGreaterThan(0)
    for (const name of scripts) {
      const code = readFileSync(join(site.folder, name), 'utf8')
      const found =
        /new URL\(\s*["'`][^)]{0,80}import\.meta\.url|importScripts|new Worker\(|\beval\(|new Function\(/.exec(code)
      // The clock for hidden pages makes its worker from a text of its own, and does without where a policy forbids that.
      if (/background-clock/.test(name)) continue
      expect([name, found?.[0]]).toEqual([name, undefined])
    }
  })
})

describe('the demo', () => {
  it('pain 38: built for production, it hears its own voice under the documented policy', async () => {
    const site = guard(
      await servePage('examples/demo', {
        __DEMO__: { target: 'emulator', tokenUrl: '/api/deepgram/token', baseUrl: emulator.url },
      }),
    )
    await page.goto(site.url)
    await page.getByRole('button', { name: 'Microphone', pressed: false }).click()
    await page.getByText('Listening', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Speak' }).click()
    await page.getByRole('button', { name: 'Speak', pressed: true }).waitFor()
    await page.getByRole('log').getByText('dog').waitFor({ timeout: 20_000 })
    await site.close()
  })
})
