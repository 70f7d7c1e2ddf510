// The door without React: the same sessions as plain stores with verbs.
export { DeepgramError } from './errors.ts'
export { createBrowserListenSession as createListenSession, listenUnsupportedReason } from './browser-listen.ts'
export { createBrowserSpeakSession as createSpeakSession } from './browser-speak.ts'
export { createRecorderSource } from './capture/recorder-source.ts'
export { createPlayer } from './playback/player.ts'
export { createTokenFetcher } from './socket/fetch-token.ts'
export type * from './types.ts'
