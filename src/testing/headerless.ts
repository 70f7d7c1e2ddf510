/**
 * Whether bytes are the middle of a WebM, Ogg or MP4 stream. The service answers those with silence, and other bytes that
 * are no audio with 1008.
 *
 * @param head - The first 64 bytes received, or fewer.
 */
export function looksHeaderless(head: Uint8Array): boolean {
  const hexadecimal = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const hasCluster = hexadecimal.includes('1f43b675')
  // A SimpleBlock of track 1: id, length, track, time, flags. A recorder's chunk begins at one, or up to three bytes
  // inside it; measured in Chromium 156.
  const beginsWithBlock = /^(a3)?(4...|[89a-f].|..)?81....[08]0/.test(hexadecimal)
  const beginsWithFragment = /^.{8}(6d6f6f66|6d646174)/.test(hexadecimal)
  return hasCluster || beginsWithBlock || beginsWithFragment || hexadecimal.startsWith('4f676753')
}
