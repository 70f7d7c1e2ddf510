import { beforeAll, expect, test } from 'vitest'
import { parts, recorded, weigh } from '../../scripts/sizes.mjs'
import { requireBuild } from '../support/packed.ts'

beforeAll(() => requireBuild(), 60_000)

test.each(Object.keys(parts))('%s has not grown unnoticed', async (name) => {
  const bytes = await weigh(name)
  const written = recorded()[name]
  expect(written, `bench/sizes.json has no ${name}; run "npm run sizes -- --write"`).toBeTypeOf('number')
  expect(bytes, 'grown by more than 1%; if it is worth it, run "npm run sizes -- --write"').toBeLessThanOrEqual(
    written! * 1.01,
  )
})

test('what an application does not import is left out of its bundle', async () => {
  expect(await weigh('useDeepgramListen')).toBeLessThan(await weigh('everything'))
  expect(await weigh('useDeepgramSpeak')).toBeLessThan(await weigh('everything'))
})

test('the weights written down are those of the parts that are weighed', () => {
  expect(Object.keys(recorded()).sort()).toEqual(Object.keys(parts).sort())
})
