import type { EmulatorClock, TimerHandle } from './ports.ts'

interface FakeAudioContextOptions {
  clock: EmulatorClock
  /** How much faster than the clock it plays. */
  speed: number
  /** Whether it stays silent until something is pressed on the page. */
  needsGesture: boolean
}

const noop = (): void => {}

/** A parameter that keeps its last value, and hears of automation without following it. */
const createParameter = () => ({
  value: 1,
  setValueAtTime: noop,
  linearRampToValueAtTime: noop,
  setTargetAtTime: noop,
  cancelScheduledValues: noop,
})

/**
 * Web Audio without a sound: buffers begin and end at their times, by a clock that runs while the context does. As in a
 * browser, it may be made to wait for a gesture.
 */
export function createFakeAudioContextClass({ clock, speed, needsGesture }: FakeAudioContextOptions): unknown {
  let isAllowed = !needsGesture
  const contexts = new Set<{ allow(): void }>()
  const allow = (): void => {
    isAllowed = true
    for (const context of contexts) context.allow()
  }
  if (needsGesture) {
    for (const type of ['pointerdown', 'keydown']) {
      globalThis.document.addEventListener(type, allow, { capture: true, once: true })
    }
  }

  return class FakeAudioContext extends EventTarget {
    readonly sampleRate: number
    readonly baseLatency = 0
    readonly outputLatency = 0
    readonly destination = {}
    state: AudioContextState = 'suspended'
    readonly #playing = new Set<{ endAt: number; end(): void }>()
    readonly #waiting: (() => void)[] = []
    #time = 0
    #since = 0
    #timer: TimerHandle = null

    constructor({ sampleRate = 48_000 }: AudioContextOptions = {}) {
      super()
      this.sampleRate = sampleRate
      contexts.add(this)
      if (isAllowed) this.#run()
    }

    get currentTime(): number {
      return this.#time + (this.state === 'running' ? ((clock.now() - this.#since) / 1000) * speed : 0)
    }

    /** A gesture was made. A context that was asked to run before does so now. */
    allow(): void {
      if (this.#waiting.length) this.#run()
    }

    resume(): Promise<void> {
      if (this.state === 'closed') return Promise.reject(new DOMException('closed', 'InvalidStateError'))
      if (isAllowed) this.#run()
      // Where a gesture is wanted it stays pending, as browsers have it.
      return isAllowed ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))
    }

    suspend(): Promise<void> {
      this.#halt('suspended')
      return Promise.resolve()
    }

    close(): Promise<void> {
      this.#halt('closed')
      contexts.delete(this)
      return Promise.resolve()
    }

    createGain() {
      return { gain: createParameter(), connect: noop, disconnect: noop }
    }

    createAnalyser() {
      return {
        fftSize: 2048,
        connect: noop,
        disconnect: noop,
        getFloatTimeDomainData: (to: Float32Array) => void to.fill(0),
      }
    }

    createMediaStreamSource() {
      return { connect: noop, disconnect: noop }
    }

    createBuffer(channels: number, length: number, sampleRate: number) {
      return { length, sampleRate, numberOfChannels: channels, duration: length / sampleRate, copyToChannel: noop }
    }

    createBufferSource() {
      const node = {
        buffer: null as { duration: number } | null,
        onended: null as (() => void) | null,
        connect: noop,
        disconnect: noop,
        start: (at = 0) => {
          played.endAt = Math.max(at, this.currentTime) + (node.buffer?.duration ?? 0)
          this.#playing.add(played)
          this.#arm()
        },
        stop: (at = 0) => {
          played.endAt = Math.min(played.endAt, Math.max(at, this.currentTime))
          this.#arm()
        },
      }
      const played = { endAt: 0, end: () => node.onended?.() }
      return node
    }

    #run(): void {
      if (this.state !== 'suspended') return
      this.#since = clock.now()
      this.state = 'running'
      for (const resolve of this.#waiting.splice(0)) resolve()
      this.dispatchEvent(new Event('statechange'))
      this.#arm()
    }

    #halt(state: 'suspended' | 'closed'): void {
      this.#time = this.currentTime
      this.state = state
      clock.clearTimeout(this.#timer)
      this.dispatchEvent(new Event('statechange'))
    }

    /** Wakes up when the next buffer is over. */
    #arm(): void {
      clock.clearTimeout(this.#timer)
      if (this.state !== 'running' || !this.#playing.size) return
      const next = Math.min(...Array.from(this.#playing, ({ endAt }) => endAt))
      this.#timer = clock.setTimeout(
        () => {
          for (const played of [...this.#playing]) {
            if (played.endAt > this.currentTime + 0.0005) continue
            this.#playing.delete(played)
            played.end()
          }
          this.#arm()
        },
        Math.max(0, Math.ceil(((next - this.currentTime) / speed) * 1000)),
      )
    }
  }
}
