/** The name under which {@link PCM_WORKLET} registers itself. */
export const PCM_PROCESSOR = 'react-deepgram-pcm'

/**
 * The program that runs on the audio thread, as a script without imports: the file for strict policies holds exactly this text.
 *
 * A text and not a function: bundlers and instruments would put names into a function that the audio thread does not know.
 * It gathers `frames` samples and posts them. Told `false` it posts what it has, then `null`, and rests; told `true` it
 * begins anew. An input that is not connected is silence, so that time goes on.
 */
export const PCM_WORKLET = `registerProcessor('${PCM_PROCESSOR}', class extends AudioWorkletProcessor {
  constructor({ processorOptions: { frames } }) {
    super()
    this.gathered = new Float32Array(frames)
    this.length = 0
    this.isOn = true
    this.port.onmessage = ({ data }) => {
      this.isOn = data
      if (data) this.length = 0
      else {
        this.post()
        this.port.postMessage(null)
      }
    }
  }
  post() {
    const samples = this.gathered.slice(0, this.length)
    if (this.length) this.port.postMessage(samples, [samples.buffer])
    this.length = 0
  }
  process([[samples]], [[silence]]) {
    if (this.isOn) for (const sample of samples || silence) {
      this.gathered[this.length++] = sample
      if (this.length === this.gathered.length) this.post()
    }
    return true
  }
})
`
