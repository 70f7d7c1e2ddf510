import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright'
import { startDemo } from '../../../scripts/demo.mjs'
import { launchOptions } from '../../../scripts/find-browser.mjs'
import type { DeepgramEmulatorServer } from 'react-deepgram/testing/node'

/** A page in a real browser, and the emulator behind a real server. */
export interface Stage {
  readonly page: Page
  readonly browser: Browser
  readonly emulator: DeepgramEmulatorServer
  readonly url: string
  /** What the page wrote to the console, and what it threw. */
  readonly complaints: string[]
  close(): Promise<void>
}

/** Opens a page of this project in Chromium; `wav` is what its microphone hears, once. */
export async function openStage({
  page: folder = 'test/e2e/page',
  wav,
  query = '',
  emulator: emulatorOptions = {},
  autoplay = true,
}: {
  page?: string
  wav?: Uint8Array
  query?: string
  emulator?: object
  autoplay?: boolean
} = {}): Promise<Stage> {
  const temporary = mkdtempSync(join(tmpdir(), 'react-deepgram-'))
  const file = join(temporary, 'microphone.wav')
  if (wav) writeFileSync(file, wav)
  const demo = await startDemo({ port: 0, emulatorPort: 0, page: folder, emulator: emulatorOptions })
  const browser = await chromium.launch(launchOptions({ microphone: wav ? file : true, autoplay }))
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(demo.url + query)
  return {
    page,
    browser,
    emulator: demo.emulator as DeepgramEmulatorServer,
    url: demo.url,
    complaints,
    async close() {
      await browser.close()
      await demo.close()
      rmSync(temporary, { recursive: true, force: true })
    },
  }
}
