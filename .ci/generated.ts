// What generators do with what they have made: write it, or with `--check` only tell what is not current.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

export type GeneratedFile = { readonly path: string; readonly text: string }

/** Leaves alone what is current. With `--check` on the command line a stale file is told, with the `generator` to run, and fails the process. */
export async function settle(files: readonly GeneratedFile[], generator: string): Promise<void> {
  for (const { path, text } of files) {
    if ((await readFile(path, 'utf8').catch(() => '')) === text) continue
    if (process.argv.includes('--check')) {
      process.stderr.write(`${relative(ROOT, path)} is stale: run node .ci/${generator}\n`)
      process.exitCode = 1
    } else {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
    }
  }
}
