import { createHash } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { createAudioDigester } from '../../../src/session/audio-digest.ts'
import type { ListenSessionOptions } from '../../../src/session/listen-session.ts'
import { createDeepgramEmulator } from '../../../src/testing/index.ts'
import { bench, bytes, pass, slowBlob, spoken, useFakedTime } from './listen-support.ts'

const sha256 = (...chunks: Uint8Array[]): string =>
  chunks.reduce((hash, chunk) => hash.update(chunk), createHash('sha256')).digest('hex')

/** What a network in between, which alters one byte, would do. */
function tampering(WebSocket: ReturnType<typeof createDeepgramEmulator>['WebSocket']) {
  let isDone = false
  return class extends WebSocket {
    override send(data: string | Blob | BufferSource): void {
      if (typeof data !== 'string' && data instanceof Uint8Array && !isDone) {
        isDone = true
        const altered = Uint8Array.from(data)
        altered[3] = altered[3]! ^ 1
        super.send(altered)
      } else super.send(data)
    }
  }
}

describe('the digest of the audio', () => {
  useFakedTime()

  async function listen(options: ListenSessionOptions, misfortune?: (test: ReturnType<typeof spoken>) => void) {
    const test = spoken('one two three four five', options)
    const started = test.session.start()
    await pass(10)
    await started
    await pass(2_000)
    misfortune?.(test)
    await pass(4_000)
    const ended = test.session.stop()
    await vi.waitFor(async () => {
      await pass(100)
      expect(test.session.getState().status).toBe('idle')
    })
    await ended
    return test
  }

  it('is that which the service says it received', async () => {
    const { session, emulator } = await listen({ digestAudio: true })
    const received = sha256(...emulator.sockets[0]!.receivedFrames)
    expect(session.diagnostics().audioDigest).toEqual({ sent: received, received, isSame: true })
    expect(session.getState()).toMatchObject({ warning: null, transcript: { text: 'one two three four five' } })
  })

  it('is that of the last connection alone, after a line was lost', async () => {
    const { session, emulator } = await listen({ digestAudio: true }, (test) => test.emulator.sockets[0]!.drop())
    expect(emulator.sockets).toHaveLength(2)
    expect(session.diagnostics().audioDigest).toMatchObject({
      sent: sha256(...emulator.sockets[1]!.receivedFrames),
      isSame: true,
    })
  })

  it('tells when other audio arrived than was sent', async () => {
    const emulator = createDeepgramEmulator()
    const { session } = await listen({
      digestAudio: true,
      WebSocket: tampering(emulator.WebSocket),
      getToken: emulator.getToken,
    })
    const { audioDigest } = session.diagnostics()
    expect(audioDigest).toMatchObject({ isSame: false, received: sha256(...emulator.sockets[0]!.receivedFrames) })
    expect(audioDigest!.sent).not.toBe(audioDigest!.received)
    expect(session.getState().warning?.code).toBe('audio-altered')
  })

  it('is not computed unless it is asked for', async () => {
    const { session } = await listen({})
    expect(session.diagnostics().audioDigest).toBeNull()
  })

  it('of a session that was cut off is none', async () => {
    const test = bench({ digestAudio: true })
    await test.open()
    test.source.push(bytes(1))
    test.line().receive({ type: 'Metadata', request_id: 'r', sha256: 'incomplete' })
    await test.settle()
    expect(test.session.diagnostics().audioDigest).toBeNull()
    test.session.abort()
  })
})

describe('the digester', () => {
  it('takes chunks in the order in which they were handed over, whenever their bytes come', async () => {
    const digester = createAudioDigester()
    const [first, second, third] = [bytes(1), bytes(2), bytes(3)]
    const slow = slowBlob(first)
    const reused = second.slice()
    digester.add(slow)
    digester.add(reused)
    digester.add(new Blob([third]))
    reused.fill(9)
    const compared = digester.compare(sha256(first, second, third))
    slow.deliver()
    expect(await compared).toMatchObject({ isSame: true })
  })
})
