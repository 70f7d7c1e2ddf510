import { DeepgramError } from '../errors.ts'
import { createDeepgramSocket, type DeepgramSocket, type SocketAddress } from '../socket/deepgram-socket.ts'
import type { ConnectionOptions } from '../socket/options.ts'
import type { Pacer } from '../text/pacer.ts'
import type { SpeakWire, SpeakWireEvent } from './speak-wire.ts'
import { callSafely } from './store.ts'

/** Whoever speaks over a line, and is told what comes back. Nothing is told once the line was parked or closed. */
export interface LineUser {
  /** Read at every attempt. */
  getOptions(): ConnectionOptions
  /** Read at every attempt. */
  getAddress(): SocketAddress
  isOnline?: (() => boolean) | undefined
  /** It is open: what was asked for before is unknown to the service. */
  onOpen(): void
  /** What was asked not to be spoken is over. */
  onCleared(): void
  onBytes(bytes: ArrayBuffer): void
  onEvent(event: Extract<SpeakWireEvent, { type: 'flushed' | 'flush-refused' | 'warning' | 'error' }>): void
  /** It is broken, or could not be opened; `true` lets it connect again. */
  onDown(wasOpen: boolean): boolean
  /** It is over; `error` is `null` where it had to be given up and a new one may be opened. */
  onEnd(error: DeepgramError | null): void
}

/** The service's own account of a text that was interrupted. */
export interface InterruptedTexts {
  readonly spoken?: string | undefined
  readonly remaining?: string | undefined
}

/** One connection to the service, lent to one user after another. */
export interface SpeakLine {
  /** Where it leads, without what can be changed on the way. */
  readonly key: string
  readonly socket: DeepgramSocket
  /** What was spent on it. */
  readonly pacer: Pacer
  /** Messages of the service, counted; `invalid` ones were dropped, and so were repeats. */
  readonly messages: { readonly known: number; readonly unknown: number; readonly invalid: number }
  /** The service's ids of the connections. */
  readonly requestIds: readonly string[]
  readonly isOpen: boolean
  /** It may be connected again, or is being closed, but nobody shall have it any more. */
  readonly isOver: boolean
  /** The service ends a session after an hour. */
  readonly isOld: boolean
  /** Nothing may be sent until `onCleared`. */
  readonly isHeld: boolean
  /** The options of its user, or of its last one. */
  getOptions(): ConnectionOptions
  /** Lends it; `null` takes it back. */
  lend(user: LineUser | null): void
  /** Changes the rate of speech from the next text on, where the service can. */
  setSpeed(speed: number | undefined): void
  /** Sends a text, if any, and asks for its audio. */
  speak(text: string): void
  /**
   * Asks the service to be silent. What still arrives of the old texts is dropped.
   *
   * @param heardMs - Milliseconds heard of the audio of the oldest text that is outstanding.
   * @param settle - Called when the service has told which part was heard, or will not.
   * @returns whether `settle` will be called.
   */
  clear(heardMs: number, settle: (texts: InterruptedTexts) => void): boolean
  /** Ends it politely. */
  close(): void
  /** Ends it at once. */
  drop(): void
}

const LIFE_MS = 55 * 60_000
const CLEARED_WITHIN_MS = 3_000
/** Asked for audio, the service is silent for some hundred milliseconds; a line that is dead is silent for ever. */
const STALLED_MS = 10_000

/** Creates a line; its socket is not connected yet. */
export function createSpeakLine(key: string, createWire: () => SpeakWire, first: LineUser, pacer: Pacer): SpeakLine {
  const createdAt = Date.now()
  let user: LineUser | null = first
  /** Whose options count. */
  let last = first
  let wire = createWire()
  const requestIds: string[] = []
  const messages = { known: 0, unknown: 0, invalid: 0 }
  let isOpen = false
  let isOver = false
  let speed: unknown
  /** How many confirmations are to come; until then audio belongs to what was stopped. */
  let clearing = 0
  /** Number of the newest `Flushed`. */
  let flushed = -1
  /** Requests for audio that are not answered completely. */
  let outstanding = 0
  let settle: ((texts: InterruptedTexts) => void) | null = null
  let clearTimer: ReturnType<typeof setTimeout> | undefined
  let stallTimer: ReturnType<typeof setTimeout> | undefined

  const socket = createDeepgramSocket({
    purpose: 'speak',
    getOptions: () => last.getOptions(),
    getAddress() {
      const address = last.getAddress()
      speed = address.query.speed
      return address
    },
    isOnline: () => last.isOnline?.() ?? true,
    onOpen() {
      isOpen = true
      clearing = outstanding = 0
      flushed = -1
      wire = createWire()
      pacer.renew(Date.now())
      user?.onOpen()
    },
    onText(text) {
      const event = wire.read(text)
      if (event?.type === 'unread') {
        noteUnread(event.frame)
        return
      }
      // A repeat would end the next text before its sound has come.
      const isRepeat = event?.type === 'flushed' && event.sequence !== undefined && event.sequence <= flushed
      messages[isRepeat ? 'invalid' : 'known']++
      if (isRepeat) return
      if (event?.type === 'flushed') flushed = event.sequence ?? flushed
      if (!clearing && outstanding && (event?.type === 'flushed' || event?.type === 'flush-refused')) outstanding--
      watchStall()
      if (event) tell(event)
    },
    onBytes(bytes) {
      watchStall()
      socket.progress()
      if (!clearing) user?.onBytes(bytes)
    },
    onDown() {
      const wasOpen = isOpen
      isOpen = false
      outstanding = 0
      clearTimeout(stallTimer)
      settled({})
      // Nothing is lost with it when nobody needs it: the next text opens another.
      if (!user?.onDown(wasOpen)) drop()
    },
    onEnd(error) {
      const told = user
      end()
      if (error) told?.onEnd(error)
    },
  })

  function noteUnread(frame: Extract<SpeakWireEvent, { type: 'unread' }>['frame']): void {
    messages[frame.kind]++
    if (frame.kind !== 'invalid' || messages.invalid > 1) return
    const data = { reason: frame.reason, type: frame.type }
    const at = Date.now()
    callSafely(last.getOptions().logger, { level: 'warn', event: 'message-invalid', purpose: 'speak', at, data })
  }

  function tell(event: Exclude<SpeakWireEvent, { type: 'unread' }>): void {
    switch (event.type) {
      case 'started':
        requestIds.push(event.requestId)
        if (requestIds.length > 20) requestIds.shift()
        return
      case 'reply':
        socket.send(event.text)
        return
      case 'cleared':
        if (clearing) clearing--
        flushed = -1
        settled(event)
        user?.onCleared()
        return
      case 'lost':
        giveUp()
        return
      case 'flushed':
      case 'flush-refused':
        // Of texts that were stopped nobody needs to know.
        if (!clearing) user?.onEvent(event)
        return
      default:
        user?.onEvent(event)
    }
  }

  function settled(texts: InterruptedTexts): void {
    clearTimeout(clearTimer)
    const own = settle
    settle = null
    own?.(texts)
  }

  function watchStall(): void {
    clearTimeout(stallTimer)
    if (!outstanding || clearing) return
    stallTimer = setTimeout(() => {
      socket.replace(
        new DeepgramError(
          'connection-lost',
          'The service was asked for audio and stayed silent; the line is taken for dead; another one is opened.',
          { retryable: true },
        ),
      )
    }, STALLED_MS)
  }

  /** From here on nothing is told to anybody. */
  function end(): void {
    user = null
    isOver = true
    isOpen = false
    clearTimeout(stallTimer)
    settled({})
  }

  function drop(): void {
    end()
    socket.close()
  }

  function giveUp(): void {
    const told = user
    drop()
    told?.onEnd(null)
  }

  return {
    key,
    socket,
    pacer,
    messages,
    requestIds,
    get isOpen() {
      return isOpen
    },
    get isOver() {
      return isOver
    },
    get isOld() {
      return Date.now() - createdAt > LIFE_MS
    },
    get isHeld() {
      return wire.isHeld
    },
    getOptions: () => last.getOptions(),
    lend(next) {
      user = next
      last = next ?? last
    },
    setSpeed(next) {
      if (next === speed || !wire.configure) return
      speed = next
      socket.send(wire.configure(next))
    },
    speak(text) {
      if (text) socket.send(wire.speak(text))
      socket.send(wire.flush())
      outstanding++
      watchStall()
    },
    clear(heardMs, onSettled) {
      const message = isOpen ? wire.clear(heardMs) : null
      if (message === null) return false
      socket.send(message)
      clearing++
      outstanding = 0
      clearTimeout(clearTimer)
      // A service that does not confirm would be taken for silent for ever.
      clearTimer = setTimeout(giveUp, CLEARED_WITHIN_MS)
      watchStall()
      if (!wire.isHeld) return false
      settle = onSettled
      return true
    },
    close() {
      const wasOpen = isOpen
      end()
      if (wasOpen && socket.send(wire.close)) socket.drain(1_000)
      else socket.close()
    },
    drop,
  }
}

/** Keeps the line that nobody uses at the moment warm for the next one who speaks on the page. */
export interface LinePool {
  /** Hands out the line that leads to the same place with the same credentials; another one is closed. */
  take(key: string, user: LineUser): SpeakLine | null
  /** Keeps a line for so many milliseconds. */
  park(line: SpeakLine, owner: LineUser, idleMs: number): void
  /** Ends the line that this one has parked; nobody else is affected. */
  leave(owner: LineUser): void
}

const CREDENTIALS = ['baseUrl', 'getToken', 'apiKey', 'WebSocket', 'revoked'] as const

/** Creates a pool. It has room for one line: a page speaks with one voice. */
export function createLinePool(): LinePool {
  let parked: { readonly line: SpeakLine; readonly owner: LineUser } | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function empty(): SpeakLine | undefined {
    clearTimeout(timer)
    const line = parked?.line
    parked = null
    return line
  }

  return {
    take(key, user) {
      const isOwn = parked?.owner === user
      const line = empty()
      if (!line || line.isOver) return null
      const [theirs, ours] = [line.getOptions(), user.getOptions()]
      // Compared now, not as they were: what is written inline is new at every render, for all of the page. One's own line was
      // opened with one's own tokens, though the function that asks for them may be written anew each time.
      const isSame = CREDENTIALS.every((name) => theirs[name] === ours[name] || (isOwn && name === 'getToken'))
      if (line.key === key && !line.isOld && isSame) {
        line.lend(user)
        return line
      }
      line.close()
      return null
    },
    park(line, owner, idleMs) {
      empty()?.close()
      line.lend(null)
      parked = { line, owner }
      timer = setTimeout(() => empty()?.close(), idleMs)
    },
    leave(owner) {
      if (parked?.owner === owner) empty()?.drop()
    },
  }
}

/** The lines of this page. */
export const pageLines: LinePool = /* @__PURE__ */ createLinePool()
