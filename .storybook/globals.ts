/** What the toolbar offers, and what stories read from `context.globals`. */
export interface StoryGlobals {
  /** Put on the document as `data-theme` and as its colour scheme. */
  theme: 'light' | 'dark'
  /** Put on the document as `dir`. */
  direction: 'ltr' | 'rtl'
  /** Put on the document as `data-reduced-motion`; `system` leaves the choice to the media query. */
  reducedMotion: 'system' | 'reduce'
  /** What a request for the microphone meets. */
  microphone: 'granted' | 'denied' | 'no-device'
  /** What the line to the emulator is like. */
  network: 'good' | 'slow' | 'bad' | 'offline'
  /** What is at the other end: the emulator in this page, or Deepgram by a token route that the reader names. */
  service: 'emulator' | 'deepgram'
}

const initial: StoryGlobals = {
  theme: 'light',
  direction: 'ltr',
  reducedMotion: 'system',
  microphone: 'granted',
  network: 'good',
  service: 'emulator',
}

const select = <const Icon extends string>(title: string, icon: Icon, items: Record<string, string>) => ({
  description: title,
  toolbar: {
    title,
    icon,
    dynamicTitle: true,
    items: Object.entries(items).map(([value, label]) => ({ value, title: label })),
  },
})

const types = {
  theme: select('Theme', 'sun', { light: 'Light', dark: 'Dark' }),
  direction: select('Direction', 'direction', { ltr: 'Left to right', rtl: 'Right to left' }),
  reducedMotion: select('Motion', 'lightning', { system: 'Motion as the system says', reduce: 'Reduced motion' }),
  microphone: select('Microphone', 'speaker', {
    granted: 'Microphone granted',
    denied: 'Microphone denied',
    'no-device': 'No microphone',
  }),
  network: select('Line', 'globe', { good: 'Good line', slow: 'Slow line', bad: 'Bad line', offline: 'Offline' }),
  service: select('Service', 'key', { emulator: 'Emulator in this page', deepgram: 'Deepgram, by my token route' }),
} satisfies Record<keyof StoryGlobals, unknown>

/** The toolbar's menus and where they stand at first. */
export const toolbar = { types, initial: { ...initial } as Record<string, unknown> }
