import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { doors, root } from '../../scripts/doors.mjs'
import { importsOf, sourceFiles, type Import } from '../support/imports.ts'

interface Storey {
  /** The storeys below: a file may import from these and from its own. */
  below: readonly string[]
  /** The packages a file may import. */
  packages?: readonly string[]
}

const protocol: Storey = { below: [], packages: ['valibot'] }
const session = ['socket', 'transcript', 'text', 'audio', 'protocol']
const zustand = ['zustand', 'zustand/vanilla', 'zustand/react', 'zustand/react/shallow']
const hooks = ['session', 'capture', 'playback', ...session]

/** The sessions with the browser's own capture and playback put in: what both `core.ts` and the hooks hand out. */
const assemblies = ['browser-listen.ts', 'browser-speak.ts', 'browser-dialogue.ts', 'browser-page.ts']

/** The table of ARCHITECTURE.md, "Who may import whom". Its leaves are for all. */
const storeys: Readonly<Record<string, Storey>> = {
  protocol,
  audio: { below: [] },
  transcript: { below: ['protocol'] },
  text: { below: [] },
  socket: { below: ['protocol'] },
  capture: { below: ['audio'] },
  playback: { below: ['audio'] },
  session: { below: session, packages: ['zustand/vanilla'] },
  hooks: { below: [...assemblies, ...hooks], packages: ['react', ...zustand] },
  components: { below: ['hooks', ...assemblies, ...hooks], packages: ['react', ...zustand] },
  server: { below: ['protocol'] },
  testing: { below: ['protocol', 'audio'] },
  'index.ts': { below: ['types.ts', 'components', 'hooks', ...assemblies, ...hooks] },
  'core.ts': { below: ['types.ts', ...assemblies, ...hooks] },
  ...Object.fromEntries(assemblies.map((file) => [file, { below: [...assemblies, ...hooks] }])),
  // Types only: what both client doors export.
  'types.ts': { below: [...assemblies, ...hooks] },
  'errors.ts': { below: [] },
  'scope.ts': { below: [] },
  'audio-session.ts': { below: [] },
}
const leaves = ['errors.ts', 'scope.ts', 'audio-session.ts']

/** Files that are for Node, and so may use its modules and what needs them. */
const nodeFiles: Readonly<Record<string, readonly string[]>> = {
  'src/server/node.ts': [],
  'src/testing/node.ts': ['ws'],
  'src/testing/opus-node.ts': ['opus-decoder'],
  'src/testing/cli.ts': [],
}

/** Folders that see the package as an application does. */
const outside = ['stories', 'examples', 'bench', 'test/e2e']

/** Says what is wrong with an import, or nothing. */
function complaint({ from, specifier, to }: Import): string | undefined {
  const says = (why: string) => `${from} imports ${specifier}: ${why}`
  if (!from.startsWith('src/')) {
    if (to?.startsWith('src/')) return says('comes in by the doors only')
    if (/^react-deepgram(\/|$)/.test(specifier) && specifier !== 'react-deepgram/styles.css' && !(specifier in doors)) {
      return says('is no door')
    }
    return undefined
  }
  const place = from.split('/')[1]!
  const storey = storeys[place]
  if (!storey) return `${from}: ${place} is no storey of the house`
  if (specifier.startsWith('node:')) return from in nodeFiles ? undefined : says('only the files for Node may')
  if (to === null) {
    const allowed = [...(storey.packages ?? []), ...(nodeFiles[from] ?? [])]
    return allowed.includes(specifier) ? undefined : says(`${place} may import ${allowed.join(', ') || 'no package'}`)
  }
  if (!to.startsWith('src/')) return says('src is complete in itself')
  if (to.startsWith('src/testing/') && to in nodeFiles && !(from in nodeFiles)) return says('is for Node only')
  const target = to.split('/')[1]!
  if (target === place || leaves.includes(target) || storey.below.includes(target)) return undefined
  return says(`${target} is not below ${place}`)
}

/** The first ring of imports that leads back to where it began. */
function findCycle(imports: readonly Import[]): string[] | undefined {
  const next = groupByFile(imports)
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const { to } of next.get(file) ?? []) {
      const cycle = to === null ? undefined : visit(to, [...path, file])
      if (cycle) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of next.keys()) {
    const cycle = visit(file, [])
    if (cycle) return cycle
  }
  return undefined
}

function groupByFile(imports: readonly Import[]): Map<string, Import[]> {
  const groups = new Map<string, Import[]>()
  for (const each of imports) groups.set(each.from, [...(groups.get(each.from) ?? []), each])
  return groups
}

/** Names of the platform that a file uses as values, outside `typeof` types and property names. */
function namesUsed(file: string, text: string, names: readonly string[]): string[] {
  const used = new Set<string>()
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return
    if (ts.isPropertyAccessExpression(node) && names.includes(node.getText())) used.add(node.getText())
    if (ts.isIdentifier(node) && names.includes(node.text) && isValueUse(node)) used.add(node.text)
    if (ts.isNewExpression(node) && node.getText() === 'new Date()' && names.includes('Date.now'))
      used.add('new Date()')
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return [...used]
}

function isValueUse(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return parent.expression.getText() === 'globalThis'
  return !(
    (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent)) &&
    parent.name === node
  )
}

const inside = sourceFiles('src').flatMap((file) => importsOf(file))
const fromOutside = sourceFiles(...outside).flatMap((file) => importsOf(file))

describe('the import directions', () => {
  test('no file of the library imports from a storey that is not below its own', () => {
    expect(inside.length).toBeGreaterThan(0)
    expect(inside.map(complaint).filter(Boolean)).toEqual([])
  })

  test('no import leads round in a ring', () => {
    expect(findCycle(inside)).toBeUndefined()
  })

  test('stories, examples, benchmarks and end-to-end tests come in by the doors', () => {
    expect(fromOutside.map(complaint).filter(Boolean)).toEqual([])
  })

  test('every relative import names its file with the extension', () => {
    const named = inside.filter(({ to }) => to !== null && !/\.(ts|tsx|css)$/.test(to))
    expect(named.map(({ from, specifier }) => `${from}: ${specifier}`)).toEqual([])
  })

  test.each(['protocol', 'audio', 'transcript', 'text'])('%s knows no clock and no randomness', (storey) => {
    const used = sourceFiles(`src/${storey}`).flatMap((file) =>
      namesUsed(file, readFileSync(join(root, file), 'utf8'), ['Date.now', 'Math.random', 'performance', 'crypto']).map(
        (name) => `${file}: ${name}`,
      ),
    )
    expect(used).toEqual([])
  })

  test.each(['socket', 'session'])('%s names nothing of the page, so that it runs in Node', (storey) => {
    const page = ['window', 'document', 'navigator', 'AudioContext', 'MediaRecorder', 'MediaStream', 'localStorage']
    const used = sourceFiles(`src/${storey}`).flatMap((file) =>
      namesUsed(file, readFileSync(join(root, file), 'utf8'), page).map((name) => `${file}: ${name}`),
    )
    expect(used).toEqual([])
  })
})

describe('the rules themselves', () => {
  test.each([
    ['src/protocol/decode.ts', `import { a } from '../audio/pcm.ts'`],
    ['src/audio/pcm.ts', `import * as v from 'valibot'`],
    ['src/session/listen-session.ts', `import { m } from '../capture/microphone.ts'`],
    ['src/session/listen-session.ts', `import { create } from 'zustand'`],
    ['src/session/listen-session.ts', `export type { A } from '../hooks/useDeepgramListen.ts'`],
    ['src/core.ts', `export * from './hooks/useDeepgramListen.ts'`],
    ['src/socket/deepgram-socket.ts', `const ws = await import('ws')`],
    ['src/hooks/useDeepgramListen.ts', `import { e } from '../testing/emulator.ts'`],
    ['src/server/token-handler.ts', `import { createHash } from 'node:crypto'`],
    ['src/testing/emulator.ts', `import { s } from '../session/status.ts'`],
    ['src/testing/emulator.ts', `import { o } from './opus-node.ts'`],
    ['src/utils/thing.ts', `import '../errors.ts'`],
    ['src/audio/pcm.ts', `import { x } from '../../test/support/imports.ts'`],
    ['stories/scenes/a.stories.tsx', `import { x } from '../../src/index.ts'`],
    ['examples/demo/main.tsx', `import { x } from 'react-deepgram/session'`],
  ])('refuse in %s: %s', (file, text) => {
    const imports = importsOf(file, text)
    expect(imports).toHaveLength(1)
    expect(complaint(imports[0]!)).toContain(file)
  })

  test('find a ring of three', () => {
    const imports = [
      ...importsOf('src/a/a.ts', `import './b.ts'`),
      ...importsOf('src/a/b.ts', `import type { X } from './c.ts'`),
      ...importsOf('src/a/c.ts', `export * from './a.ts'`),
    ]
    expect(findCycle(imports)).toEqual(['src/a/a.ts', 'src/a/b.ts', 'src/a/c.ts', 'src/a/a.ts'])
  })

  test('find the names of a platform where they are values, not where they are types', () => {
    const text = `
      const a: AudioContext = make({ window: 1 })
      if (globalThis.document) Date.now()
      const seed = Math.random(), at = new Date(), view: typeof window = b.window
    `
    const names = ['AudioContext', 'window', 'document', 'Date.now', 'Math.random']
    expect(namesUsed('a.ts', text, names).sort()).toEqual(['Date.now', 'Math.random', 'document', 'new Date()'])
  })
})
