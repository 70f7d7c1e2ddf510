import { pageCoordinator, type Coordinator } from './coordination.ts'
import type { ListenSession } from './listen-session.ts'

/** How long the microphone is kept closed. */
export interface HalfDuplexOptions {
  /** Milliseconds after the last sound of the page, for what the room gives back. @default 200 */
  tailMs?: number | undefined
}

/**
 * Lets nothing of the microphone leave while any voice of this page is heard, and for a moment after it: what sounds is
 * known to the page, so neither side has to know the other. The session is paused meanwhile: its line is kept.
 *
 * @param getOptions - Called when sound begins and ends; `null` leaves the microphone open.
 * @param coordinator - Default: the page's.
 * @returns its own undo, which opens the microphone again.
 */
export function holdWhileSpeaking(
  listen: ListenSession,
  getOptions: () => HalfDuplexOptions | null = () => ({}),
  coordinator: Coordinator = pageCoordinator,
): () => void {
  let isHeld = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function update(): void {
    const { isCapturing, status } = listen.getState()
    if (/^(idle|error|stopping)$/.test(status)) isHeld = false
    if (coordinator.isSounding && getOptions()) {
      clearTimeout(timer)
      timer = undefined
      // Before anything is recorded there is nothing to close, unless it is about to be.
      if (!isCapturing && status !== 'listening') return
      listen.pause()
      isHeld = true
    } else if (isHeld) timer ??= setTimeout(release, getOptions()?.tailMs ?? 200)
  }

  function release(): void {
    clearTimeout(timer)
    timer = undefined
    // A pause of the user's own is left alone.
    if (isHeld) listen.resume()
    isHeld = false
  }

  const undo = [coordinator.onSounding(update), listen.subscribe(update)]
  update()
  return () => {
    for (const each of undo) each()
    release()
  }
}
