/* global AudioWorkletProcessor, currentFrame, registerProcessor -- as in every worklet */
// Tells the frame of every sample that can be heard.
registerProcessor(
  'bench-tap',
  class extends AudioWorkletProcessor {
    process([input]) {
      const samples = input[0] ?? []
      for (let i = 0; i < samples.length; i++) if (Math.abs(samples[i]) > 1e-4) this.port.postMessage(currentFrame + i)
      return true
    }
  },
)
