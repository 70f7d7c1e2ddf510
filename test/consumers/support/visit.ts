import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Locator, type Page } from 'playwright'
import { toneSpeechWav } from 'react-deepgram/testing'
import { startDeepgramEmulator, type DeepgramEmulatorServer } from 'react-deepgram/testing/node'
import { launchOptions } from '../../../scripts/find-browser.mjs'

/** What the page's microphone hears. */
export const SPOKEN = 'pack my box'

/** A page in a real browser, before an emulator that plays Deepgram. */
export interface Visit {
  readonly page: Page
  readonly emulator: DeepgramEmulatorServer
  /** What the page complained of: the console's errors and warnings, exceptions, and answers of 400 and above. */
  readonly complaints: string[]
}

/** Starts the emulator and a browser whose microphone hears {@link SPOKEN}, and ends both when `use` is done. */
export async function visit(use: (visit: Visit) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'react-deepgram-'))
  const wav = join(folder, 'microphone.wav')
  writeFileSync(wav, toneSpeechWav(SPOKEN, { leadingSilenceMs: 1000, trailingSilenceMs: 3000 }))
  const emulator = await startDeepgramEmulator({ port: 0 })
  const browser = await chromium.launch(launchOptions({ microphone: wav }))
  try {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
    })
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
    await use({ page, emulator, complaints }).catch((error: unknown) => {
      // A page that broke waits for ever; what it complained of tells why.
      throw complaints.length > 0 ? new Error(complaints.join('\n'), { cause: error }) : error
    })
  } finally {
    await browser.close()
    await emulator.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Listens with the `LiveTranscript` there until everything that the microphone hears is written down. */
export async function listen({ page }: Visit, where: Page | Locator = page): Promise<void> {
  const button = where.getByRole('button', { name: /microphone/i })
  await button.click()
  await where.getByRole('log').getByText(SPOKEN).waitFor({ timeout: 30_000 })
  await button.click()
  await where.getByText('Ready', { exact: true }).waitFor()
}

/** Lets the `SpeakButton` there speak to the end. */
export async function speak({ page }: Visit, where: Page | Locator = page): Promise<void> {
  await where.getByRole('button', { name: /speak/i }).click()
  // From the first audible sample to the last one.
  await where.locator('button[data-status="speaking"][aria-pressed="true"]').waitFor({ timeout: 30_000 })
  await where.locator('button[data-status="idle"][aria-pressed="false"]').first().waitFor({ timeout: 30_000 })
}
