import { createDeepgramEmulator } from '../../src/testing/index.ts'
import { describeWebSocket } from './web-socket.ts'

describeWebSocket('the emulated one', () => {
  const emulator = createDeepgramEmulator({ speak: { firstAudioMs: 0 } })
  return {
    WebSocket: emulator.WebSocket,
    baseUrl: 'ws://localhost:8787',
    getToken: async () => (await emulator.getToken()).access_token,
    setFaults: (faults) => {
      emulator.faults = faults
    },
    getReceived: async () => {
      const frames = emulator.sockets.at(-1)?.received ?? []
      return frames.map((frame) => (typeof frame === 'string' ? frame : [...frame]))
    },
    dispose: () => {},
  }
})
