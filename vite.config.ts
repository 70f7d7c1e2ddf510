import { relative } from 'node:path'
import MagicString from 'magic-string'
import { defineConfig, type Plugin } from 'vite'
import { commandLine, doors, root } from './scripts/doors.mjs'

// The library's build, run by `npm run build` (scripts/build.mjs) once per graph:
//
// - `client`: every door but the server's, sharing their files, so that an error is an instance of one class in all of them.
// - `server`: the server's door with its own copies of the few files it needs. The copies of the client graph begin with
//   'use client', and a framework with React Server Components would hand the server references in place of functions.
export default defineConfig(({ mode }) => {
  const isServer = mode === 'server'
  const inServer = (file: string) => file === 'react-deepgram/server'
  const entries = Object.entries(doors)
    .filter(([door]) => inServer(door) === isServer)
    .map(([, files]) => files)
  if (!isServer) entries.push(commandLine)

  return {
    root,
    publicDir: false,
    logLevel: 'warn',
    plugins: isServer ? [] : [pureComponents(), useClient(`${root}/${doors['react-deepgram']!.source}`)],
    build: {
      outDir: 'dist',
      emptyOutDir: false,
      target: 'es2022',
      minify: false,
      sourcemap: true,
      reportCompressedSize: false,
      lib: { entry: entries.map(({ source }) => `${root}/${source}`), formats: ['es'] },
      rolldownOptions: {
        external: (id) =>
          !id.startsWith('.') && !id.startsWith('/') && !/^[A-Z]:[\\/]/i.test(id) && !id.startsWith('\0'),
        output: {
          preserveModules: true,
          preserveModulesRoot: `${root}/src`,
          entryFileNames: ({ name }) => {
            const file = name.replace(/\.tsx?$/, '')
            return isServer && !file.startsWith('server/') ? `server/shared/${file}.js` : `${file}.js`
          },
        },
      },
    },
  }
})

/**
 * Marks what makes a component as free of side effects. Without that no bundler can leave out a component that nobody imports, and
 * all that it needs: `LiveTranscriptView`, which only shows, came with the whole of listening.
 */
function pureComponents(): Plugin {
  const made = /^(?:export )?const \w+ = (?=(?:forwardRef|memo|createContext|connect)\b)/gm
  return {
    name: 'pure-components',
    enforce: 'pre',
    transform: {
      filter: { id: /\/src\/.*\.tsx$/ },
      handler(code) {
        const marked = new MagicString(code)
        for (const { index, 0: found } of code.matchAll(made))
          marked.appendLeft(index + found.length, '/* @__PURE__ */ ')
        return { code: marked.toString(), map: marked.generateMap({ hires: true }) }
      },
    },
  }
}

/** Begins every file that the React door pulls in with `'use client'`, so that an application need not. */
function useClient(door: string): Plugin {
  const reached = new Set<string>()
  return {
    name: 'use-client',
    enforce: 'pre',
    transform: {
      filter: { code: /^(['"])use client\1/ },
      // The bundler warns of a directive in a source and may drop it; the banner below sets it for every file alike.
      // Blanks in its place keep the source maps true.
      handler: (code) => ({
        code: code.replace(/^(['"])use client\1;?/, (found) => ' '.repeat(found.length)),
        map: null,
      }),
    },
    buildEnd() {
      const pending = [door]
      for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
        const info = reached.has(id) ? null : this.getModuleInfo(id)
        if (!info) continue
        reached.add(id)
        pending.push(...info.importedIds, ...info.dynamicallyImportedIds)
      }
    },
    outputOptions(options) {
      options.banner = (chunk) =>
        // The bundler's own helpers are in no import graph; they are shared, and the directive does them no harm.
        chunk.moduleIds.some((id) => reached.has(id) || relative(root, id).startsWith('..') || id.startsWith('\0'))
          ? `'use client'`
          : ''
      return options
    },
  }
}
