import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startProgram } from './programs.ts'

const run = promisify(execFile)

/** The programs of PulseAudio that {@link startSoundServer} uses. */
export const SOUND_PROGRAMS = ['pulseaudio', 'pactl', 'paplay', 'parec']

/** A room with a microphone and a loudspeaker that are software, for the browsers that are started in `env`. */
export interface SoundServer {
  /** What a browser must have in its environment to hear and speak here. */
  readonly env: Readonly<Record<string, string>>
  /** Plays a WAV file in front of the microphone; resolves when it has been played. */
  play(wav: Uint8Array): Promise<void>
  /** Lets the microphone hear the loudspeaker, as in a real room. Resolves with the undo. */
  joinSpeakerToMicrophone(): Promise<() => Promise<void>>
  /** Records what the loudspeaker plays, mono, at this rate. Resolves when the recording runs. */
  record(sampleRate: number): Promise<SoundRecording>
  close(): Promise<void>
}

/** A recording of the loudspeaker. */
export interface SoundRecording {
  /** Seconds so far. */
  readonly seconds: () => number
  /** What was recorded so far. */
  readonly samples: () => Float32Array<ArrayBuffer>
  /** Ends it and returns all of it. */
  stop(): Promise<Float32Array<ArrayBuffer>>
}

/**
 * Starts a PulseAudio of its own, beside whatever sound system the machine has: its folder and its socket are new, it loads
 * no device of the machine, and no other program knows of it.
 */
export async function startSoundServer(): Promise<SoundServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sound-'))
  const socket = join(folder, 'native')
  const env = {
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    XDG_CONFIG_HOME: folder,
    PULSE_RUNTIME_PATH: folder,
    PULSE_STATE_PATH: folder,
    PULSE_SERVER: `unix:${socket}`,
    // Nothing may look for the session of the person at this machine.
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
  }
  const all = { ...process.env, ...env }
  const server = startProgram(
    'pulseaudio',
    [
      ...['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=300', '--disable-shm=yes'],
      ...['-L', `module-native-protocol-unix auth-anonymous=1 socket=${socket}`],
      ...['-L', 'module-null-sink sink_name=loudspeaker rate=48000 channels=2'],
      ...['-L', 'module-null-sink sink_name=room rate=48000 channels=1'],
      // Browsers leave the monitors of sinks out of their lists; a source of its own is a microphone to them.
      ...['-L', 'module-remap-source source_name=microphone master=room.monitor'],
    ],
    all,
  )
  const close = async (): Promise<void> => {
    await server.end()
    rmSync(folder, { recursive: true, force: true })
  }
  const control = async (...args: string[]): Promise<string> => (await run('pactl', args, { env: all })).stdout.trim()
  const isUp = async (): Promise<boolean> => {
    try {
      await control('set-default-source', 'microphone')
      await control('set-default-sink', 'loudspeaker')
      return true
    } catch {
      return false
    }
  }
  for (let tries = 0; !(await isUp()); tries++) {
    if (tries > 50 || server.process.exitCode !== null) {
      await close()
      throw new Error(`PulseAudio did not start: ${server.errors()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }

  let files = 0
  return {
    env,
    async play(wav) {
      const file = join(folder, `${files++}.wav`)
      writeFileSync(file, wav)
      await run('paplay', ['--device=room', file], { env: all })
    },
    async joinSpeakerToMicrophone() {
      const loop = 'source=loudspeaker.monitor sink=room latency_msec=50'.split(' ')
      const module = await control('load-module', 'module-loopback', ...loop)
      return async () => {
        await control('unload-module', module)
      }
    },
    async record(sampleRate) {
      const format = ['--raw', '--format=float32le', '--channels=1', `--rate=${sampleRate}`, '--latency-msec=20']
      const recorder = startProgram('parec', ['--device=loudspeaker.monitor', ...format], all)
      const chunks: Buffer[] = []
      const flows = new Promise((resolve) => recorder.process.stdout?.once('data', resolve))
      recorder.process.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
      await Promise.race([flows, recorder.ended])
      if (chunks.length === 0) throw new Error(`parec did not record: ${recorder.errors()}`)
      const samples = (): Float32Array<ArrayBuffer> => {
        const bytes = Buffer.concat(chunks)
        return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.byteLength & ~3)))
      }
      return {
        seconds: () => chunks.reduce((sum, { byteLength }) => sum + byteLength, 0) / 4 / sampleRate,
        samples,
        async stop() {
          await recorder.end()
          return samples()
        },
      }
    },
    close,
  }
}
