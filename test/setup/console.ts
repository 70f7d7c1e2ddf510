// A test that meets an unexpected console.error or console.warn fails: nothing may be told to the console alone.
import { afterEach, beforeEach } from 'vitest'
import { consoleWatch, type WatchedMethod } from '../support/console.ts'

const original = { error: console.error, warn: console.warn }

for (const method of ['error', 'warn'] satisfies WatchedMethod[]) {
  console[method] = (...values: unknown[]) => {
    const text = values.map(asText).join(' ')
    const allowance = consoleWatch.allowances.find((each) => each.method === method && each.pattern.test(text))
    if (allowance) {
      allowance.seen += 1
      return
    }
    consoleWatch.unexpected.push(`console.${method}: ${text}`)
    original[method](...values)
  }
}

beforeEach(() => {
  consoleWatch.allowances.length = 0
  consoleWatch.unexpected.length = 0
})

afterEach(() => {
  const missing = consoleWatch.allowances.filter((each) => each.required && each.seen === 0)
  const complaints = [
    ...consoleWatch.unexpected.map((text) => `Unexpected ${text}`),
    ...missing.map(
      ({ method, pattern }) => `Expected console.${method} to match ${String(pattern)}, but it did not come`,
    ),
  ]
  consoleWatch.allowances.length = 0
  consoleWatch.unexpected.length = 0
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
})

function asText(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}
