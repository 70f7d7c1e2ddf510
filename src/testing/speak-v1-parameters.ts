import { type QueryReader, readQuery, refuseQuery } from './endpoint.ts'
import { invalidParameter, refuse, type Refusal } from './refusal.ts'

/** Encodings the speak sockets send; headerless. */
export type SpeakEncoding = 'linear16' | 'mulaw' | 'alaw'

/** The parameters of a Speak v1 connection. */
export interface SpeakV1Parameters {
  model: string
  encoding: SpeakEncoding
  /** Hertz. */
  sampleRate: number
  /** 0.7…1.5. */
  speed: number
}

const linear16Rates = [8000, 16_000, 24_000, 32_000, 48_000]
const compandedRates = [8000, 16_000]

const defaultSampleRate: Readonly<Record<SpeakEncoding, number>> = { linear16: 24_000, mulaw: 8000, alaw: 8000 }

// Section 5.3 of the protocol.
const voices: Readonly<Record<string, string>> = {
  'aura-en': 'angus arcas asteria athena helios hera luna orion orpheus perseus stella zeus',
  'aura-2-en':
    'amalthea andromeda apollo arcas aries asteria athena atlas aurora callista cora cordelia delia draco electra harmonia helena hera hermes hyperion iris janus juno jupiter luna mars minerva neptune odysseus ophelia orion orpheus pandora phoebe pluto saturn selene thalia theia vesta zeus',
  'aura-2-es':
    'agustina alvaro antonia aquila carina celeste diana estrella gloria javier luciano nestor olivia selena silvia sirio valerio',
  'aura-2-de': 'aurelia elara fabian julius kara lara viktoria',
  'aura-2-nl': 'beatrix cornelia daphne hestia lars leda rhea roman sander',
  'aura-2-fr': 'agathe hector',
  'aura-2-it': 'cesare cinzia demetra dionisio elio flavio livia maia melia',
  'aura-2-ja': 'ama ebisu fujin izanami uzume',
}

/** Reads and checks the query of `/v1/speak`. Unknown parameters are ignored, unknown values are refused. */
export function readSpeakV1Parameters(query: URLSearchParams): SpeakV1Parameters | Refusal {
  return readQuery(query, (reader) => {
    const model = reader.text('model') ?? 'aura-asteria-en'
    const [, family, voice, language] = /^(aura|aura-2)-([a-z]+)-([a-z]{2})$/.exec(model) ?? []
    const known = voices[`${family}-${language}`]?.split(' ') ?? []
    if (voice === undefined || !known.includes(voice)) {
      refuseQuery(refuse(400, 'Bad Request', 'Bad Request: No such model/language/tier combination found.'))
    }
    reader.flag('mip_opt_out')
    return { model, ...readOutput(reader), speed: readSpeed(reader, family!, language!) }
  })
}

/** Reads `encoding` and `sample_rate`; a pair the service does not speak is refused. */
export function readOutput(
  reader: QueryReader,
  rates: readonly number[] = linear16Rates,
): { encoding: SpeakEncoding; sampleRate: number } {
  const encoding = reader.text('encoding') ?? 'linear16'
  if (!Object.hasOwn(defaultSampleRate, encoding)) {
    return refuseQuery(unsupportedFormat(`encoding=${encoding} is not available for streaming`))
  }
  const known = encoding as SpeakEncoding
  const sampleRate = reader.integer('sample_rate', 1, 384_000) ?? defaultSampleRate[known]
  if (!(known === 'linear16' ? rates : compandedRates).includes(sampleRate)) {
    refuseQuery(unsupportedFormat(`encoding=${encoding} with sample_rate=${sampleRate}`))
  }
  return { encoding: known, sampleRate }
}

function readSpeed(reader: QueryReader, family: string, language: string): number {
  const least = language === 'es' ? 0.9 : 0.7
  const speed = reader.number('speed', least, 1.5)
  if (speed !== undefined && !(family === 'aura-2' && (language === 'en' || language === 'es'))) {
    refuseQuery(invalidParameter('`speed` is not supported for this model'))
  }
  return speed ?? 1
}

function unsupportedFormat(detail: string): Refusal {
  return refuse(400, 'INVALID_QUERY_PARAMETER', `Unsupported audio format: ${detail}`)
}
