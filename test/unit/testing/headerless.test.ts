import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { looksHeaderless } from '../../../src/testing/headerless.ts'

const fixture = (name: string): Buffer => readFileSync(new URL(`../../fixtures/audio/${name}`, import.meta.url))
const chunks = JSON.parse(fixture('chunks.json').toString()) as Record<string, number[]>

test.each(['fox', 'timeslice'])('every later chunk of a real recording (%s) is told to lack its header', (name) => {
  const bytes = fixture(`${name}.webm`)
  let offset = 0
  for (const length of chunks[name]!) {
    const head = new Uint8Array(bytes.subarray(offset, offset + Math.min(64, length)))
    // The last chunk may be the tail of a block, too short to tell.
    if (offset > 0 && length > 18) expect([offset, looksHeaderless(head)]).toEqual([offset, true])
    offset += length
  }
})

test.each(['{"type":"KeepAlive"}', 'GIF89a and so on', '<html>not found</html>'])('%s is something else', (text) => {
  expect(looksHeaderless(new TextEncoder().encode(text))).toBe(false)
})

test('samples, silence and random bytes are something else', () => {
  expect(looksHeaderless(new Uint8Array(64))).toBe(false)
  let state = 7
  const random = Uint8Array.from(
    { length: 64 },
    () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) >>> 24,
  )
  expect(looksHeaderless(random)).toBe(false)
})
