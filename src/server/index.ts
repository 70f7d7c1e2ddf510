/**
 * The server door: short-lived tokens for the application's own pages, so that the API key stays on the server.
 *
 * @packageDocumentation
 */
export { DeepgramError } from '../errors.ts'
export type { DeepgramErrorCode, DeepgramErrorDetails, DeepgramErrorOptions } from '../errors.ts'
export { grantToken } from './grant-token.ts'
export type { GrantedToken, GrantTokenOptions } from './grant-token.ts'
export { toNodeHandler } from './node.ts'
export type { NodeHandlerOptions, NodeRequest, NodeResponse } from './node.ts'
export { createMemoryRateLimitStore } from './rate-limit.ts'
export type { MemoryRateLimitStoreOptions, RateLimitHit, RateLimitStore } from './rate-limit.ts'
export { createTokenHandler } from './token-handler.ts'
export type {
  RateLimitOptions,
  TokenHandler,
  TokenHandlerOptions,
  TokenRouteError,
  TokenRouteErrorCode,
  TokenRouteEvent,
} from './token-handler.ts'
