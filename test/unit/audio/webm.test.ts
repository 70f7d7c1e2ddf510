import { readFileSync } from 'node:fs'
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny'
import { describe, expect, it } from 'vitest'
import { createWebmReader, writeCluster, type WebmBlock } from '../../../src/audio/webm.ts'

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../../fixtures/audio/${name}`, import.meta.url)))
const chunkLengths = JSON.parse(Buffer.from(fixture('chunks.json')).toString()) as Record<string, number[]>
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

const readAll = (bytes: Uint8Array) => {
  const reader = createWebmReader()
  return { blocks: reader.push(bytes), header: reader.header!, reader }
}

/** What another implementation finds in the bytes. */
async function readElsewhere(bytes: Uint8Array) {
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS })
  const track = (await input.getPrimaryAudioTrack())!
  const packets: { time: number; bytes: number[] }[] = []
  for await (const packet of new EncodedPacketSink(track).packets())
    packets.push({ time: Math.round(packet.timestamp * 1000), bytes: [...packet.data] })
  return packets
}

const plain = (blocks: readonly WebmBlock[], startTime = 0) =>
  blocks.map(({ time, bytes }) => ({ time: time - startTime, bytes: [...bytes] }))

const EBML = [0x1a, 0x45, 0xdf, 0xa3, 0x80]
const SEGMENT = [0x18, 0x53, 0x80, 0x67]
const CLUSTER = [0x1f, 0x43, 0xb6, 0x75]
const UNKNOWN = [0x01, 255, 255, 255, 255, 255, 255, 255]
/** A stream in which every size is known, as a finished file has it. */
const finished = (...cluster: number[]) =>
  Uint8Array.of(...EBML, ...SEGMENT, 0x80 | (cluster.length + 5), ...CLUSTER, 0x80 | cluster.length, ...cluster)

describe('the WebM reader', () => {
  // Firefox marks no packet as one to begin at, and its sound is track 2.
  it.each([
    ['fox.webm', { keyframe: true, track: 1 }],
    ['timeslice.webm', { keyframe: true, track: 1 }],
    ['firefox.webm', { keyframe: false, track: 2 }],
  ])('finds in %s the packets that another reader finds', async (name, marks) => {
    const { blocks } = readAll(fixture(name))
    expect(blocks.length).toBeGreaterThan(90)
    expect(plain(blocks)).toEqual(await readElsewhere(fixture(name)))
    for (const block of blocks) expect(block).toMatchObject(marks)
  })

  it.each(['fox', 'timeslice', 'firefox'])('gives the same blocks for %s in the recorder’s own chunks', (name) => {
    const bytes = fixture(`${name}.webm`)
    const reader = createWebmReader()
    let at = 0
    const blocks = chunkLengths[name]!.flatMap((length) => reader.push(bytes.subarray(at, (at += length))))
    expect(at).toBe(bytes.length)
    expect(blocks).toEqual(readAll(bytes).blocks)
  })

  it('has the header as soon as the first cluster begins, and not before', () => {
    const bytes = fixture('fox.webm')
    const { header } = readAll(bytes)
    const reader = createWebmReader()
    let length = 0
    while (!reader.header) reader.push(bytes.subarray(length, ++length))
    expect(reader.header).toEqual(header)
    expect([...bytes.subarray(header.length, header.length + 4)]).toEqual(CLUSTER)
    expect(length).toBeLessThanOrEqual(header.length + 12)
  })

  it('reads block groups, negative offsets and known sizes, and steps over what it does not know', () => {
    const { blocks, reader } = readAll(
      finished(
        ...[0xe7, 0x82, 0x03, 0xe8],
        ...[0xec, 0x81, 0],
        ...[0xa0, 0x8a, 0xa1, 0x85, 0x82, 0xff, 0xff, 0, 42, 0x9b, 0x81, 60],
        ...[0xa3, 0x86, 0x81, 0, 60, 0, 7, 8],
      ),
    )
    expect(reader.isBroken).toBe(false)
    expect(blocks).toEqual([
      { time: 999, bytes: Uint8Array.of(42), track: 2, keyframe: true },
      { time: 1060, bytes: Uint8Array.of(7, 8), track: 1, keyframe: false },
    ])
  })

  it('makes the segment of the header endless, so that it may be followed by anything', () => {
    const short = readAll(finished(0xe7, 0x81, 0)).header
    expect([...short]).toEqual([...EBML, ...SEGMENT, 255])
    const long = Uint8Array.of(...EBML, ...SEGMENT, 1, 0, 0, 0, 0, 0, 1, 0, ...CLUSTER, 255)
    expect([...readAll(long).header]).toEqual([...EBML, ...SEGMENT, ...UNKNOWN])
  })

  it('owns its blocks: the caller’s buffer may be reused', () => {
    const bytes = finished(0xe7, 0x81, 0, 0xa3, 0x85, 0x81, 0, 0, 128, 9)
    const { blocks } = readAll(bytes)
    bytes.fill(0)
    expect([...blocks[0]!.bytes]).toEqual([9])
  })

  it.each<[string, number[]]>([
    ['text', [...Buffer.from('hello, this is no audio')]],
    ['a stream without its header', [...fixture('fox.webm').subarray(400, 900)]],
    ['an element before the header', [...SEGMENT, ...UNKNOWN]],
    ['a size of zero bits', [...EBML, ...SEGMENT, 0]],
    ['laced blocks', [...finished(0xe7, 0x81, 0, 0xa3, 0x85, 0x81, 0, 0, 0x86, 9)]],
    ['a block too short to be one', [...finished(0xe7, 0x81, 0, 0xa3, 0x82, 0x81, 0)]],
    ['another time scale', [...EBML, ...SEGMENT, 0x8d, 0x15, 0x49, 0xa9, 0x66, 0x87, 0x2a, 0xd7, 0xb1, 0x83, 1, 0, 0]],
    ['an element beyond all measure', [...EBML, ...SEGMENT, ...UNKNOWN, 0x16, 0x54, 0xae, 0x6b, 0x10, 0xff, 0, 0]],
  ])('fails on %s, says so, and keeps nothing', (_, bytes) => {
    const { blocks, reader } = readAll(Uint8Array.from(bytes))
    expect([blocks, reader.isBroken, reader.failure]).toEqual([[], true, 'not-webm'])
    expect(reader.push(fixture('fox.webm'))).toEqual([])
  })

  it('keeps no more than a header’s worth while no cluster comes', () => {
    const reader = createWebmReader()
    reader.push(Uint8Array.of(...EBML, ...SEGMENT, ...UNKNOWN))
    const void64k = join(Uint8Array.of(0xec, 0x21, 0, 0), new Uint8Array(0x10000))
    let pushes = 0
    while (!reader.isBroken && pushes < 20_000) {
      reader.push(void64k)
      pushes++
    }
    expect(pushes * void64k.length).toBeLessThan(3 << 20)
  })

  it('tells a second stream from garbage', () => {
    const bytes = fixture('fox.webm')
    const { reader, blocks } = readAll(join(bytes, bytes))
    expect(reader.failure).toBe('second-header')
    expect(blocks).toEqual(readAll(bytes).blocks)
  })
})

describe('writeCluster', () => {
  it('gives, after the header, exactly the blocks from the cut on, from zero', async () => {
    const { blocks, header } = readAll(fixture('fox.webm'))
    const kept = blocks.slice(37)
    const startTime = kept[0]!.time
    const spliced = join(header, writeCluster(kept, { startTime }))
    expect(plain(readAll(spliced).blocks)).toEqual(plain(kept, startTime))
    expect(await readElsewhere(spliced)).toEqual(plain(kept, startTime))
  })

  it('may be called chunk by chunk', async () => {
    const { blocks, header } = readAll(fixture('timeslice.webm'))
    const spliced = join(header, ...blocks.map((block) => writeCluster([block], { startTime: 0 })))
    expect(await readElsewhere(spliced)).toEqual(plain(blocks))
  })

  it('opens a new cluster before an offset overflows, with growing times', async () => {
    const { header } = readAll(fixture('fox.webm'))
    const packet = readAll(fixture('fox.webm')).blocks[0]!
    const blocks = Array.from({ length: 40 }, (_, i) => ({ ...packet, time: 1000 + i * 9_000 }))
    const written = writeCluster(blocks, { startTime: 1000 })
    const clusterTimes = [...written.keys()]
      .filter((i) => CLUSTER.every((byte, k) => written[i + k] === byte))
      .map((i) => new DataView(written.buffer).getUint32(i + 7))
    expect(clusterTimes).toEqual([0, 36, 72, 108, 144, 180, 216, 252, 288, 324].map((seconds) => seconds * 1000))
    expect(plain(readAll(join(header, written)).blocks)).toEqual(plain(blocks, 1000))
    expect(await readElsewhere(join(header, written))).toEqual(plain(blocks, 1000))
  })

  it('writes nothing for no blocks', () => {
    expect(writeCluster([], { startTime: 5 }).length).toBe(0)
  })
})
