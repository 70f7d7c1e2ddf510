import type { AudioSourceHandlers } from '../audio/ports.ts'
import { DeepgramError } from '../errors.ts'
import type { Scope } from '../scope.ts'
import { microphonePermission, openMicrophone, type CaptureOptions } from './microphone.ts'

/** What can be captured. */
export type CaptureInput = 'microphone' | MediaStream | MediaStreamTrack

// Without an answer to the permission query: a microphone that was allowed before is open within this time.
const PROMPT_GUESS_MS = 500

/** The error of a microphone that was unplugged, or taken away. */
export const microphoneGone = (device: string): DeepgramError =>
  new DeepgramError(
    'source-ended',
    'The microphone went away; nothing can be heard; reconnect it or choose another, and try again.',
    { retryable: true, details: { device } },
  )

/**
 * Opens the track of an input; what was opened is given back when the scope ends.
 *
 * A microphone is asked for before this returns. A stream or a track stays its owner's.
 *
 * @throws DeepgramError as a rejection: the codes of the microphone, or `source-ended` when the given track is over.
 */
export async function openTrack(
  input: CaptureInput,
  capture: CaptureOptions,
  scope: Scope,
  handlers: Pick<AudioSourceHandlers, 'onPrompt'>,
): Promise<MediaStreamTrack> {
  let stream = input
  if (input === 'microphone') {
    const opening = openMicrophone(capture, scope.signal)
    void announcePrompt(opening, scope, handlers)
    const lease = await opening
    scope.add(lease.release)
    stream = lease.stream
  }
  const track = stream instanceof MediaStream ? stream.getAudioTracks()[0] : stream
  if (!(track instanceof MediaStreamTrack) || track.readyState !== 'live') {
    throw new DeepgramError(
      'source-ended',
      'The audio source has no live track; nothing can be heard; pass one that has not ended.',
    )
  }
  return track
}

/**
 * Opens an input as {@link openTrack} does, and watches its track until the scope ends.
 *
 * @param onEnded - Called when the track ended by itself, with the error if it was a microphone.
 */
export async function openInput(
  input: CaptureInput,
  capture: CaptureOptions,
  scope: Scope,
  handlers: AudioSourceHandlers,
  onEnded: (error?: DeepgramError) => void,
): Promise<MediaStreamTrack> {
  const track = await openTrack(input, capture, scope, handlers)
  scope.listen(track, 'mute', () => handlers.onMuted?.(true))
  scope.listen(track, 'unmute', () => handlers.onMuted?.(false))
  scope.listen(track, 'ended', () => onEnded(input === 'microphone' ? microphoneGone(track.label) : undefined))
  return track
}

async function announcePrompt(
  opening: Promise<unknown>,
  scope: Scope,
  handlers: Pick<AudioSourceHandlers, 'onPrompt'>,
): Promise<void> {
  let isOpen = false
  const settled = (): void => {
    isOpen = true
  }
  opening.then(settled, settled)
  const announce = (): void => {
    if (!isOpen && !scope.isDisposed) handlers.onPrompt?.()
  }
  const permission = await microphonePermission()
  if (permission === 'prompt') announce()
  else if (permission === 'unknown') scope.timeout(announce, PROMPT_GUESS_MS)
}
