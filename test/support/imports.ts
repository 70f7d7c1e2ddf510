import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'
import { root } from '../../scripts/doors.mjs'

/** One import in a file, static or dynamic, of values or of types. */
export interface Import {
  /** The file, from the project's root, with forward slashes. */
  from: string
  /** What was written: `../audio/pcm.ts`, `valibot`, `node:http`. */
  specifier: string
  /** The file that a relative import names, from the project's root; `null` for a package. */
  to: string | null
}

/** Every TypeScript file under the folders, from the project's root, with forward slashes. */
export function sourceFiles(...folders: string[]): string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(m?ts|tsx|mdx|mjs|js)$/.test(entry.name))
    .map((entry) => posix(relative(root, join(entry.parentPath, entry.name))))
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))
    .sort()
}

/** The imports of a file of the project. */
export function importsOf(file: string, text = readFileSync(join(root, file), 'utf8')): Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: specifier }) => ({
    from: file,
    specifier,
    to: /^\.\.?(\/|$)/.test(specifier)
      ? posix(relative(root, resolve(root, dirname(file), specifier.replace(/\?.*$/, ''))))
      : null,
  }))
}

function posix(path: string): string {
  return path.split(sep).join('/')
}
