import { createScope } from './scope.ts'
import type { PageEvent } from './session/listen-session.ts'

/** Whether the device believes that it has a network. */
export const isOnline = (): boolean => globalThis.navigator?.onLine !== false

/** Tells what happens to the page, until the function it returns is called. */
export function watchPage(tell: (event: PageEvent) => void): () => void {
  const scope = createScope()
  // React Native has a `window` that is no page.
  if (globalThis.document) {
    scope.listen(window, 'online', () => tell('online'))
    scope.listen(window, 'offline', () => tell('offline'))
    scope.listen(window, 'pagehide', () => tell('left'))
    scope.listen(document, 'visibilitychange', () => {
      if (document.visibilityState === 'visible') tell('visible')
    })
  }
  return scope.dispose
}
