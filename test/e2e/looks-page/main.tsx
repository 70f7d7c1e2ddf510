// Every story, one at a time, in a page whose clock stands still.
import { composeStories, setProjectAnnotations, type ReactRenderer } from '@storybook/react-vite'
import type { ComponentType } from 'react'
import { flushSync } from 'react-dom'
import { createRoot, type Root } from 'react-dom/client'
import type { ProjectAnnotations } from 'storybook/internal/types'
import preview from '../../../.storybook/preview.tsx'

type Theme = 'light' | 'dark'
type ComposedStory = ComponentType & { id: string; play?: (context: { canvasElement: HTMLElement }) => Promise<void> }

declare global {
  interface Window {
    looks: {
      readonly ids: readonly string[]
      /** Mounts a story in place of the one before, and tells how high it is. */
      show(id: string, theme: Theme): Promise<number>
    }
  }
}

// So long a time passes before a story is looked at, in pictures, for meters to have something to show.
const PICTURES = 90
const PICTURE_MS = 16

/**
 * What is seen of these only when somebody has pressed something. The others are shown before anybody touches them: most of
 * what happens then takes its time.
 */
const PLAYED = ['components-livetranscript--editable', 'components-livetranscript--taking-it-away']

const picture = window.requestAnimationFrame.bind(window)
let now = 0
let lastRequest = 0
let requests = new Map<number, FrameRequestCallback>()

performance.now = () => now
Date.now = () => Date.UTC(2026, 0, 15, 12) + now
window.requestAnimationFrame = (callback) => {
  requests.set(++lastRequest, callback)
  return lastRequest
}
window.cancelAnimationFrame = (id) => void requests.delete(id)

function passTime(): void {
  for (let i = 0; i < PICTURES; i++) {
    now += PICTURE_MS
    const due = requests
    requests = new Map()
    for (const callback of due.values()) callback(now)
  }
}

/** Until the browser has laid out, observed and painted what is there. */
async function painted(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise(picture)
}

setProjectAnnotations(preview)
const files = import.meta.glob<Parameters<typeof composeStories>[0]>('../../../stories/*/*.stories.tsx', {
  eager: true,
})

function compose(theme: Theme): Map<string, ComposedStory> {
  const annotations: ProjectAnnotations<ReactRenderer> = { initialGlobals: { theme } }
  const stories = Object.values(files).flatMap((file) =>
    Object.values(composeStories(file, annotations) as Record<string, ComposedStory>),
  )
  return new Map(stories.map((story) => [story.id, story]))
}

const stories = { light: compose('light'), dark: compose('dark') }
let root: Root | undefined

window.looks = {
  ids: [...stories.light.keys()],

  async show(id, theme) {
    const Story = stories[theme].get(id)!
    root?.unmount()
    document.body.replaceChildren()
    now = 0
    requests.clear()
    const place = document.createElement('main')
    place.style.cssText = 'display: flow-root; padding: 1rem'
    document.body.style.margin = '0'
    document.body.append(place)
    root = createRoot(place)
    flushSync(() => root!.render(<Story />))
    await painted()
    passTime()
    if (PLAYED.includes(id)) await Story.play!({ canvasElement: place })
    await painted()
    return Math.ceil(place.getBoundingClientRect().height)
  },
}
