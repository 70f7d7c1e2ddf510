// Finds the packets of a whole WebM stream: a walk over its elements, independent of the library that is measured.

const MASTERS = new Set([0x18538067, 0x1f43b675])

/** @param {Uint8Array} bytes @returns {{ endByte: number, timeMs: number }[]} */
export function webmPackets(bytes) {
  const packets = []
  let at = 0
  let clusterMs = 0
  while (at < bytes.length) {
    const idLength = Math.clz32(bytes[at]) - 23
    const sizeLength = Math.clz32(bytes[at + idLength]) - 23
    const id = number(at, idLength)
    const start = at + idLength + sizeLength
    const end = start + number(at + idLength, sizeLength) - 2 ** (7 * sizeLength)
    if (id === 0xe7) clusterMs = number(start, end - start)
    if (id === 0xa3) {
      const relative = ((bytes[start + 1] << 24) | (bytes[start + 2] << 16)) >> 16
      packets.push({ endByte: end, timeMs: clusterMs + relative })
    }
    at = MASTERS.has(id) ? start : end
  }
  return packets

  function number(from, length) {
    let value = 0
    for (let index = from; index < from + length; index++) value = value * 256 + bytes[index]
    return value
  }
}
