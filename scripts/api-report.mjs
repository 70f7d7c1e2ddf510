// What each door promises, declaration by declaration, as a page: a change of the public face shows in the commit that makes it.
//
//   npm run api             compares with the pages in test/contract/__snapshots__
//   npm run api -- --write  writes them there, after a deliberate change
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { doors, root } from './doors.mjs'

/** Where the page of a door is kept. */
export const apiPage = (door) => join(root, 'test/contract/__snapshots__', `${door.replaceAll('/', '-')}.api.md`)

/**
 * Writes the page of every door from the declarations in dist/, which must be built.
 *
 * @returns {{ pages: Record<string, string>, complaints: string[] }} The pages by door; what TypeScript has against the declarations.
 */
export function reportApi() {
  const folder = mkdtempSync(join(tmpdir(), 'react-deepgram-api-'))
  try {
    const complaints = new Set()
    const configs = Object.entries(doors).map(([door, { built }]) => [door, configure(door, built, folder)])
    // One program for all the doors: they share most of their declarations, and the libraries'.
    const compilerState = CompilerState.create(configs[0][1], {
      additionalEntryPoints: configs.map(([, config]) => config.mainEntryPointFilePath),
    })
    const pages = Object.fromEntries(
      configs.map(([door, config]) => {
        Extractor.invoke(config, {
          localBuild: true,
          compilerState,
          messageCallback(message) {
            if (message.category === 'Compiler') complaints.add(message.text)
            message.handled = true
          },
        })
        return [door, readFileSync(config.reportTempFilePath, 'utf8').replaceAll('\r\n', '\n')]
      }),
    )
    return { pages, complaints: [...complaints] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function configure(door, built, folder) {
  const name = door.replaceAll('/', '-')
  const declarations = join(root, built.replace(/\.js$/, '.d.ts'))
  mkdirSync(join(folder, name))
  const silent = { default: { logLevel: ExtractorLogLevel.None } }
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2022',
            module: 'esnext',
            moduleResolution: 'bundler',
            lib: ['ES2023', 'DOM', 'DOM.Iterable'],
            jsx: 'react-jsx',
            strict: true,
            types: ['node'],
          },
          files: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(folder, name),
        reportTempFolder: join(folder, name, 'new'),
        // A type that is reached through another one is promised as well.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
        // test/contract/docblocks.test.ts judges the docstrings.
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  })
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--if-stale'], {
    stdio: ['ignore', 1, 2],
  })
  if (build.status !== 0) process.exit(1)
  const { pages, complaints } = reportApi()
  for (const complaint of complaints) console.error(complaint)
  if (complaints.length > 0) process.exitCode = 1
  for (const [door, page] of Object.entries(pages)) {
    if (process.argv.includes('--write')) {
      writeFileSync(apiPage(door), page)
    } else if (page !== read(apiPage(door))) {
      console.error(
        `${door} promises something else than is written down; if that is meant, run "npm run api -- --write".`,
      )
      process.exitCode = 1
    }
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return ''
  }
}
