import type { Meta, StoryObj } from '@storybook/react-vite'
import { useState } from 'react'
import { expect, userEvent, within } from 'storybook/test'
import { SpeakButton, VoiceSelect } from 'react-deepgram'
import { onTheWire } from '../scripts/stage.tsx'

const meta = {
  title: 'Components/VoiceSelect',
  component: VoiceSelect,
  tags: ['autodocs'],
  decorators: [onTheWire],
  args: { value: 'aura-2-thalia-en' },
} satisfies Meta<typeof VoiceSelect>

export default meta
type Story = StoryObj<typeof meta>

function WithPreview({ value }: { value: string }) {
  const [model, setModel] = useState(value)
  return (
    <div style={{ display: 'flex', flexWrap: 'wrap', gap: '1rem', alignItems: 'center' }}>
      <VoiceSelect value={model} onVoiceChange={setModel} />
      <SpeakButton text="This is how I sound." model={model}>
        Try it
      </SpeakButton>
    </div>
  )
}

/** The button beside it speaks with the chosen voice. */
export const Default: Story = {
  render: (args) => <WithPreview {...args} />,
  play: async ({ canvasElement }) => {
    const select = within(canvasElement).getByRole('combobox', { name: 'Voice' })
    await expect(select).toHaveDisplayValue('Thalia (en)')
    await userEvent.selectOptions(select, 'Apollo (en)')
    await expect(select).toHaveDisplayValue('Apollo (en)')
  },
}

export const Japanese: Story = { args: { language: 'ja', value: 'aura-2-fujin-ja' } }
