// Ten hours of speech in a session, by itself: node --expose-gc bench/transcript.mjs. It is one of the benchmarks of run.mjs.
import { createListenSession } from '../dist/core.js'

const SEGMENTS = 100_000

/** A line that answers nothing by itself. */
class Line {
  readyState = 0
  protocol = ''
  bufferedAmount = 0
  constructor() {
    Line.last = this
    queueMicrotask(() => {
      this.readyState = 1
      this.onopen?.({})
    })
  }
  send() {}
  close() {
    this.readyState = 3
  }
}

const source = {
  format: { kind: 'raw', encoding: 'linear16', sampleRate: 16_000, channels: 1 },
  start(handlers) {
    source.push = handlers.onChunk
    return Promise.resolve({ format: source.format, label: '' })
  },
  stop: () => Promise.resolve(),
  abort() {},
}

const WORDS = 'so what we wanted to say about this was rather simple'.split(' ')

/** A result as it comes over the wire. */
function frame(i, isFinal) {
  const start = i * 0.36
  const words = WORDS.map((word, k) => ({
    word: `${word}${i}`,
    start: start + k * 0.03,
    end: start + k * 0.03 + 0.02,
    confidence: 0.98,
  }))
  return JSON.stringify({
    type: 'Results',
    channel_index: [0, 1],
    duration: 0.36,
    start,
    is_final: isFinal,
    speech_final: isFinal && i % 4 === 3,
    channel: { alternatives: [{ transcript: words.map(({ word }) => word).join(' '), confidence: 0.98, words }] },
    metadata: { request_id: 'r' },
    from_finalize: false,
  })
}

// Ten hours pass as quickly as the messages come.
let clock = Date.now()
Date.now = () => clock

const session = createListenSession(() => ({ WebSocket: Line, baseUrl: 'wss://example.test', source }))
await session.start()
const line = Line.last
const hear = (text) => line.onmessage({ data: text })

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(values.length * q)]
const heap = () => {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** What the words and the text of the segments take by themselves. */
const bare = (() => {
  const before = heap()
  const kept = Array.from({ length: 20_000 }, (_, i) => {
    const { transcript, words } = JSON.parse(frame(i, true)).channel.alternatives[0]
    return [transcript, words.map(({ word, start, end, confidence }) => ({ text: word, start, end, confidence }))]
  })
  const bytes = (heap() - before) / kept.length
  return kept.length && bytes
})()

const rows = []
let at = heap()
let settled = 0
for (const count of [1000, 10_000, 50_000, SEGMENTS]) {
  const finals = []
  const interims = []
  const before = settled
  for (; settled < count; settled++) {
    const messages = [frame(settled, false), frame(settled, true)]
    source.push(new Uint8Array(0.36 * 32_000))
    clock += 360
    const started = performance.now()
    hear(messages[0])
    const between = performance.now()
    hear(messages[1])
    if (settled > count - 1000) {
      interims.push(between - started)
      finals.push(performance.now() - between)
    }
    // A real session has time between two messages.
    if (settled % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
  }
  const now = heap()
  rows.push([
    `${count.toLocaleString('en')} segments`,
    `interim p50 ${quantile(interims, 0.5).toFixed(3)}, p95 ${quantile(interims, 0.95).toFixed(3)} ms; ` +
      `final p50 ${quantile(finals, 0.5).toFixed(3)}, p95 ${quantile(finals, 0.95).toFixed(3)} ms; ` +
      `${Math.round((now - at) / (count - before) - bare)} bytes a segment beyond its ${Math.round(bare)} of words and text`,
  ])
  at = now
}
if (session.getState().transcript.segments.length !== SEGMENTS) throw new Error('Something was lost.')
session.abort()
console.log(JSON.stringify(rows))
