import { findBrowser, NO_BROWSER } from '../../scripts/find-browser.mjs'

/** Says in one sentence that there is no browser, before a driver says it in twenty lines. */
export default function setup() {
  if (findBrowser() === undefined) throw new Error(NO_BROWSER)
}
