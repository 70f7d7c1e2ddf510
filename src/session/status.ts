/** What a listen session is doing. `error` is set exactly when the status is `'error'`. */
export type ListenStatus =
  'idle' | 'requesting-permission' | 'connecting' | 'listening' | 'paused' | 'reconnecting' | 'stopping' | 'error'

/** What a speak session is doing. `error` is set exactly when the status is `'error'`. */
export type SpeakStatus =
  'idle' | 'connecting' | 'buffering' | 'speaking' | 'paused' | 'blocked' | 'reconnecting' | 'error'
