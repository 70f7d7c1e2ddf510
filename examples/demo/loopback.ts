import { useEffect, useState } from 'react'

/** The page's own sound, heard by people and by the transcript. */
export interface Loopback {
  /** Plays what comes in, and puts it into `stream`. */
  readonly input: AudioNode
  readonly stream: MediaStream
}

/**
 * Makes the loop at the visitor's first gesture: before one, browsers let no page make a sound.
 * Buttons act on `click`, which comes after `pointerdown` and `keydown`, so the loop is there in time.
 */
export function useLoopback(): Loopback | null {
  const [loopback, setLoopback] = useState<Loopback | null>(null)
  useEffect(() => {
    const controller = new AbortController()
    let context: AudioContext | null = null
    const begin = (): void => {
      controller.abort()
      context = new AudioContext()
      const input = context.createGain()
      const recorded = context.createMediaStreamDestination()
      input.connect(context.destination)
      input.connect(recorded)
      // While nothing plays, Chromium delivers nothing of such a stream, not even the end of what was played.
      const silence = new ConstantSourceNode(context, { offset: 0 })
      silence.connect(recorded)
      silence.start()
      setLoopback({ input, stream: recorded.stream })
    }
    for (const type of ['pointerdown', 'keydown']) {
      addEventListener(type, begin, { capture: true, once: true, signal: controller.signal })
    }
    return () => {
      controller.abort()
      void context?.close()
    }
  }, [])
  return loopback
}
