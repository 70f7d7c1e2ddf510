import { rmsOf } from '../audio/level.ts'
import type { Scope } from '../scope.ts'

// One context for all meters of the page: browsers allow only a few.
let shared: AudioContext | null = null
let users = 0

/** Whether the meters measure: a context made outside of a gesture may sleep, and a sleeping one shows silence. */
export const isMeasuring = (): boolean => shared?.state === 'running'

/**
 * Measures a track's level until the scope ends, without opening anything but an analyser. The track is its owner's.
 *
 * @returns the momentary level, linear 0…1. Cheap.
 */
export function measureLevel(track: MediaStreamTrack, scope: Scope): () => number {
  if (typeof AudioContext === 'undefined') return () => 0
  // Without a rate of our own: Firefox refuses to connect a track of another rate.
  const context = (shared ??= new AudioContext())
  users++
  // A context made outside of a gesture sleeps; a meter is no reason to complain about that.
  context.resume().catch(() => {})
  const analyser = context.createAnalyser()
  analyser.fftSize = 512
  const samples = new Float32Array(512)
  const source = context.createMediaStreamSource(new MediaStream([track]))
  source.connect(analyser)
  scope.add(() => {
    source.disconnect()
    if (--users > 0) return
    shared = null
    context.close().catch(() => {})
  })
  return () => {
    analyser.getFloatTimeDomainData(samples)
    return rmsOf(samples)
  }
}
