// Starts Next. Without DEEPGRAM_API_KEY, an emulator on this machine is Deepgram.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { startDeepgramEmulator } from 'react-deepgram/testing/node'

const env = { ...process.env }
if (!env.DEEPGRAM_API_KEY) {
  const emulator = await startDeepgramEmulator({ port: Number(env.EMULATOR_PORT ?? 8787) })
  env.DEEPGRAM_API_KEY = emulator.apiKey
  env.DEEPGRAM_BASE_URL = emulator.httpUrl
}
const next = createRequire(import.meta.url).resolve('next/dist/bin/next')
const child = spawn(process.execPath, [next, 'dev', ...process.argv.slice(2)], { env, stdio: 'inherit' })
child.on('exit', (code) => process.exit(code ?? 0))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
