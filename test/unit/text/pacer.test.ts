import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPacer } from '../../../src/text/pacer.ts'

test('pain 74: whatever is asked for, no minute has more than 20 flushes or 2,400 characters', () => {
  const asks = fc.array(
    fc.record({ waitMs: fc.integer({ min: 0, max: 9_000 }), characters: fc.integer({ min: 0, max: 2_000 }) }),
    {
      minLength: 30,
      maxLength: 120,
    },
  )
  fc.assert(
    fc.property(asks, (list) => {
      const pacer = createPacer()
      const sent: { at: number; characters: number }[] = []
      let now = 0
      for (const { waitMs, characters } of list) {
        now += waitMs
        for (let delay; (delay = pacer.delay(now, characters)) > 0;) now += delay
        pacer.spend(now, characters)
        sent.push({ at: now, characters })
        const minute = sent.filter(({ at }) => at > now - 60_000)
        expect(minute.length).toBeLessThanOrEqual(20)
        expect(minute.reduce((sum, each) => sum + each.characters, 0)).toBeLessThanOrEqual(2_400)
      }
    }),
  )
})

test('lets the first flushes through at once, a sentence each, and spreads those that follow', () => {
  const pacer = createPacer()
  for (let i = 0; i < 9; i++) {
    expect(pacer.delay(0, 50)).toBe(0)
    expect(pacer.worth(0)).toBe(0)
    pacer.spend(0, 50)
  }
  const delays: number[] = []
  for (let i = 0, now = 0; i < 8; i++) {
    pacer.spend(now, 50)
    expect(pacer.worth(now)).toBe((i + 1) * 40)
    delays.push(pacer.delay(now, 50))
    now += delays[i]!
  }
  expect(delays).toEqual([...delays].sort((a, b) => a - b))
  expect(delays[0]).toBeGreaterThan(0)
})

test('counts flushes anew on a new line, but not characters', () => {
  const pacer = createPacer()
  for (let i = 0; i < 18; i++) pacer.spend(i, 120)
  expect(pacer.delay(100, 50)).toBeGreaterThan(50_000)
  pacer.renew(100)
  expect(pacer.delay(100, 50)).toBe(0)
  expect(pacer.delay(100, 500)).toBeGreaterThan(50_000)
})

test('waits after a refusal', () => {
  const pacer = createPacer()
  pacer.refuse(1_000)
  expect(pacer.delay(1_000, 0)).toBeGreaterThan(5_000)
  expect(pacer.delay(20_000, 0)).toBe(0)
})
