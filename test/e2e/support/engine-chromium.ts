import { chromium } from 'playwright'
import { findBrowser, LAUNCH_FLAGS } from '../../../scripts/find-browser.mjs'
import type { EngineBrowser, Surroundings } from './engine.ts'

/** Opens Chromium with the real devices of its surroundings, and with the autoplay policy of a user's browser. */
export async function openChromium({ env }: Surroundings): Promise<EngineBrowser> {
  const browser = await chromium.launch({
    executablePath: findBrowser()!,
    env: { ...process.env, ...env },
    ignoreDefaultArgs: ['--mute-audio'],
    args: [
      ...LAUNCH_FLAGS.filter((flag) => flag !== '--disable-audio-output'),
      '--use-fake-ui-for-media-stream',
      // A machine that runs tests is busier than a user's; the usual buffer runs empty there.
      '--audio-buffer-size=4096',
    ],
  })
  let page = await browser.newPage()
  return {
    async goTo(url) {
      // A new page has no gesture behind it.
      await page.close()
      page = await browser.newPage()
      await page.goto(url)
    },
    click: (selector) => page.click(selector),
    evaluate: (run) => page.evaluate(run),
    close: () => browser.close(),
  }
}
