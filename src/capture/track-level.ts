import { rmsOf } from '../audio/level.ts'

interface SharedContext {
  readonly context: AudioContext
  users: number
}

// One context for all meters of the page: browsers allow only a few. Found through the page's own object.
const contexts = new WeakMap<object, SharedContext>()

function leaseContext(): { context: AudioContext; release: () => void } {
  // Without a rate of our own: Firefox refuses to connect a track of another rate.
  const shared = contexts.get(globalThis) ?? { context: new AudioContext(), users: 0 }
  contexts.set(globalThis, shared)
  shared.users++
  // A context made outside of a gesture sleeps; a meter is no reason to complain about that.
  shared.context.resume().catch(() => {})
  return {
    context: shared.context,
    release() {
      if (--shared.users > 0) return
      contexts.delete(globalThis)
      shared.context.close().catch(() => {})
    },
  }
}

/** The level of a track that is open already. */
export interface TrackLevel {
  /** Momentary level, linear 0…1. Cheap. */
  readonly get: () => number
  /** Gives the audio context back. */
  readonly dispose: () => void
}

/** Measures a track's level without opening anything but an analyser. The track is its owner's. */
export function createTrackLevel(track: MediaStreamTrack): TrackLevel {
  const { context, release } = leaseContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 512
  const source = context.createMediaStreamSource(new MediaStream([track]))
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  return {
    get() {
      analyser.getFloatTimeDomainData(samples)
      return rmsOf(samples)
    },
    dispose() {
      source.disconnect()
      release()
    },
  }
}
