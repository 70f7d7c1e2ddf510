import type { AudioChunk, AudioSource, AudioSourceHandlers, AudioSourceInfo, InputChoice } from '../audio/ports.ts'
import { DeepgramError } from '../errors.ts'
import { createScope, type Scope } from '../scope.ts'
import { captureError } from './capture-errors.ts'
import { microphoneGone, openTrack, type CaptureInput } from './input.ts'
import type { CaptureOptions } from './microphone.ts'
import { createPcmSourceOnDemand } from './pcm-on-demand.ts'
import { createRecorderSource, recorderTypes } from './recorder-source.ts'
import type { CaptureFormat, Supervision, Take } from './supervise.ts'

/** What has been learnt about the browser, for the next start. */
export interface CaptureMemory {
  /** The format that is taken where the usual one was not understood. */
  format?: CaptureFormat
}

interface OwnTake extends Take {
  info: AudioSourceInfo
  count: number
  /** Chunks that are held back until it is the turn of this recording. */
  held: AudioChunk[] | null
  isOver: boolean
}

/**
 * Creates the source of a listen session: records an input in the best format, and stays with it through everything that
 * happens to it. It opens nothing before `start()`. What watches over it, and changes over to another input or format, is
 * loaded once it runs.
 *
 * @param getCapture - Called whenever an input is opened.
 * @param isFlux - Whether Flux is to hear it, which reads no MP4.
 * @param memory - Kept by the caller from one source to the next.
 */
export function createCaptureSource(
  input: CaptureInput,
  getCapture: () => CaptureOptions,
  choice: InputChoice,
  isFlux: boolean,
  memory: CaptureMemory,
): AudioSource {
  const isMicrophone = input === 'microphone'
  const { format: pinned = 'auto', sampleRate = 16_000 } = getCapture()
  const types = typeof MediaRecorder === 'undefined' ? [] : recorderTypes(pinned, isFlux)
  // WebKitGTK has a recorder that may have no container at all, because its multiplexers are packages of the system.
  let format = pinned === 'auto' ? (memory.format ?? (types.join('') ? pinned : 'pcm')) : pinned
  let scope: Scope | null = null
  let handlers: AudioSourceHandlers | null = null
  let take: OwnTake | null = null
  let supervision: Promise<Supervision> | null = null
  let isPaused = false

  const wanted = (): CaptureOptions => {
    const capture = getCapture()
    const deviceId = 'deviceId' in choice ? choice.deviceId : capture.deviceId
    return { ...capture, deviceId, preset: choice.preset ?? capture.preset, format }
  }

  const release = (): void => {
    handlers = take = supervision = null
    scope?.dispose()
    scope = null
  }

  const end = (error?: Error): void => {
    const { onEnded } = handlers ?? {}
    void stop().then(() => onEnded?.(error))
  }

  async function start(to: AudioSourceHandlers, signal: AbortSignal): Promise<AudioSourceInfo> {
    release()
    const current = (scope = createScope())
    handlers = to
    isPaused = false
    current.listen(signal, 'abort', release)
    try {
      // The microphone is asked for before this returns.
      const first = (take = await begin(current))
      superviseIn(current)
      flow(first)
      return first.info
    } catch (error) {
      if (scope === current) release()
      throw error
    }
  }

  function superviseIn(current: Scope): void {
    supervision = import('./supervise.ts').then(({ supervise }) =>
      supervise({
        scope: current,
        isMicrophone,
        isPinned: pinned !== 'auto',
        types,
        getCapture: wanted,
        setFormat(next) {
          memory.format = format = next
        },
        getTake: () => take,
        begin: () => begin(current),
        adopt(next) {
          take = next as OwnTake
        },
        flow: (next) => flow(next as OwnTake),
        isPaused: () => isPaused,
        tell: () => handlers ?? {},
        end,
      }),
    )
    // Without it the first misfortune ends the session, with an error that says which.
    supervision.catch(ignore)
  }

  /** Opens what is wanted, and begins to record it; its audio is held back. */
  async function begin(parent: Scope): Promise<OwnTake> {
    const own = createScope()
    own.add(parent.add(own.dispose))
    try {
      const track = await openTrack(input, wanted(), own, { onPrompt: () => handlers?.onPrompt?.() })
      return await record(track, own)
    } catch (error) {
      own.dispose()
      throw error
    }
  }

  async function record(track: MediaStreamTrack, own: Scope): Promise<OwnTake> {
    const isPcm = format === 'pcm'
    const source = (isPcm ? createPcmSourceOnDemand : createRecorderSource)(track, wanted())
    own.add(() => source.abort())
    const mine = { track, source, scope: own, count: 0, held: [], isOver: false } as unknown as OwnTake
    try {
      mine.info = dress(
        await source.start(
          {
            onChunk(chunk) {
              mine.count++
              if (mine.held) mine.held.push(chunk)
              else handlers?.onChunk(chunk)
              if (!track.enabled) void supervision?.then((watch) => watch.switchedOff(), ignore)
            },
            onMuted: (muted) => take === mine && handlers?.onMuted?.(muted),
            onEnded(error) {
              mine.isOver = true
              if (take === mine) over(mine, error)
            },
          },
          own.signal,
        ),
      )
    } catch (error) {
      if (isPcm || pinned !== 'auto' || (error as DeepgramError).code !== 'unsupported') throw error
      format = 'pcm'
      return record(track, own)
    }
    if (isPaused) source.pause?.()
    return mine
  }

  const dress = (info: AudioSourceInfo): AudioSourceInfo =>
    isMicrophone ? { ...info, selectedDevice: wanted().deviceId } : info

  /** Hands over what was held back, and from now on everything at once. */
  function flow(next: OwnTake): void {
    const { held } = next
    next.held = null
    for (const chunk of held ?? []) handlers?.onChunk(chunk)
    if (next.isOver) over(next)
  }

  /** A recording ended by itself. */
  function over(ended: OwnTake, error?: Error): void {
    if (!isMicrophone) {
      end(error)
      return
    }
    ended.scope.dispose()
    take = null
    void supervision?.then(
      (watch) => watch.lost(ended),
      () => end(error ?? microphoneGone(ended.track.label)),
    )
  }

  async function stop(): Promise<void> {
    const current = scope
    await take?.source.stop()
    if (scope === current) release()
  }

  return {
    format:
      format === 'pcm'
        ? { kind: 'raw', encoding: 'linear16', sampleRate, channels: 1 }
        : { kind: 'container', mimeType: '' },
    start,
    stop,
    abort: release,
    restart() {
      const info = take?.source.restart?.()
      // What was held back has the header of the recorder before.
      if (take?.held) take.held = []
      return take && info ? (take.info = dress(info)) : undefined
    },
    async setInput(next) {
      const before = choice
      choice = next
      try {
        await (await supervision)?.changeOver()
      } catch (error) {
        if (choice === next) choice = before
        throw error
      }
    },
    fallBack() {
      if (pinned !== 'auto' || take?.info.format.kind !== 'container') return false
      void supervision?.then(
        (watch) => watch.fallBack(),
        () => end(captureError('unsupported')),
      )
      return true
    },
    pause() {
      isPaused = true
      take?.source.pause?.()
    },
    resume() {
      isPaused = false
      take?.source.resume?.()
    },
    getLevel: () => take?.source.getLevel?.() ?? 0,
  }
}

function ignore(): void {
  // Nobody is waiting for it.
}
