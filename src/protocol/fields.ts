import { array, boolean, fallback, maxLength, maxValue, minValue, number, optional, pipe, string } from 'valibot'

/** Seconds on a stream's audio clock. The ceiling (115 days) keeps nonsense out of arithmetic. */
export const seconds = pipe(number(), minValue(0), maxValue(1e7))

/** A whole or broken number that is worth nothing when it is missing or wrong. */
export const confidence = fallback(pipe(number(), minValue(0), maxValue(1)), 0)

/** Text of a bounded length. */
export const text = pipe(string(), maxLength(100_000))

/** Text that may be missing, or be of a wrong type, without harm. */
export const optionalText = fallback(optional(text), undefined)

/** A flag that counts as false when it is missing or wrong. */
export const flag = fallback(optional(boolean(), false), false)

/** A small whole number that may be missing or wrong without harm. */
export const optionalIndex = fallback(optional(pipe(number(), minValue(0), maxValue(10_000))), undefined)

/** `[index, count]` of a channel; `[0, 1]` when it is missing or wrong. */
export const channelIndex = fallback(pipe(array(pipe(number(), minValue(0), maxValue(1000))), maxLength(8)), [0, 1])
