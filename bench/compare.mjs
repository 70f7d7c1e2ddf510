/* global window -- inside `page.evaluate` */
// react-deepgram beside what people would use instead, on the same words, the same line and the same page:
//
//   npm run bench -- side-by-side             measures and prints the table
//   npm run bench -- side-by-side --write     writes it into the README, too
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { build as bundle } from 'esbuild'
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { doorAliases, root } from '../scripts/doors.mjs'
import { launchOptions } from '../scripts/find-browser.mjs'

const CONTENDERS = ['react-deepgram', '@deepgram/sdk', 'hand-written']
const SIZES = [10, 1_000, 10_000]
const INTERIMS = 100
const SECONDS_PER_SEGMENT = 3

const quantile = (values, q) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? NaN

/** Installs the peers where they are not, and builds the page with them as an application would be built. */
async function buildPage() {
  const folder = join(root, 'bench')
  if (!existsSync(join(folder, 'node_modules/@soniox/react'))) {
    const { status } = spawnSync('npm', ['ci', '--silent'], { cwd: folder, stdio: 'inherit' })
    if (status !== 0) throw new Error('The peers in bench/package.json could not be installed.')
  }
  const outDir = join(root, 'node_modules/.cache/react-deepgram/compare')
  await build({
    root: join(folder, 'compare'),
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
    resolve: {
      // The build of React that counts commits, for every contender alike.
      alias: [...doorAliases('built'), { find: /^react-dom\/client$/, replacement: 'react-dom/profiling' }],
      dedupe: ['react', 'react-dom'],
    },
    plugins: [react()],
  })
  return outDir
}

/** One contender on a page of its own, against an emulator of its own; in a browser of its own, too, unless one is given. */
async function onPage(outDir, who, { emulator: options = {}, preset = 0, speaks = false, browser: given }, use) {
  const { startDeepgramEmulator } = await import('../dist/testing/node.js')
  const emulator = await startDeepgramEmulator({ port: 0, apiKey: 'the-key-of-the-bench', ...options })
  const server = await preview({
    configFile: false,
    logLevel: 'error',
    build: { outDir },
    preview: { port: 0, host: '127.0.0.1' },
  })
  const browser = given ?? (await chromium.launch(launchOptions({ microphone: true })))
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 } })
  try {
    const page = await context.newPage()
    await page.exposeFunction('grant', () => emulator.issueToken().access_token)
    await page.goto(server.resolvedUrls.local[0])
    await page.waitForFunction('window.mount !== undefined')
    await page.evaluate(
      ([who, url, preset, speaks]) =>
        speaks
          ? window.mountSpeaker(who, url, 'the-key-of-the-bench')
          : window.mount(who, url, 'the-key-of-the-bench', preset),
      [who, emulator.url, preset, speaks],
    )
    return await use(page, emulator)
  } finally {
    await context.close()
    if (!given) await browser.close()
    await server.close()
    await emulator.close()
  }
}

const WORDS = 'ba ce di fo gu ha je ki lo mu na pe ri so tu va we zi'.split(' ')
const nameWord = (index) => WORDS[index % 18] + WORDS[Math.floor(index / 18) % 18]

async function toneSpeech(seconds) {
  const { encodeToneSpeech } = await import('../dist/testing/index.js')
  const all = encodeToneSpeech(Array.from({ length: seconds * 4 }, (_, index) => nameWord(index)).join(' '), {
    sampleRate: 48_000,
  })
  const words = all.words.filter(({ end }) => end < seconds)
  // The last word is let finish, and something follows it.
  const samples = new Float32Array((words.at(-1).end + 0.5) * 48_000)
  samples.set(all.samples.subarray(0, Math.round((words.at(-1).end + 0.02) * 48_000)))
  return { words: words.map(({ text }) => text), samples: [...samples] }
}

function compareWords(spoken, text) {
  const heard = text.split(/\s+/).filter(Boolean)
  const counts = new Map()
  for (const word of heard) counts.set(word, (counts.get(word) ?? 0) + 1)
  return {
    lost: spoken.filter((word) => !counts.has(word)).length,
    repeated: spoken.filter((word) => (counts.get(word) ?? 0) > 1).length,
  }
}

/** Speech begins with the click; the line opens two seconds later. */
async function firstWords(outDir, who) {
  const { words, samples } = await toneSpeech(8)
  return onPage(outDir, who, { emulator: { faults: { openDelayMs: 2000 } } }, async (page) => {
    await page.evaluate(([samples]) => window.start(samples, 48_000), [samples])
    await page.waitForTimeout(10_500)
    const { lost } = compareWords(words, await page.evaluate(() => window.stop()))
    return `${words.length - lost} of ${words.length}`
  })
}

/** Speech of 46 s; the line is reset five times. */
async function drops(outDir, who) {
  const { words, samples } = await toneSpeech(46)
  return onPage(outDir, who, {}, async (page, emulator) => {
    await page.evaluate(([samples]) => window.start(samples, 48_000), [samples])
    for (let index = 0; index < 5; index++) {
      await page.waitForTimeout(7500)
      for (const socket of emulator.sockets) if (socket.state === 'open') socket.drop()
    }
    await page.waitForTimeout(14_000)
    const { lost, repeated } = compareWords(words, await page.evaluate(() => window.stop()))
    const connections = emulator.handshakes.length
    return `${lost} lost, ${repeated} twice, of ${words.length}; ${connections} connections`
  })
}

const result = (text, index, isFinal) => ({
  type: 'Results',
  channel_index: [0, 1],
  start: index * SECONDS_PER_SEGMENT,
  duration: SECONDS_PER_SEGMENT,
  is_final: isFinal,
  speech_final: isFinal,
  channel: {
    alternatives: [
      {
        transcript: text,
        confidence: 0.99,
        words: text.split(' ').map((word, place) => ({
          word,
          start: index * SECONDS_PER_SEGMENT + place * 0.3,
          end: index * SECONDS_PER_SEGMENT + place * 0.3 + 0.25,
          confidence: 0.99,
        })),
      },
    ],
  },
})

const sentence = (index) => `segment number ${index} has a few words more to say than that`

/** Twenty interim results a second behind so many settled segments. */
async function rendering(outDir, who, size) {
  const isOurs = who === 'react-deepgram'
  return onPage(outDir, who, { emulator: { script: [] }, preset: isOurs ? 0 : size }, async (page, emulator) => {
    await page.evaluate(() => window.start([], 48_000))
    await page.waitForTimeout(1500)
    const socket = emulator.sockets.at(-1)
    if (isOurs) {
      for (let index = 0; index < size; index++) socket.send(result(sentence(index), index, true))
      await page.waitForTimeout(1000 + size)
    }
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Performance.enable')
    const taskMs = async () =>
      (await devtools.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value * 1000
    /** Milliseconds of main thread while `act` runs. */
    const busy = async (act) => {
      const before = await taskMs()
      await act()
      return (await taskMs()) - before
    }
    const idle = await busy(() => page.waitForTimeout(INTERIMS * 50))
    await page.evaluate(() => window.watch())
    const commits = await page.evaluate(() => window.commits)
    const used = await busy(async () => {
      for (let index = 0; index < INTERIMS; index++) {
        socket.send(result(`words that are not settled yet ${index}`, size, false))
        await page.waitForTimeout(50)
      }
    })
    const toDom = await page.evaluate(() => window.toDom)
    const heap = async () => {
      await devtools.send('HeapProfiler.collectGarbage')
      return (await devtools.send('Runtime.getHeapUsage')).usedSize
    }
    return {
      busyMs: Math.max(0, used - idle) / INTERIMS,
      toDom: { p50: quantile(toDom, 0.5), p95: quantile(toDom, 0.95), count: toDom.length },
      commits: ((await page.evaluate(() => window.commits)) - commits) / INTERIMS,
      heap: await heap(),
    }
  })
}

const ROUNDS = 12
const SPOKEN = 'the quick brown fox jumps over the lazy dog'

/** Seconds from the first sound of the text to its last. */
async function soundingMs() {
  const { encodeToneSpeech } = await import('../dist/testing/index.js')
  const { samples } = encodeToneSpeech(SPOKEN, { sampleRate: 24_000 })
  return (samples.findLastIndex((value) => value !== 0) - samples.findIndex((value) => value !== 0)) / 24
}

/** A text that comes faster than it is spoken: how soon it sounds, and how soon it falls silent. */
async function speaking(outDir, who, browser) {
  const toSound = []
  const toSilence = []
  let clicks = 0
  for (let round = 0; round < ROUNDS; round++) {
    await onPage(outDir, who, { browser, speaks: true, emulator: { speak: { firstAudioMs: 400 } } }, async (page) => {
      await page.mouse.click(10, 10)
      await page.evaluate((text) => window.speak(text), SPOKEN)
      await page.waitForTimeout(1500 + round * 37)
      const stoppedAt = await page.evaluate(() => window.silence())
      await page.waitForTimeout(600)
      const [heard, firstByteAt] = await page.evaluate(() => [window.heard(), window.firstByteAt])
      toSound.push(heard.from - firstByteAt)
      toSilence.push(heard.to - stoppedAt)
      if (heard.lastStep > 0.01) clicks++
    })
  }
  const figures = (values) => `${quantile(values, 0.5).toFixed(0)} / ${quantile(values, 0.95).toFixed(0)} ms`
  return { toSound: figures(toSound), toSilence: figures(toSilence), clicks: `${clicks} of ${ROUNDS}` }
}

/** A text that comes as it is spoken, over a line with 120 ms of jitter: the silence that was put in. */
async function jitter(outDir, who, browser) {
  const expected = await soundingMs()
  const speak = { firstAudioMs: 400, pace: 1, jitterMs: 120 }
  return onPage(outDir, who, { browser, speaks: true, emulator: { speak } }, async (page) => {
    await page.mouse.click(10, 10)
    await page.evaluate((text) => window.speak(text), SPOKEN)
    await page.waitForTimeout(expected + 4000)
    const heard = await page.evaluate(() => window.heard())
    return `${Math.max(0, heard.to - heard.from - expected).toFixed(0)} ms in ${(expected / 1000).toFixed(1)} s`
  })
}

/** Minified and compressed with brotli, React outside. */
async function bytes(code) {
  const { outputFiles } = await bundle({
    stdin: { contents: code, resolveDir: join(root, 'bench') },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"' },
    external: ['react', 'react/*', 'react-dom', 'react-dom/*'],
    alias: { 'react-deepgram': join(root, 'dist/index.js') },
  })
  return brotliCompressSync(outputFiles[0].contents).length
}

const kilobytes = (count) => `${(count / 1000).toFixed(1)} kB`

async function weights() {
  const version = (name) =>
    JSON.parse(readFileSync(join(root, 'bench/node_modules', name, 'package.json'), 'utf8')).version
  const peers = [
    ['@deepgram/sdk', `export { DeepgramClient } from '@deepgram/sdk'`],
    ['@soniox/react', `export * from '@soniox/react'`],
    ['@elevenlabs/react', `export * from '@elevenlabs/react'`],
    ['react-speech-recognition', `export { default, useSpeechRecognition } from 'react-speech-recognition'`],
    ['react-use-websocket', `export { default } from 'react-use-websocket'`],
  ]
  const rows = [
    ['react-deepgram: useDeepgramListen', await bytes(`export { useDeepgramListen } from 'react-deepgram'`)],
    ['react-deepgram: everything', await bytes(`export * from 'react-deepgram'`)],
  ]
  for (const [name, code] of peers) rows.push([`${name} ${version(name)}`, await bytes(code)])
  return rows.map(([name, count]) => [name, kilobytes(count)])
}

/** Measures everything, and prints it as Markdown; with `--write`, into the README too. @returns no rows of its own. */
export async function sideBySide() {
  const measured = await measure((line) => console.error(line))
  console.log(`\n${measured}\n`)
  if (process.argv.includes('--write')) {
    const readme = join(root, 'README.md')
    const [before, , after] = readFileSync(readme, 'utf8').split(/<!-- (?:side by side|end of side by side) -->\n/)
    if (after === undefined) throw new Error('README.md has no place for the table.')
    const [begin, end] = ['<!-- side by side -->\n', '<!-- end of side by side -->\n']
    writeFileSync(readme, await formatted(`${before}${begin}\n${measured}\n\n${end}${after}`))
  }
  return []
}

const formatted = async (markdown) => {
  const prettier = await import('prettier')
  return prettier.format(markdown, { ...(await prettier.resolveConfig(join(root, 'README.md'))), parser: 'markdown' })
}

async function measure(log) {
  const outDir = await buildPage()
  const columns = []
  for (const who of CONTENDERS) {
    const column = {}
    for (const size of SIZES) {
      const { busyMs, toDom, commits, heap } = await rendering(outDir, who, size)
      const count = size.toLocaleString('en')
      column[`main thread for one interim behind ${count} segments`] = `${busyMs.toFixed(2)} ms`
      column[`message to laid-out DOM behind ${count} segments, p50 / p95`] =
        `${toDom.p50.toFixed(1)} / ${toDom.p95.toFixed(1)} ms`
      if (size === SIZES[0]) {
        column['commits for one interim'] = commits.toFixed(2)
        column.heap = heap
      } else if (size === SIZES.at(-1)) {
        const perHour = ((heap - column.heap) / (size - SIZES[0])) * (3600 / SECONDS_PER_SEGMENT)
        delete column.heap
        column['JS heap for an hour of transcript'] = `${(perHour / 1e6).toFixed(2)} MB`
      }
      log(`${who}, ${count} segments: ${JSON.stringify({ busyMs, toDom, commits })}`)
    }
    column['first words kept, line open after 2 s'] = await firstWords(outDir, who)
    log(`${who}, first words: ${column['first words kept, line open after 2 s']}`)
    column['words over five drops in 46 s'] = await drops(outDir, who)
    log(`${who}, drops: ${column['words over five drops in 46 s']}`)
    const browser = await chromium.launch(launchOptions({ microphone: true }))
    try {
      const { toSound, toSilence, clicks } = await speaking(outDir, who, browser)
      const gaps = await jitter(outDir, who, browser)
      column['first byte of speech to its first sound, p50 / p95'] = toSound
      column['stop to silence, p50 / p95'] = toSilence
      column['clicks at a stop'] = clicks
      column['gaps in speech at real time with 120 ms of jitter'] = gaps
      log(`${who}, speaking: ${toSound}; ${toSilence}; ${clicks}; ${gaps}`)
    } finally {
      await browser.close()
    }
    columns.push(column)
  }
  const names = [...new Set(columns.flatMap((column) => Object.keys(column)))]
  const line = (cells) => `| ${cells.join(' | ')} |`
  const table = [
    line(['', ...CONTENDERS.map((who) => `\`${who}\``)]),
    line(['---', ...CONTENDERS.map(() => '---')]),
    ...names.map((name) => line([name, ...columns.map((column) => column[name] ?? '')])),
  ]
  const sizes = [
    line(['bundle, min + brotli, React outside', '']),
    line(['---', '---']),
    ...(await weights()).map((row) => line(row)),
  ]
  return [...table, '', ...sizes].join('\n')
}
