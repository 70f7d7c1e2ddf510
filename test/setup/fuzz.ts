// The same cases in every run, so that a change is judged and not the draw. `FUZZ_SEED=random npm run test:unit` draws others;
// a failure prints the seed that brings it back.
import fc from 'fast-check'

const seed = process.env['FUZZ_SEED'] ?? '20261123'
if (seed !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })
