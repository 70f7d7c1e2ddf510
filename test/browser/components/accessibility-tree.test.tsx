import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import {
  AudioLevelMeterView,
  DeepgramError,
  DeviceSelectView,
  DialogueView,
  LiveTranscriptView,
  MicrophoneButtonView,
  SpeakButtonView,
  SpokenTextView,
  VoiceSelectView,
  type DialogueViewProps,
  type LiveTranscriptViewProps,
} from 'react-deepgram'
import 'react-deepgram/styles.css'
import { accessibilityTree } from '../../support/browser-senses.ts'

type Segments = NonNullable<LiveTranscriptViewProps['segments']>
type Interim = NonNullable<LiveTranscriptViewProps['interim']>
type Message = NonNullable<DialogueViewProps['history']>[number]

const piece = { start: 0, end: 1, words: [], channel: 0, isProvisional: false }
const segmentsOf = (...texts: string[]): Segments =>
  texts.map((text, i) => ({ ...piece, id: `s${i}`, text, streamIndex: 0 }))
const interimOf = (text: string): Interim => ({ ...piece, text })
const error = new DeepgramError('device-busy', 'Another application has it; nothing is heard; close it.')
const nothing = (): void => {}

/** What assistive technology is told of it. */
async function told(ui: React.ReactNode): Promise<string[]> {
  render(ui)
  return accessibilityTree()
}

describe('the browser hands to assistive technology', () => {
  afterEach(cleanup)

  it('a transcript at rest: a button, the status in words, an empty log, and a region that waits for errors', async () => {
    expect(await told(<LiveTranscriptView onStart={nothing} getLevel={() => 0} />)).toEqual([
      'button "Listen to the microphone" pressed=false',
      'status live=polite',
      '  "Ready"',
      'group "Transcript"',
      '  "Press the microphone, then speak."',
      '  log "Transcript" live=polite',
      'generic live=polite',
      'alert live=assertive',
    ])
  })

  it('pain 73: settled text in one log, and of the unfinished text nothing at all', async () => {
    const shown = (...texts: string[]) => (
      <LiveTranscriptView
        status="listening"
        onStart={nothing}
        exportFormats={[]}
        segments={segmentsOf(...texts)}
        interim={interimOf('what is not finished')}
        warning={{ code: 'congested', message: '' }}
      />
    )
    const { rerender } = render(shown('Good morning.'))
    expect(await accessibilityTree()).toEqual([
      'button "Listen to the microphone" pressed=true',
      'status live=polite',
      '  "Listening"',
      'group "Transcript"',
      '  log "Transcript" live=polite',
      '    "Good morning."',
      'generic live=polite',
      '  "Your network is slow. The text comes late."',
      'alert live=assertive',
    ])
    rerender(shown('Good morning.', 'And to you.'))
    expect((await accessibilityTree()).filter((line) => /Good|And|not finished/.test(line))).toEqual([
      '    "Good morning."',
      '    "And to you."',
    ])
  })

  it('an error: what happened at once, and after it the button that helps', async () => {
    expect(await told(<LiveTranscriptView status="error" error={error} onStart={nothing} />)).toEqual([
      'button "Listen to the microphone" pressed=false',
      'status live=polite',
      '  "Stopped by a problem"',
      'group "Transcript"',
      '  "Press the microphone, then speak."',
      '  log "Transcript" live=polite',
      'generic live=polite',
      'alert live=assertive',
      '  "Another app is using the microphone. Close that app, then try again."',
      'button "Try again"',
      'group',
      '  DisclosureTriangle "Technical details" expanded=false',
    ])
  })

  it('text that is being corrected: fields with names, and a log that is silent meanwhile', async () => {
    render(<LiveTranscriptView segments={segmentsOf('Good morning.')} editable exportFormats={[]} showTimes />)
    fireEvent.click(screen.getByRole('button', { name: 'Edit' }))
    expect(await accessibilityTree()).toEqual([
      'status live=polite',
      '  "Ready"',
      'group "Transcript"',
      '  log "Transcript"',
      '    "0:00"',
      '    textbox "Text at 0:00" = Good morning.',
      'button "Edit" pressed=true',
      'button "Undo" disabled=true',
      'button "Redo" disabled=true',
      'generic live=polite',
      'alert live=assertive',
    ])
  })

  it('a microphone with one name, and its state', async () => {
    const statuses = [
      'idle',
      'requesting-permission',
      'connecting',
      'listening',
      'reconnecting',
      'paused',
      'stopping',
      'error',
    ] as const
    expect(await told(statuses.map((status) => <MicrophoneButtonView key={status} status={status} />))).toEqual([
      'button "Listen to the microphone" pressed=false',
      'button "Listen to the microphone" busy pressed=true',
      'button "Listen to the microphone" busy pressed=true',
      'button "Listen to the microphone" pressed=true',
      'button "Listen to the microphone" pressed=true',
      'button "Listen to the microphone" pressed=false',
      'button "Listen to the microphone" busy pressed=false',
      'button "Listen to the microphone" pressed=false',
    ])
  })

  it('a speak button whose name begins with the same word and goes on with what a press does', async () => {
    const statuses = ['idle', 'connecting', 'buffering', 'speaking', 'paused', 'blocked', 'error'] as const
    expect(
      await told(
        <>
          {statuses.map((status) => (
            <SpeakButtonView
              key={status}
              status={status}
              text="a"
              error={status === 'error' ? error : null}
              progress={0.5}
            />
          ))}
          <SpeakButtonView text="…" />
          <SpeakButtonView text="a" status="speaking" aria-label="Play the answer" />
        </>,
      ),
    ).toEqual([
      'button "Speak" pressed=false',
      'generic live=polite',
      'button "Speak Connecting…" busy pressed=true',
      'generic live=polite',
      'button "Speak Preparing…" busy pressed=true',
      'generic live=polite',
      'button "Speak Press to stop" pressed=true',
      'generic live=polite',
      'button "Speak Paused" pressed=true',
      'generic live=polite',
      'button "Speak Press anything to allow sound" pressed=true',
      'generic live=polite',
      '  "Press anything to allow sound"',
      'button "Speak Another app is using the microphone. Close that app, then try again." pressed=false',
      'generic live=polite',
      '  "Another app is using the microphone. Close that app, then try again."',
      'button "Speak Nothing to say" disabled=true pressed=false',
      'generic live=polite',
      'button "Play the answer" (Press to stop) pressed=true',
      'generic live=polite',
    ])
  })

  it('a text that is spoken as a text, and nothing of a meter', async () => {
    expect(
      await told(
        <>
          <SpokenTextView text="One. Two." heardLength={6} />
          <AudioLevelMeterView getLevel={() => 0} />
        </>,
      ),
    ).toEqual(['"One."', '"Two."'])
  })

  it('lists with a name and what is chosen', async () => {
    expect(
      await told(
        <>
          <DeviceSelectView value="a" devices={[{ deviceId: 'a', label: 'Desk' }]} onRequestNames={nothing} />
          <DeviceSelectView value="" devices={[]} kind="audiooutput" disabled />
          <VoiceSelectView value="aura-2-thalia-en" voices={['aura-2-thalia-en']} />
        </>,
      ),
    ).toEqual([
      'combobox "Microphone" = Desk expanded=false',
      'button "Show names"',
      'combobox "Loudspeaker" = System default disabled=true expanded=false',
      'combobox "Voice" = Thalia (en) expanded=false',
    ])
  })

  it('a conversation: who said what, what was cut, and nothing of what is not finished', async () => {
    const answer: Message = {
      id: 'm2',
      role: 'assistant',
      content: 'One',
      text: 'One two.',
      state: 'interrupted',
      playedSeconds: 1,
      latency: { tokenMs: 1, soundMs: 1 },
    }
    expect(
      await told(
        <DialogueView
          phase="listening"
          onStart={nothing}
          onInterrupt={nothing}
          onSend={nothing}
          showTextInput
          unfinished="what is not finished"
          history={[{ id: 'm1', role: 'user', content: 'Hello.' }, answer]}
          problem={{ part: 'speak', error, works: ['listen', 'reply'] }}
        />,
      ),
    ).toEqual([
      'button "Talk" pressed=true',
      'status live=polite',
      '  "Listening"',
      'button "Stop speaking" disabled=true',
      'group "Conversation"',
      '  log "Conversation"',
      '    "You"',
      '    ":"',
      '    "Hello."',
      '    "Assistant"',
      '    ":"',
      '    "One"',
      '    " two."',
      '    "Interrupted"',
      'alert live=assertive',
      '  "Another app is using the microphone. Close that app, then try again. Answers are written here meanwhile."',
      'group',
      '  DisclosureTriangle "Technical details" expanded=false',
      'form',
      '  textbox "Type a message"',
      '  button "Send"',
    ])
  })
})
