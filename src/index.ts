'use client'
export { DeepgramError } from './errors.ts'
export type { DeepgramErrorCode, DeepgramErrorDetails, DeepgramErrorOptions } from './errors.ts'
export { DeepgramProvider, useDeepgramProvider } from './hooks/DeepgramProvider.tsx'
export type { DeepgramProviderHandle, DeepgramProviderProps } from './hooks/DeepgramProvider.tsx'
export { useDeepgramListen } from './hooks/useDeepgramListen.ts'
export type { UseDeepgramListenOptions, UseDeepgramListenResult } from './hooks/useDeepgramListen.ts'
export { useDeepgramDialogue } from './hooks/useDeepgramDialogue.ts'
export type { UseDeepgramDialogueOptions, UseDeepgramDialogueResult } from './hooks/useDeepgramDialogue.ts'
export { useHalfDuplex } from './hooks/useHalfDuplex.ts'
export type { UseHalfDuplexOptions } from './hooks/useHalfDuplex.ts'
export { useDeepgramSession } from './hooks/useDeepgramSession.ts'
export { toSpeakable } from './text/speakable.ts'
export { createTextStream } from './text/text-stream.ts'
export { createTokenFetcher } from './socket/fetch-token.ts'
export { toJSON, toPlainText, toSRT, toWebVTT } from './transcript/captions.ts'
export { createDictation } from './transcript/dictation.ts'
export { addEdit, applyEdits, NO_EDITS, redoEdit, speakerKey, undoEdit } from './transcript/edit.ts'
export type * from './types.ts'
export { AudioLevelMeter, AudioLevelMeterView } from './components/AudioLevelMeter.tsx'
export type { AudioLevelMeterProps, AudioLevelMeterViewProps } from './components/AudioLevelMeter.tsx'
export { ConnectionStatus, ConnectionStatusView } from './components/ConnectionStatus.tsx'
export type { ConnectionStatusProps, ConnectionStatusViewProps } from './components/ConnectionStatus.tsx'
export { DeepgramErrorMessage, DeepgramErrorMessageView } from './components/DeepgramErrorMessage.tsx'
export type {
  DeepgramErrorMessageProps,
  DeepgramErrorMessageState,
  DeepgramErrorMessageViewProps,
} from './components/DeepgramErrorMessage.tsx'
export type { DeepgramLabel, DeepgramLabels } from './components/labels.ts'
export {
  Dialogue,
  DialogueInterrupt,
  DialogueMessages,
  DialogueMessagesView,
  DialogueMicrophone,
  DialogueStatus,
  DialogueStatusView,
  DialogueView,
} from './components/Dialogue.tsx'
export type {
  DialogueInterruptProps,
  DialogueLook,
  DialogueMessagesProps,
  DialogueMessagesViewProps,
  DialogueMicrophoneProps,
  DialogueProps,
  DialogueStatusProps,
  DialogueStatusViewProps,
  DialogueViewProps,
} from './components/Dialogue.tsx'
export { LiveTranscript, LiveTranscriptView } from './components/LiveTranscript.tsx'
export type { LiveTranscriptLook, LiveTranscriptProps, LiveTranscriptViewProps } from './components/LiveTranscript.tsx'
export { MicrophoneButton, MicrophoneButtonView } from './components/MicrophoneButton.tsx'
export type {
  MicrophoneButtonProps,
  MicrophoneButtonState,
  MicrophoneButtonViewProps,
} from './components/MicrophoneButton.tsx'
export { SpeakButton, SpeakButtonView } from './components/SpeakButton.tsx'
export type {
  SpeakButtonLook,
  SpeakButtonProps,
  SpeakButtonState,
  SpeakButtonViewProps,
} from './components/SpeakButton.tsx'
export { SpokenText, SpokenTextView } from './components/SpokenText.tsx'
export type { SpokenTextLook, SpokenTextProps, SpokenTextState, SpokenTextViewProps } from './components/SpokenText.tsx'
export type { TranscriptLook } from './components/TranscriptRows.tsx'
export type { TranscriptFormat } from './components/TranscriptTools.tsx'
export { useAudioLevel } from './hooks/useAudioLevel.ts'
export type { LevelSource, UseAudioLevelResult } from './hooks/useAudioLevel.ts'
export { useDeepgramSpeak } from './hooks/useDeepgramSpeak.ts'
export type { UseDeepgramSpeakOptions, UseDeepgramSpeakResult } from './hooks/useDeepgramSpeak.ts'
export { DeviceSelect, DeviceSelectView } from './components/DeviceSelect.tsx'
export type { DeviceSelectProps, DeviceSelectViewProps } from './components/DeviceSelect.tsx'
export type { SelectProps } from './components/SelectField.tsx'
export { VoiceSelect, VoiceSelectView } from './components/VoiceSelect.tsx'
export type { VoiceSelectProps, VoiceSelectViewProps } from './components/VoiceSelect.tsx'
export { useAudioDevices } from './hooks/useAudioDevices.ts'
export type { AudioDevice, UseAudioDevicesOptions, UseAudioDevicesResult } from './hooks/useAudioDevices.ts'
