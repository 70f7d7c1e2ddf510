const wanted = process.env['FUZZ_RUNS']

/**
 * How many cases a property is tried with: the suite's own few, or as many as `npm run fuzz` asks for.
 *
 * @param usual - What an ordinary test run can afford.
 */
export const fuzzRuns = (usual = 100): number => Number(wanted ?? usual)

/** Milliseconds for a property that takes its time. */
export const FUZZ_TIMEOUT_MS = wanted === undefined ? 60_000 : 24 * 3_600_000
