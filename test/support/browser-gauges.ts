import { afterEach, beforeEach, expect, vi } from 'vitest'

/** What a page holds open, counted. */
export interface Held {
  /** Sockets of the platform's own class that are not closed. An emulator counts its own. */
  sockets: number
  /** Tracks handed out by `getUserMedia`, and their clones, that are live. */
  tracks: number
  /** AudioContexts that are not closed. */
  contexts: number
  /** MediaRecorders that are not inactive. */
  recorders: number
  /** Timeouts, intervals and animation frames that are still to come. */
  timers: number
}

/** Nothing at all. */
export const nothing: Readonly<Held> = Object.freeze({ sockets: 0, tracks: 0, contexts: 0, recorders: 0, timers: 0 })

/** Counts what is opened from now on. `restore` gives the page its own functions back. */
export function gaugePage(): { held(): Held; restore(): void } {
  const undo: (() => void)[] = []
  const sockets: WebSocket[] = []
  const contexts: AudioContext[] = []
  const recorders: MediaRecorder[] = []
  const tracks: MediaStreamTrack[] = []
  const timers = new Set<string>()

  function replace<Owner extends object, Key extends keyof Owner>(
    owner: Owner,
    key: Key,
    make: (own: Owner[Key]) => Owner[Key],
  ) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, key)
    Object.defineProperty(owner, key, { configurable: true, writable: true, value: make(owner[key]) })
    undo.push(() => {
      if (descriptor) Object.defineProperty(owner, key, descriptor)
      else Reflect.deleteProperty(owner, key)
    })
  }

  function collecting<Class extends new (...values: never[]) => object>(
    Own: Class,
    into: InstanceType<Class>[],
  ): Class {
    return new Proxy(Own, {
      construct(target, values, newTarget) {
        const made = Reflect.construct(target, values, newTarget) as InstanceType<Class>
        into.push(made)
        return made
      },
    })
  }

  replace(globalThis, 'WebSocket', (Own) => collecting(Own, sockets))
  replace(globalThis, 'AudioContext', (Own) => collecting(Own, contexts))
  replace(globalThis, 'MediaRecorder', (Own) => collecting(Own, recorders))

  replace(navigator.mediaDevices, 'getUserMedia', (own) => async (constraints) => {
    const stream = await own.call(navigator.mediaDevices, constraints)
    tracks.push(...stream.getTracks())
    return stream
  })
  replace(
    MediaStreamTrack.prototype,
    'clone',
    (own) =>
      function (this: MediaStreamTrack) {
        const copy = own.call(this)
        tracks.push(copy)
        return copy
      },
  )

  const kinds = [
    ['setTimeout', 'clearTimeout', true],
    ['setInterval', 'clearInterval', false],
    ['requestAnimationFrame', 'cancelAnimationFrame', true],
  ] as const
  for (const [set, clear, isOnce] of kinds) {
    // Timeouts and intervals share their numbers; animation frames have their own.
    const name = (id: unknown) => `${set === 'requestAnimationFrame' ? 'frame' : 'timer'} ${String(id)}`
    const page = globalThis as unknown as Record<string, (...values: unknown[]) => unknown>
    replace(page, set, (own) => (callback: unknown, ...rest: unknown[]) => {
      const id = own.call(
        globalThis,
        (...values: unknown[]) => {
          if (isOnce) timers.delete(name(id))
          if (typeof callback === 'function') callback(...values)
        },
        ...rest,
      )
      timers.add(name(id))
      return id
    })
    replace(page, clear, (own) => (id: unknown) => {
      timers.delete(name(id))
      return own.call(globalThis, id)
    })
  }

  return {
    held: () => ({
      sockets: sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED).length,
      tracks: tracks.filter(({ readyState }) => readyState === 'live').length,
      contexts: contexts.filter(({ state }) => state !== 'closed').length,
      recorders: recorders.filter(({ state }) => state !== 'inactive').length,
      timers: timers.size,
    }),
    restore() {
      for (const each of undo.reverse()) each()
    },
  }
}

/**
 * Fails each test of the suite that leaves something open in the page.
 *
 * Call it in a `describe`. Closing takes time (a socket's handshake, an AudioContext's), so a second is allowed.
 * A test that unmounts its components itself needs nothing more; otherwise register the cleaning up in an `afterEach`
 * of the same suite, after this call.
 *
 * @returns A function that counts what is open at the moment.
 */
export function holdsNothingAfterwards(): () => Held {
  let gauge = gaugePage()
  gauge.restore()
  beforeEach(() => {
    gauge = gaugePage()
  })
  // Hooks run last first: what the suite registers after this call has cleaned up by now.
  afterEach(async () => {
    try {
      await vi.waitFor(() => expect(gauge.held()).toEqual(nothing))
    } finally {
      gauge.restore()
    }
  })
  return () => gauge.held()
}
