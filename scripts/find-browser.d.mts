export const NO_BROWSER: string
export const LAUNCH_FLAGS: readonly string[]
export const FAKE_MICROPHONE_FLAGS: readonly string[]
export const AUTOPLAY_FLAG: string

export interface BrowserLaunch {
  /** `true` for Chromium's beep, a path for a WAV file that is played once. @default no microphone */
  microphone?: boolean | string
  /** Whether sound needs no gesture. @default true */
  autoplay?: boolean
  /** More flags. */
  args?: string[]
  /** Install a browser first when none is there. @default false */
  install?: boolean
}

export function launchOptions(options?: BrowserLaunch): { executablePath: string; headless: boolean; args: string[] }
export function findBrowser(options?: { install?: boolean }): string | undefined
