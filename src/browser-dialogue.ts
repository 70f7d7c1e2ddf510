import { createBrowserListenSession, type ListenOptions } from './browser-listen.ts'
import { createBrowserSpeakSession, type SpeakOptions } from './browser-speak.ts'
import { createDialogueSession, type DialogueOptions, type DialogueSession } from './session/dialogue.ts'
import type { ListenSession } from './session/listen-session.ts'
import type { SpeakSession } from './session/speak-session.ts'
import { mergeConnection } from './socket/merge-options.ts'
import type { ConnectionOptions } from './socket/options.ts'
import { toSpeakable } from './text/speakable.ts'

/** Options of a dialogue in a browser; the connection options are for both sides. */
export interface BrowserDialogueOptions extends DialogueOptions, ConnectionOptions {
  /**
   * How to listen, or a listen session that exists. Of options, those that say when a turn is over have other defaults
   * here: `endpointing` 300, `utteranceEndMs` 1000, `vadEvents`; a `flux-` model needs none of them.
   */
  listen?: ListenOptions | ListenSession | undefined
  /** How to speak, or a speak session that exists. Of options, `prepare` makes speech of Markdown by default. */
  speak?: SpeakOptions | SpeakSession | undefined
}

/**
 * Creates a dialogue of sessions that exist, or of its own, which record and play with the browser's own means and end with
 * it. It does nothing until one of its verbs is called.
 *
 * @param getOptions - Called whenever an option counts. Whether `listen` and `speak` are sessions is read once.
 */
export function createBrowserDialogueSession(getOptions: () => BrowserDialogueOptions): DialogueSession {
  const { listen: hearing, speak: speaking } = getOptions()
  const ownListen = isSession(hearing) ? null : createBrowserListenSession(getListenOptions)
  const ownSpeak = isSession(speaking) ? null : createBrowserSpeakSession(getSpeakOptions)

  function getListenOptions(): ListenOptions {
    const { listen, ...rest } = getOptions()
    const defaults = { endpointing: 300, utteranceEndMs: 1000, vadEvents: true }
    return { ...defaults, ...mergeConnection(connectionOf(rest), (listen ?? {}) as ListenOptions) }
  }

  function getSpeakOptions(): SpeakOptions {
    const { speak, ...rest } = getOptions()
    return { prepare: toSpeakable, ...mergeConnection(connectionOf(rest), (speak ?? {}) as SpeakOptions) }
  }

  const dialogue = createDialogueSession(getOptions, {
    listen: ownListen ?? (hearing as ListenSession),
    speak: ownSpeak ?? (speaking as SpeakSession),
  })
  return {
    ...dialogue,
    destroy() {
      dialogue.destroy()
      ownListen?.abort()
      ownSpeak?.destroy()
    },
  }
}

const isSession = (value: object | undefined): value is ListenSession | SpeakSession =>
  value !== undefined && 'getState' in value

/** What is for both sides. */
function connectionOf(options: Omit<BrowserDialogueOptions, 'listen'>): ConnectionOptions {
  const {
    speak: _speak,
    onTurn: _onTurn,
    turn: _turn,
    tailMs: _tail,
    interruption: _i,
    echoFilter: _e,
    onError: _o,
    ...rest
  } = options
  return rest
}
