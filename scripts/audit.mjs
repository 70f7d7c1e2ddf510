// Asks the registry whether anything that comes with the library is known to be vulnerable.
// Without a network, or with a registry that answers no such question, it says so: that is no finding, and no all-clear. With
// `--strict` it then ends with 77, which is neither, in place of 0.
import { spawnSync } from 'node:child_process'
import { root } from './doors.mjs'

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--omit=optional', '--omit=peer', '--json'], {
  cwd: root,
  encoding: 'utf8',
  timeout: 60_000,
  shell: process.platform === 'win32',
})
const { vulnerabilities, metadata, message, error } = parse(stdout)
if (!metadata || !vulnerabilities) {
  console.log(
    'Nothing is known about vulnerabilities, for the registry did not say ' +
      `(${String(message ?? error?.summary ?? stderr).split('\n')[0] || 'no answer'})`,
  )
  if (process.argv.includes('--strict')) process.exitCode = 77
} else {
  const found = Object.values(vulnerabilities)
  for (const { name, severity } of found) console.error(`${name}: ${severity}`)
  console.log(`${metadata.dependencies?.prod ?? 0} packages, ${found.length} known to be vulnerable`)
  if (found.length > 0) process.exitCode = 1
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
