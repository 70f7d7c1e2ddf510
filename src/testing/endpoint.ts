import type { EmulatedSocket } from './connection.ts'
import type { EmulatorClock, EndpointService, ServicePort } from './ports.ts'
import type { Random } from './random.ts'
import { invalidParameter, type Refusal } from './refusal.ts'

/** What a state machine gets for one connection. */
export interface ServiceContext {
  port: ServicePort
  clock: EmulatorClock
  random: Random
  /** The connection's id, for the messages. */
  requestId: string
  /** The connection itself, for scripts that look at it. */
  socket: EmulatedSocket
}

/** Makes the state machine of one connection. */
export type ServiceFactory = (context: ServiceContext) => EndpointService

/** One WebSocket endpoint of the service. A new generation of the service is one more of these. */
export interface Endpoint {
  /** For example `/v1/listen`. */
  readonly path: string
  readonly purpose: 'listen' | 'speak'
  /** Reads the query: refuses it, or makes the factory of the connection's state machine. */
  admit(query: URLSearchParams): Refusal | ServiceFactory
}

/** Thrown by the readers below; caught by {@link readQuery}. */
class RefusedQuery extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** Refuses the query from inside a {@link readQuery}. */
export function refuseQuery(refusal: Refusal): never {
  throw new RefusedQuery(refusal)
}

/** Reads typed values out of a query; the first impossible value refuses the whole. */
export interface QueryReader {
  has(name: string): boolean
  text(name: string): string | undefined
  all(name: string): readonly string[]
  flag(name: string): boolean
  integer(name: string, least: number, most: number): number | undefined
  number(name: string, least: number, most: number): number | undefined
  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined
}

/** Runs `read` and returns its result, or the refusal. */
export function readQuery<Result>(query: URLSearchParams, read: (reader: QueryReader) => Result): Result | Refusal {
  const text = (name: string): string | undefined => query.get(name) ?? undefined
  const number = (name: string, pattern: RegExp, least: number, most: number): number | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    if (!pattern.test(value)) refuseQuery(invalidParameter(`invalid digit found in string: \`${name}=${value}\``))
    if (Number(value) < least || Number(value) > most) {
      refuseQuery(invalidParameter(`\`${name}\` must be between ${least} and ${most}`))
    }
    return Number(value)
  }
  const reader: QueryReader = {
    has: (name) => query.has(name),
    text,
    all: (name) => query.getAll(name),
    flag: (name) => reader.oneOf(name, ['true', 'false']) === 'true',
    integer: (name, least, most) => number(name, /^\d+$/, least, most),
    number: (name, least, most) => number(name, /^\d+(\.\d+)?$/, least, most),
    oneOf(name, values) {
      const value = text(name)
      if (value === undefined || values.includes(value as never)) return value as never
      const expected = values.map((allowed) => `\`${allowed}\``).join(', ')
      return refuseQuery(invalidParameter(`unknown variant \`${value}\`, expected one of ${expected} for \`${name}\``))
    },
  }
  try {
    return read(reader)
  } catch (error) {
    if (error instanceof RefusedQuery) return error.refusal
    throw error
  }
}

/** Whether a reader refused. */
export function isRefusal(value: object): value is Refusal {
  return 'status' in value && 'message' in value && 'code' in value
}
