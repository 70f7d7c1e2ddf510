import { array, custom, fallback, lazy, object, type BaseIssue, type BaseSchema, type ObjectEntries } from 'valibot'

// Of valibot only what pays its way: `custom` with a predicate weighs a third of its pipes and actions.

/** A schema whose output is a `T`. */
type Field<T> = BaseSchema<unknown, T, BaseIssue<unknown>>

/** Whether a value is a number within bounds, which are part of it. */
export const isNumber = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most

/** See {@link isNumber}. */
export const number = (least = -Infinity, most = Infinity) => custom<number>((value) => isNumber(value, least, most))

/** A whole number from 0 on. */
export const whole = (most: number) => custom<number>((value) => Number.isInteger(value) && isNumber(value, 0, most))

/** Something that may be missing, or be of a wrong type, without harm. */
export const maybe = <T>(field: Field<T>) => fallback<Field<T | undefined>, () => undefined>(field, () => undefined)

/** Text of a bounded length. */
export const text = custom<string>((value) => typeof value === 'string' && value.length <= 100_000)

const refused = custom<never>(() => false)

/** A list of a bounded length. */
export const list = <T>(field: Field<T>, most: number) => {
  const items = array(field)
  return lazy((value) => (Array.isArray(value) && value.length > most ? refused : items))
}

/** Seconds on a stream's audio clock. The ceiling (115 days) keeps nonsense out of arithmetic. */
export const seconds = number(0, 1e7)

/** A whole or broken number that is worth nothing when it is missing or wrong. */
export const confidence = fallback(number(0, 1), 0)

/** See {@link text} and {@link maybe}. */
export const optionalText = maybe(text)

/** A flag that counts as false when it is missing or wrong. */
export const flag = fallback(
  custom<boolean>((value) => typeof value === 'boolean'),
  false,
)

/** `[index, count]` of a channel; `[0, 1]` when it is missing or wrong. */
export const channelIndex = fallback(list(whole(1000), 8), [0, 1])

/** A message of a type: an object of its own, with the type and these fields of the one received. */
export const message = <T extends string, E extends ObjectEntries>(type: T, fields: E) =>
  object({ type: custom<T>((value) => value === type), ...fields })
