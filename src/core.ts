export { createBrowserListenSession as createListenSession, listenUnsupportedReason } from './browser-listen.ts'
export type { ListenOptions } from './browser-listen.ts'
