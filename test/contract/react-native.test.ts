import vm from 'node:vm'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDeepgramEmulator, createFakeAudioSink, createFakeAudioSource } from 'react-deepgram/testing'
import type * as Core from 'react-deepgram/core'
import { makeApplication, requireBuild, type Application } from '../support/packed.ts'

let application: Application
let code: string

beforeAll(async () => {
  requireBuild()
  application = makeApplication()
  const { outputFiles } = await build({
    stdin: { contents: `export * from 'react-deepgram/core'`, resolveDir: application.folder },
    bundle: true,
    format: 'iife',
    globalName: 'core',
    platform: 'neutral',
    mainFields: ['react-native', 'module', 'main'],
    conditions: ['react-native'],
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
    logLevel: 'silent',
  })
  code = outputFiles[0]!.text
}, 60_000)
afterAll(() => application?.remove())
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** `URL` as React Native has it: it can be made, and nearly nothing of it can be used. */
class UnfinishedUrl {
  readonly href: string
  constructor(href: string) {
    this.href = href
  }
  get searchParams(): never {
    throw new Error('URLSearchParams.get is not implemented')
  }
}

/** What React Native has of the platform: a `window` that is no page, a `navigator` that is no browser, and no DOM. */
function reactNativeGlobals(): object {
  const globals = {
    ...{ AbortController, AbortSignal, console, queueMicrotask, TextEncoder, URL: UnfinishedUrl },
    ...{ setTimeout, clearTimeout, setInterval, clearInterval, Date, performance },
    // Of this very realm, in which the emulator lives: a class of another one would not know its buffers.
    ...{ ArrayBuffer, DataView, Float32Array, Int16Array, Uint8Array },
    navigator: { product: 'ReactNative' },
  }
  return Object.assign(globals, { window: globals, self: globals, global: globals })
}

function load(): typeof Core {
  const context = vm.createContext(reactNativeGlobals())
  vm.runInContext(`${code}; globalThis.exported = core`, context)
  return vm.runInContext('exported', context) as typeof Core
}

describe('in React Native', () => {
  it('pain 114: the core is imported, and hears over a source and a WebSocket that the application brings', async () => {
    const { createListenSession } = load()
    const emulator = createDeepgramEmulator()
    const source = createFakeAudioSource({ text: 'hello there' })
    const listen = createListenSession(() => ({ source, WebSocket: emulator.WebSocket, getToken: emulator.getToken }))
    const started = listen.start()
    await vi.advanceTimersByTimeAsync(6000)
    await started
    const stopped = listen.stop()
    await vi.advanceTimersByTimeAsync(6000)
    expect((await stopped).text).toBe('hello there')
    expect(listen.getState()).toMatchObject({ status: 'idle', error: null })
  })

  it('pain 114: and speaks into a sink that the application brings', async () => {
    const { createSpeakSession } = load()
    const emulator = createDeepgramEmulator()
    const sink = createFakeAudioSink()
    const speech = createSpeakSession(() => ({ sink, WebSocket: emulator.WebSocket, getToken: emulator.getToken }))
    const { finished } = speech.speak('hello there')
    await vi.advanceTimersByTimeAsync(10_000)
    const { reason, spokenText, playedSeconds } = await finished
    expect({ reason, spokenText }).toEqual({ reason: 'ended', spokenText: 'hello there' })
    expect(playedSeconds).toBeGreaterThan(0.5)
    expect(sink.getHeard().length / 24_000).toBeCloseTo(playedSeconds, 2)
    speech.destroy()
  })

  it('pain 114: a microphone, which is not supported, is refused with the reason, and not with a crash', async () => {
    const { createListenSession, listenUnsupportedReason } = load()
    const emulator = createDeepgramEmulator()
    const listen = createListenSession(() => ({ WebSocket: emulator.WebSocket, getToken: emulator.getToken }))
    expect(listenUnsupportedReason()).toBe('unsupported')
    const started = listen.start()
    await vi.advanceTimersByTimeAsync(1000)
    await started.catch(() => undefined)
    expect(listen.getState()).toMatchObject({ status: 'error', error: { code: 'unsupported' } })
    expect(emulator.sockets).toHaveLength(0)
  })

  it('pain 114: a loudspeaker, which is not supported either, likewise', async () => {
    const { createSpeakSession } = load()
    const emulator = createDeepgramEmulator()
    const speech = createSpeakSession(() => ({ WebSocket: emulator.WebSocket, getToken: emulator.getToken }))
    const finished = speech.speak('hello').finished.catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await finished).toMatchObject({ code: 'unsupported' })
    speech.destroy()
  })
})
