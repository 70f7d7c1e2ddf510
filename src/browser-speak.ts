import type { AudioSink } from './audio/ports.ts'
import { isOnline, watchPage } from './browser-page.ts'
import { createPlayer, type PlayerOptions } from './playback/player.ts'
import { createSpeakSession, type SpeakOptions as SessionOptions, type SpeakSession } from './session/speak-session.ts'

/** Options of a speak session in a browser. */
export interface SpeakOptions extends SessionOptions, Omit<PlayerOptions, 'sampleRate'> {
  /**
   * A way to the loudspeaker of the application's own, where there is no Web Audio (React Native) or something else is wanted of the
   * sound. It is asked for once in a session's life. @default Web Audio
   */
  sink?: AudioSink | undefined
}

/**
 * Creates a speak session that plays with the browser's own means. It does nothing until `speak()`.
 *
 * @param getOptions - Called at each `speak()`, at each connection attempt, and for each callback.
 * @param parts - `createSink`: makes another way to the ear, where there is no Web Audio; called once, when it is needed.
 */
export function createBrowserSpeakSession(getOptions: () => SpeakOptions): SpeakSession {
  return createSpeakSession(getOptions, {
    createSink: () => getOptions().sink ?? createPlayer(getOptions),
    isOnline,
    watchPage,
  })
}
