import { createStreamDecoder, type InvalidAudio, type OpusFactory, type StreamFormat } from './audio-decoder.ts'
import type { EmulatedSocket } from './connection.ts'
import type { HeardWord } from './listen-v1-messages.ts'
import type { Ear } from './listen-v1-segments.ts'
import {
  createScriptedEar,
  layOutLine,
  layOutScript,
  type ListenScript,
  performCue,
  type ScriptedEar,
} from './listen-script.ts'
import type { EmulatorClock, SpokenLine, TimerHandle } from './ports.ts'
import { createToneSpeechRecogniser, type ToneSpeechRecogniser } from './tone-speech.ts'

/** What a listen service knows of the sound it is sent. */
export interface Hearing {
  /** One ear per channel; empty until the number of channels is known. */
  readonly ears: readonly Ear[]
  /** Seconds of audio received. */
  readonly duration: number
  /** Channels of the audio, whether heard apart or mixed; 0 until known. */
  readonly channels: number
  /** Bytes in the order they came; resolves when they were heard. */
  push(bytes: Uint8Array): Promise<void>
  /** No more bytes come. */
  end(): Promise<void>
  /** Hears this now. */
  say(line: SpokenLine): void
  free(): void
}

/** What every kind of hearing is told. */
export interface HearingOptions {
  format: StreamFormat | null
  multichannel: boolean
  /** Called after every 20 ms of audio. */
  onStep: () => void
}

const stepSeconds = 0.02

/** Hears the audio really sent: decodes it and recognises tone speech. */
export function createAudioHearing(
  options: HearingOptions & {
    opus: OpusFactory | undefined
    /** The word written for a burst of voice that is no tone speech. */
    placeholder: string | undefined
    onInvalid: (why: InvalidAudio) => void
  },
): Hearing {
  const recognisers: ToneSpeechRecogniser[] = []
  const ears: (Ear & { told: ScriptedEar })[] = []
  let channels = 0
  let stepFill = 0
  const decoder = createStreamDecoder({
    format: options.format,
    ...(options.opus === undefined ? {} : { opus: options.opus }),
    onAudio: hear,
    onInvalid: options.onInvalid,
  })

  function hear(audio: Float32Array[], sampleRate: number): void {
    const heard = options.multichannel || audio.length <= 1 ? audio : [mixDown(audio)]
    channels = audio.length
    while (recognisers.length < heard.length) {
      const { placeholder } = options
      const recogniser = createToneSpeechRecogniser({
        sampleRate,
        ...(placeholder === undefined ? {} : { placeholder }),
      })
      recognisers.push(recogniser)
      ears.push(alsoTold(recogniser))
    }
    // The ears are looked at every step of the stream, wherever the client's frames were cut.
    const step = Math.max(1, Math.round(sampleRate * stepSeconds))
    for (let offset = 0; offset < heard[0]!.length;) {
      const taken = Math.min(step - stepFill, heard[0]!.length - offset)
      recognisers.forEach((recogniser, i) => {
        recogniser.push(heard[i]!.subarray(offset, offset + taken))
        ears[i]!.told.advanceTo(recogniser.position)
      })
      offset += taken
      stepFill = (stepFill + taken) % step
      if (stepFill === 0) options.onStep()
    }
  }

  return {
    ears,
    get duration() {
      return recognisers[0]?.position ?? 0
    },
    get channels() {
      return channels
    },
    push: (bytes) => decoder.push(bytes),
    end: () => decoder.end(),
    say(line) {
      const ear = ears[line.channel ?? 0]
      ear?.told.add(layOutLine(line, ear.position))
    },
    free: () => decoder.free(),
  }
}

/** A recogniser's ear that can also be told words by hand. */
function alsoTold(recogniser: ToneSpeechRecogniser): Ear & { told: ScriptedEar } {
  const told = createScriptedEar()
  const words: HeardWord[] = []
  const used = { heard: 0, told: 0 }
  return {
    told,
    get position() {
      return recogniser.position
    },
    get words() {
      while (used.heard < recogniser.words.length) words.push(recogniser.words[used.heard++]!)
      while (used.told < told.words.length) words.push(told.words[used.told++]!)
      return words
    },
    get pending() {
      return recogniser.pending ?? told.pending
    },
    get isSpeaking() {
      return recogniser.isSpeaking || told.isSpeaking
    },
    get lastVoiceEnd() {
      return Math.max(recogniser.lastVoiceEnd, told.lastVoiceEnd)
    },
    flush() {
      recogniser.flush()
      told.flush()
    },
  }
}

function mixDown(channels: readonly Float32Array[]): Float32Array {
  const mixed = new Float32Array(channels[0]!.length)
  for (const channel of channels) for (let i = 0; i < mixed.length; i++) mixed[i]! += channel[i]! / channels.length
  return mixed
}

/** Which clock a script plays by: raw audio's own where there is any, or always the wall's. */
export type ScriptClock = 'auto' | 'wall'

const tickMs = 100
const bytesPerSample: Readonly<Record<string, number>> = { linear16: 2, linear32: 4, mulaw: 1, alaw: 1 }

/**
 * Hears a script instead of the audio. With raw audio the script plays by the audio received; a container tells the
 * script's player nothing of time, so it then plays by the wall clock, from the opening of the socket on.
 */
export function createScriptedHearing(
  options: HearingOptions & {
    script: ListenScript
    scriptClock: ScriptClock
    clock: EmulatorClock
    socket: EmulatedSocket
  },
): Hearing {
  const { clock, format, socket } = options
  const { words, cues } = layOutScript(options.script)
  const channels = format?.channels ?? 1
  const ears = Array.from({ length: options.multichannel ? channels : 1 }, (_, channel) => {
    const ear = createScriptedEar()
    ear.add(words.filter((word) => !options.multichannel || word.channel === channel))
    return ear
  })
  const sampleBytes = format === null ? undefined : bytesPerSample[format.encoding]
  const playsByAudio = options.scriptClock !== 'wall' && sampleBytes !== undefined
  const startedAt = clock.now()
  let duration = 0
  let steps = 0
  let byteLength = 0
  let timer: TimerHandle = null
  let isFree = false

  function advanceTo(target: number): void {
    duration = target
    while ((steps + 1) * stepSeconds <= target + 1e-9 && !isFree) {
      const position = ++steps * stepSeconds
      for (const ear of ears) ear.advanceTo(position)
      options.onStep()
      while (cues[0] !== undefined && cues[0].at <= position && !isFree) performCue(cues.shift()!, socket)
    }
  }

  function tick(): void {
    advanceTo((clock.now() - startedAt) / 1000)
    if (!isFree) timer = clock.setTimeout(tick, tickMs)
  }

  if (!playsByAudio) timer = clock.setTimeout(tick, tickMs)

  return {
    ears,
    get duration() {
      return duration
    },
    channels,
    async push(bytes) {
      byteLength += bytes.length
      if (playsByAudio) advanceTo(byteLength / (sampleBytes * channels * format!.sampleRate))
    },
    async end() {},
    say(line) {
      const ear = ears[options.multichannel ? (line.channel ?? 0) : 0]
      ear?.add(layOutLine(line, ear.position))
    },
    free() {
      isFree = true
      clock.clearTimeout(timer)
    },
  }
}
