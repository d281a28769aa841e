// The Go operator that ours is compared with: found, built and kept, so that the next run need not build it.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder, thisPlatform } from '../cluster/programs.ts'

const run = promisify(execFile)

/** Its path, or in one line why there is none. Takes some minutes the first time. */
export async function goOperator(
  sources: string,
  report: (line: string) => void,
): Promise<{ readonly binary: string } | { readonly missing: string }> {
  if (!existsSync(join(sources, 'go.mod'))) return { missing: `no Go operator in ${sources}: ours alone` }
  const binary = await binaryFor(sources)
  if (existsSync(binary)) return { binary }
  const go = await run('go', ['version']).then(
    () => true,
    () => false,
  )
  if (!go) return { missing: 'no Go toolchain on PATH to build the Go operator with: ours alone' }
  report('building the Go operator, which takes some minutes the first time')
  await mkdir(dirname(binary), { recursive: true })
  const partial = `${binary}.${process.pid}`
  try {
    await run('go', ['build', '-o', partial, '.'], { cwd: sources })
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error).trim()
    return { missing: `the Go operator does not build (${said.split('\n').at(-1)}): ours alone` }
  }
  await rename(partial, binary)
  return { binary }
}

/** Named after the text of its sources. */
async function binaryFor(sources: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(sources)).toSorted()) {
    if (/\.go$|^go\.(?:mod|sum)$/.test(name)) hash.update(await readFile(join(sources, name)))
  }
  const folder = dirname(cacheFolder(process.env, thisPlatform()))
  return join(folder, `go-operator-${hash.digest('hex').slice(0, 16)}`)
}
