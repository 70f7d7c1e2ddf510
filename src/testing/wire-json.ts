/** Marks a number that the service prints as a 32-bit float, with a fraction. */
class WireFloat {
  readonly value: number
  constructor(value: number) {
    this.value = value
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
  return new WireFloat(value)
}

/** Prints a 32-bit float as the service does. */
export function printFloat(value: number): string {
  const single = Math.fround(value)
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(single.toPrecision(digits))
    if (Math.fround(candidate) !== single) continue
    const text = String(candidate)
    return /[.e]/.test(text) ? text : `${text}.0`
  }
  return String(single)
}

/** Compact JSON in the order of the keys given; keys with the value `undefined` are left out. */
export function toWireJson(value: WireValue): string {
  if (value instanceof WireFloat) return printFloat(value.value)
  if (Array.isArray(value)) return `[${value.map(toWireJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value as Record<string, WireValue | undefined>)
      .filter((member): member is [string, WireValue] => member[1] !== undefined)
      .map(([key, member]) => `${JSON.stringify(key)}:${toWireJson(member)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}
