import { encodeAlaw, encodeMulaw } from '../audio/companding.ts'
import { encodeLinear16 } from '../audio/pcm.ts'
import { type Endpoint, isRefusal, type ServiceContext } from './endpoint.ts'
import type { EndpointService, Frame } from './ports.ts'
import { uuidV4 } from './random.ts'
import { readSpeakV1Parameters, type SpeakV1Parameters } from './speak-v1-parameters.ts'
import { createSpeechStream, type SpeechPace, type SpeechStream } from './speech-stream.ts'
import { createStopwatch } from './stopwatch.ts'
import { encodeToneSpeech } from './tone-speech.ts'
import { toWireJson, type WireValue } from './wire-json.ts'

/** How the Speak endpoints behave where the service leaves a choice. */
export interface SpeakOptions {
  /** `'burst'` is eight times real time; a number is so many times real time. @default 'burst' */
  pace?: SpeechPace
  /** Up to so many random milliseconds before each frame. @default 0 */
  jitterMs?: number
  /** Milliseconds from `Flush` to the first audio. @default 130 */
  firstAudioMs?: number
  /** Least and most bytes of an audio frame; odd lengths included. Default: 1 byte to 160 ms. */
  frameBytes?: readonly [least: number, most: number]
  /** Whether `Close` first speaks what is buffered (the specification) or stops at once (the docs). @default 'finish' */
  onClose?: 'finish' | 'stop'
  /** Names of the members of `Warning`: as seen live (`warn_code`), or as in the specification (`code`). @default 'live' */
  warning?: 'live' | 'spec'
  /** Milliseconds without a message from the client until 1011 NET-0001; the service publishes none. @default Infinity */
  idleMs?: number
  /** Milliseconds until 1011 NET-0003. @default 3_600_000 */
  sessionMs?: number
  /** Flushes allowed in 60 s. @default 20 */
  flushesPerMinute?: number
  /** Characters allowed in 60 s. @default 2400 */
  charactersPerMinute?: number
  /** Characters allowed in one `Speak`. @default 2000 */
  charactersPerMessage?: number
}

/** Creates `/v1/speak`. */
export function createSpeakV1Endpoint(options: SpeakOptions): Endpoint {
  return {
    path: '/v1/speak',
    purpose: 'speak',
    admit(query) {
      const parameters = readSpeakV1Parameters(query)
      return isRefusal(parameters) ? parameters : (context) => createSpeakV1Service(parameters, options, context)
    },
  }
}

// The exact texts are not published; the tag and the link are what clients look for.
const closes = {
  badFrame: [1003, 'Unsupported message kind (MESSAGE-0000). See https://dpgr.am/message0000'],
  badCommand: [1008, 'The message is not a valid command (DATA-0000). See https://dpgr.am/data0000'],
  tooManyCharacters: [1008, 'Too many characters in the recent window (DATA-0001). See https://dpgr.am/data0001'],
  bigMessage: [1009, 'The message is too large (BIG-0000). See https://dpgr.am/big0000'],
  longText: [1009, 'The text is too long (BIG-0001). See https://dpgr.am/big0001'],
  idle: [1011, 'Failed to receive a message in time (NET-0001). See https://dpgr.am/net0001'],
  sessionOver: [1011, 'The session time limit is reached (NET-0003). See https://dpgr.am/net0003'],
} as const

const largestMessage = 2 * 1024 * 1024
const encoders = { linear16: encodeLinear16, mulaw: encodeMulaw, alaw: encodeAlaw }

/** The state machine of one `/v1/speak` connection. */
export function createSpeakV1Service(
  parameters: SpeakV1Parameters,
  options: SpeakOptions,
  context: ServiceContext,
): EndpointService {
  const { port, clock } = context
  const flushes = createBudget(options.flushesPerMinute ?? 20, clock.now)
  const characters = createBudget(options.charactersPerMinute ?? 2400, clock.now)
  const idle = createStopwatch(clock, () => end(closes.idle))
  const session = createStopwatch(clock, () => end(closes.sessionOver))
  const stream = createStream()
  let buffered = ''
  let flushed = 0
  let cleared = 0
  let isClosing = false
  let isEnded = false

  send({
    type: 'Metadata',
    request_id: context.requestId,
    model_name: parameters.model,
    model_version: '2025-03-20.31416',
    model_uuid: uuidV4(context.random),
  })
  session.start(options.sessionMs ?? 3_600_000)
  idle.start(options.idleMs ?? Infinity)

  function createStream(): SpeechStream {
    const bytesPerSecond = parameters.sampleRate * (parameters.encoding === 'linear16' ? 2 : 1)
    const { pace = 'burst', jitterMs = 0, firstAudioMs = 130, frameBytes = [1, bytesPerSecond * 0.16] } = options
    return createSpeechStream({
      clock,
      random: context.random,
      pace,
      jitterMs,
      firstAudioMs,
      frameBytes,
      bytesPerSecond,
      send: (bytes) => port.send(bytes),
    })
  }

  function send(message: WireValue): void {
    port.send(toWireJson(message))
  }

  function end([code, reason]: readonly [code: number, reason?: string]): void {
    if (isEnded) return
    disconnect()
    port.close(code, reason)
  }

  function disconnect(): void {
    isEnded = true
    stream.stop()
    idle.stop()
    session.stop()
  }

  /** Queues what is buffered; `onDone` runs when the last of it was sent. */
  function say(onDone: () => void): void {
    const text = buffered
    buffered = ''
    const { sampleRate, encoding } = parameters
    stream.add(() => {
      if (text.trim() === '') return new Uint8Array(0)
      const { samples } = encodeToneSpeech(text, { sampleRate })
      // A voice ends with a pause, without which the words of two flushes would be one.
      const spoken = new Float32Array(samples.length + sampleRate / 10)
      spoken.set(samples)
      return encoders[encoding](spoken)
    }, onDone)
  }

  function speak(text: unknown): void {
    if (typeof text !== 'string') return end(closes.badCommand)
    const length = Array.from(text).length
    if (length > (options.charactersPerMessage ?? 2000)) return end(closes.longText)
    if (!characters.take(length)) return end(closes.tooManyCharacters)
    buffered += text
  }

  function flush(): void {
    if (flushes.take(1)) return say(() => send({ type: 'Flushed', sequence_id: flushed++ }))
    const [code, message] = ['EXCESSIVE_FLUSH', 'Rate limit exceeded for flushes.']
    send(
      options.warning === 'spec'
        ? { type: 'Warning', code, description: message }
        : { type: 'Warning', warn_code: code, warn_msg: message },
    )
  }

  function clear(): void {
    buffered = ''
    stream.clear()
    send({ type: 'Cleared', sequence_id: cleared++ })
  }

  function close(): void {
    isClosing = true
    idle.stop()
    if (options.onClose === 'stop') end([1000])
    else say(() => end([1000]))
  }

  function receiveText(text: string): void {
    if (text.length > largestMessage) return end(closes.bigMessage)
    const { type, ...rest } = readObject(text)
    if (type === 'Speak') speak(rest.text)
    else if (type === 'Flush') flush()
    else if (type === 'Clear') clear()
    else if (type === 'Close') close()
    else end(closes.badCommand)
  }

  return {
    get audioSeconds() {
      return stream.sentSeconds
    },
    receive(frame: Frame) {
      if (isEnded || isClosing) return
      idle.start(options.idleMs ?? Infinity)
      if (typeof frame === 'string') receiveText(frame)
      else end(closes.badFrame)
    },
    disconnect,
  }
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Counts what was taken within the last 60 s. */
function createBudget(limit: number, now: () => number): { take(amount: number): boolean } {
  let taken: { at: number; amount: number }[] = []
  return {
    take(amount) {
      taken = taken.filter(({ at }) => now() - at < 60_000)
      const sum = taken.reduce((total, entry) => total + entry.amount, amount)
      if (sum > limit) return false
      taken.push({ at: now(), amount })
      return true
    },
  }
}
