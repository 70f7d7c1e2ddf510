import type { BaseIssue, BaseSchema, InferOutput } from 'valibot'

/** Text frames longer than this many UTF-16 units are refused unread; the longest seen is under 20,000. */
export const MAX_TEXT_LENGTH = 1_048_576

/** A message schema that yields an object of its own, never the parsed one. */
export type MessageSchema = BaseSchema<unknown, { type: string }, BaseIssue<unknown>>

/** One schema per message type of an endpoint. */
export type MessageSchemas = Readonly<Record<string, MessageSchema>>

/** What one text frame turned out to be. */
export type Decoded<S extends MessageSchemas> =
  | { readonly kind: 'message'; readonly message: InferOutput<S[keyof S]> }
  /** A well-formed message of a type this version does not know; harmless by the protocol's own rule. */
  | { readonly kind: 'unknown'; readonly type: string }
  /** Not a message: `type` is there when it named a known one but had another shape. */
  | {
      readonly kind: 'invalid'
      readonly reason: 'too-large' | 'not-json' | 'no-type' | 'shape'
      readonly type?: string
    }

/**
 * Reads one text frame. Never throws.
 *
 * The result holds new objects made by the schema, so nothing of the sender's (a `__proto__` key, an extra field,
 * a shared reference) reaches the caller.
 */
export function decodeMessage<S extends MessageSchemas>(text: string, schemas: S): Decoded<S> {
  if (text.length > MAX_TEXT_LENGTH) return { kind: 'invalid', reason: 'too-large' }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { kind: 'invalid', reason: 'not-json' }
  }
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined
  if (typeof type !== 'string') return { kind: 'invalid', reason: 'no-type' }
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined
  if (!schema) return { kind: 'unknown', type: type.slice(0, 64) }
  // The way in that all schema libraries share; of valibot's, only asynchronous schemas answer with a promise.
  const result = schema['~standard'].validate(json)
  return 'value' in result && !result.issues
    ? { kind: 'message', message: result.value }
    : { kind: 'invalid', reason: 'shape', type }
}
