import type { Dispose } from './scope.ts'

/** What the page does with sound; the names of the Audio Session API (Safari 16.4 and later). */
export type AudioUse = 'playback' | 'play-and-record'

const claims = new Set<{ readonly use: AudioUse }>()
/** What the application had chosen, and what stands there of ours. */
let before = ''
let ours = ''

/**
 * Tells an iPhone what the page does with sound: without it speech is silent under the ring switch, and quiet, from
 * the earpiece, beside a microphone. Who records outweighs who plays; the last to leave restores what was there.
 * Does nothing where there is no Audio Session API.
 *
 * @returns its own undo.
 */
export function claimAudioSession(use: AudioUse): Dispose {
  const claim = { use }
  claims.add(claim)
  settle()
  return () => {
    if (claims.delete(claim)) settle()
  }
}

function settle(): void {
  const session = (globalThis.navigator as { audioSession?: { type: string } } | undefined)?.audioSession
  if (!session) return
  const [first] = claims
  const isRecording = [...claims].some(({ use }) => use === 'play-and-record')
  // What the application has set in the meantime stays.
  const isOurs = session.type === ours
  if (!isOurs) before = session.type
  if (first) session.type = ours = isRecording ? 'play-and-record' : first.use
  else if (isOurs) session.type = before
  if (!first) ours = ''
}
