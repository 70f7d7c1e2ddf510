import { type QueryReader, readQuery, refuseQuery } from './endpoint.ts'
import { invalidParameter, refuse, type Refusal } from './refusal.ts'
import { readOutput, type SpeakEncoding } from './speak-v1-parameters.ts'

/** The parameters of a Speak v2 connection. */
export interface SpeakV2Parameters {
  /** For example `flux-alexis-en`. */
  model: string
  /** For example `alexis`. */
  voice: string
  encoding: SpeakEncoding
  /** Hertz. */
  sampleRate: number
  /** 0.5…1.5. */
  speed: number
}

/** Why something cannot be: the service's code, and its words. */
export interface SpeakV2Complaint {
  code: string
  description: string
}

// Batch-only parameters (`container`, `bit_rate`, `callback`, `priority`) are refused like any unknown one.
const accepted = ['model', 'encoding', 'sample_rate', 'speed', 'expressivity', 'mip_opt_out', 'tag']

// Section 5.3 of the protocol.
const voices =
  'alexis bree brittany brooke bruce cliff cole colin conor donovan drew elise gemma haley hannah heather jack kai kelsey kit maeve marcelo marcus meena meghan miles naveen paige priya rufus sean sharon sienna tanner wade wes'.split(
    ' ',
  )

const rates = [8000, 16_000, 24_000, 32_000, 44_100, 48_000]

/** Why a rate of speech is refused, or null. */
export function speedRefusal(speed: number): SpeakV2Complaint | null {
  if (!(speed >= 0.5 && speed <= 1.5)) {
    return { code: 'SPEED_OUT_OF_RANGE', description: "'speed' must be between 0.5 and 1.5" }
  }
  if (Math.abs(speed * 20 - Math.round(speed * 20)) < 1e-6) return null
  return { code: 'SPEED_INCREMENT_INVALID', description: "'speed' must be provided in increments of 0.05" }
}

function expressivityRefusal(expressivity: number): SpeakV2Complaint | null {
  if (!(expressivity >= -2 && expressivity <= 2)) {
    return { code: 'EXPRESSIVITY_OUT_OF_RANGE', description: "'expressivity' must be between -2 and 2" }
  }
  if (Number.isInteger(expressivity)) return null
  return { code: 'EXPRESSIVITY_INCREMENT_INVALID', description: "'expressivity' must be a whole number" }
}

/** Reads and checks the query of `/v2/speak`. Unknown parameters are refused. */
export function readSpeakV2Parameters(query: URLSearchParams): SpeakV2Parameters | Refusal {
  return readQuery(query, (reader) => {
    const unknown = [...query.keys()].find((name) => !accepted.includes(name))
    if (unknown !== undefined) refuseQuery(invalidParameter(`unknown field \`${unknown}\``))
    const model = reader.text('model') ?? refuseQuery(invalidParameter('missing field `model`'))
    const voice = /^flux-([a-z]+)-en$/.exec(model)?.[1]
    if (voice === undefined || !voices.includes(voice)) {
      return refuseQuery(refuse(400, 'Bad Request', 'Bad Request: No such model/language/tier combination found.'))
    }
    reader.flag('mip_opt_out')
    readNumber(reader, 'expressivity', expressivityRefusal)
    const speed = readNumber(reader, 'speed', speedRefusal) ?? 1
    return { model, voice, ...readOutput(reader, rates), speed }
  })
}

function readNumber(
  reader: QueryReader,
  name: string,
  complain: (value: number) => SpeakV2Complaint | null,
): number | undefined {
  const value = reader.text(name)
  if (value === undefined) return undefined
  if (!/^-?\d+(\.\d+)?$/.test(value)) {
    refuseQuery(invalidParameter(`invalid digit found in string: \`${name}=${value}\``))
  }
  const complaint = complain(Number(value))
  if (complaint !== null) refuseQuery(refuse(400, complaint.code, complaint.description))
  return Number(value)
}
