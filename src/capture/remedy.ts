import type { DeepgramError } from '../errors.ts'
import { createScope, type Dispose } from '../scope.ts'

/**
 * Tells once when what kept the microphone away is gone: the permission was granted in the settings of the browser, or a
 * microphone was connected. Nothing is opened for that. Returns its undo.
 */
export function watchRemedy({ code }: DeepgramError, tell: () => void): Dispose {
  const scope = createScope()
  const over = (): void => {
    scope.dispose()
    tell()
  }
  if (/^permission-/.test(code)) {
    watchPermission(scope.signal, over).catch(ignore)
  } else if (/^device-|^constraints$|^source-ended$/.test(code)) {
    const { mediaDevices } = navigator
    scope.listen(mediaDevices, 'devicechange', () => {
      mediaDevices.enumerateDevices().then((devices) => {
        if (!scope.isDisposed && devices.some(({ kind }) => kind === 'audioinput')) over()
      }, ignore)
    })
  }
  return scope.dispose
}

async function watchPermission(signal: AbortSignal, granted: () => void): Promise<void> {
  const status = await navigator.permissions.query({ name: 'microphone' })
  if (signal.aborted) return
  status.addEventListener('change', () => status.state === 'granted' && granted(), { signal })
}

function ignore(): void {
  // The error stays until the next start.
}
