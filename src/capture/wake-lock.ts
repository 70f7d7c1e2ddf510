import { createScope, type Dispose } from '../scope.ts'

interface Lock {
  release(): Promise<void>
}

/**
 * Keeps the screen awake until it is undone; does nothing where the browser cannot. The browser takes the lock away from a
 * page that is hidden, so it is asked for again when the page is seen.
 */
export function keepScreenAwake(): Dispose {
  const scope = createScope()
  const { wakeLock } = navigator as unknown as { wakeLock?: { request(type: 'screen'): Promise<Lock> } }
  const request = (): void => {
    if (document.visibilityState !== 'visible') return
    wakeLock?.request('screen').then(
      (lock) => scope.add(() => void lock.release().catch(ignore)),
      // A low battery is a reason to refuse; nothing else depends on it.
      ignore,
    )
  }
  request()
  scope.listen(document, 'visibilitychange', request)
  return scope.dispose
}

function ignore(): void {
  // Nobody is waiting for it.
}
