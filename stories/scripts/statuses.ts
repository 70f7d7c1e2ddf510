import type { ListenStatus, SpeakStatus } from 'react-deepgram'

/** Every status, each once: a new one that is left out does not compile. */
const all = <Status extends string>(statuses: Record<Status, true>) => Object.keys(statuses) as Status[]

export const LISTEN_STATUSES = all<ListenStatus>({
  idle: true,
  'requesting-permission': true,
  connecting: true,
  listening: true,
  paused: true,
  reconnecting: true,
  stopping: true,
  error: true,
})

export const SPEAK_STATUSES = all<SpeakStatus>({
  idle: true,
  connecting: true,
  buffering: true,
  speaking: true,
  paused: true,
  blocked: true,
  reconnecting: true,
  error: true,
})
