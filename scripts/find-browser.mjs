// Finds a Chromium that the tests, the stories, the benchmark and the demo can drive; installs one where that is possible.
//
//   node scripts/find-browser.mjs             prints the path, or fails with one sentence
//   node scripts/find-browser.mjs --install   installs a browser first when none is there
//
// Only the path goes to stdout; what an installer says goes to stderr.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tool } from './tool.mjs'

/** What to tell a person who has no browser. */
export const NO_BROWSER =
  'No Chromium was found; the browser tests, the stories and the demo in a window need one; ' +
  'install Chrome, Chromium or Edge, or run "npx playwright install chromium", or set CHROMIUM_PATH to the program.'

/**
 * Flags for every headless launch.
 *
 * - A root user (a container, CI) cannot use Chromium's sandbox.
 * - Without the networking flags Chromium talks to its maker's hosts at every start.
 * - Without a sound device the first AudioContext's clock stands still for over a second, unless audio output is
 *   disabled, which gives a silent sink that is driven by a timer.
 */
export const LAUNCH_FLAGS = Object.freeze([
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-audio-output',
])

/** Flags for a microphone that beeps and a permission prompt that is answered with yes. */
export const FAKE_MICROPHONE_FLAGS = Object.freeze([
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
])

/** Lets a page make sound without a gesture. Left out where the autoplay policy is the subject. */
export const AUTOPLAY_FLAG = '--autoplay-policy=no-user-gesture-required'

/**
 * Options for Playwright's `chromium.launch`, with the browser that {@link findBrowser} finds.
 *
 * @param {{ microphone?: boolean | string, autoplay?: boolean, args?: string[], install?: boolean }} [options]
 *   `microphone`: `true` for Chromium's beep, a path for a WAV file played once; default none.
 *   `autoplay`: whether sound needs no gesture; default `true`.
 */
export function launchOptions({ microphone = false, autoplay = true, args = [], install = false } = {}) {
  const executablePath = findBrowser({ install })
  if (executablePath === undefined) throw new Error(NO_BROWSER)
  return {
    executablePath,
    headless: true,
    args: [
      ...LAUNCH_FLAGS,
      ...(microphone === false ? [] : FAKE_MICROPHONE_FLAGS),
      ...(typeof microphone === 'string' ? [`--use-file-for-fake-audio-capture=${microphone}%noloop`] : []),
      ...(autoplay ? [AUTOPLAY_FLAG] : []),
      ...args,
    ],
  }
}

/**
 * The path of a Chromium, or `undefined`.
 *
 * Looks at CHROMIUM_PATH, then at the places where systems keep Chrome, Chromium and Edge, then at Playwright's own.
 * With `install`, tries Debian's package (as root) and Playwright's download.
 *
 * @param {{ install?: boolean }} [options]
 * @throws Error when CHROMIUM_PATH is set to something that is no program.
 */
export function findBrowser({ install = false } = {}) {
  const wanted = process.env['CHROMIUM_PATH']
  if (wanted) {
    if (isProgram(wanted)) return wanted
    throw new Error(
      `CHROMIUM_PATH is "${wanted}", which is no program that can be run; no other browser is tried while it is set; correct or unset it.`,
    )
  }
  const found = candidates().find(isProgram)
  if (found !== undefined || !install) return found
  installBrowser()
  return candidates().find(isProgram)
}

function candidates() {
  const inPath = (...names) =>
    (process.env['PATH'] ?? '')
      .split(delimiter)
      .filter(Boolean)
      .flatMap((folder) => names.map((name) => join(folder, name)))
      // A snap's launcher cannot be driven from outside its own confinement.
      .filter((path) => existsSync(path) && !realpathSync(path).endsWith('/snap'))
  switch (process.platform) {
    case 'darwin':
      return [
        ...['', homedir()].flatMap((root) => [
          `${root}/Applications/Google Chrome.app/Contents/MacOS/Google Chrome`,
          `${root}/Applications/Chromium.app/Contents/MacOS/Chromium`,
          `${root}/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge`,
        ]),
        ...inPath('chromium'),
        ...playwrightBrowsers(),
      ]
    case 'win32':
      return [
        ...['LOCALAPPDATA', 'PROGRAMFILES', 'PROGRAMFILES(X86)']
          .map((name) => process.env[name])
          .filter((root) => root !== undefined)
          .flatMap((root) => [
            join(root, 'Google/Chrome/Application/chrome.exe'),
            join(root, 'Chromium/Application/chrome.exe'),
            join(root, 'Microsoft/Edge/Application/msedge.exe'),
          ]),
        ...playwrightBrowsers(),
      ]
    default:
      return [
        ...inPath('google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser', 'microsoft-edge'),
        '/usr/bin/chromium',
        '/opt/google/chrome/chrome',
        ...playwrightBrowsers(),
      ]
  }
}

/** What Playwright has downloaded: the build that the installed version wants, else any. */
function playwrightBrowsers() {
  const cache =
    process.env['PLAYWRIGHT_BROWSERS_PATH'] ??
    {
      darwin: join(homedir(), 'Library/Caches/ms-playwright'),
      win32: join(process.env['LOCALAPPDATA'] ?? homedir(), 'ms-playwright'),
    }[process.platform] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ms-playwright')
  const folders = existsSync(cache) ? readdirSync(cache).filter((name) => /^chromium-\d+$/.test(name)) : []
  const programs = ['chrome-linux64/chrome', 'chrome-linux/chrome', 'chrome-win64/chrome.exe', 'chrome-win/chrome.exe']
  for (const folder of ['chrome-mac-arm64', 'chrome-mac-x64', 'chrome-mac']) {
    programs.push(
      `${folder}/Chromium.app/Contents/MacOS/Chromium`,
      `${folder}/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing`,
    )
  }
  return folders
    .sort((a, b) => Number(b.split('-')[1]) - Number(a.split('-')[1]))
    .flatMap((folder) => programs.map((program) => join(cache, folder, program)))
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function installBrowser() {
  const isRoot = process.getuid?.() === 0
  // Debian's package brings the system libraries with it; Playwright's download alone does not start on a bare system.
  if (process.platform === 'linux' && isRoot && isDebian()) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    run('apt-get', ['update', '-qq'], env)
    if (run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], env)) return
  }
  const cli = tool('playwright', 'cli.js')
  const withDeps = process.platform === 'linux' && isRoot ? ['--with-deps'] : []
  run(process.execPath, [cli, 'install', ...withDeps, 'chromium'])
}

function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

function run(command, args, env = process.env) {
  process.stderr.write(`> ${[command.split('/').pop(), ...args.map((arg) => arg.split('/').pop())].join(' ')}\n`)
  // No stdin, so that nothing can wait for an answer; a limit, so that a closed network cannot hold the run.
  const result = spawnSync(command, args, { env, stdio: ['ignore', 2, 2], timeout: 300_000 })
  return result.status === 0
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const path = findBrowser({ install: process.argv.includes('--install') })
    if (path === undefined) throw new Error(NO_BROWSER)
    console.log(path)
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
