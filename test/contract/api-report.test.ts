import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { root } from '../../scripts/doors.mjs'
import { requireBuild } from '../support/packed.ts'

beforeAll(() => requireBuild(), 60_000)

// In a process of its own: inside the test runner the compiler takes several times as long.
test('every door promises what is written down in its report', { timeout: 120_000 }, () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/api-report.mjs')], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
