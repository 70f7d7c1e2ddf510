import type { DeepgramEmulatorServer } from 'react-deepgram/testing/node'
import type { UseDeepgramListenOptions, UseDeepgramSpeakOptions } from 'react-deepgram'
import { startDemo } from '../../../scripts/demo.mjs'
import type { Engine, EngineBrowser } from './engine.ts'
import { startSoundServer, type SoundServer } from './sound-server.ts'

/** What the page of `test/e2e/engine-page` is to do; see there. */
export interface EnginePageOptions {
  listen?: UseDeepgramListenOptions
  speak?: UseDeepgramSpeakOptions
  /** What the Speak button says. */
  text?: string
  /** Whether it says it without being asked. */
  unasked?: boolean
}

/** A browser of one engine in a room with a microphone and a loudspeaker, for one test after the other. */
export interface EngineStage {
  readonly browser: EngineBrowser
  readonly sound: SoundServer
  /** The service, for all its pages. It speaks twice as fast as is heard. */
  readonly emulator: DeepgramEmulatorServer
  /** Opens the page anew. */
  openPage(options?: EnginePageOptions): Promise<void>
  /** Resolves once it is true in the page. */
  until(isTrue: () => unknown, timeoutMs?: number): Promise<void>
  close(): Promise<void>
}

export async function openEngineStage(open: Engine['open']): Promise<EngineStage> {
  const demo = await startDemo({
    port: 0,
    emulatorPort: 0,
    page: 'test/e2e/engine-page',
    emulator: { speak: { pace: 2 } },
  })
  const sound = await startSoundServer()
  const browser = await open(sound).catch(async (error: unknown) => {
    await sound.close()
    await demo.close()
    throw error
  })
  const until: EngineStage['until'] = async (isTrue, timeoutMs = 20_000) => {
    const end = Date.now() + timeoutMs
    while (!(await browser.evaluate(isTrue))) {
      if (Date.now() > end)
        throw new Error(`Not true within ${timeoutMs} ms: ${String(isTrue)}\n${await browser.evaluate(describePage)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    browser,
    sound,
    emulator: demo.emulator!,
    async openPage(query = {}) {
      const address = new URL(demo.url)
      for (const [name, value] of Object.entries(query))
        address.searchParams.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value))
      await browser.goTo(address.href)
      // To the engines a driver's script is a gesture.
      if (!query.unasked) await until(() => window.subject)
    },
    until,
    async close() {
      await browser.close().catch(() => {})
      await demo.close()
      await sound.close()
    },
  }
}

/** Runs in the page. */
function describePage(): string {
  const { listen, speak, ends } = window.subject
  return JSON.stringify({ ...listen.diagnostics(), speak: speak.getState(), ends, complaints: window.complaints })
}
