import { spawnSync } from 'node:child_process'

/** Whether this machine has ffmpeg with libopus; tests that need it are skipped without, and say so in their title. */
export const hasFfmpeg = spawnSync('ffmpeg', ['-v', 'error', '-encoders'], { encoding: 'utf8' }).stdout?.includes(
  'libopus',
)

/** Sends mono float samples through ffmpeg and returns what it wrote. */
export function ffmpeg(samples: Float32Array, sampleRate: number, ...output: string[]): Uint8Array {
  const input = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  const from = ['-f', 'f32le', '-ar', `${sampleRate}`, '-ac', '1', '-i', 'pipe:0']
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'error', ...from, ...output, 'pipe:1'], {
    input,
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`ffmpeg failed: ${stderr.toString()}`)
  return new Uint8Array(stdout)
}
