import type { Meta, StoryObj } from '@storybook/react-vite'
import { useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { VoiceSelect, VoiceSelectView, type VoiceSelectProps } from 'react-deepgram'
import { onTheWire } from '../scripts/stage.tsx'

const meta = {
  title: 'Components/VoiceSelect',
  component: VoiceSelect,
  subcomponents: { VoiceSelectView },
  tags: ['autodocs'],
  decorators: [onTheWire],
  args: { value: 'aura-2-thalia-en' },
} satisfies Meta<typeof VoiceSelect>

export default meta
type Story = StoryObj<typeof meta>

function Chosen(props: VoiceSelectProps) {
  const [model, setModel] = useState(props.value)
  return <VoiceSelect {...props} value={model} onVoiceChange={setModel} />
}

/** The button after it speaks with the chosen voice, in its language. */
export const Default: Story = {
  args: { preview: true },
  render: (args) => <Chosen {...args} />,
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement)
    const select = canvas.getByRole('combobox', { name: 'Voice' })
    await expect(select).toHaveDisplayValue('Thalia (en)')
    await userEvent.selectOptions(select, 'Apollo (en)')
    await expect(select).toHaveDisplayValue('Apollo (en)')
    const button = canvas.getByRole('button', { name: /^Try it/ })
    await userEvent.click(button)
    await waitFor(() => expect(button).toHaveAttribute('data-status', 'speaking'), { timeout: 10_000 })
    // Another voice begins anew.
    await userEvent.selectOptions(select, 'Hera (en)')
    await expect(canvas.getByRole('button', { name: /^Try it/ })).toHaveAttribute('data-status', 'idle')
  },
}

export const WithoutPreview: Story = {}

export const Japanese: Story = { args: { language: 'ja', value: 'aura-2-fujin-ja' } }

/** Voices of one's own choice. What is shown is read out of their names. */
export const OwnVoices: Story = {
  render: () => <VoiceSelectView value="aura-2-luna-en" voices={['aura-2-luna-en', 'aura-2-celeste-es', 'my-voice']} />,
}
