// The types that both client doors export; a file of types only, so that it weighs nothing.
export type { DeepgramErrorCode, DeepgramErrorDetails, DeepgramErrorOptions } from './errors.ts'
export type {
  AbortSignalLike,
  AudioChunk,
  AudioFormat,
  AudioSink,
  AudioSinkHandlers,
  AudioSource,
  AudioSourceHandlers,
  AudioSourceInfo,
  BlobLike,
  CapturePreset,
  ContainerFormat,
  InputChoice,
  InputState,
  PcmFormat,
  RawFormat,
} from './audio/ports.ts'
export type { BrowserDialogueOptions as DialogueSessionOptions } from './browser-dialogue.ts'
export type { ListenOptions } from './browser-listen.ts'
export type { SpeakOptions } from './browser-speak.ts'
export type { CaptureOptions } from './capture/microphone.ts'
export type { PcmCaptureOptions } from './capture/pcm-source.ts'
export type { RecorderInput } from './capture/recorder-source.ts'
export type { AudioContextConstructor } from './playback/audio-context.ts'
export type { PlayerOptions } from './playback/player.ts'
export type { ListenV1Parameters, QueryValue } from './protocol/listen-v1.ts'
export type { ListenV2Parameters } from './protocol/listen-v2.ts'
export type { SpeakV1Parameters } from './protocol/speak-v1.ts'
export type { SpeakV2Parameters } from './protocol/speak-v2.ts'
export type {
  AssistantMessage,
  DialogueAnswer,
  DialogueLatency,
  DialogueMessage,
  DialogueOptions,
  DialoguePart,
  DialoguePhase,
  DialogueProblem,
  DialogueSession,
  DialogueState,
  InterruptionOptions,
  TurnContext,
  TurnPolicy,
  UserMessage,
} from './session/dialogue.ts'
export type { Coordinator, Speaker } from './session/coordination.ts'
export type { HalfDuplexOptions } from './session/half-duplex.ts'
export type {
  ActiveDevice,
  ListenDiagnostics,
  ListenSession,
  ListenSessionOptions,
  ListenState,
  ListenWarning,
  PageEvent,
} from './session/listen-session.ts'
export type { ListenSettings } from './session/listen-wire.ts'
export type {
  SpeakDiagnostics,
  SpeakInput,
  SpeakResult,
  SpeakSession,
  SpeakState,
  Utterance as SpeechUtterance,
  UtteranceState as SpeechUtteranceState,
} from './session/speak-session.ts'
export type { ListenStatus, SpeakStatus } from './session/status.ts'
export type { ReadonlyStore } from './session/store.ts'
export type { AttemptRecord } from './socket/deepgram-socket.ts'
export type {
  ConnectionOptions,
  GetToken,
  LogEvent,
  ReconnectOptions,
  TokenRequest,
  TokenResult,
  WebSocketConstructor,
  WebSocketLike,
} from './socket/options.ts'
export type { Turn, TurnEvent } from './transcript/fold-listen-v2.ts'
export type { TextStream } from './text/text-stream.ts'
export type { CaptionOptions, ExportOptions, SegmentJson, TranscriptJson, WordJson } from './transcript/captions.ts'
export type { Dictation, DictationEdit, DictationField } from './transcript/dictation.ts'
export type { TranscriptEdit, TranscriptEdits, TranscriptView } from './transcript/edit.ts'
export type { Entity, Gap, Interim, Segment, Transcript, Utterance, Word } from './transcript/transcript.ts'
