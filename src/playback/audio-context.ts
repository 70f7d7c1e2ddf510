import { DeepgramError } from '../errors.ts'
import type { Dispose } from '../scope.ts'

/** A constructor like `globalThis.AudioContext`. */
export type AudioContextConstructor = new (options?: AudioContextOptions) => AudioContext

/** A share in an AudioContext. */
export interface ContextLease {
  /** The context now; another one after a rebuild. Its rate is the one asked for, where the browser can. */
  readonly context: AudioContext
  /** Sound is wanted: the context is asked to run, within this very call. */
  wake(): void
  /** No sound is wanted; once that is true of every share, the context is suspended after a while. */
  rest(): void
  /** Replaces a context that has died, for every share. */
  rebuild(): void
  /** Gives the share back; the context is closed with the last one. */
  release(): void
}

interface Entry {
  context: AudioContext
  /** Each lease's way of being told of a rebuild. */
  readonly leases: Set<Dispose>
  readonly awake: Set<Dispose>
  timer?: ReturnType<typeof setTimeout>
}

const IDLE_MS = 5_000
/** WebKit over GStreamer (WebKitGTK, WPE) leaves out silence, and with it up to 40 ms of the sound that follows. */
const LOSES_BEGINNINGS = /Linux.*AppleWebKit(?!.*Chrom)/

// Keyed by the constructor: a page has one, and each test that brings its own has its own contexts.
const pools = new WeakMap<AudioContextConstructor, Map<number, Entry>>()

/**
 * Takes a share in the page's context for a sample rate; it is created with the first share.
 *
 * @param onRebuilt - Called when the context was replaced; what was connected to the old one is gone.
 * @throws DeepgramError `unsupported` where there is no Web Audio.
 */
export function leaseContext(
  Context: AudioContextConstructor | undefined,
  sampleRate: number,
  onRebuilt: Dispose,
): ContextLease {
  if (!Context) {
    throw new DeepgramError(
      'unsupported',
      'There is no Web Audio here; nothing can be heard; speak from a page in a current browser.',
    )
  }
  const create = (): AudioContext => {
    let context: AudioContext
    try {
      context = new Context({ sampleRate })
    } catch {
      // Browsers that refuse the rate get the stream resampled by the player, as one continuous stream.
      context = new Context()
    }
    if (LOSES_BEGINNINGS.test(globalThis.navigator?.userAgent)) murmur(context)
    return context
  }
  const pool = pools.get(Context) ?? new Map<number, Entry>()
  pools.set(Context, pool)
  const entry: Entry = pool.get(sampleRate) ?? { context: create(), leases: new Set(), awake: new Set() }
  pool.set(sampleRate, entry)
  const own = (): void => onRebuilt()
  entry.leases.add(own)

  const wake = (): void => {
    clearTimeout(entry.timer)
    entry.awake.add(own)
    resume(entry.context)
  }
  const rest = (): void => {
    if (!entry.awake.delete(own) || entry.awake.size) return
    entry.timer = setTimeout(() => void entry.context.suspend().catch(ignore), IDLE_MS)
  }
  return {
    get context() {
      return entry.context
    },
    wake,
    rest,
    rebuild() {
      close(entry.context)
      entry.context = create()
      resume(entry.context)
      for (const tell of [...entry.leases]) tell()
    },
    release() {
      rest()
      if (!entry.leases.delete(own) || entry.leases.size) return
      clearTimeout(entry.timer)
      pool.delete(sampleRate)
      close(entry.context)
    },
  }
}

/** A share in a context that belongs to the application: it is woken, and otherwise left alone. */
export const borrowContext = (context: AudioContext): ContextLease => ({
  context,
  wake: () => resume(context),
  rest: ignore,
  rebuild: ignore,
  release: ignore,
})

const GESTURES = ['pointerdown', 'pointerup', 'touchend', 'keydown']

/** Calls back within each gesture on the page that could allow sound, until it is undone. */
export function onGesture(callback: () => void): Dispose {
  const page = globalThis.document as Document | undefined
  for (const type of GESTURES) page?.addEventListener(type, callback, true)
  return () => {
    for (const type of GESTURES) page?.removeEventListener(type, callback, true)
  }
}

/** Keeps a context from being silent, at −120 dB, which is less than a sound card can tell from silence. */
function murmur(context: AudioContext): void {
  // A stand-in for the browser's may have none.
  const source = (context as Partial<AudioContext>).createConstantSource?.call(context)
  if (!source) return
  source.offset.value = 1e-6
  source.connect(context.destination)
  source.start()
}

function resume(context: AudioContext): void {
  // Stays pending where a gesture is wanted, and fails on a closed context: the context's state tells more than either.
  context.resume().catch(ignore)
}

function close(context: AudioContext): void {
  if (context.state !== 'closed') context.close().catch(ignore)
}

function ignore(): void {
  // Nobody is waiting for it.
}
