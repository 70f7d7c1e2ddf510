import { afterEach, describe, expect, test, vi } from 'vitest'
import type { AudioChunk, AudioSource, AudioSourceHandlers } from '../../src/audio/ports.ts'

/** What {@link describeAudioSource} needs for one test: a source, and what becomes of its input. */
export interface AudioSourceHarness {
  /** A source that has not been started, whose input goes on and on. */
  source: AudioSource
  /** Lets time go by, in which audio comes. */
  pass(ms: number): Promise<void>
  /** Ends the input by itself, as a device does that is unplugged. */
  endInput(): void
  /** Counts what is held open on behalf of the source. */
  held(): number
  /** Takes the harness down. */
  dispose(): Promise<void> | void
}

interface Heard extends AudioSourceHandlers {
  chunks: AudioChunk[]
  ends: (Error | undefined)[]
}

function listener(): Heard {
  const chunks: AudioChunk[] = []
  const ends: (Error | undefined)[] = []
  return {
    chunks,
    ends,
    onChunk: (chunk) => chunks.push(chunk),
    onEnded: (error) => ends.push(error),
  }
}

const sizeOf = (chunk: AudioChunk): number => ('byteLength' in chunk ? chunk.byteLength : chunk.size)

/**
 * What a session relies on in any audio source. Whatever passes it may stand in for a microphone.
 *
 * @param make - Makes a fresh harness for every test.
 */
export function describeAudioSource(name: string, make: () => Promise<AudioSourceHarness> | AudioSourceHarness): void {
  describe(`an audio source: ${name}`, () => {
    let harness: AudioSourceHarness | undefined
    const signal = () => new AbortController().signal

    const setUp = async (): Promise<AudioSourceHarness> => (harness = await make())
    /** Starts a source, with time going by: some say only with their first audio that they have begun. */
    async function begin({ source, pass }: AudioSourceHarness, heard: Heard, abort = signal()) {
      const started = source.start(heard, abort)
      let isOver = false
      const over = (): void => {
        isOver = true
      }
      started.then(over, over)
      for (let i = 0; i < 200 && !isOver; i++) await pass(20)
      return started
    }
    async function hear({ pass }: AudioSourceHarness, heard: Heard, more = 2): Promise<void> {
      const wanted = heard.chunks.length + more
      for (let i = 0; i < 200 && heard.chunks.length < wanted; i++) await pass(20)
      expect(heard.chunks.length).toBeGreaterThanOrEqual(wanted)
    }

    afterEach(async () => {
      harness?.source.abort()
      await harness?.dispose()
      harness = undefined
    })

    test('opens nothing before it is started', async () => {
      const { held, pass } = await setUp()
      await pass(40)
      expect(held()).toBe(0)
    })

    test('tells its format and name, and hands over audio that is never empty', async () => {
      const own = await setUp()
      const heard = listener()
      const info = await begin(own, heard)
      expect(['container', 'raw']).toContain(info.format.kind)
      expect(typeof info.label).toBe('string')
      if (own.source.format?.kind === 'raw') expect(info.format).toEqual(own.source.format)
      await hear(own, heard)
      expect(own.held()).toBeGreaterThan(0)
      expect(heard.chunks.every((chunk) => sizeOf(chunk) > 0)).toBe(true)
    })

    test('samples come in whole frames', async () => {
      const own = await setUp()
      const heard = listener()
      const { format } = await begin(own, heard)
      if (format.kind !== 'raw') return
      await hear(own, heard)
      const frame = (format.encoding === 'linear16' ? 2 : 1) * format.channels
      expect(heard.chunks.every((chunk) => sizeOf(chunk) % frame === 0)).toBe(true)
    })

    test('stop() releases everything; afterwards nothing is told, the end neither', async () => {
      const own = await setUp()
      const heard = listener()
      await begin(own, heard)
      await hear(own, heard)
      await own.source.stop()
      const { length } = heard.chunks
      await own.pass(100)
      await vi.waitFor(() => expect(own.held()).toBe(0))
      expect(heard.chunks).toHaveLength(length)
      expect(heard.ends).toEqual([])
    })

    test('abort() releases everything at once, and not even the last chunk is told', async () => {
      const own = await setUp()
      const heard = listener()
      await begin(own, heard)
      await hear(own, heard)
      own.source.abort()
      const { length } = heard.chunks
      await own.pass(100)
      expect(heard.chunks).toHaveLength(length)
      expect(heard.ends).toEqual([])
      await vi.waitFor(() => expect(own.held()).toBe(0))
    })

    test('stop() and abort() are harmless before the start, together and twice', async () => {
      const own = await setUp()
      await own.source.stop()
      own.source.abort()
      const heard = listener()
      await begin(own, heard)
      await Promise.all([own.source.stop(), own.source.stop()])
      own.source.abort()
      await own.source.stop()
      expect(own.held()).toBe(0)
      expect(heard.ends).toEqual([])
    })

    test('can be started again', async () => {
      const own = await setUp()
      const first = listener()
      await begin(own, first)
      await hear(own, first)
      await own.source.stop()
      const { length } = first.chunks
      const second = listener()
      await begin(own, second)
      await hear(own, second)
      expect(first.chunks).toHaveLength(length)
    })

    test('an input that ends by itself is told once, after the last chunk, and releases everything', async () => {
      const own = await setUp()
      const heard = listener()
      await begin(own, heard)
      await hear(own, heard)
      own.endInput()
      for (let i = 0; i < 100 && heard.ends.length === 0; i++) await own.pass(20)
      expect(heard.ends).toHaveLength(1)
      const { length } = heard.chunks
      await own.pass(60)
      expect([heard.chunks.length, heard.ends.length]).toEqual([length, 1])
      await vi.waitFor(() => expect(own.held()).toBe(0))
    })

    test('pause() lets nothing more leave, once what came before it is out; resume() lets it flow again', async () => {
      const own = await setUp()
      if (!own.source.pause) return
      const heard = listener()
      await begin(own, heard)
      await hear(own, heard)
      own.source.pause()
      own.source.pause()
      await own.pass(120)
      const { length } = heard.chunks
      await own.pass(200)
      expect(heard.chunks).toHaveLength(length)
      own.source.resume?.()
      own.source.resume?.()
      await hear(own, heard)
      expect(heard.ends).toEqual([])
    })

    test('can be stopped while it is paused', async () => {
      const own = await setUp()
      const heard = listener()
      await begin(own, heard)
      own.source.pause?.()
      await own.source.stop()
      expect(own.held()).toBe(0)
    })

    test('a level is a number from 0 to 1, and 0 when nothing is captured', async () => {
      const own = await setUp()
      const { getLevel } = own.source
      if (!getLevel) return
      expect(getLevel()).toBe(0)
      const heard = listener()
      await begin(own, heard)
      await hear(own, heard)
      for (let i = 0; i < 5; i++) {
        expect(getLevel()).toBeGreaterThanOrEqual(0)
        expect(getLevel()).toBeLessThanOrEqual(1)
        await own.pass(20)
      }
      await own.source.stop()
      expect(getLevel()).toBe(0)
    })
  })
}
