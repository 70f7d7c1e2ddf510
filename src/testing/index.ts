import { createEmulatorCore, type EmulatorCore, type EmulatorFace, type EmulatorOptions } from './emulator.ts'
import { createWebCodecsOpusDecoder } from './opus-webcodecs.ts'
import { type EmulatedWebSocketConstructor, createWebSocketClass } from './web-socket.ts'

/** The emulator in the page or in a test. */
export interface DeepgramEmulator extends EmulatorFace {
  /** Hand this to the provider, or to any client. Every address leads to the emulator; its path tells the endpoint. */
  readonly WebSocket: EmulatedWebSocketConstructor
  /** Hand this to the provider: a fresh short-lived token per call. */
  getToken(): Promise<{ access_token: string; expires_in: number }>
  /** Answers `POST …/v1/auth/grant` as the service does, for code that calls it by `fetch`. */
  readonly fetch: typeof globalThis.fetch
}

/**
 * Creates an emulator of the service: no key, no network and no microphone are needed.
 *
 * It authenticates, hears the audio it is really sent (or plays a script), speaks tone speech, and fails on demand.
 */
export function createDeepgramEmulator(options: EmulatorOptions = {}): DeepgramEmulator {
  const core = createEmulatorCore(options, createWebCodecsOpusDecoder)
  return Object.assign(core, {
    WebSocket: createWebSocketClass(core),
    getToken: async () => core.issueToken(),
    fetch: createFetch(core),
  })
}

function createFetch(core: EmulatorCore): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { status, headers, body } = core.rest({
      method: request.method,
      path: new URL(request.url).pathname,
      authorization: request.headers.get('authorization') ?? undefined,
      body: await request.text(),
    })
    return new Response(body, { status, headers })
  }
}

export type { InvalidAudio, OpusFactory, OpusFrameDecoder, StreamFormat } from './audio-decoder.ts'
export type { EmulatedSocket, SocketEnd } from './connection.ts'
export type { IssuedToken } from './credentials.ts'
export type { EmulatorFace, EmulatorOptions, GrantRecord, HandshakeRecord } from './emulator.ts'
export type { EmulatorFaults, FaultAmount } from './faults.ts'
export type { ScriptClock } from './hearing.ts'
export type { ListenScript, ScriptCue, ScriptLine, ScriptWord } from './listen-script.ts'
export type { ListenOptions } from './listen-v1-service.ts'
export type { ListenV2Options } from './listen-v2-service.ts'
export type { EmulatorClock, Frame, SpokenLine, TimerHandle } from './ports.ts'
export type { SpeakOptions } from './speak-v1-service.ts'
export type { SpeakV2Options } from './speak-v2-service.ts'
export type { SpeechPace } from './speech-stream.ts'
export type { EmulatedWebSocketConstructor } from './web-socket.ts'
export { installFakeMedia, type FakeMedia, type FakeMediaOptions, type FakeMicrophoneAnswer } from './fake-media.ts'
export { createFakeAudioSink, type FakeAudioSink, type FakeAudioSinkOptions } from './fake-sink.ts'
export { createFakeAudioSource, type FakeAudioSource, type FakeAudioSourceOptions } from './fake-source.ts'
export {
  createToneSpeechRecogniser,
  encodeToneSpeech,
  type SpokenWord,
  type ToneSpeechOptions,
  type ToneSpeechRecogniser,
  toneSpeechWav,
} from './tone-speech.ts'
