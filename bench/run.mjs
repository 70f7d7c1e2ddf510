/* global window -- inside `page.evaluate` */
// Measures what is reported in the README: npm run bench [-- name …]. Nothing else should run on the machine meanwhile.
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { chromium } from 'playwright'
import { startDemo } from '../scripts/demo.mjs'
import { launchOptions } from '../scripts/find-browser.mjs'
import { root } from '../scripts/doors.mjs'
import { sideBySide } from './compare.mjs'
import { webmPackets } from './webm-packets.mjs'

const quantile = (values, q) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))]
const figures = (values) =>
  `p50 ${quantile(values, 0.5).toFixed(1)}, p95 ${quantile(values, 0.95).toFixed(1)}, max ${Math.max(...values).toFixed(1)}`

// React as it is shipped: in development it compares what every component is given, element by element, for its own profiler.
process.env.NODE_ENV = 'production'

/** Opens the benchmark's page and hands it, with the emulator, to `use`. */
async function onPage(use) {
  const demo = await startDemo({ port: 0, emulatorPort: 0, page: 'bench/page' })
  const browser = await chromium.launch(launchOptions({ microphone: true }))
  try {
    const page = await browser.newPage()
    page.on('pageerror', (error) => console.error(String(error)))
    await page.goto(demo.url)
    await page.waitForFunction('window.bench !== undefined')
    return await use(page, demo.emulator)
  } finally {
    await browser.close()
    await demo.close()
  }
}

/** From a sound's moment to the `send()` of the packet it is in. */
async function captureLatency() {
  const { encodeToneSpeech } = await import('../dist/testing/index.js')
  const text = Array.from({ length: 60 }, (_, index) => ['one', 'two', 'three', 'four'][index % 4]).join(' ')
  const { samples, words } = encodeToneSpeech(text, { sampleRate: 48_000 })
  const [result, received] = await onPage(async (page, emulator) => [
    await page.evaluate(({ samples, rate }) => window.bench.capture(samples, rate), {
      samples: [...samples],
      rate: 48_000,
    }),
    Buffer.concat(emulator.sockets[0].receivedFrames),
  ])
  const shifts = result.words.map((word, index) => result.playedAt + (words[index].start - word.start) * 1000)
  const streamStartAt = quantile(shifts, 0.5)
  const packets = webmPackets(received)
  const latencies = []
  let endByte = 0
  let next = 0
  for (const { at, byteLength } of result.sent) {
    endByte += byteLength
    for (; packets[next] && packets[next].endByte <= endByte; next++) {
      const endMs = packets[next + 1]?.timeMs ?? packets[next].timeMs + 60
      // A packet holds many moments of sound; each counts.
      for (let ms = packets[next].timeMs; ms < endMs; ms++) latencies.push(at - (streamStartAt + ms))
    }
  }
  return [
    ['sound to send(), ms', figures(latencies)],
    ['recorder event to send(), ms', figures(result.handOver)],
    ['upstream, kbit/s', (result.bitsPerSecond / 1000).toFixed(1)],
    ['words heard of words spoken', `${result.words.length} of ${words.length}`],
  ]
}

async function messageToDom() {
  const { toDom, frames } = await onPage((page) => page.evaluate(() => window.bench.messageToDom(200)))
  return [
    ['message to DOM, ms', figures(toDom)],
    ['message to DOM, pictures', figures(frames)],
  ]
}

/** What an update of a transcript costs, beside a list that maps over all of it. */
async function transcript() {
  return onPage(async (page) => {
    const rows = []
    // A page behind so many segments has done this often; the first few times its code is still being compiled.
    for (const kind of ['live', 'plain']) {
      await page.evaluate((args) => window.bench.transcriptCosts(...args), [kind, 10, 100])
    }
    for (const [kind, count, updates] of [
      ['live', 10, 100],
      ['live', 10_000, 100],
      ['live', 100_000, 40],
      ['plain', 10, 100],
      ['plain', 10_000, 40],
    ]) {
      const costs = await page.evaluate((args) => window.bench.transcriptCosts(...args), [kind, count, updates])
      const name = `${kind === 'live' ? 'LiveTranscript' : 'plain list'}, ${count} segments`
      rows.push(
        [`${name}: interim, ms`, figures(costs.interims)],
        [`${name}: final, ms`, figures(costs.finals)],
        [`${name}: commits, elements`, `${costs.commitsPerInterim} per interim, ${costs.elementsPerFinal} per final`],
        [`${name}: scrolling, ms a picture`, figures(costs.pictures)],
      )
    }
    return rows
  })
}

async function dialogueLatency() {
  const { firstByte, byteToSound, toDuck, pictures, toSilence } = await onPage((page) =>
    // The service takes twenty pieces of text a minute, and an answer is two or three; more would be measured waiting.
    page.evaluate(() => window.bench.dialogue(9)),
  )
  return [
    ['end of turn to first byte, ms', figures(firstByte)],
    ['first byte to first sound, ms', figures(byteToSound)],
    ['speech start to ducked, ms', figures(toDuck)],
    ['speech start to ducked, pictures', figures(pictures)],
    ['decision to silence, ms', figures(toSilence)],
  ]
}

async function speech() {
  const { byteToSound, toSilence, afterwards, clicks, underruns, samples, samplesOff } = await onPage((page) =>
    page.evaluate(() => window.bench.speak(100, 10)),
  )
  return [
    ['first byte to first sample, ms', figures(byteToSound)],
    ['stop() to silence, ms', figures(toSilence)],
    ['clicks, sounds afterwards', `${clicks}, ${afterwards} in ${toSilence.length} stops`],
    [
      'underruns at 120 ms of jitter',
      `${Math.max(...underruns)} an utterance at the most; ${samplesOff} of ${samples} samples differ`,
    ],
  ]
}

/** Ten hours of speech in a session. */
function longTranscript() {
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', `${root}/bench/transcript.mjs`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error('The benchmark of long transcripts failed.')
  return JSON.parse(stdout)
}

const BENCHES = {
  capture: captureLatency,
  dom: messageToDom,
  transcript,
  dialogue: dialogueLatency,
  speech,
  hours: longTranscript,
  'side-by-side': sideBySide,
}

const asked = process.argv.slice(2).filter((name) => !name.startsWith('--'))
const names = asked.length ? asked : Object.keys(BENCHES)
const built = spawnSync(process.execPath, [`${root}/scripts/build.mjs`, '--if-stale'], { stdio: 'inherit' })
if (built.status !== 0) process.exit(1)
console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}\n`)
for (const name of names) {
  const bench = BENCHES[name]
  if (!bench) {
    console.error(`There is no benchmark "${name}"; there are: ${Object.keys(BENCHES).join(', ')}.`)
    process.exit(1)
  }
  const startedAt = Date.now()
  for (const [what, value] of await bench()) console.log(`${what.padEnd(34)} ${value}`)
  console.error(`${name} took ${((Date.now() - startedAt) / 1000).toFixed(0)} s`)
}
