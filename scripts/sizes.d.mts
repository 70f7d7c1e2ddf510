export const parts: Readonly<Record<string, { readonly imports: string; readonly goal: number }>>
export const record: string
export function recorded(): Record<string, number | undefined>
export function weigh(name: string): Promise<number>
