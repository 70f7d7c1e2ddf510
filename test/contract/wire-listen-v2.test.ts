import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../../src/protocol/decode.ts'
import { listenV2Schemas, type ListenV2Message, type ListenV2TurnInfo } from '../../src/protocol/listen-v2.ts'
import { foldListenV2, foldTurn, INITIAL_TURN_STATE, type TurnEvent } from '../../src/transcript/fold-listen-v2.ts'
import { INITIAL_TRANSCRIPT_STATE, settleRest } from '../../src/transcript/transcript.ts'

const folder = new URL('../../../shared/wire-samples/', import.meta.url)
const isHere = existsSync(folder)
const sample = (name: string) => readFileSync(new URL(`listen-v2-${name}.json`, folder), 'utf8')
const names = isHere ? readdirSync(folder).flatMap((file) => /^listen-v2-(.+)\.json$/.exec(file)?.[1] ?? []) : []
const constitution =
  'We the people of the United States, in order to form a more perfect union, establish justice, ensure domestic tranquility, provide for the common defense, promote the general welfare, and secure the blessings of liberty to ourselves and our posterity, to ordain and establish this constitution for the United States of America.'

/** What each recorded message is, on its own: the interim text, the settled text, and the event of the turn. */
const expected: Record<string, [interim: string | null, settled: string, event: TurnEvent['type'] | null]> = {
  configuresuccess: [null, '', null],
  connected: [null, '', null],
  'turninfo-eagerendofturn': [constitution, '', 'eager-end'],
  'turninfo-endofturn': [null, constitution, 'end'],
  'turninfo-startofturn': ['We, the', '', 'start'],
  'turninfo-update': ['We, the people,', '', 'update'],
  'turninfo-update-between-eager-and-end': [constitution, '', 'update'],
  'turninfo-update-empty': [null, '', 'update'],
  'turninfo-update-last-after-closestream': [null, '', 'update'],
  'turninfo-update-next-turn': [null, '', 'update'],
  'turninfo-update-text-before-startofturn': ['We', '', 'update'],
}

function read(text: string): ListenV2Message {
  const decoded = decodeMessage(text, listenV2Schemas)
  if (decoded.kind !== 'message') throw new Error(`${decoded.kind}: ${text.slice(0, 200)}`)
  return decoded.message
}

describe.skipIf(!isHere)('recorded messages of /v2/listen (skipped where ../shared/wire-samples is absent)', () => {
  const messages = names.filter((name) => name !== 'session-full-sequence')

  it('there is an expectation for every recording, and a recording for every expectation', () => {
    expect(messages.toSorted()).toEqual(Object.keys(expected).toSorted())
  })

  it.each(messages)('%s passes decode and both folds with the expected result', (name) => {
    const message = read(sample(name))
    expect(message).toMatchObject({ type: (JSON.parse(sample(name)) as { type: string }).type })
    const { transcript } = foldListenV2(INITIAL_TRANSCRIPT_STATE, message)
    const { events } = foldTurn(INITIAL_TURN_STATE, message)
    expect([transcript.interim?.text ?? null, transcript.text, events[0]?.type ?? null]).toEqual(expected[name])
    expect(events.length).toBeLessThan(2)
  })

  it.each(messages)('%s loses nothing that a schema lists, and the undocumented member is read', (name) => {
    expect(read(sample(name))).toEqual(JSON.parse(sample(name)))
  })
})

describe.skipIf(!isHere)('the recorded session of /v2/listen (skipped where ../shared/wire-samples is absent)', () => {
  const { frames } = isHere
    ? (JSON.parse(sample('session-full-sequence')) as { frames: ListenV2TurnInfo[] })
    : { frames: [] }
  const messages = frames.map((frame) => read(JSON.stringify(frame)))

  it('folds to the one turn that was spoken, with every word and its times', () => {
    let state = INITIAL_TRANSCRIPT_STATE
    for (const [i, message] of messages.entries()) {
      state = foldListenV2(state, message)
      if (message.type !== 'TurnInfo') continue
      const { interim, text } = state.transcript
      // Whatever the service shows is shown, at once.
      const isEnd = message.event === 'EndOfTurn'
      expect([i, interim?.text ?? '', text]).toEqual([i, isEnd ? '' : message.transcript, i < 87 ? '' : constitution])
    }
    const end = frames[87]!
    expect(state.transcript).toEqual({
      text: constitution,
      interim: null,
      gaps: [],
      segments: [
        {
          id: 's1',
          text: constitution,
          start: end.words[0]!.start,
          end: end.words.at(-1)!.end,
          words: end.words.map(({ word, ...rest }) => ({ text: word, ...rest })),
          channel: 0,
          isProvisional: false,
          streamIndex: 0,
        },
      ],
      utterances: [
        {
          id: 'u2',
          text: constitution,
          start: end.words[0]!.start,
          end: end.words.at(-1)!.end,
          channel: 0,
          segmentIds: ['s1'],
          source: state.transcript.utterances[0]!.source,
        },
      ],
    })
    expect(state.transcript.segments[0]!.words.map(({ text }) => text).join(' ')).toBe(constitution)
    // CloseStream ended no turn, and there is nothing left to settle.
    expect(settleRest(state).transcript).toEqual(state.transcript)
  })

  it('gives the same transcript when every message comes twice', () => {
    const twice = messages.flatMap((message) => [message, message])
    expect(twice.reduce(foldListenV2, INITIAL_TRANSCRIPT_STATE).transcript).toEqual(
      messages.reduce(foldListenV2, INITIAL_TRANSCRIPT_STATE).transcript,
    )
  })

  it('cut off anywhere, the rest is what was shown last', () => {
    for (let count = 0; count <= messages.length; count++) {
      const state = messages.slice(0, count).reduce(foldListenV2, INITIAL_TRANSCRIPT_STATE)
      const last = frames.slice(0, count).findLast(({ type }) => type === 'TurnInfo')
      const text = count > 88 ? constitution : (last?.transcript ?? '')
      expect(settleRest(state).transcript.text).toBe(text)
    }
  })

  it('gives exactly these turn events', () => {
    let state = INITIAL_TURN_STATE
    const marks: [frame: number, type: string, index: number, state: string][] = []
    let updates = 0
    for (const [i, message] of messages.entries()) {
      state = foldTurn(state, message)
      for (const event of state.events) {
        if (event.type === 'update') updates++
        else marks.push([i, event.type, event.index, event.state])
      }
      if (i === 3) expect(state.turn).toMatchObject({ state: 'silent', text: 'We' })
      if (i === 86) expect(state.turn).toMatchObject({ state: 'eager-end', endOfTurnConfidence: 0.7183 })
      if (i === 87)
        expect(state.turn).toMatchObject({ state: 'ended', endOfTurnConfidence: 0.9136, text: constitution })
    }
    expect(marks).toEqual([
      [4, 'start', 0, 'speaking'],
      [85, 'eager-end', 0, 'eager-end'],
      [87, 'end', 0, 'ended'],
    ])
    expect(updates).toBe(frames.filter(({ event }) => event === 'Update').length)
    expect(state.turn).toEqual({ index: 1, state: 'silent', text: '', endOfTurnConfidence: 0.1365 })
  })
})
