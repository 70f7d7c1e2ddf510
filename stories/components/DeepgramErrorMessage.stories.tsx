import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, within } from 'storybook/test'
import { DeepgramError, DeepgramErrorMessage, DeepgramErrorMessageView, type DeepgramErrorCode } from 'react-deepgram'
import 'react-deepgram/styles.css'
import '../scripts/page.css'

const meta = {
  title: 'Components/DeepgramErrorMessage',
  component: DeepgramErrorMessageView,
  subcomponents: { DeepgramErrorMessage },
  tags: ['autodocs'],
  args: { error: null, onRetry: () => {} },
} satisfies Meta<typeof DeepgramErrorMessageView>

export default meta
type Story = StoryObj<typeof meta>

const codes: Record<DeepgramErrorCode, true> = {
  'unsafe-api-key': true,
  'invalid-token': true,
  'token-failed': true,
  'token-timeout': true,
  'token-unreachable': true,
  'handshake-failed': true,
  'subprotocol-mismatch': true,
  'connect-timeout': true,
  'connection-lost': true,
  'reconnect-exhausted': true,
  'invalid-audio': true,
  'no-audio-timeout': true,
  'service-error': true,
  'rate-limited': true,
  'payment-required': true,
  'text-too-long': true,
  'permission-denied': true,
  'permission-dismissed': true,
  'policy-blocked': true,
  'device-not-found': true,
  'device-busy': true,
  constraints: true,
  'insecure-context': true,
  'insecure-url': true,
  unsupported: true,
  'source-ended': true,
  'playback-blocked': true,
  'playback-failed': true,
  revoked: true,
  'reply-failed': true,
  aborted: true,
}

const errorOf = (code: DeepgramErrorCode): DeepgramError =>
  new DeepgramError(code, 'What happened stands here for developers; why it matters; and what to do.')

export const Default: Story = {
  args: { error: errorOf('permission-denied') },
  play: async ({ canvasElement }) => {
    await expect(within(canvasElement).getByRole('alert')).toHaveTextContent('Allow it for this site')
  },
}

/** The region is there before the error is, so that it is announced when it comes. */
export const NoError: Story = {
  play: async ({ canvasElement }) => {
    await expect(within(canvasElement).getByRole('alert')).toBeEmptyDOMElement()
  },
}

/** Every code in plain words. */
export const EveryCode: Story = {
  render: (args) => (
    <div style={{ display: 'grid', gap: '0.75rem', maxWidth: '48rem' }}>
      {(Object.keys(codes) as DeepgramErrorCode[]).map((code) => (
        <DeepgramErrorMessageView key={code} {...args} error={errorOf(code)} />
      ))}
    </div>
  ),
}

export const WithoutDetails: Story = { args: { error: errorOf('device-busy'), showDetails: false } }
