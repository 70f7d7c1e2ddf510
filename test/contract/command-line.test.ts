import { spawn } from 'node:child_process'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { commandLine, root } from '../../scripts/doors.mjs'
import { startDeepgramEmulator } from '../../src/testing/node.ts'
import { requireBuild } from '../support/packed.ts'

beforeAll(requireBuild)

const running: (() => void)[] = []
afterEach(() => {
  for (const end of running.splice(0)) end()
})

function run(...args: string[]) {
  const child = spawn(process.execPath, [`${root}/${commandLine.built}`, ...args])
  const output = { out: '', err: '' }
  child.stdout.on('data', (data: Buffer) => (output.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output.err += data.toString()))
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, ...output }))
  })
  running.push(() => child.kill('SIGKILL'))
  return { child, output, ended }
}

test('the command prints its address, serves, and ends cleanly on SIGINT', async () => {
  const { child, output, ended } = run('--port', '0', '--key', 'the-key')
  await expect.poll(() => output.out, { timeout: 10_000 }).toMatch(/ws:\/\/127\.0\.0\.1:\d+/)
  const [, port] = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(output.out)!
  const grant = (key: string) =>
    fetch(`http://127.0.0.1:${port}/v1/auth/grant`, { method: 'POST', headers: { authorization: `Token ${key}` } })
  expect([(await grant('the-key')).status, (await grant('wrong')).status]).toEqual([200, 401])
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 0, err: '' })
})

test('--help names every option and ends', async () => {
  const { code, out, err } = await run('--help').ended
  expect([code, err]).toEqual([0, ''])
  for (const flag of ['--port', '--host', '--key', '--quiet', '--help']) expect(out).toContain(flag)
})

test.each([
  [['--nonsense'], "Unknown option '--nonsense'; --help lists what there is.\n"],
  [['--port', 'many'], '--port must be a number from 0 to 65535; it is many.\n'],
  [['--port', '70000'], '--port must be a number from 0 to 65535; it is 70000.\n'],
  [['stray'], "Unexpected argument 'stray'; --help lists what there is.\n"],
])('%j is one clear sentence and exit code 1', async (args, sentence) => {
  expect(await run(...args).ended).toEqual({ code: 1, out: '', err: sentence })
})

test('a busy port is one clear sentence and exit code 1', async () => {
  const server = await startDeepgramEmulator({ port: 0 })
  const { code, err } = await run('--port', String(server.port)).ended
  expect([code, err]).toEqual([1, expect.stringMatching(/^Port \d+ on 127\.0\.0\.1 is in use[^\n]*\.\n$/)])
  await server.close()
})
