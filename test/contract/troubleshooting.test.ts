import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../../scripts/doors.mjs'

/** The members of the union `DeepgramErrorCode`, as its source spells them. */
function errorCodes(): string[] {
  const path = join(root, 'src/errors.ts')
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
  const codes: string[] = []
  for (const statement of file.statements) {
    if (!ts.isTypeAliasDeclaration(statement) || statement.name.text !== 'DeepgramErrorCode') continue
    if (!ts.isUnionTypeNode(statement.type)) continue
    for (const member of statement.type.types) {
      if (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal)) codes.push(member.literal.text)
    }
  }
  return codes
}

const path = join(root, 'stories/docs/Troubleshooting.mdx')

// Alive from the day the page is there.
test.runIf(existsSync(path))(
  'every error code has one entry among the troubles, with something to do, and no entry is for a code that is gone',
  () => {
    const page = readFileSync(path, 'utf8')
    const entries = [...page.matchAll(/^### `([\w-]+)`\n+([\s\S]*?)(?=\n#|$(?![\s\S]))/gm)]
    const codes = errorCodes()
    expect(codes.length).toBeGreaterThan(20)
    expect(entries.map(([, code]) => code).sort()).toEqual(codes.sort())
    expect(entries.filter(([, , text]) => text!.trim().length < 30).map(([, code]) => code)).toEqual([])
  },
)
