#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { type EmulatedSocket, startDeepgramEmulator } from './node.ts'

const help = `react-deepgram-emulator - plays the part of Deepgram for development and tests

Usage: react-deepgram-emulator [options]

  --port <number>  port to listen on; 0 takes any free one  (default 8787)
  --host <name>    address to listen on                     (default 127.0.0.1)
  --key <key>      the API key that is accepted             (default: any)
  --quiet          print the address and nothing else
  --help           print this

Endpoints: /v1/listen, /v2/listen, /v1/speak, /v2/speak, POST /v1/auth/grant
`

/** Something the user can put right; printed as one sentence. */
class UsageError extends Error {}

function readFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8787' },
        host: { type: 'string', default: '127.0.0.1' },
        key: { type: 'string' },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    // Node's message names the flag in its first sentence; the rest of it is about something else.
    const [sentence] = (error as Error).message.split('. ')
    throw new UsageError(`${sentence?.replace(/\.$/, '') ?? 'Unknown option'}; --help lists what there is.`)
  }
}

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new UsageError(`--port must be a number from 0 to 65535; it is ${text}.`)
}

function report(socket: EmulatedSocket): void {
  const name = `${socket.path} #${socket.index}`
  console.log(`${name} opened: ${socket.query.toString() || 'no parameters'}`)
  socket.onEnd(({ code, by }) => {
    console.log(`${name} closed by the ${by}, code ${code}, after ${socket.audioSeconds.toFixed(1)} s of audio`)
  })
}

async function run(args: string[]): Promise<void> {
  const flags = readFlags(args)
  if (flags.help) {
    console.log(help)
    return
  }
  const server = await startDeepgramEmulator({
    port: readPort(flags.port),
    host: flags.host,
    // Nobody looks at the frames here, and such a server runs for days.
    keepBytes: 0,
    onProblem: (error) => console.error(error.message),
    ...(flags.key !== undefined && { apiKey: flags.key }),
  })
  console.log(`Deepgram emulator listening on ${server.url}`)
  if (!flags.quiet) server.onSocket(report)
  const stop = (): void => void server.close().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
