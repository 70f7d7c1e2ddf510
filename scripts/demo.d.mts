import type { DeepgramEmulatorServer, EmulatorServerOptions } from 'react-deepgram/testing/node'

export interface DemoOptions {
  port?: number
  emulatorPort?: number
  apiKey?: string | undefined
  emulator?: EmulatorServerOptions
  page?: string
}

export interface Demo {
  readonly url: string
  readonly target: 'deepgram' | 'emulator'
  readonly emulator: DeepgramEmulatorServer | null
  close(): Promise<void>
}

export function startDemo(options?: DemoOptions): Promise<Demo>
