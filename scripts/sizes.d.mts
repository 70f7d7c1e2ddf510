export interface Weight {
  readonly first: number
  readonly all: number
}

export const parts: Readonly<Record<string, { readonly imports: string; readonly goal: number }>>
export const record: string
export function recorded(): Record<string, Weight | undefined>
export function weigh(name: string): Promise<Weight>
