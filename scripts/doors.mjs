// The package's doors: what an import names, and where its source and its built file are.
// The one list for the build, the tests' aliases and the contract tests; package.json's `exports` is held to it.
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

/** @type {Readonly<Record<string, { source: string, built: string }>>} */
export const doors = Object.freeze({
  'react-deepgram': { source: 'src/index.ts', built: 'dist/index.js' },
  'react-deepgram/core': { source: 'src/core.ts', built: 'dist/core.js' },
  'react-deepgram/server': { source: 'src/server/index.ts', built: 'dist/server/index.js' },
  'react-deepgram/testing': { source: 'src/testing/index.ts', built: 'dist/testing/index.js' },
  'react-deepgram/testing/node': { source: 'src/testing/node.ts', built: 'dist/testing/node.js' },
})

/** The stylesheet: a door without code. */
export const styles = Object.freeze({ source: 'src/components/styles.css', built: 'dist/styles.css' })

/** The command line of the emulator: not a door, but an entry of the build. */
export const commandLine = Object.freeze({ source: 'src/testing/cli.ts', built: 'dist/testing/cli.js' })

/**
 * Vite aliases, so that whatever comes in by a door reads the source, or the built files.
 *
 * @param {'source' | 'built'} which
 * @returns {{ find: RegExp, replacement: string }[]}
 */
export function doorAliases(which) {
  return [...Object.entries(doors), /** @type {const} */ (['react-deepgram/styles.css', styles])].map(
    ([door, files]) => ({
      find: new RegExp(`^${door.replaceAll('.', '\\.')}$`),
      replacement: `${root}/${files[which]}`,
    }),
  )
}
