// TypeScript over everything, then over each pure folder by itself: its own settings know no DOM, no timers and no Node.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { root } from './doors.mjs'

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
let failed = false
for (const project of ['.', 'src/protocol', 'src/audio', 'src/transcript', 'src/text']) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', project, '--noEmit', '--pretty'], {
    cwd: root,
    stdio: ['ignore', 1, 2],
  })
  if (status !== 0) {
    failed = true
    console.error(`TypeScript: errors in ${project === '.' ? 'the project' : project}`)
  }
}
process.exit(failed ? 1 : 0)
