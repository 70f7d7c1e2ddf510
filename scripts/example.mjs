// Starts an example from the packed package, as a stranger would have it: npm run example vite
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './doors.mjs'
import { packInto } from './pack.mjs'

const [name, ...args] = process.argv.slice(2)
const names = readdirSync(join(root, 'examples')).filter((each) =>
  existsSync(join(root, 'examples', each, 'package.json')),
)
if (!names.includes(name)) {
  console.error(`Which example? There are: ${names.join(', ')}. For instance: npm run example ${names[0]}`)
  process.exit(1)
}
const cwd = join(root, 'examples', name)
const shell = process.platform === 'win32'
execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--if-stale'], { stdio: ['ignore', 1, 2] })
const tarball = packInto(join(root, 'node_modules/.cache/react-deepgram'))
// A package of the same version as the one installed before is taken for the same package.
rmSync(join(cwd, 'node_modules/react-deepgram'), { recursive: true, force: true })
execFileSync('npm', ['install', '--no-save', '--no-package-lock', '--loglevel', 'error', tarball], {
  cwd,
  shell,
  stdio: ['ignore', 1, 2],
})
const child = spawn('npm', ['start', '--', ...args], { cwd, shell, stdio: 'inherit' })
child.on('exit', (code) => process.exit(code ?? 0))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
