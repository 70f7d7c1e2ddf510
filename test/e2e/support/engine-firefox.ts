import { launch } from 'puppeteer-core'
import type { EngineBrowser, Surroundings } from './engine.ts'
import { findProgram } from './programs.ts'

/** The path of Firefox, or nothing. */
export const findFirefox = (): string | undefined => findProgram('firefox-esr') ?? findProgram('firefox')

/** Opens Firefox, driven over WebDriver BiDi. */
export async function openFirefox({ env }: Surroundings): Promise<EngineBrowser> {
  const browser = await launch({
    browser: 'firefox',
    executablePath: findFirefox()!,
    headless: true,
    env: { ...process.env, ...env },
    extraPrefsFirefox: {
      // The question for the microphone is answered with yes.
      'media.navigator.permission.disabled': true,
      // A machine that runs tests is busier than a user's; the usual buffer runs empty there.
      'media.cubeb_latency_playback_ms': 150,
    },
  })
  let page = await browser.newPage()
  return {
    async goTo(url) {
      await page.close()
      page = await browser.newPage()
      await page.goto(url)
    },
    click: (selector) => page.click(selector),
    evaluate: (run) => page.evaluate(run),
    close: () => browser.close(),
  }
}
