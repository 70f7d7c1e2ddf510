import type { AudioChunk, AudioFormat } from '../audio/ports.ts'
import { createWebmReader, writeCluster, type WebmBlock, type WebmReader } from '../audio/webm.ts'

/** What an uplink needs of the session. All times are milliseconds on the session's timeline. */
export interface UplinkConfig {
  /** Puts bytes on the line; `false` when there is none. */
  send(data: AudioChunk): boolean
  /** Audio that no result has acknowledged is kept up to this length. */
  bufferMs: number
  /** How much faster than real time a replay may go; 1.25 is the service's ceiling. */
  catchUpRate: number
  /** A new stream begins on the line: the service's time 0 is at `startMs`. Called before its first byte. */
  onStream(startMs: number): void
  /** Audio that will never be heard, and why. */
  onLoss(startMs: number, endMs: number, reason: 'buffer-full' | 'new-recording'): void
  /** What was recorded cannot be continued on a new line: a fresh source is needed. */
  onUnspliceable(): void
}

/** Brings recorded audio to the service, whole and in order, over as many lines as it takes. */
export interface Uplink {
  /** Milliseconds recorded so far. */
  readonly positionMs: number
  /** Milliseconds recorded, but not acknowledged. */
  readonly unacknowledgedMs: number
  /** Up to where the line has got it. */
  readonly sentMs: number
  /** Frames handed to the line. */
  readonly framesSent: number
  /** Bytes handed to the line. */
  readonly bytesSent: number
  /** Milliseconds of audio handed to the line, what was sent again included. */
  readonly streamedMs: number
  /** Whether the current line carries a stream that was put together anew. */
  readonly isReplaying: boolean
  /** Whether what is recorded can go on over another line. */
  readonly canContinue: boolean
  /** A source has started; its time 0 is now. `false`: only a new line can carry it. */
  begin(format: AudioFormat): boolean
  /** Whether recording pauses: no time passes meanwhile. */
  hold(isHeld: boolean): void
  /** Takes a chunk. On the first line it is on its way before this returns. */
  push(chunk: AudioChunk): void
  /** A line is open. */
  open(): void
  /** The line is gone. */
  down(): void
  /**
   * The line gets nothing more, but will answer what it got. What cannot go on over another line ends with it: a fresh
   * source is needed.
   */
  leave(): void
  /** Results have settled everything up to here. */
  acknowledge(ms: number): void
  /** Never splice again: the service did not like it. */
  giveUpSplicing(): void
  /** Resolves when everything pushed so far is read, on whatever line it will go; never rejects. */
  parsed(): Promise<void>
  /** Resolves when everything pushed so far is on the line; never rejects. */
  flushed(): Promise<void>
  /** Forgets everything. */
  dispose(): void
}

/** A block on the session's timeline. */
interface Entry extends WebmBlock {
  endMs: number
}

/** One run of a source. */
interface Run {
  readonly format: AudioFormat
  /** The timeline's time at which it began. */
  readonly baseMs: number
  startedAt: number
  readonly reader: WebmReader | null
}

/** A packet whose successor is not known yet: what Chromium records. */
const USUAL_PACKET_MS = 60
/** What a replay may send ahead of its pace, so that a short cut is caught up with at once. */
const HEAD_START_MS = 1000

const bytesPerMs = (format: AudioFormat): number =>
  format.kind === 'raw' ? (format.sampleRate * format.channels * (format.encoding === 'linear16' ? 2 : 1)) / 1000 : 0

/** Creates an uplink with no source and no line. */
export function createUplink(config: UplinkConfig): Uplink {
  let run: Run | null = null
  let positionMs = 0
  /** What is not acknowledged, oldest first. */
  let entries: Entry[] = []
  /** Index in `entries` of the first that the current line has not got. */
  let next = 0
  let acknowledgedMs = 0
  /** Up to where audio was dropped for want of room. */
  let evictedMs = 0
  /** Chunks as they were recorded, for the first line. */
  let waiting: AudioChunk[] = []
  /** Whether chunks go out as they come; a line that continues another gets a stream put together anew. */
  let isVerbatim = true
  let isOpen = false
  let canSplice = true
  let streamStartMs = 0
  let openedAt = 0
  /** Changes whenever a line opens or goes, so that what was begun for one never acts on another. */
  let line = 0
  let restarts = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let parsing: Promise<void> = Promise.resolve()
  let framesSent = 0
  let bytesSent = 0
  /** On the lines before. */
  let streamedMs = 0
  const idle: (() => void)[] = []

  /** When a pause began. */
  let heldAt = 0
  const now = (): number => heldAt || Date.now()

  const canContinue = (): boolean =>
    canSplice && run !== null && (run.format.kind === 'raw' || (run.reader !== null && !run.reader.isBroken))

  const recordedMs = (): number =>
    run && !canContinue() ? Math.max(positionMs, run.baseMs + now() - run.startedAt) : positionMs

  const onLineMs = (): number =>
    isOpen && run ? (isVerbatim ? recordedMs() : (entries[next]?.time ?? positionMs)) - streamStartMs : 0

  function send(chunk: AudioChunk): void {
    if (!config.send(chunk)) return
    framesSent++
    bytesSent += 'size' in chunk ? chunk.size : chunk.byteLength
  }

  function add(entry: Entry): void {
    const last = entries.at(-1)
    // Now the length of the packet before is known.
    if (last && entry.time > last.time) last.endMs = entry.time
    entries.push(entry)
    positionMs = entry.endMs
    while (entries.length > 1 && positionMs - (entries[0]?.time ?? 0) > config.bufferMs) {
      evictedMs = entries.shift()?.endMs ?? evictedMs
      if (next > 0) next--
      // The chunks as they were recorded would be without bound; from now on the blocks alone are kept.
      if (!isOpen) unlearn()
    }
  }

  async function parsed(): Promise<void> {
    // A line that opens meanwhile adds to what is to be waited for.
    for (let seen; seen !== parsing;) await (seen = parsing)
  }

  function unlearn(): void {
    isVerbatim = false
    waiting = []
  }

  function parse({ format, reader, baseMs }: Run, bytes: Uint8Array<ArrayBuffer>, wasSent: boolean): void {
    if (format.kind === 'raw') {
      const endMs = positionMs + bytes.byteLength / bytesPerMs(format)
      add({ time: positionMs, endMs, bytes, track: 1, keyframe: true })
    } else {
      for (const block of reader?.push(bytes) ?? []) {
        const time = baseMs + block.time
        add({ ...block, time, endMs: time + USUAL_PACKET_MS })
      }
    }
    if (wasSent || (isVerbatim && isOpen)) next = entries.length
    pump()
  }

  /** Sends what the pace allows of what the line has not got. */
  function pump(): void {
    clearTimeout(timer)
    if (!isOpen || isVerbatim) return
    const paceMs = streamStartMs + HEAD_START_MS + (Date.now() - openedAt) * config.catchUpRate
    const first = next
    while (next < entries.length && (entries[next]?.time ?? 0) <= paceMs) next++
    const due = entries.slice(first, next)
    if (run?.format.kind === 'raw') for (const { bytes } of due) send(bytes)
    else if (due.length) send(writeCluster(due, { startTime: streamStartMs }))
    const following = entries[next]
    if (following) timer = setTimeout(pump, Math.max(10, (following.time - paceMs) / config.catchUpRate))
    else for (const resolve of idle.splice(0)) resolve()
  }

  function startStream(startMs: number): void {
    streamStartMs = startMs
    openedAt = Date.now()
    config.onStream(startMs)
  }

  function openVerbatim(): void {
    isOpen = true
    // Without a source the stream begins when one has started.
    if (!run) return
    startStream(run.baseMs)
    for (const chunk of waiting.splice(0)) send(chunk)
    next = entries.length
  }

  function openAnew(header: Uint8Array<ArrayBuffer> | null): void {
    if (evictedMs > acknowledgedMs + 1) {
      config.onLoss(acknowledgedMs, evictedMs, 'buffer-full')
      acknowledgedMs = evictedMs
    }
    entries = entries.filter(({ endMs }) => endMs > acknowledgedMs + 1)
    next = 0
    isOpen = true
    isVerbatim = false
    startStream(entries[0]?.time ?? positionMs)
    if (header) send(header)
    pump()
  }

  /** What was recorded cannot go over the next line. */
  function discard(): void {
    positionMs = acknowledgedMs = recordedMs()
    entries = []
    next = 0
    waiting = []
    isVerbatim = true
  }

  /** What the old source delivered belongs to no stream any more. */
  function forget(): void {
    discard()
    run = null
    restarts++
  }

  function tellLoss(reason: 'buffer-full' | 'new-recording'): void {
    const end = recordedMs()
    if (end > acknowledgedMs + 1) config.onLoss(acknowledgedMs, end, reason)
  }

  function restart(reason: 'buffer-full' | 'new-recording' = 'new-recording'): void {
    tellLoss(reason)
    forget()
    config.onUnspliceable()
  }

  function leave(): boolean {
    const wasOpen = isOpen
    line++
    clearTimeout(timer)
    streamedMs += onLineMs()
    isOpen = false
    return wasOpen
  }

  return {
    get positionMs() {
      return recordedMs()
    },
    get unacknowledgedMs() {
      return Math.max(0, recordedMs() - acknowledgedMs)
    },
    get sentMs() {
      return streamStartMs + onLineMs()
    },
    get framesSent() {
      return framesSent
    },
    get bytesSent() {
      return bytesSent
    },
    get streamedMs() {
      return streamedMs + onLineMs()
    },
    get isReplaying() {
      return isOpen && !isVerbatim
    },
    get canContinue() {
      return canContinue()
    },
    begin(format) {
      const isFirst = run === null
      // Blocks of two formats cannot share a stream.
      const isOther = run !== null && JSON.stringify(run.format) !== JSON.stringify(format)
      if (isOther) {
        tellLoss('new-recording')
        discard()
      }
      positionMs = recordedMs()
      const reader = format.kind === 'container' && /webm/.test(format.mimeType) ? createWebmReader() : null
      run = { format, baseMs: positionMs, startedAt: now(), reader }
      if (!isOpen) return true
      if (isFirst) startStream(positionMs)
      // The line goes on with the blocks of the new source; a second header would end it.
      else if (canContinue() && !isOther) isVerbatim = false
      else return false
      return true
    },
    hold(isHeld) {
      if (heldAt && run) run.startedAt += Date.now() - heldAt
      heldAt = isHeld ? Date.now() : 0
    },
    push(chunk) {
      const source = run
      const size = 'size' in chunk ? chunk.size : chunk.byteLength
      if (!source || !size) return
      const wasSent = isVerbatim && isOpen
      if (wasSent) send(chunk)
      else if (isVerbatim) waiting.push(chunk)
      if (source.format.kind === 'container' && !source.reader) {
        // No blocks to drop one by one: when too much waits, the recorder begins anew.
        if (!wasSent && now() - source.startedAt > config.bufferMs) restart('buffer-full')
        return
      }
      if (chunk instanceof Uint8Array) {
        parse(source, chunk, wasSent)
        return
      }
      // Conversions may finish in any order: each waits for the one before.
      const converted = chunk.arrayBuffer()
      const mine = restarts
      parsing = parsing
        .then(async () => {
          const bytes = new Uint8Array(await converted)
          if (mine === restarts) parse(source, bytes, wasSent)
        })
        .catch(() => {})
    },
    open() {
      const mine = ++line
      if (isVerbatim) {
        openVerbatim()
        return
      }
      parsing = parsing.then(() => {
        if (mine !== line) return
        const header = run?.reader?.header ?? null
        if (canContinue() && (header || run?.format.kind === 'raw')) {
          openAnew(header)
        } else {
          restart()
          openVerbatim()
        }
      })
    },
    down() {
      const wasOpen = leave()
      if (wasOpen && canContinue()) unlearn()
      else if (wasOpen && run) restart()
    },
    leave() {
      const wasOpen = leave()
      if (wasOpen && canContinue()) unlearn()
      else if (wasOpen && run) forget()
    },
    acknowledge(ms) {
      acknowledgedMs = Math.max(acknowledgedMs, ms)
      let count = 0
      while (count < next && (entries[count]?.endMs ?? Infinity) <= acknowledgedMs + 1) count++
      entries.splice(0, count)
      next -= count
    },
    giveUpSplicing() {
      canSplice = false
    },
    parsed,
    async flushed() {
      await parsed()
      if (isOpen && !isVerbatim && next < entries.length) await new Promise<void>((resolve) => idle.push(resolve))
    },
    dispose() {
      line++
      streamedMs += onLineMs()
      isOpen = false
      clearTimeout(timer)
      run = null
      entries = []
      waiting = []
      for (const resolve of idle.splice(0)) resolve()
    },
  }
}
