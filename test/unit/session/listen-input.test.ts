import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { AudioFormat, AudioSourceInfo, InputChoice } from '../../../src/audio/ports.ts'
import type { FakeLine } from '../socket/fake-web-socket.ts'
import {
  audioOn,
  bench,
  type Bench,
  bytes,
  HandSource,
  MP4,
  nextLine,
  pass,
  RAW,
  result,
  textsOn,
  turnInfo,
  useFakedTime,
  WEBM,
} from './listen-support.ts'

const KEEP_ALIVE = '{"type":"KeepAlive"}'
const FLUX = 'flux-general-en'

useFakedTime()

/** A source that goes over to other formats and devices when it is asked to. */
class AgileSource extends HandSource {
  /** What comes after the first format. */
  readonly next: AudioFormat[]
  choices: InputChoice[] = []
  refuseInput: Error | null = null

  constructor(format: AudioFormat = RAW, next: AudioFormat[] = []) {
    super(format)
    this.next = next
  }

  restart(): AudioSourceInfo | undefined {
    return this.info ?? undefined
  }

  fallBack(): boolean {
    this.calls.push('fallBack')
    const format = this.next.shift()
    if (!format) return false
    this.info = { format, label: 'Hand' }
    this.handlers?.onWarning?.('format-changed', 'Another format.')
    void this.handlers?.onReplaced?.({ format, label: 'Hand' })
    return true
  }

  async setInput(choice: InputChoice): Promise<void> {
    this.choices.push(choice)
    if (this.refuseInput) throw this.refuseInput
    const info: AudioSourceInfo = {
      format: RAW,
      label: choice.deviceId ?? 'Default',
      settings: { deviceId: choice.deviceId ?? 'default', noiseSuppression: choice.preset !== 'raw' },
      selectedDevice: choice.deviceId,
    }
    await this.handlers?.onReplaced?.(info)
  }
}

function agile({ source }: Bench): AgileSource {
  if (source instanceof AgileSource) return source
  throw new TypeError('The bench was given another source.')
}

/** Sends audio that nobody answers, until a further line is opened for it. */
async function talkInVain(test: Bench): Promise<FakeLine> {
  const { length } = test.lines
  for (let i = 0; test.lines.length === length && i < 100; i++) await talk(test.source, 100)
  await test.accept()
  return test.line()
}

/** Sends audio that nobody answers. */
async function talk(source: HandSource, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 100) {
    source.push(bytes(7, 200))
    await pass(100)
  }
}

describe('a service that makes nothing of the audio', () => {
  it('pain 105: on a second line without a single result the next format is taken, once, and told', async () => {
    const test = bench({}, () => new AgileSource(MP4, [RAW]))
    await test.open()
    await talkInVain(test)
    // The first time the line may be to blame.
    expect(test.source.count['fallBack']).toBeUndefined()
    const line = await talkInVain(test)
    expect(test.source.count['fallBack']).toBe(1)
    expect(test.session.getState()).toMatchObject({ recorderType: 'linear16' })
    expect(new URL(line.url).searchParams.get('encoding')).toBe('linear16')
    expect(test.session.getState()).toMatchObject({ status: 'listening', error: null })
    expect(test.states.map(({ warning }) => warning?.code)).toContain('format-changed')
    test.source.push(bytes(3))
    line.receive(result(0, 0.1, 'understood'))
    await talk(test.source, 6000)
    line.receive(result(0.1, 6, ''))
    await talk(test.source, 6000)
    expect(test.source.count['fallBack']).toBe(1)
    expect(test.session.getState().transcript.text).toBe('understood')
    test.session.abort()
  })

  it('pain 105: with a pinned format there is no fallback, but an error that says so', async () => {
    const test = bench({}, () => new AgileSource(MP4))
    await test.open()
    await talkInVain(test)
    await talk(test.source, 5000)
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'invalid-audio' } })
    expect(test.session.getState().error?.message).toMatch(/capture\.format/)
  })

  it('pain 105: a refusal of the first bytes is answered with the next format, a later one is not', async () => {
    const test = bench({}, () => new AgileSource(MP4, [RAW, RAW]))
    await test.open()
    test.source.push(bytes(1))
    test.line().end(1008, 'DATA-0000')
    const line = await nextLine(test)
    expect(test.source.count['fallBack']).toBe(1)
    expect(new URL(line.url).searchParams.get('encoding')).toBe('linear16')
    await test.accept()
    line.receive(result(0, 1, 'understood'))
    line.end(1008, 'DATA-0000')
    await test.settle()
    expect(test.session.getState()).toMatchObject({ status: 'error', error: { code: 'invalid-audio' } })
    expect(test.source.count['fallBack']).toBe(1)
  })

  it('once anything was understood, silence of the service is the fault of the line', async () => {
    const test = bench({}, () => new AgileSource(RAW, [RAW]))
    await test.open()
    test.line().receive(result(0, 1, 'understood'))
    for (let i = 0; i < 3; i++) await talkInVain(test)
    expect(test.source.count['fallBack']).toBeUndefined()
    test.session.abort()
  })
})

describe('an input that changes', () => {
  it('pain 67: another preset restarts the capture alone, and what was really applied is seen', async () => {
    const test = bench({}, () => new AgileSource())
    await test.open()
    await test.session.setPreset('raw')
    expect(agile(test).choices).toEqual([{ preset: 'raw' }])
    expect(test.session.getState()).toMatchObject({ settings: { noiseSuppression: false }, status: 'listening' })
    await test.session.setDevice('b')
    expect(agile(test).choices.at(-1)).toEqual({ preset: 'raw', deviceId: 'b' })
    expect(test.session.getState()).toMatchObject({ selectedDevice: 'b', activeDevice: { deviceId: 'b', label: 'b' } })
    expect([test.lines.length, test.sources.length, test.source.count['start']]).toEqual([1, 1, 1])
    test.session.abort()
    expect(test.session.getState()).toMatchObject({ activeDevice: null, settings: {}, selectedDevice: 'b' })
  })

  it('a change that is refused leaves the choice before', async () => {
    const test = bench({}, () => new AgileSource())
    await test.open()
    await test.session.setDevice('a')
    agile(test).refuseInput = new Error('busy')
    await expect(test.session.setDevice('b')).rejects.toThrow('busy')
    expect(test.session.getState()).toMatchObject({ status: 'listening', selectedDevice: 'a', deviceLabel: 'a' })
    test.session.abort()
  })

  it('pain 51: switched off by the application it is paused, keeps the line, and goes on when it is switched on', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1))
    test.source.handlers?.onInput?.('disabled')
    expect(test.session.getState()).toMatchObject({ status: 'paused', isCapturing: false, input: 'disabled' })
    await pass(10_000)
    expect(textsOn(test.line())).toEqual([KEEP_ALIVE, KEEP_ALIVE])
    expect(audioOn(test.line())).toEqual([bytes(1)])
    // Who paused as well goes on by `resume()` only.
    test.session.pause()
    test.source.handlers?.onInput?.('live')
    expect(test.session.getState().status).toBe('paused')
    test.session.resume()
    expect(test.session.getState()).toMatchObject({ status: 'listening', isCapturing: true, input: 'live' })
    expect(test.source.calls).toEqual(['start', 'pause', 'resume'])
    test.source.push(bytes(2))
    expect(audioOn(test.line())).toEqual([bytes(1), bytes(2)])
    test.session.abort()
  })

  it('what the source warns of is shown, and taken back', async () => {
    const test = bench()
    await test.open()
    test.source.handlers?.onWarning?.('no-input', 'Nothing comes.')
    expect(test.session.getState().warning).toEqual({ code: 'no-input', message: 'Nothing comes.' })
    test.source.handlers?.onWarning?.('device-lost', null)
    expect(test.session.getState().warning).not.toBeNull()
    test.source.handlers?.onWarning?.('no-input', null)
    expect(test.session.getState().warning).toBeNull()
    test.session.abort()
  })

  it('another format takes nothing of the one before with it, and what is lost is told', async () => {
    const recording = new Uint8Array(readFileSync(new URL('../../fixtures/audio/fox.webm', import.meta.url)))
    const test = bench({}, () => new AgileSource(WEBM, [RAW]))
    await test.open()
    test.source.push(recording)
    agile(test).fallBack()
    await pass(10)
    test.source.push(bytes(5))
    const line = await nextLine(test)
    await test.accept()
    await pass(100)
    expect(audioOn(line)).toEqual([bytes(5)])
    expect(test.session.getState().warning).toMatchObject({ code: 'audio-lost' })
    test.session.abort()
  })
})

describe('push to talk', () => {
  it('pain 49: a pause while it starts is kept: it is ready, but nothing is heard before resume()', async () => {
    const test = bench({}, () => new HandSource(RAW, { isSlow: true }))
    const started = test.session.start()
    test.session.pause()
    await test.accept()
    test.source.begin({ format: RAW, label: 'Late' })
    await started
    expect(test.session.getState()).toMatchObject({ status: 'paused', isCapturing: false })
    expect(test.source.calls).toEqual(['start', 'pause'])
    await pass(9000)
    expect(textsOn(test.line())).toEqual([KEEP_ALIVE, KEEP_ALIVE])
    test.session.resume()
    test.source.push(bytes(1))
    expect(audioOn(test.line())).toEqual([bytes(1)])
    test.session.pause()
    test.session.abort()
    // The next start is not paused.
    await test.open()
    test.source.begin({ format: RAW, label: 'Late' })
    await test.settle()
    expect(test.session.getState().status).toBe('listening')
    test.session.abort()
  })

  it('pain 49: with Flux, where a container cannot be held, the line is opened by resume()', async () => {
    const test = bench(
      { model: FLUX },
      () => new HandSource({ kind: 'container', mimeType: 'audio/webm' }, { isSlow: true, isUnknown: true }),
    )
    const started = test.session.start()
    test.session.pause()
    test.source.begin({ format: { kind: 'container', mimeType: 'audio/webm' }, label: 'Late' })
    await started
    expect(test.session.getState().status).toBe('paused')
    expect(test.lines).toHaveLength(0)
    test.session.resume()
    await test.accept()
    expect(test.session.getState().status).toBe('listening')
    test.session.abort()
  })
})

describe('a page in the background', () => {
  it('pain 31: paused, with its own timers asleep, a clock from outside keeps the line', async () => {
    const test = bench()
    await test.open()
    test.session.pause()
    const timer = setTimeout
    // From here on the page's timers sleep a minute.
    globalThis.setTimeout = ((run: () => void, ms = 0) => timer(run, Math.max(ms, 60_000))) as typeof setTimeout
    try {
      await pass(4000)
      const sentAt: number[] = [Date.now()]
      let count = textsOn(test.line()).length
      for (let i = 0; i < 60; i++) {
        await pass(1000)
        test.page('tick')
        if (textsOn(test.line()).length > count) sentAt.push(Date.now())
        count = textsOn(test.line()).length
      }
      const gaps = sentAt.slice(1).map((at, i) => at - sentAt[i]!)
      expect(gaps.length).toBeGreaterThanOrEqual(12)
      expect(Math.max(...gaps)).toBeLessThan(6000)
      expect(test.lines).toHaveLength(1)
    } finally {
      globalThis.setTimeout = timer
    }
    test.session.abort()
  })

  it('pain 31: while audio flows, or without a line, a tick sends nothing', async () => {
    const test = bench()
    void test.session.start()
    await test.settle()
    test.page('tick')
    await test.accept()
    await talk(test.source, 6000)
    test.page('tick')
    expect(textsOn(test.line())).toEqual([])
    test.session.abort()
  })

  it('pain 31: with Flux the silence that holds the line comes in due length, however rarely the page may send it', async () => {
    const test = bench({ model: FLUX })
    await test.open()
    const own = globalThis.setInterval
    globalThis.setInterval = ((run: () => void, ms: number) => own(run, Math.max(ms, 60_000))) as typeof setInterval
    test.session.pause()
    globalThis.setInterval = own
    for (let i = 0; i < 10; i++) {
      await pass(1000)
      test.page('tick')
      test.line().receive(turnInfo('Update', i, i + 1, ''))
    }
    expect(audioOn(test.line()).reduce((sum, { length }) => sum + length, 0)).toBe(10 * 2 * RAW.sampleRate)
    // After a sleep nobody wants hours of silence.
    await pass(50_000)
    test.page('tick')
    expect(audioOn(test.line())).toHaveLength(100 + 100)
    test.session.abort()
  })
})
