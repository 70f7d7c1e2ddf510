import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fn, userEvent, within } from 'storybook/test'
import { DeviceSelect, DeviceSelectView } from 'react-deepgram'
import 'react-deepgram/styles.css'
import '../scripts/page.css'

const meta = {
  title: 'Components/DeviceSelect',
  component: DeviceSelectView,
  subcomponents: { DeviceSelect },
  tags: ['autodocs'],
  args: {
    value: '',
    devices: [
      { deviceId: 'a', label: 'Built-in microphone' },
      { deviceId: 'b', label: 'USB headset with a very long name (0d8c:0014)' },
    ],
    onDeviceChange: fn(),
  },
} satisfies Meta<typeof DeviceSelectView>

export default meta
type Story = StoryObj<typeof meta>

export const Default: Story = {
  play: async ({ canvasElement, args }) => {
    const select = within(canvasElement).getByRole('combobox', { name: 'Microphone' })
    await userEvent.selectOptions(select, 'Built-in microphone')
    await expect(args.onDeviceChange).toHaveBeenCalledWith('a')
  },
}

/** Before permission the browser keeps the names back; a press asks for them. */
export const WithoutNames: Story = { args: { devices: [{ deviceId: '', label: '' }], onRequestNames: fn() } }

export const Loudspeakers: Story = { args: { kind: 'audiooutput', value: 'b' } }

/** Nothing is plugged in: the system's default is all there is to choose. */
export const WithoutDevices: Story = { args: { devices: [] } }

/** Nothing can be chosen now, for example while a recording runs. */
export const Disabled: Story = { args: { disabled: true, value: 'a' } }
