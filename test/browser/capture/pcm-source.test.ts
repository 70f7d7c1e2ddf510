import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPcmSource, type PcmCaptureOptions } from '../../../src/capture/pcm-source.ts'
import type { CaptureInput } from '../../../src/capture/input.ts'
import { encodeLinear16 } from '../../../src/audio/pcm.ts'
import { createResampler } from '../../../src/audio/resampler.ts'
import type { AudioChunk } from '../../../src/audio/ports.ts'
import { holdsNothingAfterwards } from '../../support/browser-gauges.ts'
import type { PolicedPage } from './policed-page.ts'
import { frequencyOf, openTone, samplesOf } from '../../support/pcm-tone.ts'

const undo: (() => unknown)[] = []
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function setUp(input: CaptureInput, capture: PcmCaptureOptions = {}) {
  const chunks: AudioChunk[] = []
  const events: string[] = []
  const source = createPcmSource(input, capture)
  undo.push(() => source.abort())
  const start = () =>
    source.start(
      {
        onChunk: (chunk) => chunks.push(chunk),
        onMuted: (muted) => events.push(muted ? 'muted' : 'unmuted'),
        onEnded: (error) => events.push(`ended ${error?.name ?? ''}`),
      },
      new AbortController().signal,
    )
  const frames = (): number => chunks.reduce((sum, chunk) => sum + (chunk as Uint8Array).byteLength / 2, 0)
  return { source, start, chunks, events, frames }
}

/** Every AudioContext made from now on, and what it was asked for. */
function watchContexts(): { context: AudioContext; options: unknown[] }[] {
  const made: { context: AudioContext; options: unknown[] }[] = []
  const Own = globalThis.AudioContext
  globalThis.AudioContext = new Proxy(Own, {
    construct(target, options: [AudioContextOptions?]) {
      const context = new target(...options)
      made.push({ context, options })
      return context
    },
  })
  undo.push(() => {
    globalThis.AudioContext = Own
  })
  return made
}

/** What the audio thread posts, in one piece. */
function watchThread(): () => Float32Array {
  const posted: number[] = []
  const Own = globalThis.AudioWorkletNode
  globalThis.AudioWorkletNode = new Proxy(Own, {
    construct(target, values: ConstructorParameters<typeof AudioWorkletNode>) {
      const node = new target(...values)
      node.port.addEventListener('message', ({ data }: MessageEvent<Float32Array | null>) => {
        for (const sample of data ?? []) posted.push(sample)
      })
      return node
    },
  })
  undo.push(() => {
    globalThis.AudioWorkletNode = Own
  })
  return () => Float32Array.from(posted)
}

describe('samples from a worklet', () => {
  const held = holdsNothingAfterwards()
  let tone: ReturnType<typeof openTone>
  beforeEach(async () => {
    tone = openTone()
    undo.push(() => tone.close())
    await tone.context.resume()
  })
  afterEach(async () => {
    for (const each of undo.splice(0).reverse()) await each()
  })

  it('pain 58: a tone of 1 kHz keeps its frequency and its length at 16 kHz, whatever the device’s rate', async () => {
    const made = watchContexts()
    const posted = watchThread()
    const { source, start, chunks, frames } = setUp(tone.stream)
    const info = await start()
    expect(info.format).toEqual({ kind: 'raw', encoding: 'linear16', sampleRate: 16_000, channels: 1 })
    const { context } = made[0]!
    expect(context.sampleRate).not.toBe(16_000)
    const [from, had] = [context.currentTime, frames()]
    await pass(5000)
    const [to, has] = [context.currentTime, frames()]
    await source.stop()
    // A chunk of 20 ms is under way at each end.
    expect(Math.abs(has - had - (to - from) * 16_000)).toBeLessThanOrEqual(2 * 0.02 * 16_000 + 2)
    // Of what the audio thread has posted not a frame is missing or bent, at however many boundaries.
    expect(chunks.length).toBeGreaterThan(240)
    const input = posted()
    expect(frames()).toBe(Math.ceil((input.length * 16_000) / context.sampleRate))
    const resampler = createResampler(context.sampleRate, 16_000)
    const whole = [resampler.push(input), resampler.flush()].flatMap((part) => Array.from(encodeLinear16(part)))
    const heard = chunks.flatMap((chunk) => Array.from(chunk as Uint8Array))
    expect(heard.length).toBe(whole.length)
    expect(heard.findIndex((byte, i) => byte !== whole[i])).toBe(-1)
    const samples = samplesOf(chunks).slice(8_000)
    expect(frequencyOf(samples, 16_000) / 1000).toBeCloseTo(1, 2)
    expect(Math.max(...samples)).toBeCloseTo(0.5, 1)
  })

  it.each([8_000, 44_100, 48_000])('hands over %i Hz when asked', async (sampleRate) => {
    const { source, start, chunks } = setUp(tone.stream, { sampleRate })
    const { format } = await start()
    expect(format).toMatchObject({ sampleRate })
    expect(source.format).toMatchObject({ sampleRate })
    await pass(600)
    await source.stop()
    expect(frequencyOf(samplesOf(chunks).slice(sampleRate / 8), sampleRate) / 1000).toBeCloseTo(1, 2)
  })

  it('the last samples are handed over by stop(): as many as the clock has counted', async () => {
    const made = watchContexts()
    const { source, start, frames } = setUp(tone.stream, { chunkMs: 1000 })
    const started = start()
    await started
    const before = frames()
    await pass(300)
    const { context } = made[0]!
    expect(frames()).toBe(before)
    await source.stop()
    expect(context.state).toBe('closed')
    expect(frames() - before).toBeGreaterThan(0.25 * 16_000)
  })

  it('chunks are as long as they are asked for', async () => {
    const { source, start, chunks } = setUp(tone.stream, { chunkMs: 80 })
    await start()
    await vi.waitFor(() => expect(chunks.length).toBeGreaterThan(4))
    for (const chunk of chunks.slice(1, 4)) {
      expect(Math.abs((chunk as Uint8Array).byteLength / 2 - 0.08 * 16_000)).toBeLessThanOrEqual(1)
    }
    await source.stop()
  })

  it('pain 34: the capture’s AudioContext is never made with a rate of its own', async () => {
    const made = watchContexts()
    for (const sampleRate of [8_000, 16_000, 48_000]) {
      const { source, start } = setUp(tone.stream, { sampleRate })
      await start()
      await source.stop()
    }
    expect(made).toHaveLength(3)
    for (const { options } of made) expect(JSON.stringify(options)).not.toContain('sampleRate')
  })

  it('pain 61: when the track’s rate changes the graph is built anew, at the new rate, and the stream goes on', async () => {
    const made = watchContexts()
    const [track] = tone.stream.getAudioTracks()
    let sampleRate = 48_000
    track!.getSettings = () => ({ sampleRate })
    const { source, start, chunks, events } = setUp(tone.stream)
    await start()
    sampleRate = 16_000
    track!.dispatchEvent(new Event('unmute'))
    await vi.waitFor(() => expect(made[0]!.context.state).toBe('closed'))
    expect(made).toHaveLength(2)
    expect(made[1]!.context.state).toBe('running')
    const { length } = chunks
    await vi.waitFor(() => expect(chunks.length).toBeGreaterThan(length + 30))
    await source.stop()
    const after = samplesOf(chunks.slice(length + 2))
    expect(frequencyOf(after, 16_000) / 1000).toBeCloseTo(1, 2)
    expect(events.filter((event) => event.startsWith('ended'))).toEqual([])
    expect(made[1]!.context.state).toBe('closed')
  })

  it('needs no blob: address where the page serves the worklet itself', async () => {
    const blobs = vi.spyOn(URL, 'createObjectURL')
    undo.push(() => blobs.mockRestore())
    const workletUrl = new URL('./pcm-worklet-file.ts', import.meta.url)
    const { source, start, chunks } = setUp(tone.stream, { workletUrl })
    await start()
    await vi.waitFor(() => expect(chunks.length).toBeGreaterThan(5))
    await source.stop()
    expect(blobs).not.toHaveBeenCalled()
    expect(chunks.length).toBeGreaterThan(5)
  })

  it('works under a policy without blob: where the page serves the worklet, and names the directive where it does not', async () => {
    const frame = document.createElement('iframe')
    undo.push(() => frame.remove())
    // The stand-in for the served file runs the library's text by `Function`; nothing else needs 'unsafe-eval'.
    frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self' 'unsafe-eval'">
      <script type="module" src="${new URL('./policed-page.ts', import.meta.url).href}"></script>`
    document.body.append(frame)
    const policed = frame.contentWindow as unknown as PolicedPage
    await vi.waitFor(() => expect(policed.capture).toBeTypeOf('function'), { timeout: 5_000 })
    expect(await policed.capture({ workletUrl: new URL('./pcm-worklet-file.ts', import.meta.url) })).toBe('captured')
    expect(policed.violations).toEqual([])
    expect(await policed.capture({})).toMatch(/^policy-blocked: .*script-src.*workletUrl/)
  })

  it('goes on to a data: address when blob: is refused, and then names the directive', async () => {
    const own = AudioWorklet.prototype.addModule
    undo.push(() => {
      AudioWorklet.prototype.addModule = own
    })
    const asked: string[] = []
    const refuse = (pattern: RegExp): void => {
      AudioWorklet.prototype.addModule = function (url, options) {
        asked.push(String(url).slice(0, 5))
        return pattern.test(String(url))
          ? Promise.reject(new DOMException('The user aborted a request.', 'AbortError'))
          : own.call(this, url, options)
      }
    }
    refuse(/^blob:/)
    const lucky = setUp(tone.stream)
    await lucky.start()
    await vi.waitFor(() => expect(lucky.chunks.length).toBeGreaterThan(0))
    await lucky.source.stop()
    refuse(/./)
    await expect(setUp(tone.stream).start()).rejects.toMatchObject({
      code: 'policy-blocked',
      message: expect.stringMatching(/script-src.*blob:.*workletUrl/) as string,
    })
    await expect(setUp(tone.stream, { workletUrl: '/none.js' }).start()).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('script-src') as string,
      details: { url: '/none.js' },
    })
    expect(asked).toEqual(['blob:', 'data:', 'blob:', 'data:', '/none'])
    expect(held().contexts).toBe(1)
  })

  it('two sources share one microphone, and the last one to stop ends it', async () => {
    const opened = vi.spyOn(navigator.mediaDevices, 'getUserMedia')
    undo.push(() => opened.mockRestore())
    const [one, two] = [setUp('microphone'), setUp('microphone')]
    await Promise.all([one.start(), two.start()])
    expect(opened).toHaveBeenCalledTimes(1)
    await one.source.stop()
    expect(held().tracks).toBe(1)
    const { length } = two.chunks
    await vi.waitFor(() => expect(two.chunks.length).toBeGreaterThan(length + 2))
    await two.source.stop()
    expect(held().tracks).toBe(0)
  })

  it('asks for the microphone before start() returns', async () => {
    const opened = vi.spyOn(navigator.mediaDevices, 'getUserMedia')
    undo.push(() => opened.mockRestore())
    const { source, start } = setUp('microphone')
    const started = start()
    expect(opened).toHaveBeenCalledTimes(1)
    source.abort()
    await expect(started).rejects.toMatchObject({ code: 'aborted' })
  })

  it('leaves a stream of the application alone, and refuses one that is over', async () => {
    const { source, start } = setUp(tone.stream.getAudioTracks()[0]!)
    await start()
    await source.stop()
    expect(tone.stream.getAudioTracks()[0]!.readyState).toBe('live')
    await expect(setUp(new MediaStream()).start()).rejects.toMatchObject({ code: 'source-ended' })
    tone.stream.getAudioTracks()[0]!.stop()
    await expect(setUp(tone.stream).start()).rejects.toMatchObject({ code: 'source-ended' })
  })

  it('tells the level of what it hears, and silence while paused', async () => {
    const { source, start } = setUp(tone.stream)
    expect(source.getLevel!()).toBe(0)
    await start()
    await vi.waitFor(() => expect(source.getLevel!()).toBeCloseTo(0.5 * Math.SQRT1_2, 1))
    source.pause!()
    expect(source.getLevel!()).toBe(0)
    source.resume!()
    await vi.waitFor(() => expect(source.getLevel!()).toBeGreaterThan(0.3))
    await source.stop()
    expect(source.getLevel!()).toBe(0)
  })

  it('a start that is aborted before it begins opens nothing', async () => {
    const source = createPcmSource('microphone')
    const handlers = { onChunk() {}, onEnded() {} }
    await expect(source.start(handlers, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
    expect(held()).toMatchObject({ tracks: 0, contexts: 1 })
  })
})
