// @vitest-environment jsdom
import { afterEach, beforeEach, vi } from 'vitest'
import { installFakeMedia, type FakeMedia } from 'react-deepgram/testing'
import { createRecorderSource } from '../../src/capture/recorder-source.ts'
import { describeAudioSource } from './audio-source.ts'

let media: FakeMedia
beforeEach(() => {
  vi.useFakeTimers()
  media = installFakeMedia()
})
afterEach(() => {
  media.uninstall()
  vi.useRealTimers()
})

describeAudioSource('the recorder, in a page with fake media', () => ({
  source: createRecorderSource('microphone'),
  async pass(ms) {
    await vi.advanceTimersByTimeAsync(ms)
  },
  endInput: () => media.unplug('Fake microphone'),
  held: () => media.openMicrophones,
  dispose: () => {},
}))
