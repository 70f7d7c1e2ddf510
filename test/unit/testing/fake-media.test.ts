// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { installFakeMedia, type FakeMedia, type FakeMediaOptions } from 'react-deepgram/testing'
import { createWebmReader } from '../../../src/audio/webm.ts'
import { createStreamDecoder } from '../../../src/testing/audio-decoder.ts'
import { createNodeOpusDecoder } from '../../../src/testing/opus-node.ts'

let media: FakeMedia | undefined
const install = (options?: FakeMediaOptions): FakeMedia => (media = installFakeMedia(options))

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  media?.uninstall()
  vi.useRealTimers()
})

const open = (constraints: MediaTrackConstraints = {}) => navigator.mediaDevices.getUserMedia({ audio: constraints })
const nameOf = (promise: Promise<unknown>) =>
  promise.then(String, (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`)

describe('a fake microphone', () => {
  it.each([
    ['denied', 'NotAllowedError: Permission denied'],
    ['dismissed', 'NotAllowedError: Permission dismissed'],
    ['missing', 'NotFoundError: Requested device not found'],
    ['busy', 'NotReadableError: Could not start audio source'],
  ] as const)('pain 86: refuses as browsers do when it is %s', async (microphone, refusal) => {
    const fake = install({ microphone })
    expect(await nameOf(open())).toBe(refusal)
    expect(fake.openMicrophones).toBe(0)
    fake.microphone = 'granted'
    expect((await open()).getAudioTracks()).toHaveLength(1)
  })

  it('waits for a person to answer', async () => {
    const fake = install({ microphone: 'ask' })
    const status = await navigator.permissions.query({ name: 'microphone' })
    const changed = vi.fn()
    status.addEventListener('change', changed)
    expect(status.state).toBe('prompt')
    const asked = nameOf(open())
    let isSettled = false
    void asked.then(() => (isSettled = true))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(isSettled).toBe(false)
    fake.answer('denied')
    expect(await asked).toMatch(/^NotAllowedError/)
    expect(status.state).toBe('denied')
    expect(changed).toHaveBeenCalledOnce()
  })

  it('keeps names back until it was allowed, tells of devices that come and go, and ends the tracks of one that goes', async () => {
    const fake = install({ devices: ['Built-in', 'Headset'] })
    const listed = async () => (await navigator.mediaDevices.enumerateDevices()).map(({ label }) => label)
    expect(await listed()).toEqual(['', ''])
    const track = (await open({ deviceId: { exact: 'fake-headset' } })).getAudioTracks()[0]!
    expect(track.label).toBe('Headset')
    expect(await listed()).toEqual(['Built-in', 'Headset'])
    const changes = vi.fn()
    const ended = vi.fn()
    navigator.mediaDevices.addEventListener('devicechange', changes)
    track.addEventListener('ended', ended)
    fake.plugIn('Webcam')
    fake.unplug('Headset')
    expect(await listed()).toEqual(['Built-in', 'Webcam'])
    expect([changes.mock.calls.length, ended.mock.calls.length, track.readyState]).toEqual([2, 1, 'ended'])
    expect(await nameOf(open({ deviceId: { exact: 'fake-headset' } }))).toMatch(/^OverconstrainedError/)
  })

  it('is muted and unmuted by the system', async () => {
    const fake = install()
    const track = (await open()).getAudioTracks()[0]!
    const told: string[] = []
    for (const type of ['mute', 'unmute']) track.addEventListener(type, () => told.push(`${type} ${track.muted}`))
    fake.mute(true)
    fake.mute(false)
    expect(told).toEqual(['mute true', 'unmute false'])
  })

  it('leaves the page as it was', async () => {
    const before = [globalThis.MediaRecorder, globalThis.AudioContext, navigator.mediaDevices] as unknown[]
    const fake = install()
    const [track] = (await open()).getAudioTracks()
    fake.uninstall()
    expect([globalThis.MediaRecorder, globalThis.AudioContext, navigator.mediaDevices]).toEqual(before)
    expect('MediaRecorder' in globalThis).toBe(false)
    expect(track!.readyState).toBe('ended')
  })
})

describe('a fake recorder', () => {
  it('pain 86: records WebM that a service can read: packets of 20 ms of Opus, as long as it ran, without its pauses', async () => {
    install()
    const recorder = new MediaRecorder(await open(), { mimeType: 'audio/webm;codecs=opus' })
    const chunks: Blob[] = []
    recorder.ondataavailable = ({ data }) => chunks.push(data)
    const stopped = vi.fn()
    recorder.onstop = stopped
    recorder.start(100)
    await vi.advanceTimersByTimeAsync(1000)
    recorder.pause()
    await vi.advanceTimersByTimeAsync(5000)
    recorder.resume()
    await vi.advanceTimersByTimeAsync(500)
    recorder.stop()
    expect(() => recorder.requestData()).toThrow(/inactive/)
    await vi.advanceTimersByTimeAsync(1)
    expect(stopped).toHaveBeenCalledOnce()

    const reader = createWebmReader()
    let samples = 0
    const problems: unknown[] = []
    const decoder = createStreamDecoder({
      format: null,
      opus: createNodeOpusDecoder,
      onAudio: ([audio], rate) => (samples += (audio!.length / rate) * 1000),
      onInvalid: (why) => problems.push(why),
    })
    const times: number[] = []
    vi.useRealTimers()
    for (const chunk of chunks) {
      const bytes = new Uint8Array(await chunk.arrayBuffer())
      times.push(...reader.push(bytes).map(({ time }) => time))
      await decoder.push(bytes)
    }
    await decoder.end()
    expect(problems).toEqual([])
    expect(reader.failure).toBeNull()
    expect(times).toEqual(Array.from({ length: 75 }, (_, i) => i * 20))
    expect(samples).toBeCloseTo(1500, 0)
  })
})

describe('fake Web Audio', () => {
  const play = (context: AudioContext, seconds: number) => {
    const node = context.createBufferSource()
    node.buffer = context.createBuffer(1, seconds * 1000, 1000)
    const ended = vi.fn()
    node.onended = ended
    node.start()
    return ended
  }

  it('ends a buffer when its time is over, and not while it is suspended', async () => {
    install()
    const context = new AudioContext()
    const ended = play(context, 1)
    await vi.advanceTimersByTimeAsync(400)
    expect(context.currentTime).toBeCloseTo(0.4)
    await context.suspend()
    await vi.advanceTimersByTimeAsync(5000)
    expect(ended).not.toHaveBeenCalled()
    await context.resume()
    await vi.advanceTimersByTimeAsync(599)
    expect(ended).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(2)
    expect(ended).toHaveBeenCalledOnce()
  })

  it('plays faster than the clock where it is told to', async () => {
    install({ soundSpeed: 10 })
    const ended = play(new AudioContext(), 1)
    await vi.advanceTimersByTimeAsync(101)
    expect(ended).toHaveBeenCalledOnce()
  })

  it('pain 86: is silent until something is pressed, where it needs a gesture', async () => {
    install({ sound: 'after-gesture' })
    const context = new AudioContext()
    const resumed = vi.fn()
    void context.resume().then(resumed)
    await vi.advanceTimersByTimeAsync(1000)
    expect([context.state, context.currentTime, resumed.mock.calls.length]).toEqual(['suspended', 0, 0])
    document.dispatchEvent(new Event('pointerdown'))
    await vi.advanceTimersByTimeAsync(1000)
    expect([context.state, resumed.mock.calls.length]).toEqual(['running', 1])
    expect(context.currentTime).toBeCloseTo(1)
  })
})
