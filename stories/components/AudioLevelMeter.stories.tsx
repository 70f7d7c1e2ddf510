import type { Meta, StoryObj } from '@storybook/react-vite'
import { AudioLevelMeter, AudioLevelMeterView } from 'react-deepgram'
import 'react-deepgram/styles.css'
import '../scripts/page.css'

// The same from story to story: two sines, not chance.
const speech = () => 0.14 * (1 + Math.sin(performance.now() / 130)) * Math.abs(Math.sin(performance.now() / 700))

const meta = {
  title: 'Components/AudioLevelMeter',
  component: AudioLevelMeterView,
  subcomponents: { AudioLevelMeter },
  tags: ['autodocs'],
  args: { getLevel: speech },
} satisfies Meta<typeof AudioLevelMeterView>

export default meta
type Story = StoryObj<typeof meta>

export const Default: Story = {}
export const Bar: Story = { args: { variant: 'bar' } }
export const AtRest: Story = { args: { isActive: false } }
export const ReducedMotion: Story = { globals: { reducedMotion: 'reduce' } }
