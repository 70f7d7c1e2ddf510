// What every story looks like, beside a picture of what it looked like when somebody said it was right. `npm run looks -- --write`
// says so again.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pixelmatch from 'pixelmatch'
import { chromium, type Browser } from 'playwright'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/doors.mjs'
import { launchOptions } from '../../scripts/find-browser.mjs'
import { servePage, type BuiltPage } from './support/built-page.ts'
import { writingOf, type Writing } from './support/writing.ts'

/**
 * Together they show both themes and both ends of the widths; each theme at each width would be twice as much of nearly the
 * same. What is below the height is more of the same, too: lists of every error, long texts.
 */
const LOOKS = [
  { name: 'light-360', theme: 'light', width: 360, height: 800 },
  { name: 'dark-1280', theme: 'dark', width: 1280, height: 560 },
] as const
/** Stories that are not the same twice, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'scenes-strict-mode--strict-mode-mounts-twice':
    'it listens by itself, so that it is at another place of its way each time',
}
/** How far a colour may be off before it counts, where black and white are 1 apart: a light grey by 6 of 255. Runs differ by 2. */
const THRESHOLD = 0.02
/** How many pixels may count; the smallest dot of a component has 50. */
const MOST = 16

const baselines = join(root, 'test/baselines')
const record = join(baselines, 'made-with.json')
const isWriting = process.env['LOOKS'] === 'write'

interface MadeWith {
  /** The major version. */
  chromium: string
  writing: Writing
}

/** How the browser of this machine writes. */
async function probe(): Promise<MadeWith> {
  const families = [...readFileSync(join(root, 'stories/scripts/page.css'), 'utf8').matchAll(/font-family: ([^;]+);/g)]
  const browser = await chromium.launch(launchOptions())
  const page = await browser.newPage()
  const writing = await page.evaluate(
    writingOf,
    families.map(([, family]) => family!),
  )
  await browser.close()
  return { chromium: browser.version().split('.')[0]!, writing }
}

/** Letters are drawn by the browser with the fonts of a machine: where those are others, a picture proves nothing. */
function findStrangeness(own: MadeWith): string | undefined {
  if (!existsSync(record)) return undefined
  const made = JSON.parse(readFileSync(record, 'utf8')) as MadeWith
  if (made.chromium !== own.chromium) return `made with Chromium ${made.chromium}, this is ${own.chromium}`
  const other = Object.entries(made.writing).find(([line, [width, height, ink]]) => {
    const [ownWidth, ownHeight, ownInk] = own.writing[line] ?? [0, 0, 0]
    return width !== ownWidth || height !== ownHeight || Math.abs(ink - ownInk) > ink / 100
  })
  return other && `made with other fonts: ${other[0]} is not the same here`
}

/** What differs between two pictures, in words and, where they can be laid upon each other, as a picture. */
function compare(before: PNG | undefined, after: PNG): { difference: string; picture?: PNG } | undefined {
  if (!before) return { difference: 'there is no picture of it yet' }
  const { width, height } = after
  if (before.width !== width || before.height !== height) {
    return { difference: `${width} × ${height} in place of ${before.width} × ${before.height}` }
  }
  const picture = new PNG({ width, height })
  const options = { threshold: THRESHOLD, includeAA: true }
  const count = pixelmatch(before.data, after.data, picture.data, width, height, options)
  return count > MOST ? { difference: `${count} pixels`, picture } : undefined
}

const pictureAt = (path: string): PNG | undefined => (existsSync(path) ? PNG.sync.read(readFileSync(path)) : undefined)

function keepPicture(path: string, picture: PNG): void {
  mkdirSync(dirname(path), { recursive: true })
  // Text on plain grounds is smallest without filters.
  writeFileSync(path, PNG.sync.write(picture, { colorType: 2, filterType: 0, deflateStrategy: 0, deflateLevel: 9 }))
}

const own = await probe()
const strangeness = findStrangeness(own)
const title = 'the looks of the stories'

describe.skipIf(strangeness && !isWriting)(
  strangeness ? `${title} (left out: baselines ${strangeness})` : title,
  () => {
    let site: BuiltPage
    let browser: Browser

    beforeAll(async () => {
      site = await servePage('test/e2e/looks-page')
      browser = await chromium.launch(launchOptions({ microphone: true }))
      // Nothing of theirs is worth keeping among ours.
      if (isWriting && strangeness) rmSync(baselines, { recursive: true, force: true })
    })
    afterAll(async () => {
      await browser.close()
      await site.close()
    })

    it.each(LOOKS.map((look) => [look.name, look] as const))(
      '%s: every story is as it was',
      async (_, { name, theme, ...viewport }) => {
        const page = await browser.newPage({ viewport, locale: 'en-US', timezoneId: 'UTC' })
        const failures: string[] = []
        page.on('pageerror', (error) => failures.push(error.message))
        await page.goto(site.url)
        await page.waitForFunction(() => 'looks' in window)
        const ids = (await page.evaluate(() => window.looks.ids)).filter((id) => !(id in LEFT_OUT))
        expect(ids.length).toBeGreaterThan(90)
        const folder = join(baselines, name)
        let out: string | undefined

        for (const id of ids) {
          const height = await page.evaluate(([id, theme]) => window.looks.show(id, theme), [id, theme] as const)
          const clip = { x: 0, y: 0, ...viewport, height: Math.min(height, viewport.height) }
          const after = PNG.sync.read(await page.screenshot({ animations: 'disabled', clip }))
          const path = join(folder, `${id}.png`)
          const found = compare(pictureAt(path), after)
          if (found && isWriting) keepPicture(path, after)
          else if (found) {
            out ??= mkdtempSync(join(tmpdir(), 'react-deepgram-looks-'))
            keepPicture(join(out, `${id}.actual.png`), after)
            if (found.picture) keepPicture(join(out, `${id}.difference.png`), found.picture)
            failures.push(`${id}: ${found.difference}`)
          }
        }
        await page.close()

        const kept = existsSync(folder) ? readdirSync(folder) : []
        for (const file of kept.filter((file) => !ids.includes(file.replace(/\.png$/, '')))) {
          if (isWriting) rmSync(join(folder, file))
          else failures.push(`${file}: a picture without a story`)
        }
        const advice = `See ${out ?? folder} beside ${folder}; if it is right so: npm run looks -- --write`
        expect(failures, failures.length > 0 ? advice : undefined).toEqual([])
        if (isWriting) writeFileSync(record, `${JSON.stringify(own, null, 2)}\n`)
      },
    )
  },
)
