/** Marks a number that the service prints with a fraction. */
class WireFloat {
  readonly value: number
  readonly print: (value: number) => string
  constructor(value: number, print: (value: number) => string) {
    this.value = value
    this.print = print
  }
}

/** What a message is built of. */
export type WireValue =
  | string
  | number
  | boolean
  | null
  | WireFloat
  | readonly WireValue[]
  | { readonly [key: string]: WireValue | undefined }

/** Marks `value` as a float: `1` is printed `1.0`, `0.4` as the shortest decimal that reads back as the same 32-bit float. */
export function float(value: number): WireValue {
  return new WireFloat(value, printFloat)
}

/** Marks `value` as a 32-bit float printed with 64 bits, as some messages do: `0.4` is printed `0.4000000059604645`. */
export function double(value: number): WireValue {
  return new WireFloat(Math.fround(value), withFraction)
}

/** Prints a 32-bit float as the service does. */
export function printFloat(value: number): string {
  const single = Math.fround(value)
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(single.toPrecision(digits))
    if (Math.fround(candidate) !== single) continue
    return withFraction(candidate)
  }
  return String(single)
}

function withFraction(value: number): string {
  const text = String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

/** Compact JSON in the order of the keys given; keys with the value `undefined` are left out. */
export function toWireJson(value: WireValue): string {
  if (value instanceof WireFloat) return value.print(value.value)
  if (Array.isArray(value)) return `[${value.map(toWireJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value as Record<string, WireValue | undefined>)
      .filter((member): member is [string, WireValue] => member[1] !== undefined)
      .map(([key, member]) => `${JSON.stringify(key)}:${toWireJson(member)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}
