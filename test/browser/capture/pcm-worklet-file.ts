// The worklet as a page of its own origin would serve it: the text of the library, run in the worklet's own scope.
import { PCM_WORKLET } from '../../../src/capture/pcm-worklet.ts'

// eslint-disable-next-line @typescript-eslint/no-implied-eval -- a stand-in for the file that the build writes
new Function(PCM_WORKLET)()
