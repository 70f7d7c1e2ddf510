import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepScreenAwake } from '../../../src/capture/wake-lock.ts'

/** A page with a screen that can be kept awake. */
class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible'
  show(state: DocumentVisibilityState): void {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

describe('the wake lock', () => {
  let page: Page
  const locks = new Set<object>()
  const request = vi.fn<(type: string) => Promise<{ release: () => Promise<void> }>>()

  beforeEach(() => {
    page = new Page()
    locks.clear()
    request.mockReset().mockImplementation(() => {
      const lock = {
        release() {
          locks.delete(lock)
          return Promise.resolve()
        },
      }
      locks.add(lock)
      return Promise.resolve(lock)
    })
    vi.stubGlobal('document', page)
    vi.stubGlobal('navigator', { wakeLock: { request } })
  })
  afterEach(() => vi.unstubAllGlobals())
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

  it('pain 108: is asked for once, again when the page is seen again, and given back', async () => {
    const release = keepScreenAwake()
    await settle()
    expect(request.mock.calls).toEqual([['screen']])
    // The browser takes it from a hidden page.
    locks.clear()
    page.show('hidden')
    expect(request).toHaveBeenCalledTimes(1)
    page.show('visible')
    await settle()
    expect([request.mock.calls.length, locks.size]).toEqual([2, 1])
    release()
    await settle()
    page.show('visible')
    expect([request.mock.calls.length, locks.size]).toEqual([2, 0])
  })

  it('pain 108: a lock that comes too late is given back at once', async () => {
    keepScreenAwake()()
    await settle()
    expect(locks.size).toBe(0)
  })

  it('pain 108: a refusal, or a browser without it, changes nothing', async () => {
    request.mockRejectedValue(new DOMException('low battery', 'NotAllowedError'))
    keepScreenAwake()()
    await settle()
    vi.stubGlobal('navigator', {})
    keepScreenAwake()()
    page.show('visible')
  })
})
