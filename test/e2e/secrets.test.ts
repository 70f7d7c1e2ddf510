// Where a credential is to be found, and where not: with a token and with a key that occur nowhere else, through every door
// of a page that listens, speaks, loses its line and fails.
import { chromium, type Browser, type Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchOptions } from '../../scripts/find-browser.mjs'
import { fibresHolding } from '../support/secrets.ts'
import { servePage, type BuiltPage } from './support/built-page.ts'
import { startHostileServer, type HostileServer } from './support/hostile-server.ts'
import { policyOf } from './support/policy.ts'

/** Put together here, so that not even the text of this file holds it. */
const MARK = ['d15t1nct', '1ve5ecr3t'].join('')
const CREDENTIALS = {
  token: `eyJhbGciOiJIUzI1NiJ9.${MARK}.c2lnbmF0dXJl`,
  key: `0123456789abcdef-${MARK}`,
}

let site: BuiltPage
let browser: Browser
let server: HostileServer

beforeAll(async () => {
  site = await servePage('test/e2e/guarded-page')
  browser = await chromium.launch(launchOptions({ microphone: true }))
  server = await startHostileServer()
  site.headers = policyOf(server.url)
  site.route = (req, res) => {
    if (req.url === '/key') {
      res.end(CREDENTIALS.key)
      return
    }
    res.setHeader('Content-Type', 'application/json')
    res.setHeader('Cache-Control', 'no-store')
    res.end(JSON.stringify({ access_token: CREDENTIALS.token, expires_in: 30 }))
  }
})
afterAll(async () => {
  await browser.close()
  await site.close()
  await server.close()
})

const untilListening = async (page: Page, least: number): Promise<void> => {
  await page.waitForFunction((count) => {
    const { status } = window.listen.getState()
    return status === 'listening' && window.listen.diagnostics().attempts.length >= count
  }, least)
}

/** Everything that the page could show, send or keep, by its place. */
async function doorsOf(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const { listen, speech, events, told } = window
    const cached = 'caches' in window ? await caches.keys().catch(() => []) : []
    return {
      stores: JSON.stringify([listen.getState(), listen.getInitialState(), speech.getState()]),
      diagnostics: JSON.stringify([listen.diagnostics(), speech.diagnostics()]),
      logs: JSON.stringify(events),
      errors: JSON.stringify(told),
      sessions: JSON.stringify([Object.keys(listen), Object.keys(speech)]),
      markup: document.documentElement.outerHTML,
      address: location.href + document.referrer + JSON.stringify(history.state),
      requests: JSON.stringify(performance.getEntries().map(({ name }) => name)),
      storage: JSON.stringify([localStorage, sessionStorage, document.cookie]),
      databases: JSON.stringify([await indexedDB.databases(), cached]),
    }
  })
}

describe.each(['token', 'key'] as const)('a distinctive %s', (kind) => {
  it('pain 78: is in the subprotocol of the handshakes, and nowhere else', async () => {
    const page = await browser.newPage()
    const said: string[] = []
    const asked: string[] = []
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(`${error.message} ${error.stack}`))
    page.on('request', (request) => asked.push(`${request.url()} ${request.postData()}`))
    page.on('websocket', (socket) => asked.push(socket.url()))
    server.handshakes.length = 0
    const credential = CREDENTIALS[kind]
    const options = {
      baseUrl: server.url,
      isDeaf: true,
      isKeyed: kind === 'key',
      connection: { reconnect: { baseDelayMs: 10, maxDelayMs: 50 } },
    }
    await page.goto(`${site.url}?${encodeURIComponent(JSON.stringify(options))}`)
    await page.waitForFunction(() => 'listen' in window)

    // It listens; the server repeats the credential wherever a server can; the line breaks, and breaks again.
    server.conduct = {
      onLine: (line) =>
        line.send(JSON.stringify({ type: 'Error', code: 'E', description: credential, message: credential })),
    }
    await page.evaluate(() => void window.listen.start().catch(() => {}))
    await untilListening(page, 1)
    for (const line of server.lines) line.close(1011, credential)
    await untilListening(page, 2)
    for (const line of server.lines) line.terminate()
    await untilListening(page, 3)
    // It speaks; the service refuses.
    await page.evaluate(() => void window.speech.speak('she sells sea shells').finished.catch(() => {}))
    await page.waitForFunction(() => window.speech.getState().status === 'error')
    // And a server that selects the credential itself.
    server.conduct = { select: (offered) => [...offered][1]! }
    for (const line of server.lines) line.close(1012, `Bearer ${credential}`)
    await page.waitForFunction(() => window.listen.getState().status === 'error')

    const doors = await doorsOf(page)
    for (const [door, text] of Object.entries({ ...doors, said: said.join('\n'), asked: asked.join('\n') })) {
      expect([door, text.includes(MARK)]).toEqual([door, false])
    }
    // The doors were open: they hold what they should.
    expect(doors['logs']).toContain('subprotocol-mismatch')
    expect(doors['diagnostics']).toContain('"closeReason":"…"')
    expect(await page.evaluate(fibresHolding, MARK)).toEqual([])

    expect(server.handshakes.length).toBeGreaterThan(4)
    for (const { url, headers } of server.handshakes) {
      const { 'sec-websocket-protocol': offered, ...rest } = headers
      expect(offered).toBe(`${kind === 'key' ? 'token' : 'bearer'}, ${credential}`)
      expect(JSON.stringify([url, rest])).not.toContain(MARK)
    }
    await page.close()
  })
})

it('the scan of components finds what there is to find', async () => {
  const page = await browser.newPage()
  const options = { baseUrl: server.url, isDeaf: true, speak: { parameters: { marked: MARK } } }
  await page.goto(`${site.url}?${encodeURIComponent(JSON.stringify(options))}`)
  await page.waitForFunction(() => 'listen' in window)
  await page.evaluate((mark) => {
    document.querySelector('button')!.title = mark
  }, MARK)
  expect(await page.evaluate(fibresHolding, 'she sells sea shells')).not.toEqual([])
  expect((await doorsOf(page))['markup']).toContain(MARK)
  await page.close()
})
