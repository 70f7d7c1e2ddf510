/* global window -- inside `page.evaluate` */
// A microphone that speaks, a line that breaks, and a count of the words: npm run chaos -- [--seed N] [--minutes M] [--model NAME]
//
// Chromium hears a file of tone speech as its microphone; the emulator behind a real server breaks the line in
// ways drawn from the seed. What the session wrote down is compared with what was spoken.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'
import { startDemo } from './demo.mjs'
import { root } from './doors.mjs'
import { launchOptions } from './find-browser.mjs'

/** @param {number} seed */
function createDraw(seed) {
  let state = (seed * 2654435761) >>> 0
  /** @param {number} low @param {number} high */
  return (low, high) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0
    return low + (state / 2 ** 32) * (high - low)
  }
}

const SYLLABLES = [
  'ba',
  'ce',
  'di',
  'fo',
  'gu',
  'ha',
  'je',
  'ki',
  'lo',
  'mu',
  'na',
  'pe',
  'ri',
  'so',
  'tu',
  'va',
  'we',
  'zi',
]

/** Every word is another one, so that a lost, a repeated and a swapped word cannot be taken for each other. */
function nameWord(index) {
  const a = SYLLABLES[index % 18]
  const b = SYLLABLES[Math.floor(index / 18) % 18]
  const c = SYLLABLES[Math.floor(index / 324) % 18]
  return a + b + (index >= 324 ? c : '')
}

/** The ways a line breaks. Each gives what it did, for the report. */
const BREAKS = [
  { name: 'TCP reset', strike: (socket) => socket.drop() },
  { name: 'close 1011', strike: (socket) => socket.close(1011, 'chaos') },
  { name: 'close without a code', strike: (socket) => socket.close() },
  { name: 'half-open', strike: (socket) => socket.freeze() },
  {
    name: 'outage',
    strike(socket, emulator, draw) {
      const lengthMs = draw(100, 5000)
      const before = emulator.faults
      // Half of them answer with a status, half break the connection.
      const status = draw(0, 1) < 0.5 ? 503 : 0
      emulator.faults = { ...before, refuse: () => status }
      socket.drop()
      setTimeout(() => (emulator.faults = before), lengthMs)
      return `outage of ${Math.round(lengthMs)} ms`
    },
  },
  {
    name: 'refusals',
    strike(socket, emulator, draw) {
      const before = emulator.faults
      let left = 1 + Math.floor(draw(0, 3))
      const times = left
      emulator.faults = {
        ...before,
        refuse: () => {
          if (left-- > 0) return 401
          emulator.faults = before
          return undefined
        },
      }
      socket.drop()
      return `${times} refusals`
    },
  },
  {
    name: 'slow',
    strike(socket, emulator, draw) {
      const before = emulator.faults
      emulator.faults = { ...before, openDelayMs: draw(200, 2000), latencyMs: draw(50, 400) }
      socket.drop()
      setTimeout(() => (emulator.faults = before), 4000)
      return 'slow link'
    },
  },
  {
    name: 'thin',
    strike(socket, emulator, draw) {
      // Speech at 32 kbit/s is 4,000 bytes a second; for a while less goes through, and what waits has to be caught up with.
      const before = emulator.faults
      const upstreamBytesPerSecond = draw(1500, 3500)
      emulator.faults = { ...before, upstreamBytesPerSecond, jitterMs: draw(0, 200) }
      setTimeout(() => (emulator.faults = before), 4000)
      return `${Math.round(upstreamBytesPerSecond)} bytes a second`
    },
  },
]

/**
 * @param {{ seed?: number, minutes?: number, model?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<{ spoken: number, lost: string[], repeated: string[], unknown: string[], outOfOrder: number, decreasing: number,
 *   worstMs: number, breaks: string[], attempts: number, tokens: number, text: string }>}
 */
export async function runChaos({ seed = 1, minutes = 1, model = 'nova-3', log = () => {} } = {}) {
  const { encodeToneSpeech, toneSpeechWav } = await import(pathToFileURL(`${root}/dist/testing/index.js`).href)
  const draw = createDraw(seed)
  const seconds = minutes * 60
  const first = Math.floor(draw(0, 2000))
  const all = encodeToneSpeech(
    Array.from({ length: Math.ceil(seconds * 4) }, (_, index) => nameWord(first + index)).join(' '),
    {
      sampleRate: 48_000,
    },
  ).words
  const words = all.filter(({ end }) => end < seconds)
  const folder = mkdtempSync(join(tmpdir(), 'react-deepgram-'))
  const wav = join(folder, 'speech.wav')
  const text = words.map((word) => word.text).join(' ')
  writeFileSync(wav, toneSpeechWav(text, { leadingSilenceMs: 1500, trailingSilenceMs: 20_000 }))
  const demo = await startDemo({ port: 0, emulatorPort: 0, page: 'test/e2e/page', emulator: { seed } })
  const browser = await chromium.launch(launchOptions({ microphone: wav }))
  const breaks = []
  let timer
  try {
    const page = await browser.newPage()
    await page.goto(`${demo.url}?${new URLSearchParams({ listen: JSON.stringify({ model }) })}`)
    await page.getByRole('button').click()
    await page.getByRole('button', { name: 'listening' }).waitFor()
    const { emulator } = demo
    const endAt = Date.now() + seconds * 1000
    const plan = () => {
      timer = setTimeout(
        () => {
          // Towards the end the line is left alone, so that the last words have a chance to come.
          if (Date.now() > endAt - 3000) return
          const socket = emulator.sockets.findLast(({ state }) => state === 'open')
          if (socket && !socket.isFrozen) {
            const kind = BREAKS[Math.floor(draw(0, BREAKS.length))]
            const what = kind.strike(socket, emulator, draw) ?? kind.name
            breaks.push(what)
            log(`${((Date.now() - endAt) / 1000 + seconds).toFixed(1).padStart(6)} s  ${what}`)
          }
          plan()
        },
        draw(6000, 14_000),
      )
    }
    plan()
    await page.waitForTimeout(seconds * 1000 + 4000)
    // A replay goes at 1.25 times real time at the most.
    await page.waitForFunction(() => window.listen.getState().status === 'listening', undefined, { timeout: 30_000 })
    await page.waitForTimeout(8000)
    const heard = await page.evaluate(async () => {
      const { segments } = await window.listen.stop()
      return segments.flatMap(({ words, isProvisional }) =>
        // Flux writes sentences.
        words.map(({ text, start, end }) => ({
          text: text.replace(/\W/g, '').toLowerCase(),
          start,
          end,
          isProvisional,
        })),
      )
    })
    const attempts = (await page.evaluate(() => window.listen.diagnostics().attempts)).length
    return {
      ...compare(words, heard),
      breaks,
      attempts,
      tokens: emulator.tokens.length,
      text: heard.map((word) => word.text).join(' '),
    }
  } finally {
    clearTimeout(timer)
    await browser.close()
    await demo.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function compare(words, heard) {
  const place = new Map(words.map((word, index) => [word.text, index]))
  const seen = new Map()
  for (const { text } of heard) seen.set(text, (seen.get(text) ?? 0) + 1)
  const known = heard.filter(({ text }) => place.has(text))
  const shifts = known.map((word) => word.start - words[place.get(word.text)].start).sort((a, b) => a - b)
  const shift = shifts[shifts.length >> 1] ?? 0
  return {
    spoken: words.length,
    lost: words.filter(({ text }) => !seen.has(text)).map(({ text }) => text),
    repeated: [...seen].filter(([, times]) => times > 1).map(([text]) => text),
    unknown: heard.filter(({ text }) => !place.has(text)).map(({ text }) => text),
    outOfOrder: known.filter((word, index) => index > 0 && place.get(word.text) < place.get(known[index - 1].text))
      .length,
    decreasing: heard.filter((word, index) => index > 0 && word.start < heard[index - 1].start - 0.001).length,
    worstMs: Math.round(
      1000 * Math.max(0, ...known.map((word) => Math.abs(word.start - words[place.get(word.text)].start - shift))),
    ),
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '1' },
      model: { type: 'string' },
    },
  })
  const result = await runChaos({
    seed: Number(values.seed),
    minutes: Number(values.minutes),
    model: values.model,
    log: (line) => console.log(line),
  })
  const { lost, repeated, unknown, outOfOrder, decreasing } = result
  console.log(
    `seed ${values.seed}: ${result.breaks.length} breaks, ${result.attempts} attempts; ${result.spoken} words spoken, ` +
      `${lost.length} lost, ${repeated.length} repeated, ${unknown.length} unknown, ${outOfOrder} out of order, ` +
      `${decreasing} times decreasing, times off by ${result.worstMs} ms at the most`,
  )
  if (lost.length + repeated.length + unknown.length + outOfOrder + decreasing > 0 || result.worstMs > 100) {
    console.log({ lost, repeated, unknown })
    process.exitCode = 1
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
