import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { root } from '../../scripts/doors.mjs'
import { packedFiles, requireBuild } from '../support/packed.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')

describe('what is packed', () => {
  let packed: string[]

  beforeAll(() => {
    requireBuild()
    packed = packedFiles()
  }, 60_000)

  test('is modules with their maps and declarations, the stylesheet, the sources, and the papers; nothing else', () => {
    const kinds = [
      /^dist\/.+\.js(\.map)?$/,
      /^dist\/.+\.d\.ts$/,
      /^dist\/styles\.css$/,
      /^src\/.+\.(tsx?|css)$/,
      /^(README|CHANGELOG|SECURITY)\.md$/,
      /^LICENSE$/,
      /^package\.json$/,
    ]
    expect(packed.filter((file) => !kinds.some((kind) => kind.test(file)))).toEqual([])
    // A kind that nothing is of would be a hole in this test.
    expect(kinds.filter((kind) => !packed.some((file) => kind.test(file)))).toEqual([])
  })

  test('has no built file whose source is gone', () => {
    const sources = packed.filter((file) => file.startsWith('src/'))
    const orphans = packed
      .filter((file) => /^dist\/.*\.js$/.test(file))
      .filter((file) => {
        const name = file.replace(/^dist\/(server\/shared\/)?/, 'src/').replace(/\.js$/, '')
        return !sources.some((source) => source === `${name}.ts` || source === `${name}.tsx`)
      })
    // The worklet's program is written as a file of its own; the last is the bundler's own help.
    expect(orphans.filter((file) => file !== 'dist/pcm-worklet.js' && !file.startsWith('dist/_virtual/'))).toEqual([])
  })

  test('names no folder of the machine that built it', () => {
    const telling = packed
      .filter((file) => file.startsWith('dist/'))
      .filter((file) => read(file).includes(root) || /file:\/\/\/(home|Users|tmp|work)\//.test(read(file)))
    expect(telling).toEqual([])
  })

  test('is a small download', () => {
    const bytes = packed.reduce((sum, file) => sum + statSync(join(root, file)).size, 0)
    expect(bytes).toBeLessThan(4_000_000)
  })

  test('depends at run time on zustand and valibot alone, and runs nothing when it is installed', () => {
    const { dependencies, scripts } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
    expect(Object.keys(dependencies!).sort()).toEqual(['valibot', 'zustand'])
    expect(Object.keys(scripts!).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
  })
})

describe('a release', () => {
  test('takes the version and the changelog from the changesets', { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'react-deepgram-release-'))
    try {
      const { name, version } = JSON.parse(read('package.json')) as { name: string; version: string }
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }))
      for (const path of ['CHANGELOG.md', '.changeset', '.prettierrc.json']) {
        cpSync(join(root, path), join(folder, path), { recursive: true })
      }
      for (const file of readdirSync(join(folder, '.changeset'))) {
        if (file.endsWith('.md') && file !== 'README.md') rmSync(join(folder, '.changeset', file))
      }
      writeFileSync(join(folder, '.changeset/a.md'), `---\n'${name}': minor\n---\n\nHears whispers.\n`)
      execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: folder })
      const command = join(root, 'node_modules/@changesets/cli/bin.js')
      execFileSync(process.execPath, [command, 'version'], { cwd: folder, stdio: 'pipe' })
      const [major, minor] = version.split('.').map(Number)
      const next = `${major}.${minor! + 1}.0`
      expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toEqual({ name, version: next })
      const [title, ...sections] = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8').split(/^## /m)
      expect(title).toMatch(/^# Changelog\n/)
      expect(sections[0]).toMatch(new RegExp(`^${next.replaceAll('.', '\\.')}\\n`))
      expect(sections[0]).toContain('Hears whispers.')
      expect(sections.slice(1).join('')).toBe(read('CHANGELOG.md').split(/^## /m).slice(1).join(''))
      expect(existsSync(join(folder, '.changeset/a.md'))).toBe(false)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  interface Workflow {
    permissions: Record<string, string>
    jobs: Record<string, { permissions?: Record<string, string>; steps: Step[] }>
  }
  interface Step {
    run?: string
    uses?: string
    with?: Record<string, unknown>
    env?: Record<string, string>
  }
  const workflow = (name: string) => parse(read(`.github/workflows/${name}.yml`)) as Workflow

  test('is published by a workflow that can state where it was built, after every test, with no token stored', () => {
    const { permissions, jobs } = workflow('release')
    expect(permissions).toEqual({})
    const { permissions: granted, steps } = jobs['release']!
    expect(granted).toEqual({ contents: 'write', 'pull-requests': 'write', 'id-token': 'write' })
    const publish = steps.findIndex((step) => step.uses?.startsWith('changesets/action@'))
    expect(steps[publish]!.with).toMatchObject({ publish: 'npm run release' })
    expect(steps[publish]!.env).toMatchObject({ NPM_CONFIG_PROVENANCE: 'true' })
    expect(steps.slice(0, publish).map(({ run }) => run)).toEqual(expect.arrayContaining(['npm ci', 'npm test']))
    expect(read('.github/workflows/release.yml')).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN/)
    // Without the repository's name in the package, npm refuses the statement.
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    expect(scripts['release']).toMatch(/npm pkg set .*repository\.url=.*&& changeset publish$/)
  })

  test('what runs for a pull request may read, and no more', () => {
    const { permissions, jobs } = workflow('ci')
    expect(permissions).toEqual({ contents: 'read' })
    expect(Object.values(jobs).filter((job) => job.permissions)).toEqual([])
  })
})
