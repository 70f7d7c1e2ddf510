import type { Decorator, Preview } from '@storybook/react-vite'
import { useLayoutEffect, type ReactNode } from 'react'
import { toolbar, type StoryGlobals } from './globals.ts'

/**
 * Puts the toolbar's choices of look on the document, where a page of an application would have them.
 *
 * What the microphone and the line do is for the stories' own decorators, which hand it to the emulator.
 */
function DocumentSettings({ theme, direction, reducedMotion, children }: StoryGlobals & { children: ReactNode }) {
  useLayoutEffect(() => {
    const root = document.documentElement
    root.dataset['theme'] = theme
    root.style.colorScheme = theme
    root.dir = direction
    root.dataset['reducedMotion'] = reducedMotion
    // The canvas is the browser's own for the scheme, unless a story brings a style of its own.
    document.body.style.background = 'Canvas'
    document.body.style.color = 'CanvasText'
  }, [theme, direction, reducedMotion])
  return children
}

const withDocumentSettings: Decorator = (Story, context) => (
  <DocumentSettings {...(context.globals as unknown as StoryGlobals)}>
    <Story />
  </DocumentSettings>
)

const preview: Preview = {
  decorators: [withDocumentSettings],
  globalTypes: toolbar.types,
  initialGlobals: toolbar.initial,
  parameters: {
    a11y: { test: 'error' },
    backgrounds: { disable: true },
    controls: { expanded: true },
    layout: 'padded',
    options: { storySort: { order: ['Introduction', 'Components', 'Hooks', 'Scenes', '*'] } },
  },
}

export default preview
