import { expect, it } from 'vitest'
import { expectSecret } from '../support/secrets.ts'
import { describeSecretWatch, TOKEN } from './secret-watch.tsx'

describeSecretWatch('in a page')

it('the watch for credentials: finds one in the address of a request, however many there were before', async () => {
  expectSecret(/^requested address$/)
  const ask = async (query: string) => (await fetch(`${location.origin}/favicon.ico?${query}`)).text()
  // More than a page keeps a list of.
  for (let batch = 0; batch < 26; batch++) await Promise.all(Array.from({ length: 10 }, () => ask('')))
  await ask(`access_token=${TOKEN}`)
  expect(performance.getEntriesByType('resource').some(({ name }) => name.includes(TOKEN))).toBe(false)
})
