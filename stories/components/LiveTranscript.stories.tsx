import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { DeepgramError, LiveTranscript, LiveTranscriptView, type LiveTranscriptProps } from 'react-deepgram'
import { arabicLabels, japaneseLabels } from '../scripts/labels.ts'
import { onTheWire, useStorySource } from '../scripts/stage.tsx'
import {
  arabic,
  english,
  hebrew,
  hours,
  interimOf,
  interview,
  japanese,
  segmentsOf,
  welcome,
  welcomeSound,
} from '../scripts/texts.ts'

const meta = {
  title: 'Components/LiveTranscript',
  component: LiveTranscript,
  subcomponents: { LiveTranscriptView },
  tags: ['autodocs'],
  decorators: [onTheWire],
} satisfies Meta<typeof LiveTranscript>

export default meta
type Story = StoryObj<typeof meta>

function WithMicrophone(props: LiveTranscriptProps) {
  return <LiveTranscript source={useStorySource(welcomeSound)} {...props} />
}

/** Press the microphone: the emulator hears it, over the true path. The toolbar changes the line and the microphone. */
export const Default: Story = {
  args: { language: 'en', smartFormat: true },
  parameters: { script: welcome },
  render: (args) => <WithMicrophone {...args} />,
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    const button = canvas.getByRole('button', { name: 'Listen to the microphone' })
    const log = canvas.getByRole('log', { name: 'Transcript' })
    await expect(button).toHaveAttribute('aria-pressed', 'false')
    await userEvent.click(button)
    await waitFor(() => expect(canvas.getByText('Listening')).toBeVisible())
    await expect(button).toHaveAttribute('aria-pressed', 'true')
    await waitFor(() => expect(log).toHaveTextContent('Welcome to the reading room.'), { timeout: 15_000 })
    await userEvent.click(button)
    await waitFor(() => expect(canvas.getByText('Ready')).toBeVisible(), { timeout: 10_000 })
    await expect(log).toHaveTextContent('Welcome to the reading room.')
  },
}

/** The microphone is refused; the button tries again. */
export const MicrophoneBlocked: Story = {
  globals: { microphone: 'denied' },
  render: (args) => <WithMicrophone {...args} />,
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    await waitFor(() => expect(canvas.getByRole('alert')).toHaveTextContent('The microphone is blocked.'))
    await expect(canvas.getByRole('button', { name: 'Try again' })).toBeVisible()
  },
}

/** Nothing answers at the other end. */
export const Offline: Story = {
  args: { reconnect: false },
  globals: { network: 'offline' },
  render: (args) => <WithMicrophone {...args} />,
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    await userEvent.click(canvas.getByRole('button', { name: 'Listen to the microphone' }))
    await waitFor(() => expect(canvas.getByRole('alert')).not.toBeEmptyDOMElement(), { timeout: 10_000 })
  },
}

const level = () => 0.12 + 0.1 * Math.sin(performance.now() / 90) * Math.sin(performance.now() / 410)
const nothing = () => {}

const shows = (props: React.ComponentProps<typeof LiveTranscriptView>): Story => ({
  render: () => <LiveTranscriptView getLevel={level} onStart={nothing} onStop={nothing} {...props} />,
})

const settled = segmentsOf(english)

export const Idle = shows({ status: 'idle' })
export const RequestingPermission = shows({ status: 'requesting-permission' })
export const Connecting = shows({ status: 'connecting', isCapturing: true })
export const Listening = shows({
  status: 'listening',
  segments: settled,
  interim: interimOf('and what is not finished yet looks'),
})
export const Paused = shows({ status: 'paused', segments: settled })
export const Reconnecting = shows({
  status: 'reconnecting',
  segments: settled,
  interim: interimOf('this was heard before the line was lost', true),
})
export const Stopping = shows({ status: 'stopping', segments: settled, interim: interimOf('the last few words') })

export const Failed = shows({
  status: 'error',
  segments: settled,
  error: new DeepgramError(
    'reconnect-exhausted',
    'The connection was lost and 10 attempts to open it again failed; what is said now is not transcribed; check the network and start again.',
    { retryable: true, details: { requestId: '0192c7a0-6d1f-7c3e-9a51-0242ac120002' } },
  ),
})

const problems = [
  'permission-denied',
  'device-not-found',
  'device-busy',
  'constraints',
  'token-failed',
  'connect-timeout',
  'connection-lost',
  'no-audio-timeout',
  'rate-limited',
  'payment-required',
  'insecure-context',
  'unsupported',
] as const

/** What a person meets, each with the button that helps. Every code is in the stories of `DeepgramErrorMessage`. */
export const EveryProblem: Story = {
  render: () => (
    <div className="grid">
      {problems.map((code) => (
        <LiveTranscriptView
          key={code}
          status="error"
          error={new DeepgramError(code, 'What happened; why it matters; what to do.')}
          onStart={nothing}
          getLevel={level}
          labels={{ transcript: `Transcript, ${code}` }}
        />
      ))}
    </div>
  ),
}

export const AudioWasLost = shows({
  status: 'listening',
  segments: settled,
  warning: { code: 'audio-lost', message: '2.4 s of audio were lost with the connection; those words are missing.' },
})

/** One utterance came in three pieces: they flow, with the spaces that their script wants. */
export const OneUtterance: Story = {
  ...shows({
    status: 'listening',
    segments: segmentsOf(['The quick brown fox jumps', 'over the', 'lazy dog.']),
    utterances: [],
  }),
  play: async ({ canvasElement }) => {
    const log = within(canvasElement).getByRole('log')
    await expect(log.textContent).toBe('The quick brown fox jumps over the lazy dog.')
  },
}

/** The last words were never confirmed by the service: dotted. */
export const Provisional = shows({
  segments: [...settled, ...segmentsOf(['these words were not confirmed'], { id: 'p', isProvisional: true })],
})

export const Speakers = shows({
  status: 'listening',
  segments: segmentsOf(interview),
  interim: interimOf('and then one day'),
})
export const Times = shows({ segments: segmentsOf(interview), showTimes: true })

/** Names in place of numbers. */
export const NamedSpeakers = shows({
  segments: segmentsOf(interview),
  speakerNames: { '0:0': 'Interviewer', '0:1': 'Dr. Amara Obi' },
})

/** Sound that nobody will hear any more is a line of its own, with its length and the reason. */
export const Gaps = shows({
  status: 'listening',
  segments: segmentsOf(english),
  gaps: [
    { id: 'g1', start: 2.7, end: 5, duration: 4.2, reason: 'buffer-full' },
    { id: 'g2', start: 8.8, end: 8.8, duration: 61, reason: 'asleep' },
  ],
})

/** Each piece is a text box where it stands; Enter goes on to the next, Escape leaves it as it was. */
export const Editable: Story = {
  ...shows({ editable: true, segments: segmentsOf(interview), showTimes: true }),
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    await userEvent.click(canvas.getByRole('button', { name: 'Edit', pressed: false }))
    const piece = canvas.getByRole('textbox', { name: 'Text at 0:09' })
    await userEvent.click(piece)
    await userEvent.keyboard('{Control>}a{/Control}And what was said?{Enter}')
    await expect(piece).toHaveTextContent('And what was said?')
    const fields = canvas.getAllByRole('textbox')
    await expect(fields[fields.indexOf(piece) + 1]).toHaveFocus()
    await userEvent.click(canvas.getByRole('button', { name: 'Undo' }))
    await expect(piece).toHaveTextContent('And could you understand what was said?')
  },
}

/** Copying, and saving as text, SRT or WebVTT; Escape folds the formats away again. */
export const TakingItAway: Story = {
  ...shows({ segments: segmentsOf(interview) }),
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    const download = canvas.getByRole('button', { name: 'Download', expanded: false })
    download.focus()
    await userEvent.keyboard('{Enter}')
    const formats = within(canvas.getByRole('group', { name: 'Download' }))
    await expect(formats.getAllByRole('button').map(({ textContent }) => textContent)).toEqual([
      'Text',
      'SRT',
      'WebVTT',
    ])
    await userEvent.tab()
    await expect(formats.getByRole('button', { name: 'Text' })).toHaveFocus()
    await userEvent.keyboard('{Escape}')
    await expect(download).toHaveFocus()
    await userEvent.click(download)
  },
}

export const PushToTalk = shows({ status: 'idle', microphoneMode: 'push-to-talk' })

/** Two hours of talk. Every row is in the document; what is off the screen costs no layout. */
export const LongText: Story = {
  ...shows({ status: 'listening', segments: segmentsOf(hours), interim: interimOf('still going') }),
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    const box = canvas.getByRole('group', { name: 'Transcript' })
    const isAtEnd = () => box.scrollHeight - box.clientHeight - box.scrollTop < 20
    await waitFor(() => expect(isAtEnd()).toBe(true))
    await expect(canvas.queryByRole('button', { name: 'Jump to latest' })).toBeNull()
    // A reader scrolls up from what was seen, not from what was only just laid out.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    box.scrollTop = 0
    await userEvent.click(await canvas.findByRole('button', { name: 'Jump to latest' }))
    await waitFor(() => expect(isAtEnd()).toBe(true))
    await expect(box).toHaveFocus()
  },
}

/** From right to left, with every word in Arabic. */
export const Arabic: Story = {
  ...shows({
    lang: 'ar',
    status: 'listening',
    segments: segmentsOf(arabic),
    interim: interimOf('وما لم يكتمل بعد'),
    labels: arabicLabels,
  }),
  globals: { direction: 'rtl' },
}

/** Each line goes its own way, whatever the way of the page. */
export const MixedDirections = shows({
  status: 'listening',
  segments: segmentsOf([english[0]!, hebrew[0]!, arabic[1]!, 'An override \u202Ecannot turn a line round.']),
  interim: interimOf(hebrew[1]!),
})

export const Japanese = shows({
  lang: 'ja',
  status: 'listening',
  segments: segmentsOf(japanese),
  interim: interimOf('まだ終わっていない'),
  labels: japaneseLabels,
})
