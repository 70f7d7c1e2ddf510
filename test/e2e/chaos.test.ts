import { expect, it } from 'vitest'
import { runChaos } from '../../scripts/chaos.mjs'

// One seed, as a watchman; `npm run chaos -- --seed N --minutes M` runs the others.
it('loses no word, repeats none and keeps their times while the line breaks in every way', async () => {
  const { breaks, lost, repeated, unknown, outOfOrder, decreasing, worstMs, spoken } = await runChaos({
    seed: 2,
    minutes: 1,
  })
  expect(breaks.length).toBeGreaterThan(3)
  expect(spoken).toBeGreaterThan(100)
  expect({ lost, repeated, unknown, outOfOrder, decreasing }).toEqual({
    lost: [],
    repeated: [],
    unknown: [],
    outOfOrder: 0,
    decreasing: 0,
  })
  expect(worstMs).toBeLessThanOrEqual(100)
})
