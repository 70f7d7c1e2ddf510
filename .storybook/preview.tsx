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
    // A page's ground, on which panels can be told apart; a story may bring a style of its own.
    document.body.style.background = theme === 'dark' ? '#0d1211' : '#f6f8f7'
    document.body.style.color = theme === 'dark' ? '#e8efed' : '#16211e'
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
    options: {
      storySort: {
        order: [
          'Introduction',
          'Quick start',
          ['Vite', 'Next.js'],
          'Guides',
          [
            'Authentication',
            'Listening',
            'Speaking',
            'Conversation',
            'Transcript and captions',
            'Testing your app',
            'Styling',
            'Accessibility',
            'Browsers',
            'Troubleshooting',
            'Migrating from hand-written code',
          ],
          'Components',
          'Scenes',
          '*',
        ],
      },
    },
  },
}

export default preview
