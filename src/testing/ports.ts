/** A started timer, as the platform or a test's clock returns it. */
export type TimerHandle = unknown

/** Where the emulator takes its time from. */
export interface EmulatorClock {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Calls `callback` once, `delayMs` from now. */
  readonly setTimeout: (callback: () => void, delayMs: number) => TimerHandle
  /** Forgets a timer; one that has fired is ignored. */
  readonly clearTimeout: (timer: TimerHandle) => void
}

/**
 * The platform's clock. Looks its functions up at every call, so that a test's fake timers, installed later, are used.
 */
export const platformClock: EmulatorClock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
}

/** One WebSocket message: a string is a text frame, bytes are a binary frame. */
export type Frame = string | Uint8Array

/** How an endpoint's state machine speaks to its client. It knows nothing of the transport behind. */
export interface ServicePort {
  /** Sends one frame. Ignored after {@link ServicePort.close}. */
  send(frame: Frame): void
  /** Closes the connection; without a code the close frame is empty. */
  close(code?: number, reason?: string): void
}

/** The state machine of one endpoint, for one connection. */
export interface EndpointService {
  /** Takes one frame from the client. */
  receive(frame: Frame): void
  /** The client is gone, or the connection was closed: every timer is cleared and every decoder freed. */
  disconnect(): void
  /** Seconds of audio understood so far (listen) or sent (speak). */
  readonly audioSeconds: number
  /** Makes the service hear `line` now, as if it had been spoken (listen only). */
  say?(line: SpokenLine): void
}

/** A line put into a listen service's ear by hand. */
export interface SpokenLine {
  /** What is said; words are separated by white space. */
  text: string
  /** Speaker number, shown where the client asked for diarisation. @default 0 */
  speaker?: number
  /** Which channel hears it. @default 0 */
  channel?: number
}
