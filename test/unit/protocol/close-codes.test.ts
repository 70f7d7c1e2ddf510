import { expect, it } from 'vitest'
import { closeMeaning } from '../../../src/protocol/close-codes.ts'

const NET_0000 = 'Deepgram did not provide a response message within the timeout window. See https://dpgr.am/net0000'
const NET_0001 =
  'Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001'

it.each([
  // code, reason, error, worth a retry, routine
  [1000, '', 'connection-lost', true, false],
  [1001, '', 'connection-lost', true, false],
  [1005, '', 'connection-lost', true, false],
  [1006, '', 'connection-lost', true, false],
  [1008, 'The data could not be decoded (DATA-0000)', 'invalid-audio', false, false],
  [1008, '', 'invalid-audio', false, false],
  [1003, 'MESSAGE-0000', 'invalid-audio', false, false],
  [1008, 'DATA-0001', 'rate-limited', true, false],
  [1009, 'BIG-0001', 'text-too-long', false, false],
  [1009, 'BIG-0000', 'text-too-long', false, false],
  [1009, '', 'text-too-long', false, false],
  [1011, NET_0000, 'no-audio-timeout', true, false],
  [1011, NET_0001, 'no-audio-timeout', true, true],
  [1011, 'NET-0001', 'no-audio-timeout', true, true],
  [1011, 'no_audio_timeout', 'no-audio-timeout', true, true],
  [1011, 'NET-0003', 'connection-lost', true, true],
  [1011, 'NET-0004', 'connection-lost', true, true],
  [1011, '', 'service-error', true, false],
  [1011, 'something new (NET-0042)', 'service-error', true, false],
  [1012, '', 'service-error', true, false],
  [1013, '', 'service-error', true, false],
  [4000, 'whatever', 'connection-lost', true, false],
])('%i %j means %s (retry: %s, routine: %s)', (code, reason, error, retryable, isRoutine) => {
  const meaning = closeMeaning(code, reason)
  expect(meaning).toMatchObject({ code: error, retryable, isRoutine })
  expect(meaning.what).not.toBe('')
  expect(meaning.todo).not.toBe('')
})
