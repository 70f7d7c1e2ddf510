export interface DoorFiles {
  readonly source: string
  readonly built: string
}
export const root: string
export const doors: Readonly<Record<string, DoorFiles>>
export const styles: DoorFiles
export const commandLine: DoorFiles
export function doorAliases(which: 'source' | 'built'): { find: RegExp; replacement: string }[]
