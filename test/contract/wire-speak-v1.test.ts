import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../../src/protocol/decode.ts'
import { speakV1Schemas } from '../../src/protocol/speak-v1.ts'

const folder = new URL('../../../shared/wire-samples/', import.meta.url)
const isHere = existsSync(folder)

describe.skipIf(!isHere)('recorded messages of /v1/speak (skipped where ../shared/wire-samples is absent)', () => {
  const files = isHere ? readdirSync(folder).filter((file) => /^speak-v1-.+\.json$/.test(file)) : []

  it('there are some', () => expect(files.length).toBeGreaterThan(1))

  it.each(files)('%s passes decode unchanged', (file) => {
    const frame = readFileSync(new URL(file, folder), 'utf8')
    expect(decodeMessage(frame, speakV1Schemas)).toEqual({ kind: 'message', message: JSON.parse(frame) as object })
  })
})
