import { createDialogueSession, createListenSession, createSpeakSession } from 'react-deepgram/core'
import { createDeepgramEmulator, createFakeAudioSource } from 'react-deepgram/testing'
import { startSoundClock } from './sound-clock.ts'

/** Milliseconds, one entry a turn. */
export interface DialogueFigures {
  /** From the message that ends a turn to the first byte of the answer's audio: the service's own time. */
  firstByte: number[]
  /** From that first byte to the first sample that is rendered. */
  byteToSound: number[]
  /** From the message with the first sign of speech to the voice being lowered, and the pictures that began meanwhile. */
  toDuck: number[]
  pictures: number[]
  /** From the decision to stop to the last sample that is rendered. */
  toSilence: number[]
}

const RATE = 24_000
const LONG = 'one two three four five six seven eight nine ten'

/** Talks so many times with an answer that is there at once, and interrupts it each time. */
export async function measureDialogue(count: number): Promise<DialogueFigures> {
  const context = new AudioContext({ sampleRate: RATE })
  await context.resume()
  // From a file: the page's Content-Security-Policy knows no `blob:`.
  await context.audioWorklet.addModule(new URL('./dialogue-tap.js', import.meta.url))
  const tap = new AudioWorkletNode(context, 'bench-tap')
  tap.connect(context.destination)
  const sounds: number[] = []
  tap.port.onmessage = ({ data }: MessageEvent<number>) => sounds.push(data)
  const clock = startSoundClock(context)
  const timeOf = (frame: number): number => clock.timeOf(frame / RATE)

  let firstByteAt = 0
  let onStart = (): void => {}
  let duckedAt = 0
  const emulator = createDeepgramEmulator({ script: [] })
  class Timed extends emulator.WebSocket {
    constructor(...values: ConstructorParameters<typeof WebSocket>) {
      super(...values)
      this.addEventListener('message', (event) => {
        const { data } = event
        if (typeof data !== 'string') firstByteAt ||= performance.now()
        // What the emulator itself tells of the silence would take back what is told here.
        else if (data.includes('"TurnInfo"') && !data.includes('"bench"')) event.stopImmediatePropagation()
        else if (data.includes('StartOfTurn')) onStart()
      })
    }
  }
  const connection = { getToken: () => emulator.getToken(), WebSocket: Timed }
  const source = createFakeAudioSource({ text: '' })
  const listen = createListenSession(() => ({ ...connection, model: 'flux-general-en', source }))
  const speak = createSpeakSession(() => ({ ...connection, output: tap }))
  let abortedAt = 0
  const dialogue = createDialogueSession(() => ({
    listen,
    speak,
    turn: 'barge-in',
    onTurn(_text, { signal }) {
      signal.addEventListener('abort', () => (abortedAt = performance.now()))
      return LONG
    },
  }))
  const { setTargetAtTime } = AudioParam.prototype
  AudioParam.prototype.setTargetAtTime = function (...values) {
    duckedAt ||= performance.now()
    return setTargetAtTime.apply(this, values)
  }
  await dialogue.start()
  const socket = emulator.sockets.find(({ path }) => path === '/v2/listen')!
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  const tell = (event: string, transcript: string, index: number, end: number): void =>
    socket.send({
      ...{ type: 'TurnInfo', request_id: 'bench', event, turn_index: index, transcript },
      ...{ audio_window_start: index, audio_window_end: index + end, end_of_turn_confidence: 0.5 },
      words: transcript.split(' ').map((word) => ({ word, confidence: 1 })),
    })
  const figures: DialogueFigures = { firstByte: [], byteToSound: [], toDuck: [], pictures: [], toSilence: [] }
  for (let index = 0; index < count; index++) {
    sounds.length = firstByteAt = 0
    clock.restart()
    const endedAt = performance.now()
    tell('EndOfTurn', `turn ${index}`, index, 0.9)
    while (dialogue.getState().phase !== 'speaking') await sleep(2)
    await sleep(500 + (index % 5) * 40)
    figures.firstByte.push(firstByteAt - endedAt)
    figures.byteToSound.push(timeOf(sounds[0]!) - firstByteAt)

    duckedAt = 0
    let pictures = 0
    const count = (): void => {
      if (duckedAt) return
      pictures++
      requestAnimationFrame(count)
    }
    let noticedAt = 0
    onStart = () => {
      noticedAt = performance.now()
      requestAnimationFrame(count)
    }
    tell('StartOfTurn', 'wait', index + 1, 0.2)
    while (!duckedAt) await sleep(1)
    figures.toDuck.push(duckedAt - noticedAt)
    figures.pictures.push(pictures)

    tell('Update', 'wait a moment', index + 1, 0.4)
    while (dialogue.getState().phase === 'speaking') await sleep(1)
    await sleep(300)
    figures.toSilence.push(timeOf(sounds.at(-1)!) - abortedAt)
  }
  clock.stop()
  AudioParam.prototype.setTargetAtTime = setTargetAtTime
  dialogue.destroy()
  listen.abort()
  speak.destroy()
  await context.close()
  return figures
}
