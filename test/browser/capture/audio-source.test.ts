import { afterEach, beforeEach } from 'vitest'
import { createPcmSource } from '../../../src/capture/pcm-source.ts'
import { createRecorderSource } from '../../../src/capture/recorder-source.ts'
import type { AudioSource } from '../../../src/audio/ports.ts'
import { describeAudioSource, type AudioSourceHarness } from '../../contract/audio-source.ts'
import { gaugePage } from '../../support/browser-gauges.ts'

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let gauge = gaugePage()
gauge.restore()
beforeEach(() => {
  gauge = gaugePage()
})
afterEach(() => gauge.restore())

/** A source on the browser's own fake microphone. */
function onMicrophone(create: (input: 'microphone') => AudioSource): () => AudioSourceHarness {
  return () => {
    const tracks: MediaStreamTrack[] = []
    const { mediaDevices } = navigator
    const open = mediaDevices.getUserMedia.bind(mediaDevices)
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints)
      tracks.push(...stream.getTracks())
      return stream
    }
    return {
      source: create('microphone'),
      pass,
      // A track that its owner stops fires no event; one whose device goes away does.
      endInput: () => tracks.at(-1)?.dispatchEvent(new Event('ended')),
      held: () => {
        const { tracks: open, contexts, recorders } = gauge.held()
        return open + contexts + recorders
      },
      dispose: () => {
        mediaDevices.getUserMedia = open
      },
    }
  }
}

describeAudioSource('the recorder', onMicrophone(createRecorderSource))
describeAudioSource('the samples of a worklet', onMicrophone(createPcmSource))
