import { expect, test } from 'vitest'
import { allowConsole, expectConsole } from '../../support/console.ts'

test('an expected console message does not fail its test, and is counted', () => {
  const seen = expectConsole('error', /a known complaint/)
  console.error('a known complaint:', { detail: 1 })
  console.error(new Error('a known complaint'))
  expect(seen()).toBe(2)
})

test('a tolerated console message may stay away', () => {
  const seen = allowConsole('warn', /whatever/)
  expect(seen()).toBe(0)
})

// `fails` turns red if the watch lets the message through.
test.fails('an unexpected console message fails its test', () => {
  console.warn('nobody expects this')
})

test.fails('an expected console message that does not come fails its test', () => {
  expectConsole('error', /never comes/)
})
