import { rmsOf } from '../audio/level.ts'
import { concatBytes, wrapWav } from '../audio/pcm.ts'
import { createPcmStream, decodePcm, type PcmStream } from '../audio/pcm-stream.ts'
import type { AudioSink, AudioSinkHandlers, PcmFormat } from '../audio/ports.ts'
import { createResampler, type Resampler } from '../audio/resampler.ts'
import { claimAudioSession } from '../audio-session.ts'
import { DeepgramError } from '../errors.ts'
import type { Dispose } from '../scope.ts'
import {
  borrowContext,
  leaseContext,
  onGesture,
  type AudioContextConstructor,
  type ContextLease,
} from './audio-context.ts'
import { createElementOutput, elementChoosesDevice, type ElementOutput } from './element-output.ts'

/** How a {@link createPlayer | player} reaches the loudspeaker. */
export interface PlayerOptions {
  /** Loudness, 0…1. @default 1 */
  volume?: number | undefined
  /** The device to play on, as `enumerateDevices` names it. @default the system's choice */
  outputDeviceId?: string | undefined
  /**
   * `'element'` plays through an `<audio>` element, which echo cancellers, and iPhones under the ring switch, treat as
   * media. A node is played into instead of the page's loudspeaker; its context is used as it is and stays the
   * application's: `context.destination` plays in a context of your own, a `MediaStreamAudioDestinationNode` makes the voice
   * a `MediaStream`.
   *
   * @default the page's shared context; where only an element can choose `outputDeviceId`, an element
   */
  output?: AudioNode | 'element' | undefined
  /** The rate that `unlock` prepares for, in hertz; a stream brings its own. @default 24000 */
  sampleRate?: number | undefined
  /** The constructor of audio contexts. @default globalThis.AudioContext */
  AudioContext?: AudioContextConstructor | undefined
}

/** Samples with a place on the audio clock. All lengths and places are frames of the context. */
interface Piece {
  readonly node: AudioBufferSourceNode
  readonly data: Float32Array<ArrayBuffer>
  /** When the first sample is rendered. */
  readonly at: number
}

/** Whoever can be told the device to play on. */
interface Chooser {
  readonly sinkId?: unknown
  readonly setSinkId?: ((id: string) => Promise<void>) | undefined
}

// Seconds. The cushion is what waits in hand before sound starts: little, until the line has proved uneven.
const CUSHION = 0.05
const CUSHION_AFTER_UNDERRUN = 0.25
const CUSHION_MAX = 0.4
/** A fade begins this late, so that it never begins in the past of the audio thread. */
const SAFETY = 0.005
/** What must be exact to the sample begins later than what must be quick: the page may be held up at any moment. */
const EXACT_SAFETY = 0.02
const FADE = 0.012
/** Scheduled ahead: a blocked page goes on speaking. */
const HORIZON = 3
const LONGEST_PIECE = 0.5
const SHORTEST_PIECE = 0.02

const TICK_MS = 100
const BLOCKED_AFTER_MS = 200
const FROZEN_AFTER_MS = 500
const MAX_REBUILDS = 5
/** The first context of a machine without a sound device stands still for 1.6 s. */
const STARTUP_MS = 3_000

/**
 * Creates the {@link AudioSink} over Web Audio: samples are scheduled on the audio clock, one after the other.
 *
 * @param getOptions - Read when a stream starts.
 */
export function createPlayer(getOptions: () => PlayerOptions = () => ({})): AudioSink {
  let lease: ContextLease | null = null
  let context!: AudioContext
  /** The context's, in hertz. */
  let rate = 0
  let leasedFor: unknown
  let volumeNode!: GainNode
  let element: ElementOutput | null = null
  let unclaim: Dispose | null = null
  let analyser: AnalyserNode | null = null
  let volume = 1
  let optionVolume: number | undefined
  let ducked = 1
  let deviceId: string | undefined
  let optionDeviceId: string | undefined

  // The stream under way.
  let handlers: AudioSinkHandlers | null = null
  let format!: PcmFormat
  let reader!: PcmStream
  let resampler: Resampler | null = null
  let recording: Uint8Array[] | null = null
  let receivedFrames = 0
  let fadeNode: GainNode | null = null
  let fadeEnd = 0
  let isSilent = false
  let queue: Float32Array<ArrayBuffer>[] = []
  let queued = 0
  let pieces: Piece[] = []
  /** Frames heard in pieces that are forgotten already. */
  let done = 0
  /** The end of the schedule; meaningful while `isFlowing`. */
  let nextFrame = 0
  let isFlowing = false
  let isComplete = false
  let isEnded = false
  let isPaused = false
  let isAudible = false
  let isBlocked = false
  let lastState = ''
  let ungesture: Dispose | null = null
  let gestureAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let progressAt = 0
  let clock = 0
  let clockAt = 0
  let hasMoved = false
  let rebuilds = 0

  let underruns = 0
  let cushion = CUSHION

  const ratio = (): number => rate / format.sampleRate
  const heardFrame = (): number => (context.currentTime - (context.outputLatency || context.baseLatency || 0)) * rate
  const newResampler = (): Resampler | null =>
    rate === format.sampleRate ? null : createResampler(format.sampleRate, rate)
  /** The first frame that can still be reached from here. */
  const reachable = (seconds: number): number => Math.ceil((context.currentTime + seconds) * rate)

  function open(wanted: PlayerOptions & { sampleRate: number }): void {
    const { output, sampleRate } = wanted
    const key = output && output !== 'element' ? output : sampleRate
    if (!lease || leasedFor !== key) {
      const next =
        typeof key === 'object'
          ? borrowContext(key.context as AudioContext)
          : leaseContext(contextOf(wanted), sampleRate, rebuilt)
      lease?.release()
      lease = next
      leasedFor = key
      connect()
    }
    if (output === 'element' && !element) throughElement()
    wake()
    // An option counts when it is new; in between the verbs do.
    if (wanted.volume !== optionVolume) volume = (optionVolume = wanted.volume) ?? 1
    if (wanted.outputDeviceId !== optionDeviceId) deviceId = optionDeviceId = wanted.outputDeviceId
    volumeNode.gain.value = volume * ducked
    // A device that is gone is no reason to be silent: the context keeps the one it has.
    keepDevice()
  }

  function keepDevice(): void {
    if (deviceId !== undefined) moveTo(deviceId).catch(() => {})
  }

  /** Everything that may need the gesture in which it is called. */
  function wake(): void {
    unclaim ??= claimAudioSession('playback')
    lease!.wake()
    element?.play()
  }

  function sleep(): void {
    lease?.rest()
    // Not if the next text follows at once.
    queueMicrotask(() => {
      if (handlers) return
      unclaim?.()
      unclaim = null
    })
  }

  function throughElement(): void {
    element = createElementOutput(() => {
      if (!handlers) return
      // What is played into an element that does not play is lost.
      if (!element?.isPlaying) hold()
      tick()
    })
    volumeNode.disconnect()
    volumeNode.connect(element.attach(context))
    analyser = null
  }

  function connect(): void {
    context = lease!.context
    rate = context.sampleRate
    analyser = null
    volumeNode = context.createGain()
    volumeNode.gain.value = volume * ducked
    volumeNode.connect(
      typeof leasedFor === 'object' ? (leasedFor as AudioNode) : (element?.attach(context) ?? context.destination),
    )
    element?.play()
    fadeNode = null
    clock = context.currentTime
    clockAt = Date.now()
    hasMoved = false
  }

  /** The context was replaced: what was not heard goes on in the new one. */
  function rebuilt(): void {
    if (!handlers) {
      connect()
      return
    }
    const oldRate = rate
    prune()
    withdraw(Math.floor(heardFrame()))
    done += frames(pieces)
    pieces = []
    connect()
    if (rate !== oldRate) {
      const converter = createResampler(oldRate, rate)
      const old = queue
      empty()
      for (const samples of old) add(converter.push(samples))
      add(converter.flush())
      done *= rate / oldRate
      resampler = newResampler()
    }
    keepDevice()
    pump()
    tick()
  }

  /** What the context itself can do; of a context that does not exist yet, too. */
  const chooser = (): Chooser | undefined =>
    (lease ? context : contextOf(getOptions())?.prototype) as Chooser | undefined

  const canSetOutputDevice = (): boolean => Boolean(chooser()?.setSinkId) || elementChoosesDevice()

  async function moveTo(id: string): Promise<void> {
    if (!canSetOutputDevice()) {
      throw new DeepgramError(
        'unsupported',
        'This browser cannot choose the loudspeaker; the sound stays where it is; choose it in the system.',
      )
    }
    if (!lease) return
    if (!element && !chooser()?.setSinkId) {
      if (!id) return
      hold()
      throughElement()
      wake()
    }
    const target = element ?? chooser()!
    if (target.sinkId === id) return
    try {
      await target.setSinkId!(id)
    } catch (cause) {
      const isRefused = (cause as Error).name === 'NotAllowedError'
      throw new DeepgramError(
        isRefused ? 'permission-denied' : 'device-not-found',
        `The loudspeaker ${isRefused ? 'is not allowed' : 'was not found'}; the sound stays where it is; choose another one.`,
        { cause },
      )
    }
  }

  /** Forgets the pieces that were heard, and returns how many frames of the stream were. */
  function prune(): number {
    const heard = heardFrame()
    while (pieces[0] && heard >= pieces[0].at + pieces[0].data.length) done += pieces.shift()!.data.length
    return done + (pieces[0] ? Math.max(0, heard - pieces[0].at) : 0)
  }

  /** Takes back what is scheduled for `frame` or later and puts it in front of the queue. */
  function withdraw(frame: number): void {
    isFlowing = false
    for (let last; (last = pieces.at(-1)) && last.at + last.data.length > frame;) {
      const { node, data, at } = last
      const keep = Math.max(0, frame - at)
      pieces.pop()
      queue.unshift(data.subarray(keep))
      queued += data.length - keep
      node.onended = null
      node.stop(keep && frame / rate)
      if (keep) pieces.push({ node, at, data: data.subarray(0, keep) })
      else node.disconnect()
    }
  }

  /** Ramps to silence or back, from a moment on. */
  function fade(to: 0 | 1, from: number): void {
    fadeEnd = from + FADE
    isSilent = !to
    fadeNode!.gain.setValueAtTime(1 - to, from)
    fadeNode!.gain.linearRampToValueAtTime(to, fadeEnd)
  }

  /** Ramps to silence as soon as that is safe. Returns the first silent frame. */
  function fadeOut(safety: number): number {
    if (!isSilent) fade(0, Math.max(context.currentTime + safety, fadeEnd))
    return Math.ceil(fadeEnd * rate)
  }

  /** Falls silent and keeps everything from there on. */
  function hold(safety = EXACT_SAFETY): void {
    // With the clock at rest nothing is heard, so there is nothing to fade.
    const from = pieces.length && context.state === 'running' ? fadeOut(safety) : -Infinity
    prune()
    withdraw(from)
  }

  function take(count: number): Float32Array<ArrayBuffer> {
    const data = new Float32Array(count)
    let at = 0
    while (at < count) {
      const head = queue[0]!
      const part = head.subarray(0, count - at)
      data.set(part, at)
      at += part.length
      if (part.length === head.length) queue.shift()
      else queue[0] = head.subarray(part.length)
    }
    queued -= count
    return data
  }

  /** Moves samples from the queue to the audio clock. */
  function pump(isLate = false): void {
    if (!handlers || isPaused || element?.isPlaying === false) return
    const lead = Math.min(0.05, Math.max(0.01, context.baseLatency || 0)) + 0.002
    const first = reachable(lead)
    if (isFlowing && nextFrame < first) {
      isFlowing = false
      if (!isComplete) {
        underruns++
        cushion = Math.min(CUSHION_MAX, Math.max(CUSHION_AFTER_UNDERRUN, cushion * 1.5))
      }
    }
    if (!queued || (!isFlowing && !isComplete && queued < cushion * rate)) return
    if (!fadeNode) {
      fadeNode = context.createGain()
      fadeNode.connect(volumeNode)
      isSilent = false
      fadeEnd = 0
    }
    while (queued) {
      const ahead = isFlowing ? (nextFrame - first) / rate : 0
      // Small frames are gathered, a node for each would cost more than the sound; but not until it is too late.
      const isSmall = queued < SHORTEST_PIECE * rate && !isComplete && ahead > (isLate ? 0.3 : 0.04)
      if (ahead > HORIZON || isSmall) return
      const data = take(Math.min(queued, LONGEST_PIECE * rate))
      const buffer = context.createBuffer(1, data.length, rate)
      buffer.copyToChannel(data, 0)
      const node = context.createBufferSource()
      node.buffer = buffer
      node.connect(fadeNode)
      if (!isFlowing) {
        // Right after what still sounds, if anything does. The clock is read as late as possible: what starts too late is
        // played from its beginning all the same, into what follows it.
        const last = pieces.at(-1)
        nextFrame = Math.max(
          reachable(isSilent ? EXACT_SAFETY : lead),
          isSilent ? Math.ceil(fadeEnd * rate) : 0,
          last ? last.at + last.data.length : 0,
        )
        isFlowing = true
        if (isSilent) fade(1, nextFrame / rate)
      }
      node.start(nextFrame / rate)
      // Timers sleep in hidden pages; this event does not.
      node.onended = tick
      pieces.push({ node, data, at: nextFrame })
      nextFrame += data.length
    }
  }

  /** Looks at the clock, tells what changed, and comes back when something is due. */
  function tick(): void {
    clearTimeout(timer)
    if (!handlers) return
    pump(true)
    const heard = prune()
    const hasSound = pieces.length > 0 && heard > done
    watch()
    if (isEnded && !pieces.length && !queued && !isPaused) {
      const told = handlers
      finish()
      told.onDrained()
      return
    }
    if (isAudible !== hasSound && (hasSound || !pieces.length)) {
      isAudible = hasSound
      handlers.onAudible(isAudible)
    }
    if (!handlers) return
    const now = Date.now()
    if (isAudible && now - progressAt >= TICK_MS) {
      progressAt = now
      handlers.onProgress()
    }
    if (!handlers || (!pieces.length && (isPaused || !queued))) return
    let waitMs = queued && queued < SHORTEST_PIECE * rate ? SHORTEST_PIECE * 1000 : TICK_MS
    const due = isAudible ? pieces.at(-1) : pieces[0]
    if (due) waitMs = Math.min(waitMs, ((due.at + (isAudible ? due.data.length : 0) - heardFrame()) / rate) * 1000)
    clearTimeout(timer)
    timer = setTimeout(tick, Math.max(4, Math.ceil(waitMs)))
  }

  /** Notices a platform that refuses sound, and a clock that has died. */
  function watch(): void {
    const now = Date.now()
    const { state } = context
    const isRunning = state === 'running'
    const isWanted = !isPaused && (pieces.length > 0 || queued > 0)
    // The end of a telephone call leaves the context suspended (iOS), and nobody but us will resume it. While the call
    // lasts it is 'interrupted', and resuming would be refused.
    if (state !== lastState && state === 'suspended' && !isPaused) lease!.wake()
    lastState = state
    if (isWanted && element?.isRefused) {
      setBlocked(true)
      return
    }
    if (context.currentTime !== clock || !isWanted) {
      hasMoved ||= context.currentTime !== clock && isRunning
      clock = context.currentTime
      clockAt = now
      setBlocked(false)
      return
    }
    const stillMs = now - clockAt
    const isDead = state === 'closed' || (isRunning && hasMoved && stillMs >= FROZEN_AFTER_MS)
    // A lost output device leaves a context that says it runs, with a clock that stands (Chromium, Safari).
    if (!isDead || !rebuild()) setBlocked(stillMs >= (isRunning ? STARTUP_MS : BLOCKED_AFTER_MS))
  }

  /** A context of the application's own stays as it is, and one that dies again and again is not replaced for ever. */
  function rebuild(): boolean {
    if (rebuilds === MAX_REBUILDS || typeof leasedFor === 'object') return false
    rebuilds++
    lease!.rebuild()
    return true
  }

  /** Within a gesture: what was blocked may sound now. */
  function allow(): void {
    if (!lease) return
    wake()
    // A context that did not answer the gesture before this one has died (iOS, after a call).
    const isDead = gestureAt && Date.now() - gestureAt > FROZEN_AFTER_MS && context.state !== 'running'
    if (!gestureAt || isDead) gestureAt = Date.now()
    if (isDead) rebuild()
  }

  function setBlocked(blocked: boolean): void {
    if (isBlocked === blocked) return
    isBlocked = blocked
    gestureAt = 0
    ungesture?.()
    ungesture = blocked ? onGesture(allow) : null
    handlers?.onBlocked(blocked)
  }

  /** The stream is over, heard or not. */
  function finish(): void {
    clearTimeout(timer)
    handlers = null
    isAudible = isBlocked = isFlowing = false
    ungesture?.()
    ungesture = null
    empty()
    sleep()
  }

  function stop(): void {
    const fading = fadeNode
    if (handlers) {
      hold(SAFETY)
      done = prune()
      const last = pieces.at(-1)
      const forget = (): void => fading?.disconnect()
      if (last) last.node.onended = forget
      else forget()
      pieces = []
      finish()
    }
    fadeNode = null
  }

  /** Moves the loudness to where it is wanted, without a click. */
  function adjust(): void {
    if (!lease) return
    const { gain } = volumeNode
    const from = context.currentTime + SAFETY
    gain.cancelScheduledValues(from)
    gain.setTargetAtTime(volume * ducked, from, FADE / 2)
  }

  function empty(): void {
    queue = []
    queued = 0
  }

  function add(samples: Float32Array<ArrayBuffer>): void {
    if (!samples.length) return
    queue.push(samples)
    queued += samples.length
  }

  function accept(bytes: Uint8Array): void {
    if (!bytes.length) return
    const samples = decodePcm(bytes, format.encoding)
    recording?.push(bytes)
    receivedFrames += samples.length
    add(resampler ? resampler.push(samples) : samples)
  }

  function complete(isLast = false): void {
    if (!handlers) return
    accept(reader.flush())
    if (isLast && resampler) add(resampler.flush())
    isComplete = true
    isEnded ||= isLast
    tick()
  }

  return {
    get receivedFrames() {
      return receivedFrames
    },
    get underruns() {
      return underruns
    },
    start(nextFormat, nextHandlers, { recording: keep } = {}) {
      stop()
      const options = getOptions()
      open({ ...options, sampleRate: nextFormat.sampleRate })
      format = nextFormat
      handlers = nextHandlers
      reader = createPcmStream(format)
      resampler = newResampler()
      recording = keep ? [] : null
      receivedFrames = done = nextFrame = progressAt = rebuilds = 0
      isComplete = isEnded = isPaused = isAudible = isBlocked = false
      clockAt = Date.now()
      // A line that was even this time is trusted a little more next time.
      cushion = Math.max(CUSHION, cushion * 0.8)
    },
    write(bytes) {
      if (!handlers) return
      isComplete = isEnded
      try {
        accept(reader.push(bytes))
      } catch (error) {
        handlers.onError(error as Error)
        return
      }
      if (pieces.length) pump()
      else tick()
    },
    flush: () => complete(),
    end: () => complete(true),
    truncate(frame) {
      if (!handlers) return
      reader.reset()
      prune()
      const wanted = Math.ceil(frame * ratio())
      let position = done
      for (const { at, data } of pieces) {
        if (wanted < position + data.length) {
          const cut = at + Math.max(0, wanted - position)
          const isHeardNow = context.state === 'running' && cut < reachable(EXACT_SAFETY + FADE)
          const wasFlowing = isFlowing
          withdraw(isHeardNow ? fadeOut(EXACT_SAFETY) : cut)
          isFlowing = wasFlowing && !isHeardNow
          nextFrame = cut
          break
        }
        position += data.length
      }
      position = done + frames(pieces)
      const rest = Math.min(queued, Math.max(0, wanted - position))
      queue = rest ? [take(rest)] : []
      queued = rest
      resampler = newResampler()
      receivedFrames = Math.min(receivedFrames, Math.round((position + rest) / ratio()))
      if (recording) {
        const width = format.encoding === 'linear16' ? 2 : 1
        recording = [concatBytes(recording).subarray(0, receivedFrames * width)]
      }
      isComplete = true
    },
    stop,
    pause() {
      if (!handlers || isPaused) return
      isPaused = true
      hold()
      sleep()
      tick()
    },
    resume() {
      if (!handlers || !isPaused) return
      isPaused = false
      wake()
      clockAt = Date.now()
      tick()
    },
    getPlayedFrames() {
      // Without a context nothing was ever played.
      if (!lease || !format) return 0
      return Math.min(receivedFrames, Math.floor((handlers ? prune() : done) / ratio()))
    },
    getLevel() {
      if (!handlers || !isAudible) return 0
      if (!analyser) {
        analyser = context.createAnalyser()
        analyser.fftSize = 1024
        volumeNode.connect(analyser)
      }
      const samples = new Float32Array(1024)
      analyser.getFloatTimeDomainData(samples)
      return Math.min(1, rmsOf(samples))
    },
    setVolume(value) {
      volume = value
      adjust()
    },
    duck(factor) {
      ducked = factor
      adjust()
    },
    async setOutputDevice(id) {
      deviceId = id
      await moveTo(id)
    },
    canSetOutputDevice,
    async unlock() {
      const options = getOptions()
      open({ ...options, sampleRate: options.sampleRate ?? 24_000 })
      if (!handlers) sleep()
      await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, BLOCKED_AFTER_MS))])
      return context.state === 'running' && !element?.isRefused
    },
    getRecording: () => recording && wrapWav(concatBytes(recording), format.encoding, format.sampleRate),
    destroy() {
      const hadSound = pieces.length
      stop()
      const given = lease
      const through = element
      lease = element = null
      leasedFor = undefined
      recording = null
      const release = (): void => {
        given?.release()
        through?.close()
      }
      // The fade is heard to its end.
      if (given && hadSound) setTimeout(release, (SAFETY + FADE) * 2000)
      else release()
    },
  }
}

const frames = (pieces: readonly Piece[]): number => pieces.reduce((sum, { data }) => sum + data.length, 0)

const contextOf = (options: PlayerOptions): AudioContextConstructor | undefined =>
  options.AudioContext ?? globalThis.AudioContext
