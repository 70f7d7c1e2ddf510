import { concatBytes } from './pcm.ts'

/** One frame of a WebM stream; for Opus, one packet. */
export interface WebmBlock {
  /** Milliseconds from the start of the stream. */
  readonly time: number
  /** The frame without any WebM around it. A copy; its owner is the caller. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The track's number, 1 or more. */
  readonly track: number
  /** Whether it can be decoded without the frames before; always so for audio. */
  readonly keyframe: boolean
}

/** Takes a WebM stream apart, whatever the pieces it arrives in. */
export interface WebmReader {
  /** Takes the next bytes and returns the blocks that are complete now. Never throws; after a failure always empty. */
  push(bytes: Uint8Array): WebmBlock[]
  /** Everything before the first cluster; null until that has been seen. The segment's size in it is "unknown". */
  readonly header: Uint8Array<ArrayBuffer> | null
  /** Why reading ended: no WebM (or damaged, or beyond 1 MiB per element), or a new stream in the midst of this one. */
  readonly failure: 'not-webm' | 'second-header' | null
  /** Whether reading ended by a {@link WebmReader.failure}. */
  readonly isBroken: boolean
}

const EBML = 0x1a45dfa3
const SEGMENT = 0x18538067
const CLUSTER = 0x1f43b675
const INFO = 0x1549a966
const TIMESTAMP_SCALE = 0x2ad7b1
const TIMESTAMP = 0xe7
const SIMPLE_BLOCK = 0xa3
const BLOCK_GROUP = 0xa0
const BLOCK = 0xa1

// No header and no audio packet comes near this; what does is not worth the memory.
const MAX_BYTES = 1 << 20

function readUint(bytes: Uint8Array, value = 0): number {
  for (let i = 0; i < bytes.length; i++) value = value * 256 + bytes[i]!
  return value
}

/**
 * Creates a reader of one WebM stream, as MediaRecorder writes it: timestamps in milliseconds, frames without lacing.
 *
 * Anything else is a {@link WebmReader.failure}.
 */
export function createWebmReader(): WebmReader {
  let header: Uint8Array<ArrayBuffer> | null = null
  let failure: WebmReader['failure'] = null
  let buffer = new Uint8Array(0)
  let at = 0
  let skip = 0
  let clusterTime = 0
  let segmentSize: [start: number, end: number] | undefined

  const fail = (why: WebmReader['failure'] = 'not-webm'): false => {
    failure = why
    buffer = new Uint8Array(0)
    return false
  }

  // Reads one element at `at`; false when it needs more bytes. The masters that hold blocks are entered without
  // regard to their size, so that known and unknown sizes are one case.
  const readElement = (blocks: WebmBlock[]): boolean => {
    const idEnd = at + Math.clz32(buffer[at]!) - 23
    const sizeLength = Math.clz32(buffer[idEnd] ?? 1) - 23
    const start = idEnd + sizeLength
    const isFirst = !header && !at
    if (buffer[at]! < 16 || buffer[idEnd] === 0 || (isFirst && buffer[0] !== 0x1a)) return fail()
    if (start > buffer.length || idEnd >= buffer.length) return false

    const id = readUint(buffer.subarray(at, idEnd))
    // The marker bit goes first: with it, eight bytes are more than a number can hold exactly.
    const size = readUint(buffer.subarray(idEnd + 1, start), buffer[idEnd]! & (255 >> sizeLength))
    if (isFirst !== (id === EBML)) return fail(isFirst ? undefined : 'second-header')
    if (id === CLUSTER && !header) {
      header = buffer.slice(0, at)
      if (segmentSize) {
        header.fill(255, ...segmentSize)
        header[segmentSize[0]] = 511 >> (segmentSize[1] - segmentSize[0])
      }
    }
    if (id === SEGMENT) segmentSize = [idEnd, start]

    const isMaster = [SEGMENT, CLUSTER, INFO, BLOCK_GROUP].includes(id)
    const isBlock = id === SIMPLE_BLOCK || id === BLOCK
    if (!isMaster && (size > MAX_BYTES || size === 2 ** (7 * sizeLength) - 1)) return fail()
    if (isMaster) at = start
    else if (header && !isBlock && id !== TIMESTAMP) {
      skip = size
      at = start
    } else {
      const end = start + size
      if (end > buffer.length) return false
      const body = buffer.subarray(start, end)
      if (id === TIMESTAMP) clusterTime = readUint(body)
      else if (id === TIMESTAMP_SCALE && readUint(body) !== 1e6) return fail()
      else if (isBlock) {
        const track = Math.clz32(body[0] ?? 0) - 23
        const flags = body[track + 2]
        // Bits 1 and 2 are lacing.
        if (!header || flags === undefined || flags & 6) return fail()
        blocks.push({
          time: clusterTime + (((body[track]! << 24) | (body[track + 1]! << 16)) >> 16),
          bytes: body.slice(track + 3),
          track: readUint(body.subarray(0, track)) - 2 ** (7 * track),
          keyframe: id === BLOCK || flags > 127,
        })
      }
      at = end
    }
    return true
  }

  return {
    push(bytes) {
      const blocks: WebmBlock[] = []
      if (failure) return blocks
      buffer = concatBytes([buffer, bytes])
      do {
        const skipped = Math.min(skip, buffer.length - at)
        at += skipped
        skip -= skipped
      } while (at < buffer.length && readElement(blocks))
      if (!failure && buffer.length - (header ? at : 0) > 2 * MAX_BYTES) fail()
      if (header && !failure) {
        // Until the first cluster is seen, what was read is kept: it is the header.
        buffer = buffer.slice(at)
        at = 0
      }
      return blocks
    },
    get header() {
      return header
    },
    get failure() {
      return failure
    },
    get isBroken() {
      return !!failure
    },
  }
}

/**
 * Writes blocks as clusters of their own, to follow a {@link WebmReader.header} or earlier clusters.
 *
 * Calls may follow one another in one stream as long as times do not fall. No blocks give no bytes.
 *
 * @param blocks - In the order of their times.
 * @param options - `startTime`: the time of the old stream, in milliseconds, that becomes 0 in the new one.
 */
export function writeCluster(
  blocks: readonly WebmBlock[],
  { startTime }: { startTime: number },
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  let clusterTime = -Infinity
  for (const block of blocks) {
    const time = Math.max(0, Math.round(block.time - startTime))
    // A block's own time is a signed 16-bit offset. Negative offsets are legal, but a stream does not need them.
    if (time - clusterTime > 32767 || time < clusterTime) {
      clusterTime = time
      parts.push(
        // Of unknown size, as a recorder writes it; then the timestamp in four bytes, good for 49 days.
        Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, 255, TIMESTAMP, 0x84, time >>> 24, time >> 16, time >> 8, time),
      )
    }
    const size = block.bytes.length + 4
    const offset = time - clusterTime
    parts.push(
      Uint8Array.of(
        ...[SIMPLE_BLOCK, 16 | (size >>> 24), size >> 16, size >> 8, size],
        ...[128 | block.track, offset >> 8, offset, block.keyframe ? 128 : 0],
      ),
      block.bytes,
    )
  }
  return concatBytes(parts)
}
