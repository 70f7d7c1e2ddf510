import { describe, expect, onTestFinished, test } from 'vitest'
import { gaugePage, holdsNothingAfterwards, nothing } from '../../support/browser-gauges.ts'

describe('the gauges', () => {
  test('count what is open, and no longer what is closed', async () => {
    const gauge = gaugePage()
    onTestFinished(() => gauge.restore())
    expect(gauge.held()).toEqual(nothing)

    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    const copy = stream.getAudioTracks()[0]!.clone()
    const context = new AudioContext()
    const recorder = new MediaRecorder(stream)
    recorder.start()
    const timeout = setTimeout(() => undefined, 60_000)
    const interval = setInterval(() => undefined, 60_000)
    const frame = requestAnimationFrame(() => undefined)
    const socket = new WebSocket('ws://127.0.0.1:9')
    expect(gauge.held()).toEqual({ sockets: 1, tracks: 2, contexts: 1, recorders: 1, timers: 3 })

    recorder.stop()
    copy.stop()
    for (const track of stream.getTracks()) track.stop()
    clearTimeout(timeout)
    clearInterval(interval)
    cancelAnimationFrame(frame)
    socket.close()
    await context.close()
    await new Promise((resolve) => {
      if (socket.readyState === WebSocket.CLOSED) resolve(undefined)
      socket.onclose = resolve
    })
    expect(gauge.held()).toEqual(nothing)
  })

  test('forget a timer that has fired, and give the page its own functions back', async () => {
    const own = [
      setTimeout,
      WebSocket,
      AudioContext,
      navigator.mediaDevices.getUserMedia,
      MediaStreamTrack.prototype.clone,
    ]
    const gauge = gaugePage()
    expect(setTimeout).not.toBe(own[0])
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(gauge.held().timers).toBe(0)
    gauge.restore()
    expect([
      setTimeout,
      WebSocket,
      AudioContext,
      navigator.mediaDevices.getUserMedia,
      MediaStreamTrack.prototype.clone,
    ]).toEqual(own)
  })
})

describe('a suite that may leave nothing open', () => {
  holdsNothingAfterwards()

  test('passes a test that closes what it opens', async () => {
    const context = new AudioContext()
    await context.close()
  })

  // `fails` turns red if the gauge lets it through.
  test.fails('fails a test that leaves an AudioContext', () => {
    expect(new AudioContext().state).not.toBe('closed')
  })
})
