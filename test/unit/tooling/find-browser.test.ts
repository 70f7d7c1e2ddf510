import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../../../scripts/doors.mjs'

function find(env: Record<string, string>, ...args: string[]) {
  const { CHROMIUM_PATH: _, ...rest } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/find-browser.mjs'), ...args], {
    env: { ...rest, ...env },
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { status, stdout, stderr }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'react-deepgram-browser-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('the browser that CHROMIUM_PATH names is taken before any other', () => {
  const program = join(folder(), 'my browser')
  writeFileSync(program, '#!/bin/sh\n')
  chmodSync(program, 0o755)
  expect(find({ CHROMIUM_PATH: program })).toEqual({ status: 0, stdout: `${program}\n`, stderr: '' })
})

test('a CHROMIUM_PATH that leads nowhere is said in one sentence, and nothing is installed for it', () => {
  const { status, stdout, stderr } = find({ CHROMIUM_PATH: '/nowhere/chromium' }, '--install')
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/CHROMIUM_PATH is "\/nowhere\/chromium".*correct or unset it/),
  ])
})

test.runIf(process.platform === 'linux')('a browser in the search path is found before the usual places', () => {
  const path = folder()
  const program = join(path, 'google-chrome-stable')
  writeFileSync(program, '#!/bin/sh\n')
  chmodSync(program, 0o755)
  expect(find({ PATH: path })).toEqual({ status: 0, stdout: `${program}\n`, stderr: '' })
})
