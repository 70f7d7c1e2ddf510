import type { InvalidAudio, OpusFactory } from './audio-decoder.ts'
import type { EmulatedSocket } from './connection.ts'
import { type Endpoint, isRefusal, type ServiceContext } from './endpoint.ts'
import { looksHeaderless } from './headerless.ts'
import { createAudioHearing, createScriptedHearing, type Hearing, type ScriptClock } from './hearing.ts'
import type { ListenScript } from './listen-script.ts'
import { type ListenV1Command, readListenV1Command } from './listen-v1-commands.ts'
import {
  configureFailureMessage,
  configureSuccessMessage,
  errorMessage,
  metadataMessage,
  modelInfo,
  resultsMessage,
  speechStartedMessage,
  utteranceEndMessage,
} from './listen-v1-messages.ts'
import {
  countKeytermTokens,
  keytermTokenLimit,
  type ListenV1Parameters,
  readListenV1Parameters,
  takesKeyterms,
} from './listen-v1-parameters.ts'
import { createSegmenter, type SegmentEvent, type Segmenter } from './listen-v1-segments.ts'
import type { EndpointService, Frame } from './ports.ts'
import { createSha256 } from '../audio/sha256.ts'
import { createStopwatch } from './stopwatch.ts'

/** How the Listen endpoints behave where the service leaves a choice, and what they hear. */
export interface ListenOptions {
  /** Heard instead of the audio; a function is asked once per connection, and null leaves it to real hearing. */
  script?: ListenScript | ((socket: EmulatedSocket) => ListenScript | null)
  /**
   * By which clock a script plays: `'auto'` counts raw audio where the client sends it and the wall clock otherwise.
   *
   * @default 'auto'
   */
  scriptClock?: ScriptClock
  /** Decodes Opus; without it containers with Opus are heard as silence. */
  opus?: OpusFactory
  /** Told when the audio cannot be decoded because a decoder is missing or broken. It is then heard as silence. */
  onProblem?: (error: Error) => void
  /** What is written for a burst of voice that is no tone speech. Default: the recogniser's own word. */
  placeholder?: string
  /**
   * Milliseconds without a frame from the client until 1011 net0001. Documented are 10 s, measured 12.
   *
   * @default 11_000
   */
  inactivityMs?: number
  /** Milliseconds until 1011 net0000, counted from audio that cannot be decoded. @default 12_000 */
  noResultMs?: number
  /** Milliseconds until 1011 net0000 after a `Configure` with too many key terms. @default 30_000 */
  keytermOverflowMs?: number
  /**
   * Milliseconds from the opening within which audio must have come, KeepAlive or not; the documentation contradicts
   * itself here.
   *
   * @default Infinity
   */
  firstAudioMs?: number
  /** Whether `Configure` is answered as before 19 October 2026: nothing on success, `Error` otherwise. @default false */
  hasLegacyConfigure?: boolean
}

/** Creates `/v1/listen`. */
export function createListenV1Endpoint(options: ListenOptions): Endpoint {
  return {
    path: '/v1/listen',
    purpose: 'listen',
    admit(query) {
      const parameters = readListenV1Parameters(query)
      return isRefusal(parameters) ? parameters : (context) => createListenV1Service(parameters, options, context)
    },
  }
}

const net0000 = 'Deepgram did not provide a response message within the timeout window. See https://dpgr.am/net0000'
const net0001 =
  'Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001'
// The exact text is not published; the tag and the link are what clients look for.
const data0000 = 'The data could not be decoded as audio (DATA-0000). See https://dpgr.am/data0000'

/** The state machine of one `/v1/listen` connection. */
export function createListenV1Service(
  parameters: ListenV1Parameters,
  options: ListenOptions,
  context: ServiceContext,
): EndpointService {
  const { port, clock, requestId } = context
  const model = modelInfo(parameters.model)
  const createdAt = clock.now()
  const sha256 = createSha256()
  const segmenters: Segmenter[] = []
  const inactivity = createStopwatch(clock, () => giveUp(net0001))
  const noResult = createStopwatch(clock, () => giveUp(net0000))
  const firstAudio = createStopwatch(clock, () => giveUp(net0001))
  let head = new Uint8Array(0)
  let receivedBytes = 0
  let isEnded = false
  let isDeaf = false
  // Decoding is asynchronous: commands wait for the audio before them.
  let work: Promise<void> = Promise.resolve()

  const hearing = createHearing()
  inactivity.start(options.inactivityMs ?? 11_000)
  firstAudio.start(options.firstAudioMs ?? Infinity)

  function createHearing(): Hearing {
    const { format, multichannel } = parameters
    const { script, scriptClock = 'auto', opus, placeholder } = options
    const lines = typeof script === 'function' ? script(context.socket) : (script ?? null)
    const shared = { format, multichannel, onStep }
    return lines === null
      ? createAudioHearing({ ...shared, opus, placeholder, onInvalid })
      : createScriptedHearing({ ...shared, script: lines, scriptClock, clock, socket: context.socket })
  }

  function onStep(): void {
    if (isEnded || isDeaf) return
    while (segmenters.length < hearing.ears.length) segmenters.push(createChannel(segmenters.length))
    for (const segmenter of segmenters) segmenter.advance()
  }

  function createChannel(channel: number): Segmenter {
    const { endpointingMs, utteranceEndMs } = parameters
    return createSegmenter({
      ear: hearing.ears[channel]!,
      interimResults: parameters.interimResults,
      endpointing: endpointingMs === false ? false : endpointingMs / 1000,
      utteranceEnd: utteranceEndMs === null ? null : utteranceEndMs / 1000,
      vadEvents: parameters.vadEvents,
      emit: (event) => port.send(printEvent(event, channel)),
    })
  }

  function printEvent(event: SegmentEvent, channel: number): string {
    const channels = parameters.multichannel ? Math.max(1, hearing.ears.length) : 1
    if (event.type === 'utterance-end') return utteranceEndMessage(channel, channels, event.lastWordEnd)
    if (event.type === 'speech-started') return speechStartedMessage(channel, channels, event.timestamp)
    const { isPunctuated, isDiarized, detectsEntities, search } = parameters
    const isMultilingual = parameters.language === 'multi'
    const features = { isPunctuated, isDiarized, isMultilingual, detectsEntities, search }
    return resultsMessage({ ...event, ...features, channel, channels, requestId, model })
  }

  function onInvalid(why: InvalidAudio): void {
    if (isEnded) return
    isDeaf = true
    if (why === 'not-audio' && !looksHeaderless(head)) return end('incomplete', 1008, data0000)
    // A format only the emulator cannot read is met with silence, as one would want of a service that could.
    if (why !== 'unsupported') noResult.start(options.noResultMs ?? 12_000)
  }

  function end(digest: string, code: number, reason?: string): void {
    if (isEnded) return
    isEnded = true
    const hasHeard = receivedBytes > 0
    const channels = hasHeard ? Math.max(1, hearing.channels) : digest === 'incomplete' ? 1 : 0
    const content = { requestId, createdAt, sha256: digest, duration: hearing.duration, channels }
    port.send(metadataMessage({ ...content, model: hasHeard ? model : null }))
    port.close(code, reason)
  }

  function giveUp(reason: string): void {
    end('incomplete', 1011, reason)
  }

  function hear(bytes: Uint8Array): void {
    firstAudio.stop()
    sha256.update(bytes)
    receivedBytes += bytes.length
    if (head.length < 64) head = joinBytes(head, bytes.subarray(0, 64))
    work = work
      .then(() => (isEnded ? undefined : hearing.push(bytes)))
      .catch((error: unknown) => {
        options.onProblem?.(error instanceof Error ? error : new Error(String(error)))
        onInvalid('unsupported')
      })
  }

  function closeStream(): void {
    work = work
      .then(() => hearing.end())
      .then(() => {
        if (isEnded) return
        if (!isDeaf) for (const segmenter of segmenters) segmenter.close()
        end(sha256.digest(), 1000)
      })
  }

  function finalize(channel: number | null): void {
    work = work.then(() => {
      if (isEnded || isDeaf) return
      const asked = channel === null ? segmenters : segmenters.slice(channel, channel + 1)
      for (const segmenter of asked) segmenter.finalize()
    })
  }

  function configure(keyterms: readonly string[] | null, features: Readonly<Record<string, boolean>> | null): void {
    work = work.then(() => {
      if (isEnded) return
      if (keyterms !== null && !takesKeyterms(parameters.model)) return refuseKeyterms()
      if (keyterms !== null && countKeytermTokens(keyterms) > keytermTokenLimit) {
        isDeaf = true
        return noResult.start(options.keytermOverflowMs ?? 30_000)
      }
      for (const name of ['punctuate', 'smart_format']) {
        if (features?.[name] !== undefined) parameters.isPunctuated = features[name]
      }
      if (!options.hasLegacyConfigure) port.send(configureSuccessMessage(requestId, keyterms ?? undefined))
    })
  }

  function refuseKeyterms(): void {
    const code = 'KeytermsNotSupported'
    const description = '`keyterms` are only supported for Nova-3 and Flux.'
    const variant = 'InvalidConfigureMessage'
    if (options.hasLegacyConfigure) port.send(errorMessage({ variant, description, code }))
    else port.send(configureFailureMessage(requestId, code, description))
  }

  function obey(command: ListenV1Command): void {
    if (command.type === 'Finalize') finalize(command.channel)
    else if (command.type === 'CloseStream') closeStream()
    else if (command.type === 'Configure') configure(command.keyterms, command.features)
  }

  function receiveText(text: string): void {
    const command = readListenV1Command(text)
    if (typeof command !== 'string') return obey(command)
    const description = `Could not deserialize last text message: ${command}`
    work = work.then(() => port.send(errorMessage({ variant: 'SchemaError', description, message: text })))
  }

  return {
    get audioSeconds() {
      return hearing.duration
    },
    receive(frame: Frame) {
      if (isEnded) return
      inactivity.start(options.inactivityMs ?? 11_000)
      if (typeof frame === 'string') receiveText(frame)
      else if (frame.length === 0) closeStream()
      else hear(frame)
    },
    say(line) {
      hearing.say(line)
    },
    disconnect() {
      isEnded = true
      inactivity.stop()
      noResult.stop()
      firstAudio.stop()
      hearing.free()
    },
  }
}

function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
