// Compares the looks of the stories with the pictures of them in test/baselines, or renews the pictures.
//
//   npm run looks -- [--write]
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from './doors.mjs'
import { tool } from './tool.mjs'

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const child = spawn(
  process.execPath,
  [tool('vitest', 'vitest.mjs'), 'run', '--project', 'e2e', 'test/e2e/looks.test.ts'],
  { cwd: root, stdio: 'inherit', env: { ...process.env, LOOKS: values.write ? 'write' : 'compare' } },
)
child.on('close', (code) => (process.exitCode = code ?? 1))
