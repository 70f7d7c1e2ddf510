/** What an option may hold: in words, and as a test. */
type Kind = readonly [what: string, isKind: (value: unknown) => boolean]

/** Kinds, each with the names of the options that are of it, separated by spaces. */
export type OptionRules = readonly (readonly [kind: Kind, names: string])[]

/** Longer timers than this fire at once. */
const LONGEST_MS = 2 ** 31 - 1

export const FLAG: Kind = ['true or false', (value) => typeof value === 'boolean']
export const TEXT: Kind = ['a text', (value) => typeof value === 'string']
export const FUNCTION: Kind = ['a function', (value) => typeof value === 'function']
export const OBJECT: Kind = ['an object', (value) => typeof value === 'object' && value !== null]

/** Bounds are part of it. */
export const numberFrom = (least: number, most = Infinity): Kind => [
  most < Infinity ? `a number from ${least} to ${most}` : `a number, ${least} or more`,
  (value) => typeof value === 'number' && value >= least && value <= most,
]

/** Milliseconds a timer can wait. */
export const DURATION: Kind = numberFrom(0, LONGEST_MS)

/** Milliseconds, or `Infinity` for never. */
export const LIMIT: Kind = [`${DURATION[0]}, or Infinity`, (value) => value === Infinity || DURATION[1](value)]

const isScalar = (value: unknown): boolean => Number.isFinite(value) || /^(string|boolean)$/.test(typeof value)

/** What can stand in an address. */
export const QUERY: Kind = [
  'a text, a number, true, false, or a list of these',
  (value) => value === null || (Array.isArray(value) ? value.every(isScalar) : isScalar(value)),
]

/**
 * Checks options as far as their kinds tell; those that are `undefined` are left out.
 *
 * @param path - Where the options are, for the message; ends with a dot.
 * @throws TypeError naming the first that is of a wrong kind. Its value, which may be a secret, is not shown.
 */
export function checkOptions(options: object, rules: OptionRules, path = ''): void {
  for (const [[what, isKind], names] of rules) {
    for (const name of names.split(' ')) {
      const value = (options as Record<string, unknown>)[name]
      if (value !== undefined && !isKind(value)) throw new TypeError(`${path}${name} must be ${what}.`)
    }
  }
}

/**
 * Checks what is to stand in an address: named parameters, and those under `parameters`.
 *
 * @throws TypeError as {@link checkOptions} does.
 */
export function checkParameters(options: { parameters?: object | undefined }, names: readonly string[]): void {
  checkOptions(options, [
    [QUERY, names.join(' ')],
    [OBJECT, 'parameters'],
  ])
  for (const [name, value] of Object.entries(options.parameters ?? {})) {
    if (value !== undefined && !QUERY[1](value)) throw new TypeError(`parameters.${name} must be ${QUERY[0]}.`)
  }
}
