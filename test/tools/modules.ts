// Sources of Go modules, for the definitions that lie in them.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { goEnvironment } from '../cluster/build.ts'

/**
 * The folder of a module's sources, of the version that the `go.mod` in a folder beside this file says: of `module`, or of `like`,
 * which always has the same. Needs the module proxy where it has never been used before.
 */
export async function moduleFolder(pinnedIn: string, module: string, like = module): Promise<string> {
  const cwd = join(import.meta.dirname, pinnedIn)
  const [, version] = new RegExp(`\\s${like} (v\\S+)`).exec(await readFile(join(cwd, 'go.mod'), 'utf8'))!
  const download = ['mod', 'download', '-json', `${module}@${version}`]
  const { stdout } = await promisify(execFile)('go', download, { cwd, env: goEnvironment(process.env) })
  return (JSON.parse(stdout) as { readonly Dir: string }).Dir
}
