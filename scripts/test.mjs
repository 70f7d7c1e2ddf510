// Every check and every test, and one closing line: "N passed, N failed".
// Each check counts as one; browser runs are never beside anything else, because the audio clock suffers.
//
//   npm test                    all of it
//   npm test -- checks unit     some parts; on machines of their own, the parts take as long as the longest
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './doors.mjs'
import { findBrowser, NO_BROWSER } from './find-browser.mjs'
import { tool } from './tool.mjs'

/** What a check ends with that could not find out. */
const UNKNOWN = 77
const total = { passed: 0, failed: 0 }
const troubles = []
/** What did not run: checks, and groups of tests with their number. */
const skipped = new Map()

const PARTS = {
  async checks() {
    // Beside each other: what ESLint takes is about what all the others take.
    await Promise.all([
      check('lint', [tool('eslint', 'bin/eslint.js'), '.', '--max-warnings', '0']),
      (async () => {
        await check('types', [join(root, 'scripts/typecheck.mjs')])
        await check('format', [tool('prettier', 'bin/prettier.cjs'), '--check', '.', '--log-level', 'warn'])
        await check('unused', [tool('knip', 'bin/knip.js')])
        await check('build', [join(root, 'scripts/build.mjs')])
        await check('package', [join(root, 'scripts/package-check.mjs')])
        await check('audit', [join(root, 'scripts/audit.mjs'), '--strict'])
      })(),
    ])
  },
  unit: () => tests('node', 'types'),
  browser: () => testsInBrowser('browser', 'browser-autoplay'),
  storybook: () => testsInBrowser('storybook'),
  e2e: () => testsInBrowser('e2e'),
  consumers: () => testsInBrowser('consumers'),
}

const asked = process.argv.slice(2)
const stranger = asked.find((part) => !Object.hasOwn(PARTS, part))
if (stranger !== undefined) {
  console.error(`There is no part "${stranger}"; there are: ${Object.keys(PARTS).join(', ')}.`)
  process.exit(1)
}

const reports = mkdtempSync(join(tmpdir(), 'react-deepgram-test-'))
let browser
try {
  for (const [part, runPart] of Object.entries(PARTS)) if (asked.length === 0 || asked.includes(part)) await runPart()
} finally {
  rmSync(reports, { recursive: true, force: true })
}

if (skipped.size > 0) {
  console.log(`\nSkipped:\n${[...skipped].map(([group, count]) => `  ${group}: ${count}`).join('\n')}`)
}
if (troubles.length > 0) console.log(`\nFailed:\n${troubles.map((trouble) => `  ${trouble}`).join('\n')}`)
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0

async function check(name, command) {
  const code = await run(name, command, { isHeldBack: true })
  if (code === 0) total.passed += 1
  else if (code === UNKNOWN) skipped.set(`the check "${name}"`, 1)
  else fail(`the check "${name}"`)
}

async function tests(...projects) {
  const report = join(reports, `${projects[0]}.json`)
  const code = await run(`tests: ${projects.join(', ')}`, [
    tool('vitest', 'vitest.mjs'),
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  let passed = 0
  let failed = 0
  try {
    for (const file of JSON.parse(readFileSync(report, 'utf8')).testResults) {
      for (const { status, fullName, ancestorTitles } of file.assertionResults) {
        if (status === 'passed') passed += 1
        if (status === 'skipped' || status === 'pending') {
          const group = `${file.name.replace(`${root}/`, '')}: ${ancestorTitles[0] ?? fullName}`
          skipped.set(group, (skipped.get(group) ?? 0) + 1)
        }
        if (status !== 'failed') continue
        failed += 1
        troubles.push(`${file.name.replace(`${root}/`, '')}: ${fullName}`)
      }
      // A file that could not be loaded has no tests to fail.
      if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) {
        failed += 1
        troubles.push(`${file.name.replace(`${root}/`, '')}: ${String(file.message).split('\n')[0]}`)
      }
    }
  } catch {
    // No report: the run broke off; its exit code tells.
  }
  total.passed += passed
  total.failed += failed
  if (passed + failed === 0) fail(`no test ran in ${projects.join(', ')}`)
  // A run may fail beside its tests: an unhandled rejection, a browser that did not start.
  else if (code !== 0 && failed === 0) fail(`the run of ${projects.join(', ')} (see above)`)
}

async function testsInBrowser(...projects) {
  browser ??= presentBrowser()
  if (browser) await tests(...projects)
}

function fail(trouble) {
  total.failed += 1
  troubles.push(trouble)
}

/** The browser of all the runs; '' when there is none, which is one failure. */
function presentBrowser() {
  let path
  try {
    path = findBrowser({ install: true })
  } catch (error) {
    console.error(error.message)
  }
  if (path === undefined) fail(NO_BROWSER)
  else process.env['CHROMIUM_PATH'] = path
  return path ?? ''
}

/** Runs a Node program; its output is shown as it comes, or held back until it ends. Resolves with the exit code. */
function run(name, command, { isHeldBack = false } = {}) {
  const title = `\n── ${name}`
  if (!isHeldBack) console.log(title)
  const started = Date.now()
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, {
      cwd: root,
      stdio: ['ignore', ...(isHeldBack ? ['pipe', 'pipe'] : [1, 2])],
    })
    const output = []
    child.stdout?.on('data', (chunk) => output.push(chunk))
    child.stderr?.on('data', (chunk) => output.push(chunk))
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('close', (code) => {
      if (isHeldBack) console.log(title)
      process.stdout.write(Buffer.concat(output))
      console.log(
        `   ${code === 0 ? 'done' : code === UNKNOWN ? 'not known' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s`,
      )
      resolve(code ?? 1)
    })
  })
}
