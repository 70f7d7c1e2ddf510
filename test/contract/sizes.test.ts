import { beforeAll, expect, test } from 'vitest'
import { parts, recorded, weigh } from '../../scripts/sizes.mjs'
import { requireBuild } from '../support/packed.ts'

beforeAll(() => requireBuild(), 60_000)

test.each(Object.keys(parts))('%s has not grown unnoticed', async (name) => {
  const { first, all } = await weigh(name)
  const written = recorded()[name]
  expect(written, `bench/sizes.json has no ${name}; run "npm run sizes -- --write"`).toBeDefined()
  const advice = 'grown by more than 1%; if it is worth it, run "npm run sizes -- --write"'
  expect(first, advice).toBeLessThanOrEqual(written!.first * 1.01)
  expect(all, advice).toBeLessThanOrEqual(written!.all * 1.01)
})

test('what an application does not import is left out of its bundle', async () => {
  expect((await weigh('useDeepgramListen')).all).toBeLessThan((await weigh('everything')).first)
  expect((await weigh('useDeepgramSpeak')).all).toBeLessThan((await weigh('everything')).first)
})

test('the weights written down are those of the parts that are weighed', () => {
  expect(Object.keys(recorded()).sort()).toEqual(Object.keys(parts).sort())
})
