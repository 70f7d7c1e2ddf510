import { encodeAlaw, encodeMulaw } from '../audio/companding.ts'
import { encodeLinear16 } from '../audio/pcm.ts'
import { type Endpoint, isRefusal, type ServiceContext } from './endpoint.ts'
import type { EndpointService, Frame } from './ports.ts'
import { uuidV4 } from './random.ts'
import type { SpeakOptions } from './speak-v1-service.ts'
import { readSpeakV2Command, stripMarkup } from './speak-v2-commands.ts'
import { readSpeakV2Parameters, speedRefusal, type SpeakV2Parameters } from './speak-v2-parameters.ts'
import { createSpeechStream, type SpeechStream } from './speech-stream.ts'
import { createStopwatch } from './stopwatch.ts'
import { encodeToneSpeech } from './tone-speech.ts'
import { toWireJson, type WireValue } from './wire-json.ts'

/** How `/v2/speak` behaves where the service leaves a choice. */
export interface SpeakV2Options {
  /** Milliseconds without a message from the client until `/v2/speak` ends with NET-0004. @default 60_000 */
  fluxIdleMs?: number
  /** Milliseconds from `Interrupt` to `SpeechInterrupted`; audio goes on meanwhile. @default 20 */
  interruptMs?: number
  /**
   * What becomes of turns that wait behind an interrupted one: they are spoken, or dropped with it. The service does not
   * say; a client must bear both.
   *
   * @default 'speak'
   */
  waitingTurns?: 'speak' | 'drop'
}

/** The part of the options that both generations read. */
type SharedOptions = Pick<SpeakOptions, 'pace' | 'jitterMs' | 'firstAudioMs' | 'frameBytes' | 'onClose' | 'sessionMs'>

/** Creates `/v2/speak`. */
export function createSpeakV2Endpoint(options: SharedOptions & SpeakV2Options): Endpoint {
  return {
    path: '/v2/speak',
    purpose: 'speak',
    admit(query) {
      const parameters = readSpeakV2Parameters(query)
      return isRefusal(parameters) ? parameters : (context) => createSpeakV2Service(parameters, options, context)
    },
  }
}

const errors = {
  'MESSAGE-0000': 'The message could not be parsed.',
  'DATA-0000': 'The message contained an invalid command.',
  'BIG-0000': 'The message was too large to process.',
  'NET-0003': 'The session time limit was reached.',
  'NET-0004': 'No client message was received within the idle timeout.',
} as const

// Not published for this endpoint; those of `/v1/speak` for the same tags.
const closeCodes: Readonly<Record<string, number>> = { MESSAGE: 1003, DATA: 1008, BIG: 1009, NET: 1011 }

const warnings = {
  NO_ACTIVE_SPEECH: 'There is no active turn. The request will be ignored.',
  NO_SYNTHESIZABLE_TEXT: 'The turn contains no text that can be synthesized.',
  INPUT_MARKUP_STRIPPED: 'Markup was stripped from the text.',
  NO_AUDIO_GENERATED: 'No audio has been generated. The interrupt will be ignored.',
  INTERRUPT_IN_PROGRESS: 'An interrupt is already in progress. The interrupt will be ignored.',
  INVALID_INTERRUPT_OFFSET: 'The playback offset does not advance. The interrupt will be ignored.',
} as const

const largestMessage = 2 * 1024 * 1024
const frameSeconds = 0.08
const pauseSeconds = 0.1
const encoders = { linear16: encodeLinear16, mulaw: encodeMulaw, alaw: encodeAlaw }

/** A part of a turn's text that is synthesised in one piece. */
interface Segment {
  text: string
  askedAt: number
}

interface Turn {
  readonly id: string
  /** Without markup. */
  text: string
  /** Characters as they were sent, markup included. */
  inputCharacters: number
  /** How much of `text` was cut into segments. */
  cut: number
  /** Segments whose synthesis has not begun. */
  waiting: Segment[]
  /** Segments with audio that is not sent completely. */
  unfinished: number
  /** How much of `text` has gone into synthesis. */
  synthesised: number
  /** Ends of words, in the text and in milliseconds of the turn's audio. */
  words: { to: number; endMs: number }[]
  /** Milliseconds of the audio that was made. */
  madeMs: number
  /** Where the turn begins in the session's audio, in milliseconds. */
  startMs: number
  isActive: boolean
  isComplete: boolean
  isFlushed: boolean
}

/** The state machine of one `/v2/speak` connection. */
export function createSpeakV2Service(
  parameters: SpeakV2Parameters,
  options: SharedOptions & SpeakV2Options,
  context: ServiceContext,
): EndpointService {
  const { port, clock, random } = context
  const { sampleRate, encoding } = parameters
  const idle = createStopwatch(clock, () => fail('NET-0004'))
  const session = createStopwatch(clock, () => fail('NET-0003'))
  const interruption = createStopwatch(clock, () => finishInterrupt())
  const stream = createStream()
  const totals = { input: 0, billable: 0 }
  /** The active turn first, then those that wait. */
  let turns: Turn[] = []
  let speed = parameters.speed
  let isSpeedSet = false
  /** The session's audio clock was this when `baseSeconds` of audio had been sent. */
  let baseMs = 0
  let baseSeconds = 0
  let lastOffsetMs = -1
  let interrupted: { turn: Turn; playedMs: number | null; waiting: readonly Turn[] } | null = null
  let isClosing = false
  let isEnded = false

  const modelId = uuidV4(random)
  send({
    type: 'Connected',
    request_id: context.requestId,
    // As recorded: the bare voice, and the same id twice.
    model_name: parameters.voice,
    model_version: '2026-07-02.2',
    model_uuids: [modelId, modelId],
  })
  session.start(options.sessionMs ?? 3_600_000)
  holdIdle()

  function createStream(): SpeechStream {
    const bytesPerSecond = sampleRate * (encoding === 'linear16' ? 2 : 1)
    const frame = Math.round(bytesPerSecond * frameSeconds)
    const { pace = 'burst', jitterMs = 0, firstAudioMs = 130, frameBytes = [frame, frame] } = options
    return createSpeechStream({
      clock,
      random,
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

  function warn(code: keyof typeof warnings): void {
    send({ type: 'Warning', code, description: warnings[code] })
  }

  function fail(code: keyof typeof errors): void {
    if (isEnded) return
    send({ type: 'Error', code, description: errors[code] })
    end(closeCodes[code.split('-')[0]!]!, code)
  }

  function end(code: number, reason?: string): void {
    disconnect()
    port.close(code, reason)
  }

  function disconnect(): void {
    isEnded = true
    stream.stop()
    idle.stop()
    session.stop()
    interruption.stop()
  }

  function holdIdle(): void {
    idle.start(options.fluxIdleMs ?? 60_000)
  }

  /** Milliseconds of audio sent in this session, an interruption counting as the end of what was sent. */
  const sessionMs = (): number => Math.round(baseMs + (stream.sentSeconds - baseSeconds) * 1000)

  function speak(raw: string): void {
    const text = stripMarkup(raw)
    if (text !== raw) warn('INPUT_MARKUP_STRIPPED')
    let turn = turns.at(-1)
    if (turn === undefined || turn.isFlushed) {
      turn = createTurn()
      turns.push(turn)
    }
    turn.text += text
    turn.inputCharacters += Array.from(raw).length
    activateNext()
    // What a sentence is, is only sure when the next one begins.
    const rest = turn.text.slice(turn.cut)
    const sentences = /^[^]*[.!?…]["'”’)\]]*\s+(?=\S)/u.exec(rest)?.[0] ?? ''
    cutSegment(turn, turn.cut + sentences.length)
  }

  function createTurn(): Turn {
    let id = 'dg_sp_'
    while (id.length < 18) id += Math.floor(random() * 16).toString(16)
    return {
      id,
      text: '',
      inputCharacters: 0,
      cut: 0,
      waiting: [],
      unfinished: 0,
      synthesised: 0,
      words: [],
      madeMs: 0,
      startMs: 0,
      isActive: false,
      isComplete: false,
      isFlushed: false,
    }
  }

  function cutSegment(turn: Turn, to: number): void {
    const text = turn.text.slice(turn.cut, to)
    // Blanks and marks make no sound of their own: they go with the words after them, or before them at the end.
    if (!/[\p{L}\p{N}]/u.test(text)) return
    turn.cut = to
    const segment = { text, askedAt: clock.now() }
    turn.waiting.push(segment)
    turn.unfinished++
    if (turn.isActive) queue(turn, segment)
  }

  function queue(turn: Turn, segment: Segment): void {
    const onDone = (): void => {
      turn.unfinished--
      completeIfDone(turn)
    }
    stream.add(() => synthesise(turn, segment), onDone, segment.askedAt)
  }

  function synthesise(turn: Turn, segment: Segment): Uint8Array {
    turn.waiting.shift()
    // Tones keep their length, or nobody would understand them: only pauses follow the speed.
    const gaps = { wordGapMs: Math.max(70, 80 / speed), sentenceGapMs: 500 / speed }
    const { samples, words } = encodeToneSpeech(segment.text, { sampleRate, ...gaps })
    const places = [...segment.text.matchAll(/\S+/gu)]
    for (const [i, { end: seconds }] of words.entries()) {
      const to = turn.synthesised + places[i]!.index + places[i]![0].length
      turn.words.push({ to, endMs: turn.madeMs + seconds * 1000 })
    }
    turn.synthesised += segment.text.length
    const frame = Math.round(sampleRate * frameSeconds)
    const spoken = new Float32Array(Math.ceil((samples.length + sampleRate * pauseSeconds) / frame) * frame)
    spoken.set(samples)
    turn.madeMs += (spoken.length / sampleRate) * 1000
    tellFlushed(turn)
    return encoders[encoding](spoken)
  }

  /** `Flushed` says that all of the text has gone into synthesis; audio may still follow. */
  function tellFlushed(turn: Turn): void {
    if (!turn.isFlushed || turn.waiting.length > 0 || interrupted?.turn === turn) return
    send({ type: 'Flushed', speech_id: turn.id })
  }

  function flush(): void {
    const turn = turns.at(-1)
    if (turn === undefined || turn.isFlushed) return warn('NO_ACTIVE_SPEECH')
    cutSegment(turn, turn.text.length)
    const begun = turn.isActive && turn.waiting.length === 0
    turn.isFlushed = true
    if (begun) settleFlush(turn)
  }

  function settleFlush(turn: Turn): void {
    if (turn.madeMs === 0) warn('NO_SYNTHESIZABLE_TEXT')
    tellFlushed(turn)
    completeIfDone(turn)
  }

  function completeIfDone(turn: Turn): void {
    if (!turn.isFlushed || turn.unfinished > 0 || turn.isComplete || interrupted?.turn === turn) return
    turn.isComplete = true
    totals.input += turn.inputCharacters
    totals.billable += Array.from(turn.text).length
    send({ type: 'SpeechMetadata', ...account(turn, Math.round(turn.madeMs), Array.from(turn.text).length) })
    turns.shift()
    activateNext()
  }

  function account(turn: Turn, durationMs: number, billable: number): Record<string, WireValue> {
    return {
      speech_id: turn.id,
      audio_duration_ms: durationMs,
      input_character_count: turn.inputCharacters,
      billable_character_count: billable,
      controls_applied: { pronunciations_applied: 0, breaks_applied: 0, pronunciation_warnings: 0 },
    }
  }

  function activateNext(): void {
    const turn = turns[0]
    if (turn === undefined) {
      if (isClosing) finish()
      return
    }
    if (turn.isActive) return
    turn.isActive = true
    turn.startMs = sessionMs()
    send({ type: 'SpeechStarted', speech_id: turn.id })
    const segments = [...turn.waiting]
    for (const segment of segments) queue(turn, segment)
    if (turn.isFlushed && segments.length === 0) settleFlush(turn)
  }

  function interrupt(playedMs: number | null): void {
    const turn = turns[0]
    if (stream.sentSeconds === 0) return warn('NO_AUDIO_GENERATED')
    if (interrupted !== null) return warn('INTERRUPT_IN_PROGRESS')
    if (turn === undefined) return warn('NO_ACTIVE_SPEECH')
    if (playedMs !== null && playedMs <= lastOffsetMs) return warn('INVALID_INTERRUPT_OFFSET')
    turn.isFlushed = true
    interrupted = { turn, playedMs, waiting: turns.slice(1) }
    interruption.start(options.interruptMs ?? 20)
  }

  function finishInterrupt(): void {
    const { turn, playedMs, waiting } = interrupted!
    stream.clear()
    const positionMs = Math.round(playedMs ?? sessionMs())
    const heard = turn.words.findLast(({ endMs }) => turn.startMs + endMs <= positionMs)?.to ?? 0
    // Recorded: of 112 characters those were billed, and counted, that had gone into synthesis.
    const billable = Array.from(turn.text.slice(0, turn.synthesised)).length
    totals.input += billable
    totals.billable += billable
    send({
      type: 'SpeechInterrupted',
      audio_played_ms: positionMs,
      text_spoken: playedMs === null ? undefined : turn.text.slice(0, heard),
      text_remaining: playedMs === null ? undefined : turn.text.slice(heard),
      metadata: account(turn, sessionMs() - turn.startMs, billable),
    })
    lastOffsetMs = positionMs
    // What was made beyond the position heard counts no more: the session's audio goes on from there.
    baseMs = positionMs
    baseSeconds = stream.sentSeconds
    interrupted = null
    turns.shift()
    if (options.waitingTurns === 'drop') turns = turns.filter((each) => !waiting.includes(each))
    activateNext()
  }

  function configure(change: number | undefined): void {
    const complaint = change === undefined ? null : speedRefusal(change)
    if (complaint !== null) {
      const { code, description } = complaint
      return send({ type: 'ConfigureFailure', code, field: 'speed', value: change, description })
    }
    speed = change ?? speed
    isSpeedSet ||= change !== undefined
    send({ type: 'ConfigureSuccess', applied: { speed: isSpeedSet ? speed : undefined } })
  }

  function close(): void {
    isClosing = true
    idle.stop()
    const last = turns.at(-1)
    if (options.onClose === 'stop' || last === undefined) finish()
    else if (!last.isFlushed) flush()
  }

  function finish(): void {
    if (isEnded) return
    send({
      type: 'SessionMetadata',
      total_audio_duration_ms: sessionMs(),
      total_input_character_count: totals.input,
      total_billable_character_count: totals.billable,
    })
    end(1000)
  }

  function receiveText(text: string): void {
    const command = text.length > largestMessage ? 'BIG-0000' : readSpeakV2Command(text)
    if (typeof command === 'string') fail(command)
    else if (command.type === 'Speak') speak(command.text)
    else if (command.type === 'Flush') flush()
    else if (command.type === 'Interrupt') interrupt(command.playedMs)
    else if (command.type === 'Configure') configure(command.speed)
    else close()
  }

  return {
    get audioSeconds() {
      return stream.sentSeconds
    },
    receive(frame: Frame) {
      if (isEnded || isClosing) return
      holdIdle()
      if (typeof frame === 'string') receiveText(frame)
      else fail('MESSAGE-0000')
    },
    disconnect,
  }
}
