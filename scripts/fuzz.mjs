// Tries what reads the words of others with a hundred thousand generated cases, drawn anew each time.
//
//   npm run fuzz -- [--runs 100000] [--seed N] [name …]     names: decode, fold-listen-v1, webm, …
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from './doors.mjs'
import { tool } from './tool.mjs'

/** What reads what comes from outside; the other properties are about the library's own arithmetic. */
const SUITES = ['decode', 'fold-listen-v1', 'fold-listen-v2', 'webm', 'endpoint', 'token-handler']

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string', default: 'random' } },
  allowPositionals: true,
})
const names = positionals.length > 0 ? positionals : SUITES
const child = spawn(
  process.execPath,
  [tool('vitest', 'vitest.mjs'), 'run', '--project', 'node', ...names.map((name) => `test/fuzz/${name}.test.ts`)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, FUZZ_RUNS: values.runs, FUZZ_SEED: values.seed } },
)
child.on('close', (code) => (process.exitCode = code ?? 1))
