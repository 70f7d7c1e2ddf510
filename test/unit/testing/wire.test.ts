import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createRandom, uuidV4, uuidV7 } from '../../../src/testing/random.ts'
import { createSha256 } from '../../../src/audio/sha256.ts'
import { float, printFloat, toWireJson } from '../../../src/testing/wire-json.ts'

test.each([
  [0, '0.0'],
  [1, '1.0'],
  [0.4, '0.4'],
  [0.39999998, '0.39999998'],
  [15.199938, '15.199938'],
  [2.0000002, '2.0000002'],
  [44.259937, '44.259937'],
  [36_000.123, '36000.12'],
  [-1, '-1.0'],
])('%d is printed as the 32-bit float %s', (number, printed) => {
  expect(printFloat(number)).toBe(printed)
})

test('JSON is compact, keeps the order of keys, and leaves out what is undefined', () => {
  const text = toWireJson({ b: float(2), a: [1, 'x "quoted"', null], none: undefined, nested: { ok: true } })
  expect(text).toBe('{"b":2.0,"a":[1,"x \\"quoted\\"",null],"nested":{"ok":true}}')
})

test('the digest agrees with the platform’s for every length around a block, however it is fed', () => {
  for (const length of [0, 1, 55, 56, 57, 63, 64, 65, 119, 128, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) % 256)
    const digest = createSha256()
    for (let offset = 0; offset < length; offset += 13) digest.update(bytes.subarray(offset, offset + 13))
    expect(digest.digest()).toBe(createHash('sha256').update(bytes).digest('hex'))
  }
})

test('ids have their version and the time, and repeat with their seed', () => {
  const [a, b] = [createRandom(1), createRandom(1)]
  const now = Date.UTC(2026, 10, 1)
  expect(uuidV7(now, a)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(parseInt(uuidV7(now, b).replace('-', '').slice(0, 12), 16)).toBe(now)
  expect(uuidV4(a)).toBe(uuidV4(b))
})
