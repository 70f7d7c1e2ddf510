/* global AudioWorkletProcessor, currentFrame, registerProcessor -- as in every worklet */
// Hands over what is heard, block by block, while it is not silent.
registerProcessor(
  'speak-tap',
  class extends AudioWorkletProcessor {
    process([[samples]]) {
      if (samples?.some((value) => value !== 0))
        this.port.postMessage({ frame: currentFrame, samples: samples.slice() })
      return true
    }
  },
)
