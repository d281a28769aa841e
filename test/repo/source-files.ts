// Reads this repository's own files, for the tests that check them.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/**
 * Paths below the root of all files that are, or would be, committed: sorted, with forward slashes. Optionally only
 * those that the pattern fits.
 */
export function repositoryFiles(pattern = /(?:)/): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT })
  const paths = listed.toString().split('\0')
  return paths.filter((path) => path !== '' && pattern.test(path) && existsSync(join(ROOT, path))).toSorted()
}

/** The text of a file, by its path below the root. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export type Import = {
  /** A path below the root for a file of ours, else the name of a package or a `node:` module. */
  readonly target: string
  readonly kind: 'file' | 'package' | 'node'
  /** Erased before the program runs. */
  readonly typeOnly: boolean
  /** `export … from`: what is imported is passed on. */
  readonly passedOn: boolean
}

// Statements begin a line and end in a quoted name: the formatter sees to it, so that no parser is needed.
const IMPORT = /^import\s+(?<type>type\s+)?(?:[\w$*{},\s]+\sfrom\s+)?'(?<from>[^']+)'/gm
const RE_EXPORT = /^export\s+(?<type>type\s+)?(?:\*(?:\s+as\s+[\w$]+)?|\{[\w$,\s]*\})\s+from\s+'(?<from>[^']+)'/gm
const DYNAMIC_IMPORT = /\bimport\(\s*'(?<from>[^']+)'\s*\)/g

/** Everything that a source text at `path` imports. */
export function importsOf(path: string, source: string): Import[] {
  const found = (pattern: RegExp, passedOn: boolean): Import[] =>
    Array.from(source.matchAll(pattern), ({ groups }) => ({
      ...resolve(path, groups!.from!),
      typeOnly: groups!.type !== undefined,
      passedOn,
    }))
  return [...found(IMPORT, false), ...found(RE_EXPORT, true), ...found(DYNAMIC_IMPORT, false)]
}

function resolve(path: string, from: string): Pick<Import, 'target' | 'kind'> {
  if (from.startsWith('.')) return { kind: 'file', target: posix.join(posix.dirname(path), from) }
  if (from.startsWith('node:')) return { kind: 'node', target: from }
  const [scopeOrName, name] = from.split('/')
  return { kind: 'package', target: from.startsWith('@') ? `${scopeOrName}/${name}` : scopeOrName! }
}
