import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { root } from '../../scripts/doors.mjs'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const manual = (name: string): string => read(`stories/docs/${name}.mdx`)
const all = (text: string, pattern: RegExp): string[] => [
  ...new Set(Array.from(text.matchAll(pattern), ([, found]) => found!)),
]

interface DocgenOptions {
  readonly include?: readonly string[]
  readonly propFilter: unknown
}

/** What Storybook makes its tables with; it brings it along. */
interface Docgen {
  withCustomConfig(
    tsconfig: string,
    options: DocgenOptions,
  ): {
    parse(files: readonly string[]): readonly {
      readonly displayName: string
      readonly props: Readonly<Record<string, { readonly name: string; readonly description: string }>>
    }[]
  }
}

/** The literals of an exported union of strings. */
function literalsOf(path: string, type: string): string[] {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest)
  const alias = source.statements.find(
    (each): each is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(each) && each.name.text === type,
  )!
  return (alias.type as ts.UnionTypeNode).types.map(
    (each) => ((each as ts.LiteralTypeNode).literal as ts.StringLiteral).text,
  )
}

describe('the manual', () => {
  test('has an entry for every error code under Troubleshooting, and for no other', () => {
    const codes = literalsOf('src/errors.ts', 'DeepgramErrorCode')
    expect(codes).toContain('permission-denied')
    expect(all(manual('Troubleshooting'), /^### `([a-z-]+)`\n\n\S/gm).sort()).toEqual(codes.sort())
  })

  test('names every custom property and every class that the stylesheet has, and none that it has not', () => {
    const styles = read('src/components/styles.css')
    const used = all(styles, /var\((--dg-[a-z-]+)/g).filter((name) => !/^--dg-(level|progress)$/.test(name))
    const [header] = styles.split('*/')
    expect(all(header!, /(--dg-[a-z-]+)/g).sort()).toEqual(used.sort())
    expect(all(manual('Styling'), /^\| `(--dg-[a-z-]+)`/gm).sort()).toEqual(used)
    const classes = all(styles, /\.(dg-[a-z-]+)/g)
    const unknown = all(manual('Styling'), /`\.(dg-[a-z-]+)`/g).filter(
      (name) => name !== 'dg-select' && !classes.includes(name),
    )
    expect(unknown).toEqual([])
  })

  test('shows code that imports what the doors export', () => {
    const exported: Record<string, string> = {
      'react-deepgram': read('test/contract/__snapshots__/react-deepgram.txt'),
      'react-deepgram/server': read('test/contract/__snapshots__/react-deepgram-server.txt'),
      'react-deepgram/testing': read('test/contract/__snapshots__/react-deepgram-testing.txt'),
    }
    const pages = readdirSync(join(root, 'stories/docs'))
    expect(pages.length).toBeGreaterThanOrEqual(12)
    let checked = 0
    for (const page of pages) {
      for (const [, names, door] of read(`stories/docs/${page}`).matchAll(
        /import \{([^}]+)\} from '(react-deepgram[^']*)'/g,
      )) {
        const known = exported[door!]!.split('\n').map((line) => line.replace(/^type /, ''))
        for (const name of names!.split(',').map((each) => each.trim().replace(/^type /, ''))) {
          expect(known, `${page} imports ${name} from ${door}`).toContain(name)
          checked++
        }
      }
    }
    expect(checked).toBeGreaterThan(10)
  })

  test('describes every prop in the tables of the components, as the stories make them', async () => {
    const { default: storybook } = await import('../../.storybook/main.ts')
    const { include, propFilter } = (storybook.typescript as { reactDocgenTypescriptOptions: DocgenOptions })
      .reactDocgenTypescriptOptions
    expect(include).toEqual(['src/components/*.tsx'])
    const { withCustomConfig } = createRequire(join(root, 'node_modules/@storybook/react-vite/package.json'))(
      'react-docgen-typescript',
    ) as Docgen
    const files = readdirSync(join(root, 'src/components')).filter((file) => file.endsWith('.tsx'))
    const described = withCustomConfig(join(root, 'tsconfig.json'), { propFilter }).parse(
      files.map((file) => join(root, 'src/components', file)),
    )
    const exported = all(read('test/contract/__snapshots__/react-deepgram.txt'), /^([A-Z]\w+)$/gm)
    const components = described.filter(({ displayName }) => exported.includes(displayName))
    expect(components.length).toBeGreaterThan(20)
    const silent = components.flatMap(({ displayName, props }) =>
      Object.values(props).flatMap(({ name, description }) => (description ? [] : [`${displayName} ${name}`])),
    )
    expect(silent).toEqual([])
  })

  test('has stories for every component that the door exports', () => {
    const files = readdirSync(join(root, 'stories/components'))
    const components = all(read('test/contract/__snapshots__/react-deepgram.txt'), /^([A-Z]\w+)View$/gm)
    expect(components.length).toBeGreaterThan(8)
    // The parts of a component are shown with it: `DialogueStatus` with `Dialogue`.
    const shown = files.map((file) => file.replace('.stories.tsx', ''))
    expect(components.filter((name) => !shown.some((one) => name.startsWith(one)))).toEqual([])
  })
})
