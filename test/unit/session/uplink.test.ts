import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AudioChunk } from '../../../src/audio/ports.ts'
import { createWebmReader, writeCluster, type WebmBlock } from '../../../src/audio/webm.ts'
import { createUplink, type Uplink, type UplinkConfig } from '../../../src/session/uplink.ts'
import { bytes, MP4, RAW, slowBlob, WEBM } from './listen-support.ts'

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../../fixtures/audio/${name}`, import.meta.url)))
const lengths = (JSON.parse(Buffer.from(fixture('chunks.json')).toString()) as Record<string, number[]>).fox!
/** A recording of Chromium, in the recorder's own chunks. */
const recording = lengths.map((length, i) => {
  const at = lengths.slice(0, i).reduce((sum, each) => sum + each, 0)
  return fixture('fox.webm').slice(at, at + length)
})
const allBlocks = createWebmReader().push(fixture('fox.webm'))
/** Blocks that are complete after the first `count` chunks. */
const blocksOf = (count: number): WebmBlock[] => {
  const reader = createWebmReader()
  return recording.slice(0, count).flatMap((chunk) => reader.push(chunk))
}

interface Bench {
  uplink: Uplink
  /** Per line, what was put on it. */
  lines: Uint8Array[][]
  streams: number[]
  losses: [number, number][]
  unspliceable: number
  /** Opens a new line. */
  open(): Promise<void>
  down(): void
}

function bench(config: Partial<UplinkConfig> = {}): Bench {
  let isUp = false
  const test = { lines: [], streams: [], losses: [], unspliceable: 0 } as unknown as Bench
  test.uplink = createUplink({
    bufferMs: 60_000,
    catchUpRate: 1.25,
    send(chunk: AudioChunk) {
      if (isUp) test.lines.at(-1)!.push(chunk as Uint8Array)
      return isUp
    },
    onStream: (startMs) => test.streams.push(startMs),
    onLoss: (startMs, endMs) => test.losses.push([startMs, endMs]),
    onUnspliceable: () => test.unspliceable++,
    ...config,
  })
  test.open = async () => {
    isUp = true
    test.lines.push([])
    test.uplink.open()
    await vi.advanceTimersByTimeAsync(0)
  }
  test.down = () => {
    isUp = false
    test.uplink.down()
  }
  return test
}

/** What a decoder finds on a line: its first byte begins a stream, its times count from there. */
function decode(line: readonly Uint8Array[]) {
  const reader = createWebmReader()
  const blocks = line.flatMap((chunk) => reader.push(chunk))
  expect(reader.failure).toBeNull()
  expect(reader.header).not.toBeNull()
  return blocks
}

const contents = (blocks: readonly WebmBlock[]) => blocks.map(({ bytes: content }) => [...content].join())

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the first line', () => {
  it('gets the chunks as they are, those from before it was open first', async () => {
    const test = bench()
    expect(test.uplink.begin(WEBM)).toBe(true)
    for (const chunk of recording.slice(0, 20)) test.uplink.push(chunk)
    await test.open()
    expect(test.lines[0]).toEqual(recording.slice(0, 20))
    for (const chunk of recording.slice(20)) test.uplink.push(chunk)
    expect(test.lines[0]!.every((chunk, i) => chunk === recording[i])).toBe(true)
    expect(test.lines[0]).toHaveLength(recording.length)
    expect(test.streams).toEqual([0])
    expect(test.uplink.isReplaying).toBe(false)
    expect(test.uplink.framesSent).toBe(recording.length)
    expect(test.uplink.bytesSent).toBe(fixture('fox.webm').length)
    expect(test.uplink.positionMs).toBe(allBlocks.at(-1)!.time + 60)
  })

  it('gives blobs on as they are, in the task that delivered them', async () => {
    const test = bench()
    test.uplink.begin(WEBM)
    await test.open()
    const blob = slowBlob(bytes(1))
    test.uplink.push(blob)
    expect(test.lines[0]).toEqual([blob])
  })

  it('may be open before there is a source, and may go before there is one', async () => {
    const test = bench()
    await test.open()
    expect(test.streams).toEqual([])
    test.down()
    expect([test.unspliceable, test.losses.length]).toEqual([0, 0])
    await test.open()
    test.uplink.begin(MP4)
    test.uplink.push(bytes(1))
    expect(test.lines[1]).toEqual([bytes(1)])
    expect(test.streams).toEqual([0])
  })

  it('that opens only after the buffer is full gets a stream put together from what is left, and the loss is told', async () => {
    const test = bench({ bufferMs: 1000 })
    test.uplink.begin(WEBM)
    for (const chunk of recording) test.uplink.push(chunk)
    await test.open()
    const { positionMs } = test.uplink
    expect(test.losses).toEqual([[0, test.streams[0]]])
    expect(positionMs - test.streams[0]!).toBeLessThanOrEqual(1000)
    await vi.advanceTimersByTimeAsync(1000)
    const blocks = decode(test.lines[0]!)
    expect(contents(blocks)).toEqual(contents(allBlocks.slice(-blocks.length)))
    expect(blocks[0]?.time).toBe(0)
  })
})

describe('the next line', () => {
  it.each([1, 2, 20, 21, 55, 99])(
    'after a cut behind chunk %i: the header, then exactly what is not acknowledged, its times from 0',
    async (cut) => {
      const test = bench()
      test.uplink.begin(WEBM)
      await test.open()
      for (const chunk of recording.slice(0, cut)) test.uplink.push(chunk)
      // The service cannot settle more than it was sent.
      const settledMs = Math.min(500, blocksOf(cut).at(-1)?.time ?? 0)
      test.uplink.acknowledge(settledMs)
      test.down()
      for (const chunk of recording.slice(cut, cut + 10)) test.uplink.push(chunk)
      await test.open()
      for (const chunk of recording.slice(cut + 10)) test.uplink.push(chunk)
      await vi.advanceTimersByTimeAsync(10_000)
      const kept = decode(test.lines[1]!)
      const acknowledged = blocksOf(cut).filter((block, i) => (allBlocks[i + 1]?.time ?? Infinity) <= settledMs + 1)
      expect(contents(kept)).toEqual(contents(allBlocks.slice(acknowledged.length)))
      expect(kept[0]?.time).toBe(0)
      const startMs = test.streams[1]!
      expect(startMs).toBe(allBlocks[acknowledged.length]!.time)
      kept.forEach(({ time }, i) => expect(time).toBe(allBlocks[acknowledged.length + i]!.time - startMs))
      expect([test.unspliceable, test.losses.length]).toEqual([0, 0])
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  it('leaves out what was acknowledged before it had been read', async () => {
    const test = bench()
    test.uplink.begin(WEBM)
    await test.open()
    const blobs = recording.slice(0, 40).map((chunk) => slowBlob(chunk))
    for (const blob of blobs) test.uplink.push(blob)
    test.uplink.acknowledge(allBlocks[10]!.time)
    for (const blob of blobs) blob.deliver()
    test.down()
    await test.open()
    await vi.advanceTimersByTimeAsync(5000)
    expect(contents(decode(test.lines[1]!))).toEqual(contents(blocksOf(40).slice(10)))
  })

  it('knows how long packets are by the ones that follow', async () => {
    const reader = createWebmReader()
    reader.push(fixture('fox.webm'))
    // As Firefox records: 20 ms each.
    const blocks = allBlocks.slice(0, 10).map((block, i) => ({ ...block, time: i * 20 }))
    const test = bench()
    test.uplink.begin(WEBM)
    await test.open()
    test.uplink.push(reader.header!)
    test.uplink.push(writeCluster(blocks, { startTime: 0 }))
    test.uplink.acknowledge(100)
    test.down()
    await test.open()
    expect(test.streams).toEqual([0, 100])
    expect(contents(decode(test.lines[1]!))).toEqual(contents(blocks.slice(5)))
  })

  it('holds no more than the buffer, and what fell out of it is told as lost', async () => {
    const test = bench({ bufferMs: 2000 })
    test.uplink.begin(RAW)
    await test.open()
    for (let i = 0; i < 50; i++) test.uplink.push(bytes(i, 200))
    test.uplink.acknowledge(1000)
    test.down()
    await test.open()
    expect(test.losses).toEqual([[1000, 3000]])
    expect(test.streams).toEqual([0, 3000])
    await vi.advanceTimersByTimeAsync(5000)
    expect(test.lines[1]!.map(([first]) => first)).toEqual(Array.from({ length: 20 }, (_, i) => 30 + i))
    expect(test.uplink.unacknowledgedMs).toBe(2000)
  })

  it('begins where the acknowledged audio ended, to the sample, for raw audio in chunks', async () => {
    const test = bench()
    test.uplink.begin(RAW)
    await test.open()
    for (let i = 0; i < 10; i++) test.uplink.push(bytes(i, 200))
    test.uplink.acknowledge(450)
    test.down()
    await test.open()
    expect(test.streams).toEqual([0, 400])
    expect(test.lines[1]!.map(([first]) => first)).toEqual([4, 5, 6, 7, 8, 9])
  })

  it('is replayed no faster than 1.25 times real time after a head start of a second, then live', async () => {
    const test = bench()
    test.uplink.begin(RAW)
    await test.open()
    for (let i = 0; i < 1000; i++) test.uplink.push(bytes(i % 200, 40))
    test.down()
    await test.open()
    const opened = Date.now()
    const sentMs = () => test.lines[1]!.length * 20
    expect(sentMs()).toBe(1020)
    for (let i = 0; i < 500; i++) {
      await vi.advanceTimersByTimeAsync(20)
      test.uplink.push(bytes(7, 40))
      expect(sentMs()).toBeLessThanOrEqual(1000 + (Date.now() - opened) * 1.25 + 20)
      // Nor is it held back: what the pace allows has gone.
      expect(sentMs()).toBeGreaterThanOrEqual(Math.min(20_000, 1000 + (Date.now() - opened) * 1.25 - 60))
    }
    let isFlushed = false
    void test.uplink.flushed().then(() => (isFlushed = true))
    await vi.advanceTimersByTimeAsync(1000)
    expect(isFlushed).toBe(false)
    for (let i = 0; i < 4000; i++) {
      await vi.advanceTimersByTimeAsync(20)
      test.uplink.push(bytes(8, 40))
    }
    expect(isFlushed).toBe(true)
    expect(sentMs()).toBe(test.uplink.positionMs)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits for what is still being read, and stop() for all of it', async () => {
    const test = bench()
    test.uplink.begin(WEBM)
    await test.open()
    for (const chunk of recording.slice(0, 30)) test.uplink.push(chunk)
    const late = slowBlob(recording[30]!)
    test.uplink.push(late)
    test.down()
    const order: string[] = []
    void test.uplink.flushed().then(() => order.push('flushed'))
    await test.open()
    expect(test.lines[1]).toEqual([])
    expect(order).toEqual([])
    late.deliver()
    await vi.advanceTimersByTimeAsync(0)
    // Opening joined the queue that flushed() waits for: the rest is on the line, or still to come by its pace.
    expect(test.lines[1]!.length).toBeGreaterThan(0)
    expect(order).toEqual([])
    await vi.advanceTimersByTimeAsync(5000)
    expect(order).toEqual(['flushed'])
    expect(contents(decode(test.lines[1]!))).toEqual(contents(blocksOf(31)))
  })

  it('that goes while a replay is under way lets the one after begin at the same place', async () => {
    const test = bench()
    test.uplink.begin(RAW)
    await test.open()
    for (let i = 0; i < 200; i++) test.uplink.push(bytes(i, 200))
    test.down()
    await test.open()
    await vi.advanceTimersByTimeAsync(1000)
    test.down()
    expect(vi.getTimerCount()).toBe(0)
    await test.open()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(test.streams).toEqual([0, 0, 0])
    expect(test.lines[2]!.map(([first]) => first)).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })
})

it('a line cut at any byte is followed by one that holds exactly the blocks that were not acknowledged, from zero', async () => {
  const recorded = fixture('fox.webm').slice(0, 2000)
  const blocks = createWebmReader().push(recorded)
  for (let cut = 1; cut <= recorded.length; cut++) {
    const test = bench()
    test.uplink.begin(WEBM)
    await test.open()
    test.uplink.push(recorded.slice(0, cut))
    // Half of what this line got whole.
    const count = createWebmReader().push(recorded.slice(0, cut)).length >> 1
    if (count) test.uplink.acknowledge(blocks[count]!.time)
    test.down()
    test.uplink.push(recorded.slice(cut))
    await test.open()
    await vi.advanceTimersByTimeAsync(2000)
    const line = decode(test.lines[1] ?? [])
    if (line.length !== blocks.length - count) throw new Error(`${cut}: ${line.length} blocks`)
    expect(contents(line)).toEqual(contents(blocks.slice(count)))
    expect(line.map(({ time }) => time)).toEqual(blocks.slice(count).map(({ time }) => time - blocks[count]!.time))
    test.uplink.dispose()
  }
}, 60_000)

describe('what cannot be continued', () => {
  it('asks for a fresh recording when the line goes, tells the loss, and takes nothing more of the old one', async () => {
    const test = bench()
    test.uplink.begin(MP4)
    await test.open()
    test.uplink.push(bytes(1))
    await vi.advanceTimersByTimeAsync(5000)
    test.uplink.acknowledge(2000)
    test.down()
    expect(test.losses).toEqual([[2000, 5000]])
    expect(test.unspliceable).toBe(1)
    test.uplink.push(bytes(2))
    test.uplink.begin(MP4)
    test.uplink.push(bytes(3))
    await test.open()
    test.uplink.push(bytes(4))
    expect(test.lines[1]).toEqual([bytes(3), bytes(4)])
    expect(test.streams).toEqual([0, 5000])
  })

  it('is begun anew when too much waits for the first line', async () => {
    const test = bench({ bufferMs: 1000 })
    test.uplink.begin(MP4)
    test.uplink.push(bytes(1))
    await vi.advanceTimersByTimeAsync(1001)
    test.uplink.push(bytes(2))
    expect([test.unspliceable, test.losses]).toEqual([1, [[0, 1001]]])
    test.uplink.begin(MP4)
    test.uplink.push(bytes(3))
    await test.open()
    expect(test.lines[0]).toEqual([bytes(3)])
  })

  it('a WebM whose header never came is begun anew on the very line that opens', async () => {
    const test = bench()
    test.uplink.begin(WEBM)
    await test.open()
    test.uplink.push(recording[0]!.slice(0, 20))
    test.down()
    await test.open()
    expect(test.unspliceable).toBe(1)
    test.uplink.begin(WEBM)
    for (const chunk of recording) test.uplink.push(chunk)
    expect(test.lines[1]).toEqual(recording)
    expect(test.streams).toHaveLength(2)
  })

  it('splicing is given up when the service did not like it', async () => {
    const test = bench()
    test.uplink.begin(WEBM)
    await test.open()
    for (const chunk of recording.slice(0, 20)) test.uplink.push(chunk)
    test.down()
    await test.open()
    expect(test.uplink.isReplaying).toBe(true)
    test.uplink.giveUpSplicing()
    const late = slowBlob(recording[20]!)
    test.uplink.push(late)
    test.down()
    expect(test.unspliceable).toBe(1)
    test.uplink.begin(WEBM)
    // What is read now belongs to the recording before.
    const { positionMs } = test.uplink
    late.deliver()
    await vi.advanceTimersByTimeAsync(0)
    expect(test.uplink.positionMs).toBe(positionMs)
    test.uplink.push(recording[0]!)
    await test.open()
    expect(test.lines[2]).toEqual([recording[0]])
    expect(test.uplink.isReplaying).toBe(false)
  })
})

describe('another source on an open line', () => {
  it('goes on in the same WebM stream, without a second header, its times behind the old ones', async () => {
    const test = bench()
    test.uplink.begin(WEBM)
    await test.open()
    for (const chunk of recording) test.uplink.push(chunk)
    expect(test.uplink.begin(WEBM)).toBe(true)
    for (const chunk of recording) test.uplink.push(chunk)
    await vi.advanceTimersByTimeAsync(10_000)
    const blocks = decode(test.lines[0]!)
    expect(contents(blocks)).toEqual([...contents(allBlocks), ...contents(allBlocks)])
    const first = allBlocks.at(-1)!.time + 60
    expect(blocks.slice(allBlocks.length).map(({ time }) => time)).toEqual(allBlocks.map(({ time }) => first + time))
    expect(test.streams).toEqual([0])
  })

  it('raw samples simply go on', async () => {
    const test = bench()
    test.uplink.begin(RAW)
    await test.open()
    test.uplink.push(bytes(1))
    expect(test.uplink.begin(RAW)).toBe(true)
    test.uplink.push(bytes(2))
    expect(test.lines[0]).toEqual([bytes(1), bytes(2)])
  })

  it('a container that cannot be continued says that it needs a new line', async () => {
    const test = bench()
    test.uplink.begin(MP4)
    await test.open()
    test.uplink.push(bytes(1))
    expect(test.uplink.begin(MP4)).toBe(false)
  })
})

it('pain 88: blobs that are read out of order are kept in order', async () => {
  const test = bench()
  test.uplink.begin(WEBM)
  const blobs = recording.slice(0, 40).map((chunk) => slowBlob(chunk))
  for (const blob of blobs) test.uplink.push(blob)
  await test.open()
  test.down()
  for (const blob of blobs.toReversed()) blob.deliver()
  await test.open()
  await vi.advanceTimersByTimeAsync(5000)
  expect(contents(decode(test.lines[1]!))).toEqual(contents(blocksOf(40)))
})

it('pain 20: what holds nothing is not even counted', async () => {
  const test = bench()
  test.uplink.begin(RAW)
  await test.open()
  test.uplink.push(new Uint8Array(0))
  test.uplink.push(new Blob([]))
  expect([test.lines[0], test.uplink.framesSent, test.uplink.positionMs]).toEqual([[], 0, 0])
})

it('after dispose nothing is sent, waited for or remembered', async () => {
  const test = bench()
  test.uplink.begin(RAW)
  await test.open()
  for (let i = 0; i < 200; i++) test.uplink.push(bytes(i, 200))
  test.down()
  await test.open()
  const flushed = test.uplink.flushed()
  await vi.advanceTimersByTimeAsync(0)
  const count = test.lines[1]!.length
  test.uplink.dispose()
  await flushed
  test.uplink.push(bytes(1))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(test.lines[1]).toHaveLength(count)
  expect(vi.getTimerCount()).toBe(0)
})
