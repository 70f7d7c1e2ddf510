import type { AudioChunk } from '../audio/ports.ts'

/** The audio of one connection, as its sender and its receiver saw it. */
export interface AudioDigest {
  /** SHA-256 of the bytes that were handed to the socket, in lower-case hexadecimal. */
  readonly sent: string
  /** SHA-256 of the bytes that the service received, as it says. */
  readonly received: string
  /** Whether they are the same: every byte arrived, in order, and no other. */
  readonly isSame: boolean
}

/** Follows the audio of one connection after the other. Its code is loaded when the first byte comes. */
export interface AudioDigester {
  /** A new connection: what follows belongs to it. */
  begin(): void
  /** Takes what was handed to the socket; may be reused afterwards. */
  add(chunk: AudioChunk): void
  /** Resolves with both digests, or `null` where there is nothing to compare; never rejects. */
  compare(received: string): Promise<AudioDigest | null>
}

/** Creates a digester that has seen nothing yet. */
export function createAudioDigester(): AudioDigester {
  const loading = import('../audio/sha256.ts')
  /** Conversions may finish in any order: each waits for the one before. */
  let digest = start()

  async function start() {
    return (await loading).createSha256()
  }

  return {
    begin() {
      digest = start()
    },
    add(chunk) {
      const bytes = chunk instanceof Uint8Array ? chunk.slice() : chunk.arrayBuffer()
      digest = digest.then(async (hash) => {
        hash.update(new Uint8Array(await bytes))
        return hash
      })
      // Code that cannot be loaded is found out by whoever compares.
      digest.catch(() => {})
    },
    async compare(received) {
      // What was cut off has no digest.
      if (!/^[\da-f]{64}$/.test(received)) return null
      try {
        const sent = (await digest).digest()
        return { sent, received, isSame: sent === received }
      } catch {
        return null
      }
    },
  }
}
