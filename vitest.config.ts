import react from '@vitejs/plugin-react'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'
import { doorAliases } from './scripts/doors.mjs'
import { AUTOPLAY_FLAG, FAKE_MICROPHONE_FLAGS, findBrowser, LAUNCH_FLAGS } from './scripts/find-browser.mjs'

const consoleWatch = './test/setup/console.ts'
const secretWatch = './test/setup/secrets.ts'
const executablePath = findBrowser()

/** Chromium as the tests drive it. The flag for `gc()` lets leak tests force a collection. */
function chromium(...flags: readonly string[]) {
  return playwright({
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [...LAUNCH_FLAGS, ...FAKE_MICROPHONE_FLAGS, '--js-flags=--expose-gc', ...flags],
    },
  })
}

/**
 * One page at a time: tests that share two cores disturb each other's audio clocks. Machines that run other people's jobs, too,
 * do it all the same; there a test of real sound has a second try.
 */
const oneByOne = { fileParallelism: false, maxWorkers: 1, retry: process.env['CI'] ? 1 : 0 }

/** A project whose tests run in a page. Projects get a group each, because within one group they run beside each other. */
function inChromium(options: {
  name: string
  groupOrder: number
  provider: ReturnType<typeof chromium>
  include: string[]
  exclude?: string[]
}): TestProjectConfiguration {
  const { groupOrder, provider, ...test } = options
  return {
    plugins: [react()],
    resolve: { alias: doorAliases('source') },
    // Dependencies found in the middle of a run would reload the page under a test.
    optimizeDeps: {
      include: [
        'react',
        'react-dom',
        'react-dom/client',
        'react-dom/server',
        'react/jsx-runtime',
        'react/jsx-dev-runtime',
        'zustand',
        'zustand/vanilla',
        'valibot',
        'opus-decoder',
        'mediabunny',
        'axe-core',
        'fast-check',
        '@testing-library/react',
        '@testing-library/dom',
        '@testing-library/user-event',
      ],
    },
    test: {
      ...test,
      setupFiles: [consoleWatch, secretWatch],
      globalSetup: ['./test/setup/browser-present.ts'],
      testTimeout: 30_000,
      hookTimeout: 30_000,
      ...oneByOne,
      sequence: { groupOrder },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider,
        instances: [{ browser: 'chromium' }],
      },
    },
  }
}

const projects: Record<string, () => TestProjectConfiguration | Promise<TestProjectConfiguration>> = {
  node: () => ({
    plugins: [react()],
    resolve: { alias: doorAliases('source') },
    test: {
      name: 'node',
      include: ['test/{unit,contract,fuzz,leaks}/**/*.test.{ts,tsx}', 'examples/testing/*.test.tsx'],
      exclude: ['**/*.browser.test.{ts,tsx}'],
      environment: 'node',
      // Nothing here waits for a clock; a busy machine must not fail what a quiet one passes.
      testTimeout: 30_000,
      setupFiles: [consoleWatch, secretWatch, './test/setup/fuzz.ts'],
      globalSetup: ['./test/setup/dist.ts'],
      execArgv: ['--expose-gc'],
      // All processors: by default one is left idle, which of two is half.
      maxWorkers: '100%',
      sequence: { groupOrder: 0 },
    },
  }),

  types: () => ({
    test: {
      name: 'types',
      include: [],
      typecheck: {
        enabled: true,
        only: true,
        include: ['test/types/**/*.test-d.{ts,tsx}'],
        tsconfig: './test/types/tsconfig.json',
        // `npm run typecheck` reports those; here they would fail a type test that has nothing to do with them.
        ignoreSourceErrors: true,
      },
      sequence: { groupOrder: 0 },
    },
  }),

  browser: () =>
    inChromium({
      name: 'browser',
      groupOrder: 1,
      provider: chromium(AUTOPLAY_FLAG),
      include: ['test/browser/**/*.test.{ts,tsx}', 'test/{contract,leaks}/**/*.browser.test.{ts,tsx}'],
      exclude: ['**/*.autoplay.test.{ts,tsx}'],
    }),

  // Here sound needs a gesture, as it does on a user's page.
  'browser-autoplay': () =>
    inChromium({
      name: 'browser-autoplay',
      groupOrder: 2,
      provider: chromium(),
      include: ['test/browser/**/*.autoplay.test.{ts,tsx}'],
    }),

  storybook: async () => {
    const { storybookTest } = await import('@storybook/addon-vitest/vitest-plugin')
    return {
      plugins: [storybookTest({ configDir: '.storybook' })],
      test: {
        name: 'storybook',
        setupFiles: [consoleWatch, secretWatch],
        globalSetup: ['./test/setup/browser-present.ts'],
        testTimeout: 30_000,
        ...oneByOne,
        sequence: { groupOrder: 3 },
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: chromium(AUTOPLAY_FLAG),
          instances: [{ browser: 'chromium' }],
        },
      },
    }
  },

  e2e: () => ({
    plugins: [react()],
    resolve: { alias: doorAliases('built') },
    test: {
      name: 'e2e',
      include: ['test/e2e/**/*.test.{ts,tsx}'],
      environment: 'node',
      setupFiles: [consoleWatch],
      globalSetup: ['./test/setup/browser-present.ts', './test/setup/dist.ts'],
      testTimeout: 180_000,
      hookTimeout: 180_000,
      ...oneByOne,
      sequence: { groupOrder: 4 },
    },
  }),

  // The packed package, installed with npm into applications of every kind. The tests themselves, which play Deepgram's part, use the source.
  consumers: () => ({
    resolve: { alias: doorAliases('source') },
    test: {
      name: 'consumers',
      include: ['test/consumers/**/*.test.{ts,tsx}'],
      environment: 'node',
      setupFiles: [consoleWatch],
      globalSetup: ['./test/setup/browser-present.ts', './test/setup/consumers.ts'],
      testTimeout: 180_000,
      hookTimeout: 180_000,
      ...oneByOne,
      sequence: { groupOrder: 5 },
    },
  }),
}

export default defineConfig({
  test: {
    passWithNoTests: true,
    // `--changed` is for a quick look: a new script in package.json need not run everything. `npm test` does.
    forceRerunTriggers: [],
    projects: await Promise.all(asked().map(async (name) => projects[name]!())),
  },
})

/** The projects the command line asks for: Storybook takes seconds to load, which a unit test need not wait for. */
function asked(): string[] {
  const names = Object.keys(projects)
  const patterns = process.argv.flatMap((arg, index, all) => {
    if (arg === '--project') return [all[index + 1] ?? '']
    return arg.startsWith('--project=') ? [arg.slice('--project='.length)] : []
  })
  // Patterns that exclude, or that name an instance, are left to Vitest.
  const plain = patterns.filter((pattern) => names.includes(pattern))
  return patterns.length > 0 && plain.length === patterns.length ? plain : names
}
