import { rmsOf } from '../audio/level.ts'
import { encodeLinear16 } from '../audio/pcm.ts'
import type { AudioSource, AudioSourceHandlers, AudioSourceInfo } from '../audio/ports.ts'
import { createResampler } from '../audio/resampler.ts'
import { abortedError, DeepgramError } from '../errors.ts'
import { createScope, type Scope } from '../scope.ts'
import { captureError } from './capture-errors.ts'
import { openInput, type CaptureInput } from './input.ts'
import type { CaptureOptions } from './microphone.ts'
import { PCM_PROCESSOR, PCM_WORKLET } from './pcm-worklet.ts'

/** How sound is captured as samples. `chunkMs` is the length of a chunk; what concerns recorders is ignored. */
export type PcmCaptureOptions = Omit<CaptureOptions, 'bitsPerSecond' | 'format'>

// The audio thread answers within a block; one that does not is suspended, and must not keep stop() waiting.
const HALT_MS = 250
// Without a sound device the first context's clock begins up to 1.6 s late (Chromium 156).
const FLOW_MS = 5_000
// No event tells that a track's rate has changed.
const RATE_POLL_MS = 1_000

/**
 * Creates a source of 16-bit mono samples, captured by an AudioWorklet. It opens nothing before `start()`.
 *
 * Capture runs at the device's own rate and is resampled with a filter; when that rate changes (a Bluetooth headset), the
 * audio graph is built anew and the stream goes on. While paused nothing leaves, after the last samples before the pause.
 * The microphone is opened and closed by the source; a stream or a track stays its owner's.
 *
 * `start()` rejects with the codes of the microphone; `source-ended` when the given track is over; `unsupported` where
 * there is no AudioWorklet or `workletUrl` gives none; `policy-blocked` when the Content-Security-Policy keeps it out;
 * `playback-blocked` when the browser runs no audio without a click.
 */
export function createPcmSource(input: CaptureInput, capture: PcmCaptureOptions = {}): AudioSource {
  const { sampleRate = 16_000 } = capture
  const format = { kind: 'raw', encoding: 'linear16', sampleRate, channels: 1 } as const
  let scope: Scope | null = null
  let handlers: AudioSourceHandlers | null = null
  let graph: Graph | null = null
  let isPaused = false
  let level = 0

  function release(): void {
    handlers = graph = null
    level = 0
    scope?.dispose()
    scope = null
  }

  async function start(to: AudioSourceHandlers, signal: AbortSignal): Promise<AudioSourceInfo> {
    release()
    if (signal.aborted) throw abortedError('Capturing')
    const current = (scope = createScope())
    handlers = to
    isPaused = false
    current.listen(signal, 'abort', release)
    try {
      // The microphone and the context both want the user's click: nothing may be awaited before them.
      const opening = openInput(input, capture, current, to, finish)
      graph = await openGraph(opening, current)
      const track = await opening
      if (isPaused) void graph.halt()
      await graph.flowing
      watchRate(track, current)
      return { format, label: track.label, settings: { ...track.getSettings() } }
    } catch (error) {
      if (scope === current) release()
      throw error
    }
  }

  /** Builds the graph from a track to the handlers; it hands nothing over unless it is the current one. */
  async function openGraph(track: MediaStreamTrack | Promise<MediaStreamTrack>, parent: Scope): Promise<Graph> {
    const own = createScope()
    parent.add(() => own.dispose())
    try {
      const context = openContext(own)
      const [from] = await Promise.all([track, loadWorklet(context, capture.workletUrl)])
      if (own.isDisposed) throw abortedError('Capturing')
      return connect(from, context, own)
    } catch (error) {
      own.dispose()
      // It ends with the scope, and has told all there is to tell.
      void Promise.resolve(track).catch(ignore)
      throw error
    }
  }

  function connect(track: MediaStreamTrack, context: AudioContext, own: Scope): Graph {
    const { sampleRate: rate } = context
    const node = new AudioWorkletNode(context, PCM_PROCESSOR, {
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions: { frames: Math.ceil(((capture.chunkMs ?? 20) / 1000) * rate) },
    })
    const source = context.createMediaStreamSource(new MediaStream([track]))
    // Only what leads to the destination is sure to be pulled; nothing is written there, so nothing is heard.
    source.connect(node).connect(context.destination)
    own.add(() => source.disconnect())

    const resampler = rate === sampleRate ? null : createResampler(Math.round(rate), sampleRate)
    const flow = gate(own)
    let isFlowing = false
    let halted: (() => void) | undefined
    const deliver = (samples: Float32Array): void => {
      if (samples.length && graph === built) handlers?.onChunk(encodeLinear16(samples))
    }
    node.port.onmessage = ({ data }: MessageEvent<Float32Array | null>) => {
      isFlowing = true
      flow.open()
      if (!data) return halted?.()
      if (graph !== built) return
      if (!isPaused) level = rmsOf(data)
      deliver(resampler ? resampler.push(data) : data)
    }
    own.listen(context, 'statechange', () => {
      // A phone call takes the sound away from a page (iOS), and gives it back.
      if (isFlowing && graph === built) handlers?.onMuted?.(context.state !== 'running')
      wake(context)
    })
    const built: Graph = {
      flowing: flow.opened,
      collect: () => node.port.postMessage(true),
      halt: () =>
        new Promise((resolve) => {
          halted = own.add(resolve)
          own.timeout(halted, HALT_MS)
          node.port.postMessage(false)
        }),
      flush: () => resampler && deliver(resampler.flush()),
      close: () => own.dispose(),
    }
    return built
  }

  /** A headset that changes its profile changes its rate, and a context keeps the one it was born with. */
  function watchRate(track: MediaStreamTrack, current: Scope): void {
    const rateOf = (): number | undefined => track.getSettings().sampleRate
    let rate = rateOf()
    const look = async (): Promise<void> => {
      if (rateOf() === rate) return
      rate = rateOf()
      // The graph that is there goes on until the new one flows; without a new one, the browser goes on converting.
      const next = await openGraph(track, current)
      await next.flowing
      const before = graph
      await before?.halt()
      if (current.isDisposed) return
      before?.flush()
      before?.close()
      graph = next
      if (isPaused) void next.halt()
      else next.collect()
    }
    const lookNow = (): void => {
      look().catch(ignore)
    }
    const timer = setInterval(lookNow, RATE_POLL_MS)
    current.add(() => clearInterval(timer))
    current.listen(track, 'unmute', lookNow)
    current.listen(navigator.mediaDevices, 'devicechange', lookNow)
  }

  function finish(error?: DeepgramError): void {
    const { onEnded } = handlers ?? {}
    void stop().then(() => onEnded?.(error))
  }

  async function stop(): Promise<void> {
    const current = scope
    await graph?.halt()
    if (scope !== current) return
    graph?.flush()
    release()
  }

  return {
    format,
    start,
    stop,
    abort: release,
    pause() {
      isPaused = true
      level = 0
      void graph?.halt()
    },
    resume() {
      if (isPaused) graph?.collect()
      isPaused = false
    },
    getLevel: () => level,
  }
}

/** A track's way into a program on the audio thread, and out again. */
interface Graph {
  /** Resolves with the first samples. */
  readonly flowing: Promise<void>
  /** Begins to gather samples anew. */
  readonly collect: () => void
  /** Resolves when everything gathered was handed over; nothing is gathered afterwards. */
  readonly halt: () => Promise<void>
  /** Hands over what the filter still holds. */
  readonly flush: () => void
  /** Takes it down. */
  readonly close: () => void
}

/** Opens once; rejects when it takes too long or the scope ends. */
function gate(scope: Scope): { open: () => void; opened: Promise<void> } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve
    scope.add(() => reject(abortedError('Capturing')))
    scope.timeout(
      () =>
        reject(
          new DeepgramError(
            'playback-blocked',
            'The browser runs no audio without a click; nothing can be heard; call start() from a click.',
            { retryable: true },
          ),
        ),
      FLOW_MS,
    )
  })
  opened.catch(() => scope.dispose())
  return { open, opened }
}

function openContext(scope: Scope): AudioContext {
  if (typeof AudioWorkletNode === 'undefined') throw captureError('unsupported')
  // Without a rate of our own: Firefox refuses to connect a track of another rate.
  const context = new AudioContext()
  scope.add(() => {
    context.close().catch(ignore)
  })
  wake(context)
  for (const type of ['pointerdown', 'keydown']) scope.listen(document, type, () => wake(context))
  return context
}

const wake = (context: AudioContext): void => {
  if (context.state !== 'running') context.resume().catch(ignore)
}

async function loadWorklet({ audioWorklet }: AudioContext, url: string | URL | undefined): Promise<void> {
  if (url) {
    await audioWorklet.addModule(url).catch((cause: unknown) => {
      throw new DeepgramError(
        'unsupported',
        'The audio worklet could not be loaded from workletUrl; nothing can be heard; serve dist/pcm-worklet.js there, and allow its origin in the script-src of the Content-Security-Policy.',
        { cause, details: { url: String(url) } },
      )
    })
    return
  }
  const address = URL.createObjectURL(new Blob([PCM_WORKLET], { type: 'text/javascript' }))
  try {
    await audioWorklet.addModule(address)
  } catch (cause) {
    await audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(PCM_WORKLET)}`).catch(() => {
      throw new DeepgramError(
        'policy-blocked',
        'The Content-Security-Policy keeps the audio worklet out (script-src without blob:); nothing can be heard; serve dist/pcm-worklet.js yourself and pass its address as capture.workletUrl.',
        { cause },
      )
    })
  } finally {
    URL.revokeObjectURL(address)
  }
}

function ignore(): void {
  // Nobody is waiting for it.
}
