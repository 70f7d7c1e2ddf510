import { describe, expect, it } from 'vitest'
import type { FakeLine } from '../socket/fake-web-socket.ts'
import { bench, bytes, pass, textsOn, useFakedTime } from './listen-support.ts'

useFakedTime()

const countOn = (line: FakeLine, type: string): number =>
  textsOn(line).filter((text) => text.includes(`"${type}"`)).length

describe('what the application does in a loop', () => {
  it('KeepAlive goes out at most once in four seconds, however often it pauses and goes on', async () => {
    const test = bench()
    await test.open()
    test.source.push(bytes(1))
    for (let i = 0; i < 1000; i++) {
      test.session.pause()
      test.session.resume()
    }
    test.session.pause()
    await pass(60_000)
    expect(countOn(test.line(), 'KeepAlive')).toBe(15)
    test.session.abort()
  })

  it('Finalize goes out once until it is answered', async () => {
    const test = bench()
    await test.open()
    for (let i = 0; i < 1000; i++) void test.session.finalize()
    expect(countOn(test.line(), 'Finalize')).toBe(1)
    test.session.abort()
  })

  it('ten Configure wait for an answer, and no more', async () => {
    const test = bench()
    await test.open()
    const answers = Array.from({ length: 1000 }, (_, i) => test.session.configure({ keyterms: [`k${i}`] }))
    await test.settle()
    expect(countOn(test.line(), 'Configure')).toBe(10)
    for (let i = 0; i < 10; i++) test.line().receive({ type: 'ConfigureSuccess' })
    expect((await Promise.all(answers)).filter(Boolean)).toHaveLength(10)
    void test.session.configure({ keyterms: ['again'] })
    await test.settle()
    expect(countOn(test.line(), 'Configure')).toBe(11)
    test.session.abort()
  })

  it('starting and aborting a thousand times asks for 100 tokens', async () => {
    const test = bench()
    for (let i = 0; i < 1000; i++) {
      void test.session.start().catch(() => {})
      await test.settle()
      test.session.abort()
    }
    expect(test.tokens).toBe(100)
    expect(test.lines.length).toBeLessThanOrEqual(100)
  })
})
