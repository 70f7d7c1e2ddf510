import { expect, test } from 'vitest'
import { createTextStream } from '../../../src/text/text-stream.ts'

async function readAll(stream: AsyncIterable<string>) {
  const pieces: string[] = []
  for await (const piece of stream) pieces.push(piece)
  return pieces
}

test('gives what was pushed before and while it is read, in order, and ends', async () => {
  const stream = createTextStream()
  stream.push('one ')
  stream.push('')
  stream.push('two ')
  const reading = readAll(stream)
  await Promise.resolve()
  stream.push('three')
  await Promise.resolve()
  stream.end()
  stream.push('four')
  expect((await reading).join('')).toBe('one two three')
})

test('that nobody reads any more takes nothing', async () => {
  const stream = createTextStream()
  stream.push('one')
  for await (const piece of stream) {
    expect(piece).toBe('one')
    stream.push('two')
    break
  }
  stream.push('three')
  expect(await readAll(stream)).toEqual([])
})
