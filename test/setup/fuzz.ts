// The same cases in every run, so that a change is judged and not the draw. `npm run fuzz` draws others, and many more;
// a failure prints the seed that brings it back.
import fc from 'fast-check'
import { vi } from 'vitest'
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz.ts'

const seed = process.env['FUZZ_SEED'] ?? '20261123'
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  numRuns: fuzzRuns(),
  ...(seed !== 'random' && { seed: Number(seed) }),
})
if (process.env['FUZZ_RUNS']) vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS })
