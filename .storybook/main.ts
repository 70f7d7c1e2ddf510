import { fileURLToPath } from 'node:url'
import type { StorybookConfig } from '@storybook/react-vite'
import { mergeConfig } from 'vite'
import { doorAliases } from '../scripts/doors.mjs'

const config: StorybookConfig = {
  stories: ['../stories/**/*.mdx', '../stories/**/*.stories.tsx'],
  addons: ['@storybook/addon-docs', '@storybook/addon-a11y', '@storybook/addon-vitest'],
  framework: {
    name: '@storybook/react-vite',
    // Not the library's own settings: those build modules, not a page.
    options: { builder: { viteConfigPath: fileURLToPath(new URL('./vite.config.ts', import.meta.url)) } },
  },
  core: { disableTelemetry: true, disableWhatsNewNotifications: true, disableWebpackDefaults: true },
  typescript: {
    // The one that follows types over files: most props of a component are the options of its session.
    reactDocgen: 'react-docgen-typescript',
    reactDocgenTypescriptOptions: {
      include: ['src/components/*.tsx'],
      // What every element takes is not ours to describe.
      propFilter: ({ parent, declarations }) =>
        [...(declarations ?? []), ...(parent ? [parent] : [])].some(
          ({ fileName }) => !fileName.includes('node_modules'),
        ),
    },
  },
  viteFinal: (vite) =>
    mergeConfig(vite, {
      // Relative addresses, so that the built stories work in any folder of any host.
      base: './',
      resolve: { alias: doorAliases('source') },
      build: { chunkSizeWarningLimit: 4_000 },
    }),
}

export default config
