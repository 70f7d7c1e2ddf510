import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createNodeOpusDecoder } from '../../../src/testing/opus-node.ts'
import { linear16, openSession, settle, speak } from './session.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const net0000 = 'Deepgram did not provide a response message within the timeout window. See https://dpgr.am/net0000'
const net0001 =
  'Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001'
const webm = new Uint8Array(readFileSync(new URL('../../fixtures/audio/fox.webm', import.meta.url)))
const opus = { hears: { opus: createNodeOpusDecoder } }

test('nothing is sent at the start', async () => {
  const session = await openSession(`/v1/listen?${linear16}&interim_results=true&vad_events=true`)
  await vi.advanceTimersByTimeAsync(5000)
  expect(session.texts).toEqual([])
})

test('10 s without a frame are borne; soon after, Metadata and 1011 net0001 end the stream', async () => {
  const session = await openSession(`/v1/listen?${linear16}`)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(session.closes).toEqual([])
  await vi.advanceTimersByTimeAsync(2500)
  expect(session.messages()).toEqual([
    expect.objectContaining({ type: 'Metadata', sha256: 'incomplete', duration: 0, channels: 1 }),
  ])
  expect(session.texts[0]).not.toContain('models')
  expect(session.closes).toEqual([{ code: 1011, reason: net0001, wasClean: true }])
})

test('KeepAlive and audio each hold the stream open, and KeepAlive is no audio', async () => {
  const session = await openSession(`/v1/listen?${linear16}`)
  for (let i = 0; i < 5; i++) {
    await vi.advanceTimersByTimeAsync(9000)
    await (i % 2 === 0 ? session.say({ type: 'KeepAlive' }) : session.send(new Uint8Array(640)))
  }
  expect(session.closes).toEqual([])
  await session.say({ type: 'CloseStream' })
  expect(session.messages().at(-1)).toMatchObject({ duration: 0.04 })
})

test.each([
  [
    '{"type":"ForceEndTurn"}',
    'unknown variant `ForceEndTurn`, expected one of `CloseStream`, `Configure`, `Sync`, `KeepAlive`, `Finalize`',
  ],
  [
    '{"type": "Configure", "keyterm": ["Deepgram"]}',
    'unknown field `keyterm`, expected one of `features`, `processors`, `keyterms`, `language_hints`',
  ],
  ['nonsense', 'expected value at line 1 column 1'],
  ['{}', 'missing field `type`'],
])('the text %s is answered by a SchemaError, and the stream goes on', async (text, detail) => {
  const session = await openSession(`/v1/listen?${linear16}`)
  session.ws.send(text)
  await settle()
  expect(session.messages()).toEqual([
    {
      type: 'Error',
      variant: 'SchemaError',
      description: `Could not deserialize last text message: ${detail}`,
      message: text,
    },
  ])
  await session.send(speak(['still here', 1]).bytes)
  expect(session.transcript()).toBe('still here')
})

test('Configure is answered once, by the generation that was asked for', async () => {
  const current = await openSession(`/v1/listen?${linear16}`)
  await current.say({ type: 'Configure', keyterms: ['Deepgram'] })
  await current.say({ type: 'Configure', features: { numerals: true } })
  const { requestId } = current.socket
  expect(current.texts).toEqual([
    `{"type":"ConfigureSuccess","request_id":"${requestId}","keyterms":["Deepgram"]}`,
    `{"type":"ConfigureSuccess","request_id":"${requestId}"}`,
  ])
  const older = linear16.replace('nova-3', 'nova-2')
  const refused = await openSession(`/v1/listen?${older}`)
  await refused.say({ type: 'Configure', keyterms: ['Deepgram'] })
  expect(refused.messages()).toEqual([
    expect.objectContaining({ type: 'ConfigureFailure', code: 'KeytermsNotSupported' }),
  ])
  const legacy = await openSession(`/v1/listen?${older}`, { listen: { hasLegacyConfigure: true } })
  await legacy.say({ type: 'Configure', features: { numerals: true } })
  await legacy.say({ type: 'Configure', keyterms: ['Deepgram'] })
  expect(legacy.texts).toEqual([
    '{"type":"Error","variant":"InvalidConfigureMessage","description":"`keyterms` are only supported for Nova-3 and Flux.","code":"KeytermsNotSupported"}',
  ])
})

test('too many key terms silence the stream, and 30 s later it ends with net0000', async () => {
  const session = await openSession(`/v1/listen?${linear16}`)
  await session.say({ type: 'Configure', keyterms: Array.from({ length: 501 }, (_, i) => `term${i}`) })
  for (let second = 0; second < 31; second++) {
    session.ws.send(new Uint8Array(32_000))
    await vi.advanceTimersByTimeAsync(1000)
  }
  expect(session.messages().map((message) => message.type)).toEqual(['Metadata'])
  expect(session.closes).toEqual([{ code: 1011, reason: net0000, wasClean: true }])
})

test('bytes that are no audio end the stream with 1008 DATA-0000', async () => {
  const session = await openSession('/v1/listen?model=nova-3')
  await session.send(new TextEncoder().encode('{"type":"KeepAlive"} as bytes is no audio'))
  expect(session.messages()).toEqual([expect.objectContaining({ type: 'Metadata', sha256: 'incomplete' })])
  expect(session.closes).toEqual([
    { code: 1008, reason: expect.stringContaining('DATA-0000') as string, wasClean: true },
  ])
})

test('WebM from a real recorder is heard', async () => {
  const session = await openSession('/v1/listen?model=nova-3', opus)
  vi.useRealTimers()
  session.ws.send(webm)
  session.ws.send('{"type":"CloseStream"}')
  await vi.waitFor(() => expect(session.closes).toHaveLength(1), 5000)
  expect(session.transcript()).toBe('the quick brown fox jumps over the lazy dog')
})

test('WebM without its header yields nothing, and ends with net0000', async () => {
  const session = await openSession('/v1/listen?model=nova-3', opus)
  const cluster = Buffer.from(webm).indexOf(Buffer.from('1f43b675', 'hex'))
  for (let second = 0; second < 14; second++) {
    session.ws.send(webm.slice(cluster))
    await vi.advanceTimersByTimeAsync(1000)
  }
  expect(session.messages().map((message) => message.type)).toEqual(['Metadata'])
  expect(session.closes).toEqual([{ code: 1011, reason: net0000, wasClean: true }])
})

test('after a second header nothing more is heard, and the stream ends with net0000', async () => {
  const session = await openSession('/v1/listen?model=nova-3', opus)
  vi.useRealTimers()
  session.ws.send(webm)
  await vi.waitFor(() => expect(session.socket.audioSeconds).toBeGreaterThan(1), 5000)
  const seconds = session.socket.audioSeconds
  vi.useFakeTimers()
  session.ws.send(webm)
  await vi.advanceTimersByTimeAsync(13_000)
  expect(session.closes).toEqual([{ code: 1011, reason: expect.stringContaining('net000') as string, wasClean: true }])
  expect(session.socket.audioSeconds).toBe(seconds)
})

test('container bytes announced as raw audio are noise, not an error', async () => {
  const session = await openSession(`/v1/listen?${linear16}`)
  await session.send(webm)
  await session.say({ type: 'CloseStream' })
  expect(session.transcript()).toBe('')
  expect(session.closes).toEqual([{ code: 1000, reason: '', wasClean: true }])
})

test('a missing Opus decoder is told to onProblem, and the audio is silence', async () => {
  const problems: string[] = []
  const failing = () => Promise.reject(new Error('no decoder here'))
  const session = await openSession('/v1/listen?model=nova-3', {
    hears: { opus: failing },
    onProblem: (error) => problems.push(error.message),
  })
  await session.send(webm)
  expect(problems).toContain('no decoder here')
  expect(session.closes).toEqual([])
})
