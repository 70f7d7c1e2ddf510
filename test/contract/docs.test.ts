import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { beforeAll, describe, expect, test } from 'vitest'
import { doors, root } from '../../scripts/doors.mjs'
import { requireBuild } from '../support/packed.ts'

/** Every page that people read: its text by its path. */
const pages = new Map(
  ['README.md', 'SECURITY.md', 'ARCHITECTURE.md', ...found('stories', /\.mdx$/), ...found('examples', /\.md$/)].map(
    (path) => [path, readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n')],
  ),
)

function found(folder: string, name: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name) && !/node_modules|\.next/.test(entry.parentPath))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

interface Block {
  /** Where it is, for a failure. */
  readonly place: string
  readonly page: string
  readonly language: string
  /** Shows a detail among things that the reader has: marked so in the page, and not compiled by itself. */
  readonly isFragment: boolean
  readonly code: string
}

function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(/^( *)```(\w*)([^\n]*)\n([\s\S]*?)^\1```/gm)].map(
    ([, , language = '', meta = '', code = ''], index) => ({
      place: `${page}, block ${index + 1}: ${code.trim().split('\n')[0]}`,
      page,
      language,
      isFragment: /\bfragment\b/.test(meta),
      code,
    }),
  )
}

describe('every code block compiles against the built package', () => {
  // What a reader has and the page need not show. Everything else a block must bring, or find in a block above it.
  const READER: Record<string, string> = {
    '/reader/session.d.ts': `export declare function getUser(request: Request): Promise<{ id: string } | null>`,
    '/reader/css.d.ts': `declare module '*.css'`,
    '/reader/globals.d.ts': `
      declare function App(props: object): import('react').ReactNode
      declare const render: typeof import('@testing-library/react').render
      declare function signOut(): void
      declare const text: string`,
  }
  const blocks = [...pages].flatMap(([page, text]) => blocksOf(page, text))
  const programs = blocks.filter(({ language, isFragment }) => /^(tsx?|jsx?)$/.test(language) && !isFragment)
  let complaints: Map<string, string[]>

  beforeAll(() => {
    requireBuild()
    const exported = exportsOfDoors()
    const sources = new Map<string, string>()
    const fileOf = (index: number): string =>
      `${root}/docs-${index}.${/^t/.test(programs[index]!.language) ? 'tsx' : 'jsx'}`
    programs.forEach(({ code }, index) => sources.set(fileOf(index), code))
    // A name that a block does not bring is looked for where a reader would: in the blocks above, then behind the doors.
    for (let round = 0; round < 4; round++) {
      complaints = compile(sources, READER)
      let isChanged = false
      programs.forEach(({ page }, index) => {
        const file = fileOf(index)
        const missing = (complaints.get(file) ?? []).flatMap((text) => /Cannot find name '(\w+)'/.exec(text)?.[1] ?? [])
        for (const name of new Set(missing)) {
          const above = programs.findLastIndex(
            (block, at) => at < index && block.page === page && declares(block.code, name),
          )
          const source = sources.get(file)!
          if (above >= 0 && !source.includes(programs[above]!.code)) {
            sources.set(file, programs[above]!.code + source)
            isChanged = true
          } else if (above < 0 && exported.has(name)) {
            sources.set(file, `import { ${name} } from '${exported.get(name)!}'\n${source}`)
            isChanged = true
          }
        }
      })
      if (!isChanged) break
    }
    complaints = new Map(programs.map(({ place }, index) => [place, complaints.get(fileOf(index)) ?? []]))
  }, 120_000)

  test('there are such blocks', () => {
    expect(programs.length).toBeGreaterThan(5)
  })

  test.each(programs.map(({ place }) => place))('%s', (place) => {
    expect(complaints.get(place)).toEqual([])
  })

  test.each(blocks.filter(({ language }) => language === 'json').map(({ place, code }) => [place, code]))(
    '%s',
    (_, code) => void JSON.parse(code),
  )
})

/** Whether a block declares or imports a name at its top. */
const declares = (code: string, name: string): boolean =>
  new RegExp(
    `^(export (default )?)?(const|let|function|class|async function) (${name}\\b|[{[][^=]*\\b${name}\\b)`,
    'm',
  ).test(code) || new RegExp(`^import [^'"]*\\b${name}\\b[^'"]* from`, 'm').test(code)

/** The first door behind which each name is. */
function exportsOfDoors(): Map<string, string> {
  const files = Object.entries(doors).map(([door, { built }]) => [door, join(root, built.replace(/\.js$/, '.d.ts'))])
  const program = ts.createProgram(
    files.map(([, file]) => file!),
    { ...options, noLib: true, types: [] },
  )
  const checker = program.getTypeChecker()
  const names = new Map<string, string>()
  for (const [door, file] of files) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file!)!)!
    for (const { name } of checker.getExportsOfModule(module)) if (!names.has(name)) names.set(name, door!)
  }
  return names
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  jsx: ts.JsxEmit.ReactJSX,
  strict: true,
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
  paths: {
    ...Object.fromEntries(
      Object.entries(doors).map(([door, { built }]) => [door, [join(root, built.replace(/\.js$/, '.d.ts'))]]),
    ),
    '@/lib/session': ['/reader/session.d.ts'],
  },
}

/** What the compiler has against each file. */
function compile(sources: ReadonlyMap<string, string>, more: Record<string, string>): Map<string, string[]> {
  const host = ts.createCompilerHost(options)
  const virtual = (path: string): string | undefined => sources.get(path) ?? more[path]
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (path) => virtual(path) !== undefined || fileExists.call(host, path)
  host.readFile = (path) => virtual(path) ?? readFile.call(host, path)
  host.getSourceFile = (path, target, ...rest) => {
    const text = virtual(path)
    return text === undefined
      ? getSourceFile.call(host, path, target, ...rest)
      : ts.createSourceFile(path, text, target, true)
  }
  const program = ts.createProgram([...sources.keys(), ...Object.keys(more)], options, host)
  return new Map(
    [...sources.keys()].map((path) => {
      const file = program.getSourceFile(path)!
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
      return [path, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))]
    }),
  )
}

describe('every link leads somewhere', () => {
  /** As GitHub makes a heading into an address. */
  const slug = (heading: string): string =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')

  const withoutCode = (text: string): string => text.replace(/^( *)```[\s\S]*?^\1```/gm, '').replace(/`[^`\n]*`/g, '`')
  const headings = (text: string): string[] =>
    [...text.replace(/^( *)```[\s\S]*?^\1```/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => slug(heading!))

  /** The addresses that Storybook gives to its pages. */
  const stories = new Set(
    [...found('stories', /\.mdx$/), ...found('stories', /\.stories\.tsx$/)].flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      const title = /<Meta title="([^"]+)"|^ {2}title: '([^']+)'/m.exec(text)
      const id = (title?.[1] ?? title?.[2] ?? '').toLowerCase().replace(/[^a-z0-9]+/g, '-')
      const names = [...text.matchAll(/^export const (\w+)/gm)].map(([, name]) =>
        name!.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase(),
      )
      return ['docs', ...names].map((name) => `${id}--${name}`)
    }),
  )

  function isBroken(page: string, target: string): boolean {
    if (/^https:\/\/[\w.-]+\.[a-z]+(\/|$)/.test(target)) return false
    const story = /^\.?\/?\?path=\/(?:docs|story)\/([\w-]+)(#.*)?$/.exec(target)
    if (story) return !stories.has(story[1]!)
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : join(dirname(page), decodeURI(path)).replaceAll('\\', '/')
    if (!existsSync(join(root, file))) return true
    if (anchor === undefined || statSync(join(root, file)).isDirectory()) return false
    return !headings(readFileSync(join(root, file), 'utf8')).includes(anchor)
  }

  test.each([...pages])('in %s', (page, text) => {
    const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)|href="([^"]+)"/g)].map(
      ([, markdown, html]) => (markdown ?? html)!,
    )
    expect(targets.filter((target) => isBroken(page, target))).toEqual([])
  })

  test('and a broken one would be found', () => {
    expect(
      ['nowhere.md', '#nothing', 'README.md#nothing', '?path=/docs/nothing--docs', 'http://example.com'].filter(
        (target) => !isBroken('README.md', target),
      ),
    ).toEqual([])
    expect(
      ['README.md', '#quick-start', 'https://example.com/'].filter((target) => isBroken('README.md', target)),
    ).toEqual([])
  })
})
