import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeepgramError } from '../../../src/errors.ts'
import { backoffDelay, backoffPolicy } from '../../../src/socket/backoff.ts'
import { createDeepgramSocket, type DeepgramSocket, type SocketConfig } from '../../../src/socket/deepgram-socket.ts'
import type { ConnectionOptions, LogEvent } from '../../../src/socket/options.ts'
import { createFakeWebSocket, type FakeLine } from './fake-web-socket.ts'

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2VjcmV0LXNpZw'

interface Bench {
  socket: DeepgramSocket
  lines: FakeLine[]
  /** The newest line. */
  line: () => FakeLine
  opens: number[]
  texts: string[]
  downs: { error: DeepgramError; delayMs: number }[]
  ends: { error: DeepgramError | null; isCutShort: boolean | undefined }[]
  logs: LogEvent[]
  tokens: number[]
  /** Connects and lets the newest line open. */
  open(): Promise<void>
}

function bench(options: ConnectionOptions = {}, config: Partial<SocketConfig> = {}): Bench {
  const { WebSocket, lines } = createFakeWebSocket()
  const result = { lines, opens: [], texts: [], downs: [], ends: [], logs: [], tokens: [] } as unknown as Bench
  const all: ConnectionOptions = {
    WebSocket,
    getToken: ({ attempt }) => {
      result.tokens.push(attempt)
      return TOKEN
    },
    logger: (event) => result.logs.push(event),
    ...options,
  }
  result.socket = createDeepgramSocket({
    purpose: 'listen',
    getOptions: () => all,
    getAddress: () => ({ path: '/v1/listen', query: { model: 'nova-3' }, hints: ['keywords are refused by nova-3'] }),
    onOpen: () => result.opens.push(lines.length),
    onText: (text) => result.texts.push(text),
    onDown: (error, delayMs) => result.downs.push({ error, delayMs }),
    onEnd: (error, isCutShort) => result.ends.push({ error, isCutShort }),
    random: () => 0.5,
    ...config,
  })
  result.line = () => lines.at(-1)!
  result.open = async () => {
    result.socket.connect()
    await vi.advanceTimersByTimeAsync(0)
    result.line().accept()
  }
  return result
}

/** Lets time pass until the next line is there. */
async function nextLine({ lines }: Bench): Promise<FakeLine> {
  const count = lines.length
  for (let i = 0; lines.length === count; i++) {
    if (i > 1000) throw new Error('No further line was opened.')
    await vi.advanceTimersByTimeAsync(20)
  }
  return lines.at(-1)!
}

const everythingSaid = (test: Bench): string =>
  JSON.stringify([test.logs, test.downs, test.ends, test.socket.attempts]) +
  [...test.downs, ...test.ends].map(({ error }) => `${error?.message}${error?.stack}`).join()

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})

describe('the handshake', () => {
  it('asks for a token, offers it with its scheme, and is open when the scheme word alone comes back', async () => {
    const test = bench()
    expect(test.socket.state).toBe('idle')
    test.socket.connect()
    test.socket.connect()
    expect(test.socket.state).toBe('connecting')
    await vi.advanceTimersByTimeAsync(0)
    expect(test.lines).toHaveLength(1)
    expect(test.line().url).toBe('wss://api.deepgram.com/v1/listen?model=nova-3')
    expect(test.line().protocols).toEqual(['bearer', TOKEN])
    expect(test.line().binaryType).toBe('arraybuffer')
    test.line().accept()
    expect(test.socket.state).toBe('open')
    expect(test.opens).toEqual([1])
    expect(test.tokens).toEqual([1])
    test.socket.close()
  })

  it.each([undefined, '<html>', { token: TOKEN }])(
    'pain 7: for %j in place of a token no socket is constructed',
    async (result) => {
      const test = bench({ getToken: () => result as string })
      test.socket.connect()
      await vi.advanceTimersByTimeAsync(1000)
      expect(test.lines).toHaveLength(0)
      expect(test.ends.map(({ error }) => error?.code)).toEqual(['invalid-token'])
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  it.each([
    ['selects none', ''],
    ['selects another', 'soap'],
    ['selects the other scheme', 'token'],
    ['echoes the credential', TOKEN],
  ])('a server that %s is refused, and the credential is shown nowhere', async (_, protocol) => {
    const test = bench()
    test.socket.connect()
    await vi.advanceTimersByTimeAsync(0)
    test.line().accept(protocol)
    expect(test.ends).toMatchObject([{ error: { code: 'subprotocol-mismatch', retryable: false } }])
    expect(test.opens).toEqual([])
    expect(test.line().sent).toEqual([])
    expect(test.line().closes).toEqual([1000])
    expect(everythingSaid(test)).not.toContain(TOKEN)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(test.lines).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('pain 91: without a credential an own address gets no subprotocol', async () => {
    const test = bench({ getToken: undefined, baseUrl: 'wss://own.example/dg' })
    await test.open()
    expect(test.line().url).toBe('wss://own.example/dg/v1/listen?model=nova-3')
    expect(test.line().protocols).toBeUndefined()
    expect(test.socket.state).toBe('open')
    test.socket.close()
  })

  it('no answer is connect-timeout, and the next attempt asks for a fresh token', async () => {
    const test = bench({ connectTimeoutMs: 3000 })
    test.socket.connect()
    await vi.advanceTimersByTimeAsync(2999)
    expect(test.downs).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(test.downs[0]?.error).toMatchObject({ code: 'connect-timeout', retryable: true })
    expect(test.line().closes).toEqual([1000])
    await nextLine(test)
    expect(test.tokens).toEqual([1, 2])
    test.socket.close()
  })

  it('an error without a close, as a policy causes it, ends the attempt once', async () => {
    const test = bench()
    test.socket.connect()
    await vi.advanceTimersByTimeAsync(0)
    test.line().fail()
    test.line().fail()
    expect(test.downs).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(100)
    expect(test.downs.map(({ error }) => error.code)).toEqual(['handshake-failed'])
    test.socket.close()
  })

  it('an error with its close ends the attempt once, with the code of the close', async () => {
    const test = bench()
    await test.open()
    test.line().fail()
    test.line().end(1011, 'see dpgr.am/net0000')
    expect(test.downs.map(({ error }) => [error.code, error.details.closeCode])).toEqual([['no-audio-timeout', 1011]])
    test.socket.close()
  })

  it('a constructor that throws ends it, without its message: that may hold the credential', async () => {
    const test = bench({
      WebSocket: function (_: string, protocols: string[]) {
        throw new SyntaxError(`The subprotocol '${protocols[1]}' is invalid.`)
      } as never,
    })
    test.socket.connect()
    await vi.advanceTimersByTimeAsync(0)
    expect(test.ends).toMatchObject([{ error: { code: 'handshake-failed', retryable: false } }])
    expect(everythingSaid(test)).not.toContain(TOKEN)
  })

  it('a refusal names the likely causes, doubtful options first, and no secret of the address', async () => {
    const test = bench({ baseUrl: 'wss://own.example/?session_token=hush' }, { isOnline: () => false })
    test.socket.connect()
    await vi.advanceTimersByTimeAsync(0)
    test.line().end(1006)
    const { error } = test.downs[0]!
    expect(error).toMatchObject({ code: 'handshake-failed', details: { attempt: 1, closeCode: 1006 } })
    expect(error.details.causes?.slice(0, 3)).toEqual([
      'the device is offline',
      'keywords are refused by nova-3',
      'the token from getToken has expired, or belongs to another project or host',
    ])
    expect(everythingSaid(test)).not.toContain('hush')
    test.socket.close()
  })

  it('a credential in a close reason is cut out of it', async () => {
    const test = bench()
    await test.open()
    test.line().end(4000, `bad token ${TOKEN}`)
    expect(test.downs[0]?.error.details.closeReason).toBe('bad token …')
    expect(everythingSaid(test)).not.toContain(TOKEN)
    test.socket.close()
  })
})

describe('checking without traffic', () => {
  it.each([
    ['ws://192.168.0.7', undefined, 'insecure-url'],
    ['ws://localhost:8787', undefined, null],
    ['ws://192.168.0.7', true, null],
  ])('%s (allowInsecure %s): %s', (baseUrl, allowInsecure, code) => {
    const { socket } = bench({ baseUrl, allowInsecure })
    if (code) expect(socket.check).toThrow(expect.objectContaining({ code }))
    else expect(socket.check).not.toThrow()
  })

  it('an address that hides its host behind a loopback name is refused', () => {
    expect(bench({ baseUrl: 'ws://localhost@evil.example' }).socket.check).toThrow(TypeError)
  })

  it('a page on https never downgrades, whatever is allowed; its own machine it may reach', () => {
    vi.stubGlobal('location', { protocol: 'https:' })
    for (const allowInsecure of [true, false]) {
      const { socket } = bench({ baseUrl: 'ws://192.168.0.7', allowInsecure })
      expect(socket.check).toThrow(
        expect.objectContaining({ code: 'insecure-url', message: expect.stringMatching(/use wss:\.$/) as string }),
      )
    }
    expect(bench({ baseUrl: 'ws://127.0.0.1:8787' }).socket.check).not.toThrow()
    expect(bench({ baseUrl: 'wss://192.168.0.7' }).socket.check).not.toThrow()
  })

  it('a raw key in production is refused', () => {
    vi.stubEnv('NODE_ENV', 'production')
    const { socket } = bench({ getToken: undefined, apiKey: 'abc' })
    expect(socket.check).toThrow(expect.objectContaining({ code: 'unsafe-api-key' }))
  })
})

describe('a line that is lost', () => {
  it('waits a random part of a bound that doubles up to a ceiling', () => {
    const policy = backoffPolicy({ baseDelayMs: 100, maxDelayMs: 1000 })!
    expect([1, 2, 3, 4, 5, 50].map((failures) => backoffDelay(policy, failures, 0.5))).toEqual([
      50, 100, 200, 400, 500, 500,
    ])
    expect(backoffDelay(policy, 3, 0)).toBe(0)
    expect(backoffPolicy(undefined)).toEqual({ maxAttempts: 10, baseDelayMs: 250, maxDelayMs: 10_000, healthyMs: 5000 })
    expect(backoffPolicy(false)).toBeNull()
  })

  it('is made again with growing delays, and given up after the agreed number of attempts', async () => {
    const test = bench({ reconnect: { maxAttempts: 4, baseDelayMs: 100, maxDelayMs: 400 } })
    await test.open()
    await vi.advanceTimersByTimeAsync(6000)
    test.line().end(1006)
    for (let i = 0; i < 4; i++) (await nextLine(test)).end(1006)
    expect(test.downs.map(({ delayMs }) => delayMs)).toEqual([50, 100, 200, 200])
    expect(test.lines).toHaveLength(5)
    expect(test.ends).toMatchObject([{ error: { code: 'reconnect-exhausted', cause: { code: 'handshake-failed' } } }])
    expect(test.tokens).toEqual([1, 2, 3, 4, 5])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a healthy line lets the count begin anew; one that is not does not', async () => {
    const test = bench({ reconnect: { maxAttempts: 3, baseDelayMs: 100, healthyMs: 5000 } })
    await test.open()
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(5000)
      test.line().end(1006)
      ;(await nextLine(test)).accept()
    }
    expect(test.downs.map(({ delayMs }) => delayMs)).toEqual([50, 50, 50, 50, 50])
    for (let i = 0; i < 2; i++) {
      await vi.advanceTimersByTimeAsync(3000)
      test.line().end(1006)
      ;(await nextLine(test)).accept()
    }
    await vi.advanceTimersByTimeAsync(3000)
    test.line().end(1006)
    expect(test.ends.map(({ error }) => error?.code)).toEqual(['reconnect-exhausted'])
  })

  it('a line of which something came is no failure in a row, if it lived for two seconds; the delays grow all the same', async () => {
    const test = bench({ reconnect: { maxAttempts: 3, baseDelayMs: 100, maxDelayMs: 800 } })
    await test.open()
    for (let i = 0; i < 8; i++) {
      await vi.advanceTimersByTimeAsync(2000)
      test.socket.progress()
      test.line().end(1006)
      ;(await nextLine(test)).accept()
    }
    expect(test.downs.map(({ delayMs }) => delayMs)).toEqual([50, 100, 200, 400, 400, 400, 400, 400])
    expect(test.ends).toEqual([])
    // What came of one line says nothing of the next.
    for (let i = 0; i < 3; i++) {
      await vi.advanceTimersByTimeAsync(2000)
      test.line().end(1006)
      if (i < 2) (await nextLine(test)).accept()
    }
    expect(test.ends.map(({ error }) => error?.code)).toEqual(['reconnect-exhausted'])
  })

  it('a line that is lost at once is a failure in a row, whatever came of it', async () => {
    const test = bench({ reconnect: { maxAttempts: 3 } })
    await test.open()
    for (let i = 0; i < 4; i++) {
      await vi.advanceTimersByTimeAsync(1900)
      test.socket.progress()
      test.line().end(1006)
      if (i < 3) (await nextLine(test)).accept()
    }
    expect(test.ends.map(({ error }) => error?.code)).toEqual(['reconnect-exhausted'])
  })

  it('three refusals before the first success end it: more likely the options than the network', async () => {
    const test = bench()
    test.socket.connect()
    await vi.advanceTimersByTimeAsync(0)
    test.line().end(1006)
    ;(await nextLine(test)).end(1006)
    expect(test.ends).toHaveLength(0)
    ;(await nextLine(test)).end(1006)
    expect(test.ends).toMatchObject([{ error: { code: 'handshake-failed' } }])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(test.lines).toHaveLength(3)
  })

  it('refusals after a success are the network’s: they do not end it', async () => {
    const test = bench()
    await test.open()
    await vi.advanceTimersByTimeAsync(6000)
    test.line().end(1006)
    for (let i = 0; i < 5; i++) (await nextLine(test)).end(1006)
    expect(test.ends).toHaveLength(0)
    test.socket.close()
  })

  it('a network that breaks at once, again and again, is given its attempts', async () => {
    const test = bench()
    await test.open()
    for (let i = 0; i < 5; i++) {
      test.line().end(1006)
      ;(await nextLine(test)).accept()
    }
    expect(test.ends).toHaveLength(0)
    test.socket.close()
  })

  it('three lines in a row that the service closes at once end it', async () => {
    const test = bench()
    await test.open()
    test.line().end(1011)
    ;(await nextLine(test)).accept()
    test.line().end(1011)
    ;(await nextLine(test)).accept()
    test.line().end(1011)
    expect(test.ends).toMatchObject([{ error: { code: 'service-error' } }])
  })

  it('a routine end costs no attempt', async () => {
    const test = bench({ reconnect: { maxAttempts: 0 } })
    await test.open()
    await vi.advanceTimersByTimeAsync(3000)
    test.line().end(1011, 'NET-0003')
    ;(await nextLine(test)).accept()
    expect(test.ends).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(3000)
    test.line().end(1006)
    expect(test.ends).toHaveLength(1)
  })

  it('what another connection cannot mend ends it at once, unless somebody knows better', async () => {
    const test = bench()
    await test.open()
    test.line().end(1008, 'DATA-0000')
    expect(test.ends).toMatchObject([{ error: { code: 'invalid-audio' } }])
    const knowing = bench({}, { shouldRetry: ({ code }) => code === 'invalid-audio' })
    await knowing.open()
    knowing.line().end(1008, 'DATA-0000')
    expect(knowing.ends).toHaveLength(0)
    await nextLine(knowing)
    knowing.socket.close()
  })

  it('reconnect: false is heeded', async () => {
    const test = bench({ reconnect: false }, { shouldRetry: () => true })
    await test.open()
    test.line().end(1006)
    expect(test.ends).toMatchObject([{ error: { code: 'connection-lost' } }])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(test.lines).toHaveLength(1)
  })

  it('a named waiting time is heeded', async () => {
    const { DeepgramError } = await import('../../../src/errors.ts')
    const busy = new DeepgramError('rate-limited', 'Too many; wait; wait.', {
      retryable: true,
      details: { retryAfterMs: 7000 },
    })
    const test = bench({ getToken: () => Promise.reject(busy) })
    test.socket.connect()
    await vi.advanceTimersByTimeAsync(0)
    expect(test.downs).toMatchObject([{ delayMs: 7000 }])
    test.socket.close()
  })

  it('retryNow ends a waiting time early, and does nothing otherwise', async () => {
    const test = bench({ reconnect: { baseDelayMs: 10_000 } })
    test.socket.retryNow()
    expect(test.lines).toHaveLength(0)
    await test.open()
    test.socket.retryNow()
    expect(test.lines).toHaveLength(1)
    test.line().end(1006)
    expect(test.socket.state).toBe('waiting')
    test.socket.retryNow()
    await vi.advanceTimersByTimeAsync(0)
    expect(test.lines).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(60_000)
    test.socket.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('replace gives a line up for the next', async () => {
    const test = bench()
    await test.open()
    const { error } = await (async () => {
      test.line().end(1006)
      return test.downs[0]!
    })()
    ;(await nextLine(test)).accept()
    const old = test.line()
    test.socket.replace(error)
    expect(old.closes).toEqual([1000])
    expect(test.downs).toHaveLength(2)
    ;(await nextLine(test)).accept()
    expect(test.socket.state).toBe('open')
    test.socket.close()
  })

  it('late events of the line before change nothing', async () => {
    const test = bench()
    await test.open()
    const [old] = test.lines
    const { onopen, onmessage, onerror, onclose } = old!
    old!.end(1006)
    ;(await nextLine(test)).accept()
    for (const late of [onopen, onmessage, onerror, onclose]) expect(late).not.toBeNull()
    expect([old!.onopen, old!.onmessage, old!.onerror, old!.onclose]).toEqual([null, null, null, null])
    old!.receive({ type: 'Results' })
    old!.fail()
    old!.end(1011)
    await vi.advanceTimersByTimeAsync(1000)
    expect(test.texts).toEqual([])
    expect(test.downs).toHaveLength(1)
    expect(test.socket.state).toBe('open')
    test.socket.close()
  })
})

describe('the end', () => {
  it('close in every state leaves no timer, calls nothing back, and may be repeated', async () => {
    const states: ((test: Bench) => Promise<void> | void)[] = [
      () => {},
      ({ socket }) => socket.connect(),
      async ({ socket }) => {
        socket.connect()
        await vi.advanceTimersByTimeAsync(0)
      },
      (test) => test.open(),
      async (test) => {
        await test.open()
        test.socket.drain(5000)
      },
      async (test) => {
        await test.open()
        test.line().end(1006)
      },
    ]
    for (const reach of states) {
      const test = bench()
      await reach(test)
      test.socket.close()
      test.socket.close()
      const count = test.lines.length
      await vi.advanceTimersByTimeAsync(60_000)
      expect(test.ends).toEqual([])
      expect(test.lines).toHaveLength(count)
      expect(test.lines.every((line) => line.readyState >= 2)).toBe(true)
      expect(vi.getTimerCount()).toBe(0)
      expect(test.socket.attempts.every(({ endedAfterMs }) => endedAfterMs !== null)).toBe(true)
    }
  })

  it('draining ends with the service’s close, or when its time is up, and tells the two apart', async () => {
    const clean = bench()
    await clean.open()
    clean.socket.drain(5000)
    expect(clean.socket.state).toBe('draining')
    expect(clean.socket.send('x')).toBe(true)
    clean.line().receive('last')
    clean.line().end(1000)
    expect(clean.texts).toEqual(['last'])
    expect(clean.ends).toEqual([{ error: null, isCutShort: false }])
    const silent = bench()
    await silent.open()
    silent.socket.drain(5000)
    await vi.advanceTimersByTimeAsync(5000)
    expect(silent.ends).toEqual([{ error: null, isCutShort: true }])
    expect(silent.line().closes).toEqual([1000])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a drain that is cut off is a lost line like any other', async () => {
    const test = bench()
    await test.open()
    test.socket.drain(5000)
    test.line().end(1006)
    expect(test.downs).toHaveLength(1)
    ;(await nextLine(test)).accept()
    expect(test.socket.state).toBe('open')
    test.socket.close()
  })

  it('it can be connected again, and counts its attempts on', async () => {
    const test = bench()
    await test.open()
    test.socket.close()
    await test.open()
    expect(test.tokens).toEqual([1, 2])
    expect(test.socket.attempts.map(({ attempt }) => attempt)).toEqual([1, 2])
    test.socket.close()
  })

  it('a token that comes after the close opens nothing', async () => {
    let give!: (token: string) => void
    const test = bench({ getToken: () => new Promise((resolve) => (give = resolve)) })
    test.socket.connect()
    test.socket.close()
    give(TOKEN)
    await vi.advanceTimersByTimeAsync(100)
    expect(test.lines).toHaveLength(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('keeps the records of the last fifty attempts', async () => {
    const test = bench({ reconnect: { maxAttempts: 1000, maxDelayMs: 10 } })
    await test.open()
    await vi.advanceTimersByTimeAsync(6000)
    test.line().end(1006)
    for (let i = 0; i < 60; i++) (await nextLine(test)).end(1006)
    expect(test.socket.attempts).toHaveLength(50)
    test.socket.close()
  })
})

describe('sending', () => {
  it('pain 80: in every state it is safe, and says whether it was done', async () => {
    const test = bench()
    const send = () => [test.socket.send('text'), test.socket.send(new Uint8Array(1))]
    expect(send()).toEqual([false, false])
    test.socket.connect()
    expect(send()).toEqual([false, false])
    await vi.advanceTimersByTimeAsync(0)
    expect(send()).toEqual([false, false])
    test.line().accept()
    expect(send()).toEqual([true, true])
    test.line().readyState = 2
    expect(send()).toEqual([false, false])
    test.line().end(1006)
    expect(send()).toEqual([false, false])
    ;(await nextLine(test)).accept()
    test.socket.drain(1000)
    expect(send()).toEqual([true, true])
    test.socket.close()
    expect(send()).toEqual([false, false])
    expect(test.lines[0]!.sent).toHaveLength(2)
  })

  it('pain 20: what holds nothing is never sent', async () => {
    const test = bench()
    await test.open()
    for (const nothing of ['', new Uint8Array(0), new ArrayBuffer(0), new Blob([])]) {
      expect(test.socket.send(nothing)).toBe(false)
    }
    expect(test.line().sent).toEqual([])
    test.socket.close()
  })

  it('a logger that throws takes nothing down with it', async () => {
    const test = bench({
      logger: () => {
        throw new Error('logger')
      },
    })
    await test.open()
    expect(test.socket.state).toBe('open')
    test.line().end(1006)
    await nextLine(test)
    test.socket.close()
  })

  it('makes no attempt while the device is offline, counts none, and makes one at once when told that it is online', async () => {
    let isOnline = true
    const test = bench({}, { isOnline: () => isOnline })
    await test.open()
    isOnline = false
    test.line().end(1006)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(test.lines).toHaveLength(1)
    expect(test.socket.state).toBe('waiting')
    expect(vi.getTimerCount()).toBe(0)
    isOnline = true
    test.socket.retryNow()
    await vi.advanceTimersByTimeAsync(0)
    expect(test.lines).toHaveLength(2)
    test.line().accept()
    expect(test.socket.state).toBe('open')
    expect(test.ends).toEqual([])
    test.socket.close()
  })
})

describe('bounds', () => {
  it('a token goes to the host that was set when it was asked for', async () => {
    const options = { baseUrl: 'wss://first.example' }
    const test = bench({}, { getOptions: () => options })
    const { WebSocket, lines } = createFakeWebSocket()
    Object.assign(options, {
      WebSocket,
      getToken: async () => {
        options.baseUrl = 'wss://second.example'
        return TOKEN
      },
    })
    test.socket.connect()
    await vi.advanceTimersByTimeAsync(0)
    expect(lines[0]?.url).toBe('wss://first.example/v1/listen?model=nova-3')
    test.socket.close()
  })

  it('a thousand sessions that start and end ask for 100 tokens at once, and then for five in a second', async () => {
    const { WebSocket, lines } = createFakeWebSocket()
    const test = bench({ WebSocket })
    const others = Array.from({ length: 1000 }, () => bench({ WebSocket }))
    const tokens = (): number => others.reduce((sum, other) => sum + other.tokens.length, 0)
    for (const { socket } of others) socket.connect()
    await vi.advanceTimersByTimeAsync(0)
    expect([tokens(), lines.length]).toEqual([100, 100])
    await vi.advanceTimersByTimeAsync(2_000)
    expect([tokens(), lines.length]).toEqual([110, 110])
    for (const { socket } of others) socket.close()
    // Those that have gone are not waited for.
    test.socket.connect()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(test.tokens).toEqual([1])
    expect(lines).toHaveLength(111)
    test.socket.close()
    expect(vi.getTimerCount()).toBe(0)
  }, 120_000)

  it('what waits for its turn is as if it were connecting: closing it ends the waiting', async () => {
    const { WebSocket, lines } = createFakeWebSocket()
    const others = Array.from({ length: 101 }, () => bench({ WebSocket }))
    for (const { socket } of others) socket.connect()
    expect(others[100]!.socket.state).toBe('connecting')
    others[100]!.socket.close()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(others[100]!.tokens).toEqual([])
    expect(lines).toHaveLength(100)
    for (const { socket } of others) socket.close()
  })

  it('a flood of messages ends the line; what came before is read, and after the third one all is over', async () => {
    const test = bench({ reconnect: { maxAttempts: 50 } })
    await test.open()
    // However long each lives before.
    await vi.advanceTimersByTimeAsync(60_000)
    for (let i = 0; i < 300_000; i++) test.line().receive('{"type":"New"}')
    expect(test.texts.length).toBeGreaterThan(50_000)
    expect(test.texts.length).toBeLessThan(100_000)
    expect(test.downs[0]?.error).toMatchObject({ code: 'service-error', details: { attempt: 1 } })
    expect(test.lines[0]!.closes).toEqual([1000])
    while (!test.ends.length) {
      const line = await nextLine(test)
      line.accept()
      await vi.advanceTimersByTimeAsync(60_000)
      for (let i = 0; i < 300_000; i++) line.receive('{"type":"New"}')
    }
    expect(test.ends).toMatchObject([{ error: { code: 'service-error' } }])
    expect(test.lines).toHaveLength(3)
  }, 120_000)

  it('huge messages are a flood too, and the liveliest transcription is none', async () => {
    const test = bench({ reconnect: false })
    await test.open()
    // Twenty channels, five results a second each, for ten minutes; after a stall of ten seconds they come at once.
    for (let second = 0; second < 600; second++) {
      if (second % 10 === 9) for (let i = 0; i < 1000; i++) test.line().receive('x'.repeat(2_000))
      vi.setSystemTime(Date.now() + 1_000)
    }
    expect(test.texts).toHaveLength(60_000)
    const huge = 'x'.repeat(16 * 2 ** 20)
    for (let i = 0; i < 100; i++) test.line().receive(huge)
    expect(test.ends).toMatchObject([{ error: { code: 'service-error' } }])
    expect(test.texts.length).toBeLessThan(60_100)
  })
})
