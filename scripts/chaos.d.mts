export interface ChaosResult {
  readonly spoken: number
  readonly lost: string[]
  readonly repeated: string[]
  readonly unknown: string[]
  readonly outOfOrder: number
  readonly decreasing: number
  readonly worstMs: number
  readonly breaks: string[]
  readonly attempts: number
  readonly tokens: number
  readonly text: string
}

export function runChaos(options?: {
  seed?: number
  minutes?: number
  model?: string
  log?: (line: string) => void
}): Promise<ChaosResult>
