// Flux' own kustomize-controller as a process, and the definitions of the kinds that it works on.
import { join } from 'node:path'
import { startProgram } from '../../stack/program.ts'
import type { Program } from '../../stack/program.ts'
import { moduleFolder } from '../../tools/modules.ts'
import { ensureTool } from '../../tools/tools.ts'

/** Folders of the CRDs of Kustomizations and of all sources. */
export async function fluxDefinitions(): Promise<string[]> {
  const source = 'github.com/fluxcd/source-controller'
  const folders = await Promise.all([
    moduleFolder('flux', 'github.com/fluxcd/kustomize-controller'),
    // The API of sources has the version of its controller.
    moduleFolder('flux', source, `${source}/api`),
  ])
  return folders.map((folder) => join(folder, 'config/crd/bases'))
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
