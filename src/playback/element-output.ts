/** A way to the loudspeaker through an `<audio>` element, which has powers that some browsers deny a context. */
export interface ElementOutput {
  /** Whether what is played into it can be heard. */
  readonly isPlaying: boolean
  /** Whether the browser wants a gesture first. */
  readonly isRefused: boolean
  /** Takes the sound of a context, in place of the one before. */
  attach(context: AudioContext): AudioNode
  /** Asks the browser to play; call it in a gesture. */
  play(): void
  /** As of the element. */
  readonly sinkId: unknown
  /** As of the element; `undefined` where it cannot choose a device. */
  readonly setSinkId: ((id: string) => Promise<void>) | undefined
  close(): void
}

/** Whether an element could choose a device where a context cannot. */
export const elementChoosesDevice = (): boolean =>
  typeof HTMLMediaElement !== 'undefined' &&
  (HTMLMediaElement.prototype as { setSinkId?: unknown }).setSinkId !== undefined

/** Creates the element. Nothing plays before {@link ElementOutput.play}. */
export function createElementOutput(onChange: () => void): ElementOutput {
  const element = new Audio()
  let isPlaying = false
  let isRefused = false
  const tell = (playing: boolean, refused: boolean): void => {
    if (isPlaying === playing && isRefused === refused) return
    isPlaying = playing
    isRefused = refused
    onChange()
  }
  const play = (): void => {
    if (!element.srcObject) return
    element.play().then(
      () => tell(!element.paused, false),
      // Anything else is a change of the source, or the end; it is played again when it can be.
      (error: unknown) => tell(false, isRefused || (error as Error).name === 'NotAllowedError'),
    )
  }
  element.addEventListener('canplay', play)
  // The platform pauses it, too: a headset that is unplugged, a telephone call.
  element.addEventListener('pause', () => {
    if (!element.srcObject) return
    tell(false, false)
    play()
  })
  return {
    get isPlaying() {
      return isPlaying
    },
    get isRefused() {
      return isRefused
    },
    attach(context) {
      const node = context.createMediaStreamDestination()
      // One voice, one channel.
      node.channelCount = 1
      isPlaying = false
      element.srcObject = node.stream
      return node
    },
    play,
    get sinkId() {
      return (element as { sinkId?: unknown }).sinkId
    },
    get setSinkId() {
      return (element as { setSinkId?: (id: string) => Promise<void> }).setSinkId?.bind(element)
    },
    close() {
      element.srcObject = null
      element.pause()
    },
  }
}
