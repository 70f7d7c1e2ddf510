import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AudioSource } from '../../../src/audio/ports.ts'
import { createWebmReader } from '../../../src/audio/webm.ts'
import { createListenSession } from '../../../src/session/listen-session.ts'
import { createDeepgramEmulator } from '../../../src/testing/index.ts'
import { createNodeOpusDecoder } from '../../../src/testing/opus-node.ts'
import { WEBM } from './listen-support.ts'

const folder = new URL('../../fixtures/audio/', import.meta.url)
const recording = new Uint8Array(readFileSync(new URL('fox.webm', folder)))
const lengths = (JSON.parse(readFileSync(new URL('chunks.json', folder), 'utf8')) as Record<string, number[]>).fox!

/** Plays what Chromium recorded, each chunk as a Blob when it was recorded. */
function createRecording(): AudioSource {
  const reader = createWebmReader()
  const timers: ReturnType<typeof setTimeout>[] = []
  const end = (): void => timers.forEach(clearTimeout)
  return {
    format: WEBM,
    start({ onChunk }) {
      let at = 0
      for (const length of lengths) {
        const chunk = recording.slice(at, (at += length))
        const ms = reader.push(chunk).at(-1)?.time ?? 0
        timers.push(setTimeout(() => onChunk(new Blob([chunk])), ms))
      }
      return Promise.resolve({ format: WEBM, label: '' })
    },
    stop() {
      end()
      return Promise.resolve()
    },
    abort: end,
  }
}

beforeEach(() => {
  // Blobs are read and packets decoded outside the faked time.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Lets time pass in small steps, and what really takes time happen between them. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 20) {
    await vi.advanceTimersByTimeAsync(Math.min(20, left))
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
  }
}

it.each([[[]], [[1500]], [[2600]], [[900, 1400, 800]]])(
  'a recording of Chromium, the line cut after %j ms, is heard to the last word',
  async (cuts) => {
    const emulator = createDeepgramEmulator({ hears: { opus: createNodeOpusDecoder } })
    const session = createListenSession(() => ({ WebSocket: emulator.WebSocket, getToken: emulator.getToken }), {
      createSource: createRecording,
    })
    void session.start()
    for (const cut of cuts) {
      await pass(cut)
      emulator.sockets.at(-1)!.drop()
    }
    await pass(9000)
    let isEnded = false
    const ended = session.stop().finally(() => (isEnded = true))
    for (let i = 0; i < 20 && !isEnded; i++) await pass(500)
    expect((await ended).text).toBe('the quick brown fox jumps over the lazy dog')
    expect(emulator.sockets).toHaveLength(cuts.length + 1)
    expect(session.getState()).toMatchObject({ error: null, warning: null })
  },
)
