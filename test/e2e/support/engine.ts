import { openChromium } from './engine-chromium.ts'
import { openFirefox, findFirefox } from './engine-firefox.ts'
import { openWebKit, findMiniBrowser } from './engine-webkit.ts'
import { findBrowser } from '../../../scripts/find-browser.mjs'
import { findProgram } from './programs.ts'
import { SOUND_PROGRAMS } from './sound-server.ts'

/** A browser with one page, by what every engine can do. */
export interface EngineBrowser {
  /** Goes to an address, as a person would who types it: without a gesture on the page. */
  goTo(url: string): Promise<void>
  /** Clicks in the middle of the element, with a real pointer. */
  click(selector: string): Promise<void>
  /** Runs a function in the page, which knows nothing of the file that it stands in. */
  evaluate<Result>(run: () => Result | Promise<Result>): Promise<Result>
  /** Ends the browser. */
  close(): Promise<void>
}

/** What surrounds a browser: its environment, over the one of this process. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>
}

/** One of the three engines. */
export interface Engine {
  readonly name: 'Chromium' | 'Firefox' | 'WebKitGTK'
  /** What this machine lacks for it; empty when it lacks nothing. */
  readonly missing: string
  /** The name, and where that is so, that its tests are skipped, and why. */
  readonly title: string
  open(surroundings: Surroundings): Promise<EngineBrowser>
}

const makeEngine = (name: Engine['name'], wants: Record<string, unknown>, open: Engine['open']): Engine => {
  const found = { ...wants, ...Object.fromEntries(SOUND_PROGRAMS.map((program) => [program, findProgram(program)])) }
  const missing = Object.keys(found)
    .filter((program) => !found[program])
    .join(', ')
  return { name, missing, title: missing ? `${name} (skipped: this machine has no ${missing})` : name, open }
}

/** The engines, whether or not they are on this machine. */
export const ENGINES: readonly Engine[] = [
  makeEngine('Chromium', { Chromium: findBrowser() }, openChromium),
  makeEngine('Firefox', { 'firefox-esr': findFirefox() }, openFirefox),
  makeEngine(
    'WebKitGTK',
    { MiniBrowser: findMiniBrowser(), WebKitWebDriver: findProgram('WebKitWebDriver'), Xvfb: findProgram('Xvfb') },
    openWebKit,
  ),
]
