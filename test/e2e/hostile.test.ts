// A server that means no good, in front of the built package in a real browser, under a policy that lets nothing else in.
import { chromium, type Browser, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { launchOptions } from '../../scripts/find-browser.mjs'
import { hostileFrames } from '../support/hostile-frames.ts'
import { servePage, type BuiltPage } from './support/built-page.ts'
import { startHostileServer, type HostileServer } from './support/hostile-server.ts'
import { policyOf } from './support/policy.ts'

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJob3N0aWxlIn0.c2lnbmF0dXJl'

let site: BuiltPage
let browser: Browser
let server: HostileServer
let page: Page
let complaints: string[]

beforeAll(async () => {
  site = await servePage('test/e2e/guarded-page')
  site.route = (_, res) => {
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify({ access_token: TOKEN, expires_in: 30 }))
  }
  browser = await chromium.launch(launchOptions({ microphone: true, args: ['--js-flags=--expose-gc'] }))
})
afterAll(async () => {
  await browser.close()
  await site.close()
})
beforeEach(async () => {
  server = await startHostileServer()
  site.headers = policyOf(server.url)
  page = await browser.newPage()
  complaints = []
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(String(error)))
})
afterEach(async () => {
  // The page is alive, nothing was said to the console, nothing escaped, nothing was injected.
  expect(await alive()).toBe(true)
  const after = await page.evaluate(() => ({
    violations: window.violations,
    wasInjected: window.wasInjected ?? false,
    polluted: 'polluted' in {},
    enumerable: Object.keys(Object.prototype),
  }))
  expect(after).toEqual({ violations: [], wasInjected: false, polluted: false, enumerable: [] })
  await page.close()
  await server.close()
  // The browser itself says in the console that a handshake failed; no page can keep it from that.
  expect(complaints.filter((text) => !/^(error|warning): WebSocket connection to/.test(text))).toEqual([])
})

async function open(options: object = {}): Promise<void> {
  await page.goto(
    `${site.url}?${encodeURIComponent(JSON.stringify({ baseUrl: server.url, isDeaf: true, ...options }))}`,
  )
  await page.waitForFunction(() => 'listen' in window)
}

/** Starts to listen; the line on which it does. */
async function listen(options: object = {}): Promise<WebSocket> {
  const line = new Promise<WebSocket>((resolve) => (server.conduct = { ...server.conduct, onLine: resolve }))
  await open(options)
  await page.evaluate(() => window.listen.start())
  return line
}

/** Pictures go on being drawn, and a task gets its turn. */
async function alive(): Promise<boolean> {
  const before = await page.evaluate(() => window.pictures)
  await page.waitForFunction((least) => window.pictures > least + 5, before, { timeout: 5_000 })
  return true
}

const listenState = () =>
  page.evaluate(() => {
    const { status, error, transcript } = window.listen.getState()
    return { status, code: error?.code ?? null, text: transcript.text, segments: transcript.segments.length }
  })

/** A result as the service sends it, so many seconds into the stream. */
const result = (text: string, start: number, end: number, { isFinal = true } = {}): string =>
  JSON.stringify({
    type: 'Results',
    channel_index: [0, 1],
    start,
    duration: end - start,
    is_final: isFinal,
    speech_final: isFinal,
    channel: { alternatives: [{ transcript: text, confidence: 1, words: [] }] },
  })

/** Resolves when the page has read everything that was sent before on this line. */
async function readThrough(line: WebSocket, isFlux: boolean): Promise<void> {
  const id = `probe-${Math.random()}`
  line.send(JSON.stringify({ type: isFlux ? 'Connected' : 'Metadata', request_id: id }))
  await page.waitForFunction((wanted) => window.listen.diagnostics().requestIds.includes(wanted), id)
}

const heapAfterCollection = () =>
  page.evaluate(() => {
    ;(globalThis as unknown as { gc(): void }).gc()
    return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize
  })

describe('what a server may say', () => {
  it.each(['nova-3', 'flux-general-en'])(
    'every message of %s with every field missing and wrong in every way, and all garbage: nothing settled is harmed',
    async (model) => {
      const isFlux = model.startsWith('flux')
      const line = await listen({ listen: { model } })
      const say = (text: string, index: number, start: number, end: number): string =>
        isFlux
          ? JSON.stringify({
              type: 'TurnInfo',
              sequence_id: index * 1_000_000,
              event: 'EndOfTurn',
              turn_index: index,
              audio_window_start: start,
              audio_window_end: end,
              transcript: text,
              words: [],
              end_of_turn_confidence: 0.9,
            })
          : result(text, start, end)
      line.send(say('settled before', 0, 0, 0.01))
      await page.waitForFunction(() => window.listen.getState().transcript.text === 'settled before')
      const before = await page.evaluate(() => window.listen.getState().transcript.segments[0])

      const frames = hostileFrames(isFlux)
      expect(frames.length).toBeGreaterThan(1_500)
      for (const [index, frame] of frames.entries()) {
        line.send(frame)
        // Slower than a flood, which is another test's.
        if (index % 400 === 399) await readThrough(line, isFlux)
        if (index % 400 === 399) await page.waitForTimeout(500)
      }
      line.send(Buffer.alloc(1_000_000, 7))
      await readThrough(line, isFlux)

      const { messages } = await page.evaluate(() => window.listen.diagnostics())
      expect(messages.invalid).toBeGreaterThan(150)
      expect(messages.unknown).toBeGreaterThan(10)
      expect(await page.evaluate(() => window.listen.getState().transcript.segments[0])).toEqual(before)
      expect(await listenState()).toMatchObject({ status: 'listening', code: null })
      expect((await listenState()).text.startsWith('settled before')).toBe(true)
      // Told once, however many there were.
      const told = await page.evaluate(() => window.events.filter(({ event }) => event === 'message-invalid').length)
      expect(told).toBe(1)
      // Nothing that was said is so far in the future that what is really said is taken for old.
      line.send(say('settled after', 90, 5, 6))
      await page.waitForFunction(() => window.listen.getState().transcript.text.endsWith('settled after'))
      await page.evaluate(() => window.listen.abort())
    },
  )

  it('markup is text, and overrides of the direction are taken out of what is shown', async () => {
    const line = await listen()
    const markup =
      '<img src=x onerror="window.wasInjected=true"><b>bold</b> &amp; <script>window.wasInjected=true</script>'
    const bidi = 'safe \u202Eevil\u202C \u2066isolate\u2069 \u0007bell \u001B[31mred \u009Bcsi tab\tend'
    line.send(result(`${markup} ${bidi}`, 0, 1))
    line.send(result(`${markup} ${bidi}`, 1, 2, { isFinal: false }))
    line.send(JSON.stringify({ type: 'Error', code: `<b>${bidi}</b>`, description: markup }))
    await page.getByRole('log').getByText('bold').waitFor()
    await page.locator('.dg-warning').getByText('did not accept').waitFor()
    const shown = await page.evaluate(() => ({
      elements: document.querySelectorAll('.dg-live :is(img, b, script)').length,
      log: document.querySelector('[role=log]')!.textContent,
      all: document.body.innerText,
    }))
    expect(shown.elements).toBe(0)
    expect(shown.log).toContain('<img src=x onerror="window.wasInjected=true"><b>bold</b> &amp; <script>')
    expect(shown.log).toContain('safe evil isolate bell [31mred csi tab\tend')
    expect(shown.all).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/)
    await page.evaluate(() => window.listen.abort())
  })

  it('text of 16 MB is not read, and the page draws on', async () => {
    const line = await listen({ connection: { reconnect: false } })
    line.send(result('settled before', 0, 0.01))
    line.send(result('x'.repeat(16 * 2 ** 20), 1, 2))
    line.send(`{"type":"New","x":"${'y'.repeat(16 * 2 ** 20)}"}`)
    await page.waitForFunction(() => window.listen.diagnostics().messages.invalid > 0)
    expect(await alive()).toBe(true)
    expect((await listenState()).text).toBe('settled before')
    for (let i = 0; i < 5; i++) line.send('z'.repeat(16 * 2 ** 20))
    await page.waitForFunction(() => window.listen.getState().status === 'error')
    expect(await listenState()).toEqual({ status: 'error', code: 'service-error', text: 'settled before', segments: 1 })
  })

  it.each<[string, (i: number) => string]>([
    ['messages of unknown types', (i) => `{"type":"New${i}","x":${i}}`],
    ['unfinished text', (i) => result(`flood ${i}`, 0.01, 1 + (i % 7), { isFinal: false })],
    ['settled text', (i) => result(`flood ${i}`, i / 100, (i + 1) / 100)],
    ['long settled text', (i) => result(`flood ${i} of many words `.repeat(10), i / 100, (i + 1) / 100)],
    ['garbage', (i) => `{"type":"Results","start":${i}`],
  ])('10 000 %s in a second for ten seconds: the page draws on, and its memory is bounded', async (kind, frame) => {
    server.conduct.onLine = (line) => void flood(line)
    let sent = 0
    async function flood(line: WebSocket): Promise<void> {
      line.send(result('settled before', 0, 0.0005))
      const began = Date.now()
      while (line.readyState === 1 && Date.now() - began < 10_000) {
        const due = Math.min(100_000, (Date.now() - began) * 10)
        for (let i = sent; sent < due && line.readyState === 1; i++, sent++) line.send(frame(i))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    await open({ connection: { reconnect: { maxAttempts: 3, baseDelayMs: 100, maxDelayMs: 100 } } })
    const before = await heapAfterCollection()
    await page.evaluate(() => void window.listen.start().catch(() => {}))
    const pictures: number[] = []
    for (let second = 0; second < 10; second++) {
      const from = await page.evaluate(() => window.pictures)
      await page.waitForTimeout(1_000)
      pictures.push((await page.evaluate(() => window.pictures)) - from)
    }
    expect(sent).toBeGreaterThan(4_000)
    expect(Math.min(...pictures)).toBeGreaterThan(0)
    const grown = (await heapAfterCollection()) - before
    console.info(`flood of ${kind}: ${sent} sent, ${server.handshakes.length} lines, heap +${grown >> 10} kB`)
    // What is settled is kept, and shown: as much of it as speech can be the cause of.
    expect(grown).toBeLessThan((kind.includes('settled') ? 128 : 30) * 2 ** 20)
    expect(server.handshakes.length).toBeLessThanOrEqual(3)
    expect((await listenState()).text.startsWith('settled before')).toBe(true)
    // A page that is slower than the flood reads it at its own pace, and comes to the bound later.
    await page.waitForFunction(
      () => window.listen.diagnostics().attempts.some(({ error }) => error === 'service-error'),
      undefined,
      { timeout: 90_000 },
    )
    await page.evaluate(() => window.listen.abort())
  })
})

describe('what a server may do to the handshake', () => {
  const answer = (head: string) => (_: unknown, socket: { end(text: string): unknown }) =>
    void socket.end(`${head}\r\n\r\n`)

  it.each<[string, HostileServer['conduct'], string]>([
    ['no subprotocol', { select: () => false }, 'handshake-failed'],
    ['the credential as the subprotocol', { select: (offered) => [...offered][1]! }, 'subprotocol-mismatch'],
    ['another subprotocol', { select: () => 'token' }, 'handshake-failed'],
    ['garbage', { handshake: answer('\u0000\u0001 not http at all') }, 'handshake-failed'],
    ['401', { handshake: answer('HTTP/1.1 401 Unauthorized') }, 'handshake-failed'],
    ['an HTML page', { handshake: answer('HTTP/1.1 200 OK\r\nContent-Type: text/html') }, 'handshake-failed'],
    [
      'a wrong accept key',
      {
        handshake: answer(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA',
        ),
      },
      'handshake-failed',
    ],
    ['a hang-up', { handshake: (_, socket) => void socket.destroy() }, 'handshake-failed'],
  ])('%s: one typed error, and nothing is sent', async (_, conduct, code) => {
    let frames = 0
    server.conduct = { ...conduct, onFrame: () => frames++ }
    await open({ connection: { reconnect: false } })
    await page.evaluate(() => void window.listen.start().catch(() => {}))
    await page.waitForFunction(() => window.listen.getState().status === 'error')
    expect((await listenState()).code).toBe(code)
    expect(frames).toBe(0)
    expect(server.handshakes).toHaveLength(1)
    expect(
      JSON.stringify(await page.evaluate(() => [window.told, window.events, window.listen.diagnostics()])),
    ).not.toContain(TOKEN)
  })

  it('a redirect is not followed: the credential reaches no other host', async () => {
    const other = await startHostileServer()
    server.conduct.handshake = answer(`HTTP/1.1 302 Found\r\nLocation: ${other.url}/v1/listen`)
    await open({ connection: { reconnect: false } })
    await page.evaluate(() => void window.listen.start().catch(() => {}))
    await page.waitForFunction(() => window.listen.getState().status === 'error')
    expect((await listenState()).code).toBe('handshake-failed')
    expect(other.handshakes).toEqual([])
    await other.close()
  })

  it('silence: it gives up after the time that was set', async () => {
    server.conduct.handshake = () => {}
    await open({ connection: { reconnect: false, connectTimeoutMs: 300 } })
    await page.evaluate(() => void window.listen.start().catch(() => {}))
    await page.waitForFunction(() => window.listen.getState().status === 'error')
    expect((await listenState()).code).toBe('connect-timeout')
  })
})

describe('when a server may go', () => {
  it.each([1000, 1001, 1003, 1008, 1009, 1011, 1012, 4000, 4999])(
    'with code %i at once, in mid-stream and while draining: it ends in one typed way, and stop() has its text',
    async (code) => {
      server.conduct.onLine = (line) => line.close(code, 'x'.repeat(123))
      await open({ connection: { reconnect: false } })
      await page.evaluate(() => void window.listen.start().catch(() => {}))
      await page.waitForFunction(() => window.listen.getState().status === 'error')

      server.conduct.onLine = (line) => {
        line.send(result('settled', 0, 0.01))
        setTimeout(() => line.close(code), 50)
      }
      await page.evaluate(() => void window.listen.start().catch(() => {}))
      await page.waitForFunction(() => window.listen.getState().transcript.text === 'settled')
      await page.waitForFunction(() => window.listen.getState().status === 'error')

      server.conduct.onLine = () => {}
      server.conduct.onFrame = (line, frame, isBinary) => {
        if (!isBinary && String(frame).includes('CloseStream')) line.close(code)
      }
      await page.evaluate(() => window.listen.start())
      expect(await page.evaluate(async () => (await window.listen.stop()).text)).toBe('settled')
    },
  )

  it('without a word, in the middle of a frame, and again on every line: the attempts are bounded', async () => {
    server.conduct.onLine = (line) => {
      const { _socket: socket } = line as unknown as { _socket: { write(bytes: Buffer): void; destroy(): void } }
      // The beginning of a text frame of 100 bytes.
      socket.write(Buffer.from([0x81, 100, 0x7b, 0x22]))
      setTimeout(() => socket.destroy(), 20)
    }
    await open({ connection: { reconnect: { maxAttempts: 2, baseDelayMs: 10, maxDelayMs: 10 } } })
    await page.evaluate(() => void window.listen.start().catch(() => {}))
    await page.waitForFunction(() => window.listen.getState().status === 'error')
    expect((await listenState()).code).toBe('reconnect-exhausted')
    expect(server.handshakes).toHaveLength(3)
  })

  it('with frames that break the protocol of WebSockets itself', async () => {
    for (const bytes of [
      [0xff, 0xff],
      [0x81, 0x02, 0xc3, 0x28],
      [0x83, 0x00],
      [0x88, 0x01, 0x00],
      [0xc1, 0x01, 0x61],
    ]) {
      server.conduct.onLine = (line) =>
        (line as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.from(bytes))
      await open({ connection: { reconnect: false } })
      await page.evaluate(() => void window.listen.start().catch(() => {}))
      await page.waitForFunction(() => window.listen.getState().status === 'error')
      expect((await listenState()).code).toBe('connection-lost')
    }
  })
})

describe('what a server may do to the voice', () => {
  const speakState = () =>
    page.evaluate(() => {
      const { status, error } = window.speech.getState()
      return { status, code: error?.code ?? null }
    })
  const speak = () => page.evaluate(() => void window.speech.speak('she sells sea shells'))

  it('sound without end: it is cut off, and memory is bounded', async () => {
    server.conduct.onFrame = (line, frame) => {
      if (!String(frame).includes('Flush')) return
      const second = Buffer.alloc(48_000, 1)
      const timer = setInterval(() => {
        if (line.readyState !== 1) clearInterval(timer)
        else if (line.bufferedAmount < 2 ** 22) for (let i = 0; i < 20; i++) line.send(second)
      }, 5)
    }
    await open()
    const before = await heapAfterCollection()
    await speak()
    await page.waitForFunction(() => window.speech.getState().status === 'error', undefined, { timeout: 20_000 })
    expect(await speakState()).toEqual({ status: 'error', code: 'service-error' })
    const grown = (await heapAfterCollection()) - before
    // Five minutes of samples, in both their forms.
    expect(grown).toBeLessThan(64 * 2 ** 20)
  })
})
