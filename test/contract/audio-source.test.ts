import { createFakeAudioSource } from '../../src/testing/fake-source.ts'
import { describeAudioSource } from './audio-source.ts'

describeAudioSource('the fake one', () => {
  const source = createFakeAudioSource({ text: 'hello out there', pace: 'manual' })
  return {
    source,
    pass: (ms) => {
      if (source.isRunning) source.advance(ms)
      return Promise.resolve()
    },
    endInput: () => source.end(),
    held: () => Number(source.isRunning),
    dispose: () => {},
  }
})
