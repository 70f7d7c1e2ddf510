import type { ReconnectOptions } from './options.ts'

/** Reconnect settings with every default filled in; see {@link ReconnectOptions}. */
export interface BackoffPolicy {
  readonly maxAttempts: number
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  readonly healthyMs: number
}

/** Fills in the defaults; `null` when reconnecting is switched off. */
export const backoffPolicy = (options: false | ReconnectOptions | undefined): BackoffPolicy | null =>
  options === false
    ? null
    : {
        maxAttempts: options?.maxAttempts ?? 10,
        baseDelayMs: options?.baseDelayMs ?? 250,
        maxDelayMs: options?.maxDelayMs ?? 10_000,
        healthyMs: options?.healthyMs ?? 5_000,
      }

/**
 * Milliseconds to wait before a retry: exponential with full jitter, which keeps a crowd from coming back at once.
 *
 * @param failures - Failures in a row so far, 1 or more.
 * @param random - 0 (inclusive) to 1 (exclusive).
 */
export const backoffDelay = (policy: BackoffPolicy, failures: number, random: number): number =>
  Math.round(random * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (failures - 1)))
