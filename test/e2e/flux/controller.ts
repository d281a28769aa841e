// Flux' own kustomize-controller as a process, and the definitions of the kinds that it works on.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { goEnvironment } from '../../cluster/build.ts'
import { startProgram } from '../../stack/program.ts'
import type { Program } from '../../stack/program.ts'
import { ensureTool } from '../../tools/tools.ts'

const PINNED = join(import.meta.dirname, '../../tools/flux')

/** The modules that hold definitions, and where each has its version: the API of sources has that of its controller. */
const MODULES = {
  'github.com/fluxcd/kustomize-controller': 'github.com/fluxcd/kustomize-controller',
  'github.com/fluxcd/source-controller': 'github.com/fluxcd/source-controller/api',
}

/** Folders of the CRDs of Kustomizations and of all sources. Needs the module proxy where they have never been used before. */
export async function fluxDefinitions(): Promise<string[]> {
  const pinned = await readFile(join(PINNED, 'go.mod'), 'utf8')
  return Promise.all(
    Object.entries(MODULES).map(async ([module, like]) => {
      const [, version] = new RegExp(`\\s${like} (v\\S+)`).exec(pinned)!
      const download = ['mod', 'download', '-json', `${module}@${version}`]
      const { stdout } = await promisify(execFile)('go', download, { cwd: PINNED, env: goEnvironment(process.env) })
      return join((JSON.parse(stdout) as { readonly Dir: string }).Dir, 'config/crd/bases')
    }),
  )
}

/** Starts it with all rights, for the Kustomizations of one namespace. */
export async function startKustomizeController(options: {
  readonly kubeconfig: string
  readonly namespace: string
  readonly logFile: string
}): Promise<Program> {
  const program = await ensureTool('kustomize-controller', (line) => process.stderr.write(`${line}\n`))
  const flags = ['--watch-all-namespaces=false', '--metrics-addr=0', '--health-addr=0', '--requeue-dependency=1s']
  const env = { KUBECONFIG: options.kubeconfig, RUNTIME_NAMESPACE: options.namespace }
  return startProgram([program, ...flags], { logFile: options.logFile, env })
}
