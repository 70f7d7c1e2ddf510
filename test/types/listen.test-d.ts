import { expectTypeOf, test } from 'vitest'
import type { DeepgramError, DeepgramErrorCode, UseDeepgramListenOptions } from '../../src/index.ts'
import type { ListenV1Message } from '../../src/protocol/listen-v1.ts'
import type { ListenSession, ListenSessionOptions, ListenState } from '../../src/session/listen-session.ts'
import type { ListenStatus } from '../../src/session/status.ts'
import type { Segment, Transcript, Utterance } from '../../src/transcript/transcript.ts'

test('callbacks know what they are given', () => {
  const options: UseDeepgramListenOptions = {
    onFinal(segment) {
      expectTypeOf(segment).toEqualTypeOf<Segment>()
    },
    onUtterance(utterance) {
      expectTypeOf(utterance).toEqualTypeOf<Utterance>()
    },
    onError(error) {
      expectTypeOf(error).toEqualTypeOf<DeepgramError>()
      expectTypeOf(error.code).toEqualTypeOf<DeepgramErrorCode>()
    },
    getToken({ signal, attempt, purpose }) {
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(attempt).toEqualTypeOf<number>()
      expectTypeOf(purpose).toEqualTypeOf<'listen' | 'speak'>()
      return { access_token: '' }
    },
  }
  expectTypeOf(options).toExtend<object>()
})

test('an option may be undefined; a misspelt or mistyped one is an error', () => {
  expectTypeOf({ model: undefined, smartFormat: undefined, reconnect: undefined }).toExtend<ListenSessionOptions>()
  // @ts-expect-error: the name on the wire is not the name here
  const misspelt: ListenSessionOptions = { smart_format: true }
  // @ts-expect-error: true is no limit
  const mistyped: ListenSessionOptions = { endpointing: true }
  // @ts-expect-error: only false switches it off
  const always: ListenSessionOptions = { reconnect: true }
  expectTypeOf([misspelt, mistyped, always]).toExtend<object[]>()
})

test('the session is a store that can be read, not written', () => {
  expectTypeOf<ListenSession['getState']>().returns.toEqualTypeOf<ListenState>()
  expectTypeOf<ListenSession>().not.toHaveProperty('setState')
  expectTypeOf<ListenState['status']>().toEqualTypeOf<ListenStatus>()
  expectTypeOf<ListenState['error']>().toEqualTypeOf<DeepgramError | null>()
  expectTypeOf<Transcript['segments']>().toEqualTypeOf<readonly Segment[]>()
  expectTypeOf<ListenSession['stop']>().returns.resolves.toEqualTypeOf<Transcript>()
  expectTypeOf<ListenSession['finalize']>().returns.resolves.toEqualTypeOf<Segment | null>()
})

test('a message is told from the others by its type', () => {
  const message = {} as ListenV1Message
  if (message.type === 'Results') expectTypeOf(message.is_final).toEqualTypeOf<boolean>()
  else expectTypeOf(message).not.toHaveProperty('is_final')
  if (message.type === 'UtteranceEnd') expectTypeOf(message.last_word_end).toEqualTypeOf<number>()
})
