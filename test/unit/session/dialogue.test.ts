import { describe, expect, it, vi } from 'vitest'
import { DeepgramError } from '../../../src/errors.ts'
import type { AssistantMessage } from '../../../src/session/dialogue.ts'
import { createPen, pass, talk } from './dialogue-support.ts'
import { HandSource, MP4, nextLine } from './listen-support.ts'
import { setUp, wordsIn } from './speak-support.ts'

const ZERO_FRAME = (frame: unknown): boolean => frame instanceof Uint8Array && frame.every((byte) => byte === 0)
const LONG = 'alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november'

const replyOf = (test: ReturnType<typeof talk>, index = -1): AssistantMessage =>
  test
    .state()
    .history.filter((message) => message.role === 'assistant')
    .at(index)!

describe('a turn', () => {
  it('is answered once, and the answer is spoken; both are in the history', async () => {
    const test = talk()
    expect(test.state()).toEqual({ phase: 'idle', history: [], unfinished: '', problem: null, error: null })
    await test.start()
    expect(test.phases).toEqual(['listening'])
    test.flux('Update', 'hello')
    test.flux('StartOfTurn', 'hello there')
    await pass(20)
    expect(test.state().unfinished).toBe('hello there')
    test.flux('EndOfTurn', 'hello there')
    expect(test.state().phase).toBe('thinking')
    await test.untilAudible()
    expect(test.state().phase).toBe('speaking')
    await test.untilSilent()
    expect(test.asked).toMatchObject([
      { text: 'hello there', eager: false, history: [{ role: 'user', content: 'hello there' }] },
    ])
    expect(wordsIn(test.mouth.sink.heard[0]!)).toBe('you said hello there')
    expect(test.phases).toEqual(['listening', 'thinking', 'speaking', 'listening'])
    expect(test.messages()).toEqual(['user: hello there', 'assistant: you said hello there'])
    const { state, latency, playedSeconds } = replyOf(test)
    expect(state).toBe('spoken')
    expect(latency.tokenMs).toBe(0)
    expect(latency.soundMs).toBeGreaterThanOrEqual(130)
    expect(playedSeconds).toBeCloseTo(test.mouth.sink.heard[0]!.length / 24_000)
    expect(new Set(test.state().history.map(({ id }) => id)).size).toBe(2)
  })

  it('may end by speech_final, by UtteranceEnd or by a timeout: each is one turn', async () => {
    const test = talk({ listen: { model: 'nova-3', utteranceTimeoutMs: 2000 }, onTurn: () => undefined })
    await test.start()
    test.nova('one', { isFinal: true })
    test.nova('two', { speechFinal: true })
    test.ears.line().receive({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: 0.5 })
    expect(test.asked.map(({ text }) => text)).toEqual(['one two'])
    test.nova('three', { isFinal: true })
    test.ears.line().receive({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: 99 })
    expect(test.asked.map(({ text }) => text)).toEqual(['one two', 'three'])
    test.nova('four', { isFinal: true })
    test.nova('', { isFinal: true })
    await pass(2000)
    expect(test.asked.map(({ text }) => text)).toEqual(['one two', 'three', 'four'])
    // An answer of nothing leaves no message, and nobody waits for it.
    expect(test.state().phase).toBe('listening')
    expect(test.messages()).toEqual(['user: one two', 'user: three', 'user: four'])
  })

  it('that goes on before an answer is heard takes the answer back; nothing of it is heard, or stays', async () => {
    for (const model of ['flux-general-en', 'nova-3']) {
      const test = talk({ listen: { model }, speak: {} })
      await test.start()
      const isFlux = model !== 'nova-3'
      if (isFlux) test.flux('EndOfTurn', 'tell me')
      else test.nova('tell me', { speechFinal: true })
      await pass(60)
      expect(test.state().phase).toBe('thinking')
      if (isFlux) test.flux('Update', 'about')
      else test.nova('about')
      await pass(20)
      expect(test.state().phase).toBe('listening')
      expect(test.asked[0]!.signal.aborted).toBe(true)
      await pass(1000)
      if (isFlux) test.flux('EndOfTurn', 'about whales')
      else test.nova('about whales', { speechFinal: true })
      await test.untilAudible()
      await test.untilSilent()
      expect(test.asked.map(({ text }) => text)).toEqual(['tell me', 'about whales'])
      expect(test.asked[1]!.history.map(({ content }) => content)).toEqual(['tell me', 'about whales'])
      expect(test.messages()).toEqual(['user: tell me', 'user: about whales', 'assistant: you said about whales'])
      expect(wordsIn(test.mouth.sink.heard.at(-1)!)).toBe('you said about whales')
      expect(test.mouth.sink.heard.slice(0, -1).every((samples) => samples.length === 0)).toBe(true)
    }
  })

  it('a noise or a filler while the page thinks takes nothing back, and is no turn', async () => {
    const test = talk({ listen: { model: 'nova-3', vadEvents: true } })
    await test.start()
    test.nova('tell me', { speechFinal: true })
    test.notice()
    test.nova('mm-hmm.')
    await pass(20)
    test.nova('Mm-hmm.', { speechFinal: true })
    await test.untilAudible()
    await test.untilSilent()
    expect(test.asked).toHaveLength(1)
    expect(replyOf(test).state).toBe('spoken')
    // When the page waits for an answer, it is one.
    test.nova('Mm-hmm.', { speechFinal: true })
    expect(test.asked[1]!.text).toBe('Mm-hmm.')
  })

  it('is spoken as it comes, whatever the application returns', async () => {
    const pen = createPen()
    const stream = () =>
      new ReadableStream<string>({
        start(controller) {
          for (const piece of ['one ', 'two']) controller.enqueue(piece)
          controller.close()
        },
      })
    const answers = [() => pen.stream, stream, () => Promise.resolve('late'), async () => Promise.resolve(stream())]
    const test = talk({ onTurn: () => answers.shift()!() })
    await test.start()
    test.flux('EndOfTurn', 'go')
    pen.write('First part of it. ')
    await pass(10)
    expect(replyOf(test)).toMatchObject({ text: 'First part of it. ', content: '', state: 'writing' })
    pen.write('Second')
    await test.untilAudible()
    expect(replyOf(test)).toMatchObject({ text: 'First part of it. Second', state: 'speaking' })
    pen.write(' part.')
    pen.end()
    await test.untilSilent()
    expect(replyOf(test).content).toBe('First part of it. Second part.')
    for (const said of ['one two', 'late', 'one two']) {
      await pass(400)
      test.flux('EndOfTurn', 'go')
      await test.untilAudible()
      await test.untilSilent()
      expect(wordsIn(test.mouth.sink.heard.at(-1)!)).toBe(said)
      expect(replyOf(test).content).toBe(said)
    }
    expect(test.state().problem).toBeNull()
  })

  it('finds the line to the voice open already, however long the user spoke, and opens no other', async () => {
    const test = talk({ speak: { idleMs: 10_000 } })
    await test.start()
    expect(test.mouth.open()).toBe(1)
    await test.record(30_000)
    expect(test.mouth.open()).toBe(0)
    test.flux('StartOfTurn', 'well')
    await pass(200)
    expect(test.mouth.open()).toBe(1)
    test.flux('EndOfTurn', 'well then')
    await test.untilAudible()
    expect(replyOf(test).latency.soundMs).toBeLessThanOrEqual(130 + 60)
    expect(test.mouth.emulator.sockets).toHaveLength(2)
  })
})

describe('an eager end of turn', () => {
  it('lets the answer be ready, but not be heard before the turn is over', async () => {
    const test = talk()
    await test.start()
    test.flux('EagerEndOfTurn', 'hello there', 0.6)
    expect(test.asked).toMatchObject([{ text: 'hello there', eager: true, history: [{ content: 'hello there' }] }])
    await pass(1500)
    expect(test.mouth.emulator.sockets[0]!.sentBytes).toBeGreaterThan(0)
    expect(test.state()).toMatchObject({ phase: 'listening', history: [] })
    expect(test.coordinator.isSounding).toBe(false)
    expect(test.isAudible()).toBe(false)
    test.flux('EndOfTurn', 'hello there', 0.9)
    expect(test.asked).toHaveLength(1)
    expect(test.messages()).toEqual(['user: hello there', 'assistant: '])
    await test.untilAudible()
    expect(replyOf(test).latency.soundMs).toBeLessThan(130)
    expect(replyOf(test).latency.tokenMs).toBe(-1500)
    await test.untilSilent()
    expect(wordsIn(test.mouth.sink.heard[0]!)).toBe('you said hello there')
    expect(test.messages()[1]).toBe('assistant: you said hello there')
  })

  it('is taken back when the turn goes on, before a sound; the end asks again', async () => {
    const test = talk()
    await test.start()
    test.flux('EagerEndOfTurn', 'hello', 0.6)
    await pass(500)
    test.flux('TurnResumed', 'hello and')
    expect(test.asked[0]!.signal.aborted).toBe(true)
    await pass(500)
    test.flux('EagerEndOfTurn', 'hello and goodbye', 0.6)
    test.flux('Update', 'hello and goodbye', 0.7)
    test.flux('EndOfTurn', 'hello and goodbye', 0.9)
    await test.untilAudible()
    await test.untilSilent()
    expect(test.asked.map(({ text, eager, signal }) => [text, eager, signal.aborted])).toEqual([
      ['hello', true, true],
      ['hello and goodbye', true, false],
    ])
    expect(test.mouth.sink.heard.map((samples) => wordsIn(samples)).filter(Boolean)).toEqual([
      'you said hello and goodbye',
    ])
    expect(test.phases).toEqual(['listening', 'thinking', 'speaking', 'listening'])
    expect(test.messages()).toEqual(['user: hello and goodbye', 'assistant: you said hello and goodbye'])
  })

  it('whose words were not the last ones is asked again; one that failed is asked again, and nobody is told', async () => {
    let isFirst = true
    const test = talk({
      onTurn(text) {
        if (isFirst && text === 'third') {
          isFirst = false
          throw new Error('busy')
        }
        return `you said ${text}`
      },
    })
    await test.start()
    test.flux('EagerEndOfTurn', 'first', 0.6)
    test.flux('EndOfTurn', 'first and second', 0.9)
    await test.untilAudible()
    await test.untilSilent()
    await pass(400)
    test.flux('EagerEndOfTurn', 'third', 0.6)
    expect(test.state().problem).toBeNull()
    test.flux('EndOfTurn', 'third', 0.9)
    await test.untilAudible()
    await test.untilSilent()
    expect(test.asked.map(({ text, eager }) => [text, eager])).toEqual([
      ['first', true],
      ['first and second', false],
      ['third', true],
      ['third', false],
    ])
    expect(test.state().problem).toBeNull()
  })
})

describe('half-duplex', () => {
  it('pain 13: from before the first sample until a moment after the last nothing of the microphone leaves', async () => {
    const test = talk({ listen: { model: 'nova-3' } })
    await test.start()
    await test.record(200)
    test.nova(LONG, { speechFinal: true })
    const frames: unknown[] = []
    const tailed: number[] = []
    let silentAt = 0
    for (let i = 0; i < 2000 && test.asked.length; i++) {
      const wasSounding = test.isAudible()
      const sent = await test.record(20)
      const isAudible = test.isAudible()
      if (wasSounding && isAudible) frames.push(...sent)
      if (wasSounding && !isAudible) silentAt = Date.now()
      if (silentAt && sent.some((frame) => frame instanceof Uint8Array)) {
        tailed.push(Date.now() - silentAt)
        break
      }
    }
    expect(frames.filter((frame) => frame instanceof Uint8Array)).toEqual([])
    expect(frames.filter((frame) => String(frame).includes('KeepAlive')).length).toBeGreaterThan(0)
    expect(tailed[0]).toBeGreaterThanOrEqual(200 - 20)
    expect(tailed[0]).toBeLessThanOrEqual(300)
    expect(test.ears.session.getState().status).toBe('listening')
    expect(test.ears.lines).toHaveLength(1)
  })

  it('pain 13: where there is no KeepAlive, silence goes on, or the line is closed and opened again', async () => {
    const raw = talk()
    await raw.start()
    raw.flux('EndOfTurn', LONG)
    await raw.untilAudible()
    const before = raw.ears.line().sent.length
    await raw.record(1000)
    const sent = raw.ears.line().sent.slice(before)
    expect(sent.length).toBeGreaterThan(5)
    expect(sent.every(ZERO_FRAME)).toBe(true)

    const boxed = talk({ makeSource: () => new HandSource(MP4) })
    await boxed.start()
    boxed.flux('EndOfTurn', LONG)
    await boxed.untilAudible()
    await pass(1100)
    expect(boxed.ears.line().readyState).toBeGreaterThanOrEqual(2)
    expect(boxed.isAudible()).toBe(true)
    await boxed.untilSilent()
    boxed.ears.lines.at(-1)!.end(1000)
    const line = await nextLine(boxed.ears)
    line.accept()
    await pass(10)
    expect(boxed.ears.session.getState().status).toBe('listening')
  })

  it('pain 13: whoever speaks on the page closes the microphone, and nothing has to be handed around for it', async () => {
    const test = talk()
    await test.start()
    const stranger = setUp({}, {}, test.coordinator)
    stranger.session.speak('one two three')
    await pass(400)
    expect(stranger.session.getState().status).toBe('speaking')
    expect(test.ears.session.getState().status).toBe('paused')
    stranger.session.stop()
    await pass(250)
    expect(test.ears.session.getState().status).toBe('listening')
  })

  it('pain 44: the microphone opens after the last sample and its tail; neither want of audio nor an acknowledgement is the end', async () => {
    const pen = createPen()
    const test = talk({ onTurn: () => pen.stream })
    await test.start()
    test.flux('EndOfTurn', 'go')
    pen.write('First part of it. And')
    await test.untilAudible()
    await pass(4000)
    // The first sentence was acknowledged and heard; the answer is not over.
    expect(test.isAudible()).toBe(false)
    expect(test.state().phase).toBe('speaking')
    expect(test.ears.session.getState().status).toBe('paused')
    pen.write(' more.')
    pen.end()
    await test.untilAudible()
    await test.untilSilent()
    expect(test.state().phase).toBe('listening')
    expect(test.ears.session.getState().status).toBe('paused')
    await pass(190)
    expect(test.ears.session.getState().status).toBe('paused')
    await pass(20)
    expect(test.ears.session.getState().status).toBe('listening')
    expect(test.ears.source.count['pause']).toBe(1)
  })

  it('keeps what was said before the page took the floor for the next turn', async () => {
    const test = talk({ listen: { model: 'nova-3' } })
    await test.start()
    test.nova('go', { speechFinal: true })
    await test.untilAudible()
    test.nova('and also', { speechFinal: true })
    expect(test.state().phase).toBe('speaking')
    await test.untilSilent()
    await pass(300)
    test.nova('whales', { speechFinal: true })
    expect(test.asked.map(({ text }) => text)).toEqual(['go', 'and also whales'])
    expect(replyOf(test, 0).state).toBe('spoken')
  })

  it('leaves a pause of the user’s own alone, closes a microphone that comes later, and ends with the dialogue', async () => {
    const test = talk()
    test.dialogue.say(LONG)
    await test.untilAudible()
    expect(test.state().phase).toBe('speaking')
    await test.start()
    expect(test.ears.session.getState().status).toBe('paused')
    await test.untilSilent()
    await pass(250)
    expect(test.ears.session.getState().status).toBe('listening')
    test.ears.session.pause()
    test.dialogue.say('two')
    await test.untilAudible()
    await test.untilSilent()
    await pass(500)
    expect(test.ears.session.getState().status).toBe('paused')
    test.ears.session.resume()
    test.dialogue.say(LONG)
    await test.untilAudible()
    expect(test.ears.session.getState().status).toBe('paused')
    test.dialogue.destroy()
    expect(test.ears.session.getState().status).toBe('listening')
  })
})

describe('barge-in', () => {
  const bargeIn = (change: Parameters<typeof talk>[0] = {}) =>
    talk({ turn: 'barge-in', listen: { model: 'nova-3', vadEvents: true }, onTurn: () => LONG, ...change })

  it('pain 96: a noise lowers the voice, and it comes back', async () => {
    const test = bargeIn()
    await test.start()
    test.nova('go', { speechFinal: true })
    await test.untilAudible()
    test.notice()
    expect(test.mouth.sink.ducked).toBe(0.2)
    await pass(1100)
    expect(test.mouth.sink.ducked).toBe(0.2)
    await pass(150)
    expect(test.mouth.sink.ducked).toBe(1)
    await test.untilSilent()
    expect(wordsIn(test.mouth.sink.heard[0]!)).toBe(LONG)
    expect(test.phases).toEqual(['listening', 'thinking', 'speaking', 'listening'])
    expect(test.ears.source.count['pause']).toBeUndefined()
  })

  it('pain 96: a filler lowers the voice until it is over, and is no turn', async () => {
    const test = bargeIn()
    await test.start()
    test.nova('go', { speechFinal: true })
    await test.untilAudible()
    test.nova('uh-huh')
    await pass(20)
    expect(test.mouth.sink.ducked).toBe(0.2)
    test.nova('Uh-huh, yeah.')
    await pass(20)
    test.nova('Uh-huh, yeah.', { speechFinal: true })
    expect(test.mouth.sink.ducked).toBe(1)
    await test.untilSilent()
    expect(replyOf(test).state).toBe('spoken')
    expect(test.asked).toHaveLength(1)
  })

  it('pain 96: the second word stops the voice, and the history tells what was heard', async () => {
    const test = bargeIn()
    await test.start()
    test.nova('go', { speechFinal: true })
    await test.untilAudible()
    await pass(2000)
    test.notice()
    test.nova('wait')
    await pass(20)
    expect(test.mouth.sink.ducked).toBe(0.2)
    expect(test.isAudible()).toBe(true)
    test.nova('wait a')
    await pass(17)
    expect(test.isAudible()).toBe(false)
    expect(test.state().phase).toBe('interrupted')
    expect(test.asked[0]!.signal.aborted).toBe(true)
    const { content, playedSeconds, state, text } = replyOf(test)
    expect(state).toBe('interrupted')
    expect(text).toBe(LONG)
    expect(LONG.startsWith(content)).toBe(true)
    expect(content.split(' ').length).toBeGreaterThan(1)
    expect(playedSeconds).toBeCloseTo(test.mouth.sink.heard[0]!.length / 24_000)
    await pass(100)
    expect(test.mouth.sink.ducked).toBe(1)
    test.nova('wait a moment', { speechFinal: true })
    expect(test.asked[1]).toMatchObject({
      text: 'wait a moment',
      history: [
        { role: 'user', content: 'go' },
        { role: 'assistant', content },
        { role: 'user', content: 'wait a moment' },
      ],
    })
    expect(test.phases).toEqual(['listening', 'thinking', 'speaking', 'interrupted', 'thinking'])
  })

  it('pain 96: thresholds and fillers are the application’s: one long word, one word, any word', async () => {
    for (const [interruption, words, isStopped] of [
      [{ words: 3 }, 'wait a', false],
      [{ words: 3 }, 'wait a moment', true],
      [{ words: 5, sustainMs: 500 }, 'wait', false],
      [{ words: 5, sustainMs: 500 }, 'waaaaaaaait', true],
      [{ fillers: ['alors'] }, 'alors alors', false],
      [{ fillers: [] }, 'uh-huh uh-huh', true],
      [{ words: 1 }, 'stop', true],
    ] as const) {
      const test = bargeIn({ interruption })
      await test.start()
      test.nova('go', { speechFinal: true })
      await test.untilAudible()
      test.nova(words)
      await pass(20)
      expect([words, !test.isAudible()]).toEqual([words, isStopped])
      test.dialogue.destroy()
    }
  })

  it('one word that stays alone is a turn when it is over, and stops the voice then', async () => {
    const test = bargeIn()
    await test.start()
    test.nova('go', { speechFinal: true })
    await test.untilAudible()
    test.nova('stop')
    await pass(20)
    expect(test.isAudible()).toBe(true)
    test.nova('Stop.', { speechFinal: true })
    expect(test.isAudible()).toBe(false)
    expect(test.asked[1]!.text).toBe('Stop.')
    expect(replyOf(test, 0).state).toBe('interrupted')
  })

  it('a voice of Flux tells itself what was heard of it', async () => {
    const test = bargeIn({ speak: { model: 'flux-alexis-en' }, emulation: { speak: { pace: 'realtime' } } })
    await test.start()
    test.nova('go', { speechFinal: true })
    await test.untilAudible()
    await pass(2000)
    test.nova('wait a moment')
    await pass(20)
    await pass(500)
    const interrupted = test.mouth.emulator.sockets
      .flatMap(({ sentText }) => sentText)
      .map((text) => JSON.parse(text) as { type: string; text_spoken?: string })
      .find(({ type }) => type === 'SpeechInterrupted')
    expect(interrupted?.text_spoken).toBeTruthy()
    expect(replyOf(test).content).toBe(interrupted!.text_spoken)
  })

  it('pain 13: the page’s own words are no interruption, and no part of a turn', async () => {
    const test = bargeIn()
    await test.start()
    test.nova('go', { speechFinal: true })
    await test.untilAudible()
    await pass(1500)
    test.nova('alpha bravo charlie')
    await pass(20)
    expect(test.isAudible()).toBe(true)
    expect(test.state().unfinished).toBe('')
    test.nova('alpha bravo charlie', { speechFinal: true })
    expect(test.asked).toHaveLength(1)
    await pass(1000)
    test.nova('charlie delta wait')
    await pass(20)
    expect(test.isAudible()).toBe(true)
    expect(test.mouth.sink.ducked).toBe(0.2)
    test.nova('charlie delta wait please')
    await pass(20)
    expect(test.isAudible()).toBe(false)
    test.nova('Charlie delta. Wait, please!', { speechFinal: true })
    expect(test.asked[1]!.text).toBe('Wait, please!')
  })

  it('a short answer may repeat the question, once the page is silent', async () => {
    const test = bargeIn({ onTurn: () => 'tea or coffee' })
    await test.start()
    test.nova('go', { speechFinal: true })
    await test.untilAudible()
    await test.untilSilent()
    await pass(1500)
    test.nova('coffee', { speechFinal: true })
    expect(test.asked[1]!.text).toBe('coffee')
    await test.untilAudible()
    await test.untilSilent()
    await pass(3000)
    test.nova('tea or coffee', { speechFinal: true })
    expect(test.asked[2]!.text).toBe('tea or coffee')
  })
})

describe('open', () => {
  it('nothing happens to the voice while the user speaks; the next turn replaces the answer', async () => {
    const test = talk({ turn: 'open', listen: { model: 'nova-3', vadEvents: true }, onTurn: () => LONG })
    await test.start()
    test.nova('go', { speechFinal: true })
    test.nova('on and on')
    await test.untilAudible()
    test.notice()
    test.nova('on and on and on')
    await pass(20)
    expect(test.isAudible()).toBe(true)
    expect(test.mouth.sink.ducked).toBe(1)
    test.nova('on and on and on', { speechFinal: true })
    expect(test.isAudible()).toBe(false)
    expect(test.asked.map(({ text }) => text)).toEqual(['go', 'on and on and on'])
    expect(test.ears.source.count['pause']).toBeUndefined()
    expect(replyOf(test, 0).state).toBe('interrupted')
  })
})

describe('what goes wrong on one side', () => {
  it('an answer that fails leaves the ears open, and the next turn makes it good', async () => {
    const errors: DeepgramError[] = []
    const pen = createPen()
    const cause = new Error('no such model')
    const answers = [
      () => {
        throw cause
      },
      () => Promise.reject(cause),
      () => pen.stream,
      () => 7 as never,
      () => 'fine',
    ]
    const test = talk({ onTurn: () => answers.shift()!(), onError: (error) => errors.push(error) })
    await test.start()
    for (let i = 0; i < 2; i++) {
      test.flux('EndOfTurn', 'go')
      await pass(10)
      expect(test.state()).toMatchObject({
        phase: 'listening',
        error: { code: 'reply-failed', cause },
        problem: { part: 'reply', works: ['listen', 'speak'] },
      })
    }
    test.flux('EndOfTurn', 'go')
    pen.write('Half of it. And')
    pen.fail(cause)
    await test.untilAudible()
    expect(test.state().problem?.part).toBe('reply')
    await test.untilSilent()
    expect(wordsIn(test.mouth.sink.heard.at(-1)!)).toBe('half of it. and')
    expect(replyOf(test)).toMatchObject({ state: 'spoken', content: 'Half of it. And' })
    await pass(300)
    test.flux('EndOfTurn', 'go')
    expect(errors.at(-1)!.cause).toBeInstanceOf(TypeError)
    test.flux('EndOfTurn', 'go')
    expect(test.state()).toMatchObject({ problem: null, error: null })
    expect(errors.map(({ code }) => code)).toEqual(Array(4).fill('reply-failed'))
  })

  it('without a voice the answer is still written, to its end; the next one tries to speak again', async () => {
    const pen = createPen()
    const answers = [() => pen.stream, () => 'fine']
    const test = talk({
      onTurn: () => answers.shift()!(),
      speak: { reconnect: false },
      emulation: { faults: { refuse: 402 } },
    })
    await test.start()
    await pass(500)
    test.flux('EndOfTurn', 'go')
    pen.write('One part. ')
    await pass(2000)
    expect(test.state()).toMatchObject({
      phase: 'thinking',
      problem: { part: 'speak', works: ['listen', 'reply'] },
    })
    pen.write('Another part.')
    pen.end()
    await pass(10)
    expect(replyOf(test)).toMatchObject({ state: 'unspoken', content: 'One part. Another part.', playedSeconds: 0 })
    expect(test.state().phase).toBe('listening')
    test.mouth.emulator.faults = {}
    test.flux('EndOfTurn', 'go')
    await test.untilAudible()
    await test.untilSilent()
    expect(test.state().problem).toBeNull()
    expect(test.asked[1]!.history.map(({ content }) => content)).toEqual(['go', 'One part. Another part.', 'go'])
  })

  it('without ears what is being said is said to its end, and a turn may be typed', async () => {
    const test = talk({ onTurn: () => LONG })
    await test.start()
    test.flux('EndOfTurn', 'go')
    await test.untilAudible()
    test.ears.source.handlers!.onEnded(
      new DeepgramError('device-busy', 'The device is gone; nothing is heard; try again.'),
    )
    expect(test.state()).toMatchObject({
      phase: 'speaking',
      error: { code: 'device-busy' },
      problem: { part: 'listen', works: ['reply', 'speak'] },
    })
    await test.untilSilent()
    expect(replyOf(test).state).toBe('spoken')
    expect(test.state().phase).toBe('idle')
    test.dialogue.send('  typed  ')
    expect(test.asked[1]!.text).toBe('typed')
    await test.untilAudible()
    await test.untilSilent()
    void test.dialogue.start()
    await nextLine(test.ears).then((line) => line.accept())
    await pass(10)
    expect(test.state()).toMatchObject({ phase: 'listening', problem: null })
  })

  it('misused options are the developer’s to see', async () => {
    const test = talk({ speak: { volume: 1, sampleRate: 7 } as never })
    await expect(test.dialogue.start()).rejects.toThrow(TypeError)
    expect(() => test.dialogue.say(7 as never)).toThrow(TypeError)
    expect(test.state().phase).toBe('idle')
    const reported: unknown[] = []
    vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) => {
      try {
        run()
      } catch (error) {
        reported.push(error)
      }
    })
    const other = talk()
    await other.start()
    other.mouth.session.destroy()
    Object.assign(other.mouth.options, { sampleRate: 7 })
    other.flux('EndOfTurn', 'go')
    expect(reported).toMatchObject([{ name: 'TypeError' }])
    expect(other.state().phase).toBe('listening')
    expect(other.messages()).toEqual(['user: go'])
    vi.mocked(queueMicrotask).mockRestore()
  })
})

describe('the verbs', () => {
  it('interrupt() silences the page at once, and it goes on listening', async () => {
    const test = talk({ onTurn: () => LONG })
    await test.start()
    test.dialogue.interrupt()
    test.flux('EndOfTurn', 'go')
    await test.untilAudible()
    await pass(1000)
    test.dialogue.interrupt()
    expect(test.isAudible()).toBe(false)
    expect(test.state().phase).toBe('listening')
    expect(replyOf(test).state).toBe('interrupted')
    await pass(250)
    expect(test.ears.session.getState().status).toBe('listening')
    // Taken back before it was heard, it was never said.
    test.flux('EndOfTurn', 'again')
    test.dialogue.interrupt()
    await pass(1000)
    expect(test.messages()).toHaveLength(3)
    expect(test.asked[1]!.signal.aborted).toBe(true)
  })

  it('say() speaks of the page’s own accord; it can be interrupted as an answer can', async () => {
    const test = talk({ turn: 'barge-in', onTurn: () => undefined })
    await test.start()
    test.dialogue.say('good morning to you all')
    await test.untilAudible()
    await pass(600)
    test.flux('Update', 'excuse me')
    await pass(20)
    expect(test.isAudible()).toBe(false)
    expect(replyOf(test).state).toBe('interrupted')
    test.flux('EndOfTurn', 'excuse me')
    expect(test.asked).toHaveLength(1)
    expect(test.asked[0]!.history[0]!.role).toBe('assistant')
  })

  it('stop() ends it: silence, no turn of what is still being said, and the microphone is given back', async () => {
    const test = talk({ onTurn: () => LONG })
    await test.start()
    test.flux('Update', 'and then')
    const stopped = test.dialogue.stop()
    await pass(10)
    expect(test.state()).toMatchObject({ phase: 'idle', unfinished: '' })
    test.flux('EndOfTurn', 'and then')
    test.ears.line().end(1000)
    await pass(100)
    await stopped
    expect(test.asked).toEqual([])
    expect(test.ears.session.getState().status).toBe('idle')
    // And again, with the next line.
    test.renew()
    void test.dialogue.start()
    await nextLine(test.ears).then((line) => line.accept())
    await pass(10)
    test.flux('EndOfTurn', 'go')
    await test.untilAudible()
    void test.dialogue.stop()
    expect(test.isAudible()).toBe(false)
    expect(test.state().phase).toBe('idle')
    await pass(10)
    test.ears.line().end(1000)
    await pass(6000)
    expect(replyOf(test).state).toBe('interrupted')
    expect(test.asked).toHaveLength(1)
  })

  it('clear() forgets the conversation, also in the middle of an answer', async () => {
    const test = talk({ onTurn: () => LONG })
    await test.start()
    test.flux('EndOfTurn', 'go')
    await test.untilAudible()
    test.dialogue.clear()
    expect(test.state()).toMatchObject({ history: [], phase: 'speaking' })
    await test.untilSilent()
    expect(test.state().history).toEqual([])
    await pass(300)
    test.flux('EndOfTurn', 'again')
    expect(test.asked[1]!.history).toEqual([{ role: 'user', content: 'again' }])
  })

  it('the application may end it from within a turn', async () => {
    const test = talk()
    test.options.onTurn = () => {
      void test.dialogue.stop()
      return 'never heard'
    }
    await test.start()
    test.flux('EndOfTurn', 'bye')
    await pass(10)
    test.ears.line().end(1000)
    await pass(3000)
    expect(test.state().phase).toBe('idle')
    expect(test.messages()).toEqual(['user: bye'])
    expect(test.mouth.sink.heard.every((samples) => samples.length === 0)).toBe(true)
  })
})

describe('pain 83: two voices', () => {
  it('pain 83: another voice of the page takes over from the answer, which is cut, and never two are heard', async () => {
    const test = talk({ onTurn: () => LONG })
    const button = setUp({}, {}, test.coordinator)
    await test.start()
    test.flux('EndOfTurn', 'go')
    await test.untilAudible()
    await pass(500)
    button.session.speak('one two three')
    expect(test.isAudible()).toBe(false)
    expect(test.state().phase).toBe('listening')
    await pass(400)
    expect(button.session.getState().status).toBe('speaking')
    expect(replyOf(test).state).toBe('interrupted')
    expect(test.asked[0]!.signal.aborted).toBe(true)
    // And back: the next answer silences the button.
    test.dialogue.send('again')
    await test.untilAudible()
    expect(button.session.getState().status).toBe('idle')
  })

  it('pain 83: two dialogues on a page share one voice and close both microphones', async () => {
    const one = talk({ onTurn: () => LONG })
    await one.start()
    one.flux('EndOfTurn', 'go')
    await one.untilAudible()
    const two = setUp({}, {}, one.coordinator)
    two.session.speak(LONG)
    await pass(500)
    expect(one.isAudible()).toBe(false)
    expect(two.session.getState().status).toBe('speaking')
    expect(one.ears.session.getState().status).toBe('paused')
  })
})
