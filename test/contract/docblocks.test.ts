import { join } from 'node:path'
import ts from 'typescript'
import { beforeAll, describe, expect, test } from 'vitest'
import { doors, root } from '../../scripts/doors.mjs'
import { requireBuild } from '../support/packed.ts'

/**
 * Names everything public that has no docstring: what a module exports, and, wherever one of our own types is reached
 * from there, that type and its members. `isOurs` tells our declarations from those of others.
 */
function undocumented(program: ts.Program, entry: string, isOurs: (file: string) => boolean): string[] {
  const checker = program.getTypeChecker()
  const missing = new Set<string>()
  const seen = new Set<ts.Symbol>()

  const hasDoc = (symbol: ts.Symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== ''
  const isHidden = (node: ts.Node) =>
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(
      ({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword,
    )

  function checkMembers(members: Iterable<ts.Node>, owner: string): void {
    for (const member of members) {
      if (!ts.isClassElement(member) && !ts.isTypeElement(member)) continue
      if (isHidden(member) || !member.name || ts.isPrivateIdentifier(member.name)) continue
      const symbol = checker.getSymbolAtLocation(member.name)
      if (symbol && !hasDoc(symbol)) missing.add(`${owner}.${member.name.getText()}`)
    }
  }

  function checkDeclaration(declaration: ts.Declaration, name: string): void {
    if (!isOurs(declaration.getSourceFile().fileName)) return
    if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration))
      checkMembers(declaration.members, name)
    if (ts.isTypeAliasDeclaration(declaration)) {
      const parts = ts.isIntersectionTypeNode(declaration.type) ? declaration.type.types : [declaration.type]
      for (const part of parts) if (ts.isTypeLiteralNode(part)) checkMembers(part.members, name)
    }
    followTypes(declaration)
  }

  function followTypes(node: ts.Node): void {
    if (isHidden(node)) return
    const named = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : ts.isTypeQueryNode(node)
          ? node.exprName
          : ts.isImportTypeNode(node)
            ? node.qualifier
            : undefined
    const symbol = named && checker.getSymbolAtLocation(named)
    if (symbol) check(symbol)
    ts.forEachChild(node, followTypes)
  }

  function check(alias: ts.Symbol, exportedAs?: string): void {
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias
    if (seen.has(symbol) || symbol.flags & ts.SymbolFlags.TypeParameter) return
    seen.add(symbol)
    const declarations = (symbol.declarations ?? []).filter((each) => isOurs(each.getSourceFile().fileName))
    if (declarations.length === 0) return
    const name = exportedAs ?? symbol.name
    if (!hasDoc(symbol)) missing.add(name)
    for (const declaration of declarations) checkDeclaration(declaration, name)
  }

  const file = program.getSourceFile(entry)
  const module = file && checker.getSymbolAtLocation(file)
  if (!module) throw new Error(`${entry} is no module`)
  for (const symbol of checker.getExportsOfModule(module)) check(symbol, symbol.name)
  return [...missing].sort()
}

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ES2022,
  jsx: ts.JsxEmit.ReactJSX,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
}

describe('every public declaration has a docstring', () => {
  let program: ts.Program
  const entryOf = (door: string) => join(root, doors[door]!.built.replace(/\.js$/, '.d.ts')).replaceAll('\\', '/')

  beforeAll(() => {
    requireBuild()
    program = ts.createProgram(Object.keys(doors).map(entryOf), options)
  }, 60_000)

  test.each(Object.keys(doors))('behind %s', (door) => {
    const dist = join(root, 'dist').replaceAll('\\', '/')
    expect(undocumented(program, entryOf(door), (file) => file.startsWith(dist))).toEqual([])
  })
})

describe('the search for missing docstrings', () => {
  // A comment belongs to what stands below it, so every member has a line of its own, as the compiler writes them.
  const files: Record<string, string> = {
    '/a.d.ts': `
      import type { Reached } from './b.js'
      /** Said. */
      export interface Open {
        /** Said. */
        said: number
        silent: string
        /** @default 1 */
        onlyTag?: number
        method(): void
      }
      /** Said. */
      export declare function make(input: Reached): Open
      export declare const unsaid: number
      /** Said. */
      export declare class Thing {
        private hidden: number
        #own
        silent(): void
        constructor(a: number)
      }
      /** Said. */
      export type Shape = { silent: 1 } & {
        /** Said. */
        said: 2
      }
      /** Said. */
      export declare class Heir extends Thing {
        /** Said. */
        silent(): void
      }
      export { Reached as Renamed } from './b.js'
    `,
    '/b.d.ts': `
      export interface Reached {
        /** Said. */
        deep: Deeper
      }
      interface Deeper {
        silent: number
      }
    `,
  }

  test('names exports, members, and types that are only reached, but nothing hidden', () => {
    const host: ts.CompilerHost = {
      ...ts.createCompilerHost(options),
      getSourceFile: (name, target) =>
        name in files ? ts.createSourceFile(name, files[name]!, target, true) : undefined,
      fileExists: (name) => name in files,
      readFile: (name) => files[name],
    }
    const program = ts.createProgram(['/a.d.ts'], { ...options, noLib: true, types: [] }, host)
    expect(undocumented(program, '/a.d.ts', () => true)).toEqual([
      'Deeper',
      'Deeper.silent',
      'Open.method',
      'Open.onlyTag',
      'Open.silent',
      'Reached',
      'Shape.silent',
      'Thing.silent',
      'unsaid',
    ])
  })
})
