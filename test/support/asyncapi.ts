import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url))

/** Whether the published specification and the recorded messages are on this machine. */
export const hasSpecification = existsSync(`${shared}specs/asyncapi.yml`)

interface AsyncApi {
  channels: Record<string, { publish: { message: { oneOf: { $ref: string }[] } } }>
  components: { messages: Record<string, { payload: { $ref: string } }> }
}

/** One validator per message type of a channel, by the last part of the message's name. */
export function createValidators(path: string): Map<string, ValidateFunction> {
  const document = parse(readFileSync(`${shared}specs/asyncapi.yml`, 'utf8')) as AsyncApi
  const ajv = new Ajv({ strict: false, formats: { uuid: true, 'date-time': true, double: true, binary: true } })
  ajv.addSchema(document, 'spec')
  const validators = new Map<string, ValidateFunction>()
  for (const { $ref } of document.channels[path]!.publish.message.oneOf) {
    const name = $ref.slice('#/components/messages/'.length)
    const message = document.components.messages[name]!
    validators.set(/(?:Listen|Speak)V\d(\w+)$/.exec(name)![1]!, ajv.compile({ $ref: `spec${message.payload.$ref}` }))
  }
  return validators
}

/** The shape of a message: its keys in order, at every depth, arrays by their first member. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])]
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.entries(value).map(([key, member]) => [/^[0-9a-f-]{36}$/.test(key) ? '<uuid>' : key, shapeOf(member)])
}

/** A recorded message, as it was on the wire. */
export const sample = (name: string): string => readFileSync(`${shared}wire-samples/${name}.json`, 'utf8').trim()
