// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeAll, expect, it } from 'vitest'
import {
  ConnectionStatusView,
  DeepgramError,
  DeepgramErrorMessageView,
  DeviceSelectView,
  LiveTranscriptView,
  MicrophoneButtonView,
  SpeakButtonView,
  VoiceSelect,
  type DeepgramLabels,
  type ListenWarning,
} from 'react-deepgram'
import { LISTEN_STATUSES, SPEAK_STATUSES } from '../../../stories/scripts/statuses.ts'
import { segmentsOf } from './segments.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

/** A language in which every string is marked. */
const marked = new Proxy({}, { get: (_, name) => `⟦${String(name)} {n}⟧` }) as DeepgramLabels

/** Everything that people see or hear, and that is not from the application's own data. */
function foreignStrings(root: Element, data: RegExp): string[] {
  const found: string[] = []
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Element)
      found.push(...['aria-label', 'title', 'alt'].map((name) => node.getAttribute(name) ?? ''))
    else found.push(node.nodeValue ?? '')
  }
  return found.filter((text) => /\p{L}/u.test(text.replace(/⟦[^⟧]*⟧/g, '').replace(data, '')))
}

const warnings: ListenWarning['code'][] = [
  'drain-timeout',
  'input-muted',
  'no-input',
  'device-lost',
  'device-changed',
  'format-changed',
  'audio-lost',
  'audio-altered',
  'congested',
  'ending-soon',
  'idle-timeout',
  'max-duration',
]

it('has no string that cannot be translated', async () => {
  const error = new DeepgramError('unsupported', 'DATA')
  const labels = marked
  const { container } = render(
    <>
      {LISTEN_STATUSES.map((status) => (
        <div key={status}>
          <ConnectionStatusView {...{ status, labels }} />
          <MicrophoneButtonView {...{ status, labels }} />
          <MicrophoneButtonView {...{ status, labels }} mode="push-to-talk" />
        </div>
      ))}
      {SPEAK_STATUSES.map((status) => (
        <div key={status}>
          <ConnectionStatusView {...{ status, labels }} kind="speech" />
          <SpeakButtonView {...{ status, labels }} text="DATA" />
          <SpeakButtonView {...{ status, labels }} text="DATA" whileSpeaking="pause" />
        </div>
      ))}
      {warnings.map((code) => (
        <LiveTranscriptView key={code} labels={labels} warning={{ code, message: 'in English' }} />
      ))}
      <SpeakButtonView labels={labels} text="" />
      <DeepgramErrorMessageView {...{ error, labels }} onRetry={() => {}} />
      <DeepgramErrorMessageView
        error={new DeepgramError('connection-lost', 'DATA')}
        labels={labels}
        onRetry={() => {}}
      />
      <DeviceSelectView labels={labels} value="" devices={[{ deviceId: 'a', label: '' }]} onRequestNames={() => {}} />
      <VoiceSelect labels={labels} value="DATA" language="ja" preview />
      <div id="transcript">
        <LiveTranscriptView
          {...{ labels, error }}
          editable
          segments={segmentsOf(['DATA', 'DATA']).map((segment) => ({ ...segment, speaker: 0 }))}
          gaps={[{ id: 'g', start: 0, end: 2, duration: 2, reason: 'asleep' }]}
          onStart={() => {}}
        />
      </div>
    </>,
  )
  const transcript = document.querySelector('#transcript')!
  for (const name of ['download', 'edit']) {
    await userEvent.click(
      [...transcript.querySelectorAll('button')].find((each) => each.textContent.includes(`⟦${name} `))!,
    )
  }
  expect(screen.getAllByRole('textbox')).toHaveLength(3)
  expect(container.textContent).toContain('⟦warning.congested')
  // Voices and error codes are names, and stay as they are.
  const options = /^(Ama|Ebisu|Fujin|Izanami|Uzume) \(ja\)$|DATA|^(unsupported|connection-lost)$/
  expect(foreignStrings(container, options)).toEqual([])
})
