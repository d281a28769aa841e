// The composition root of `kubectl rai`: a person's kubeconfig, and what they asked for. Decides nothing.
import { writeFile } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import { timestamp } from '../clock.ts'
import { structured } from '../cli/output.ts'
import { overviewText } from '../cli/overview-text.ts'
import { explained, makeRequest, readOverview } from '../cli/plugin.ts'
import { takeReport } from '../cli/report.ts'
import { isSettingName } from '../config/settings.ts'
import type { PluginCommand } from '../config/plugin-flags.ts'
import { readPluginFlags } from '../config/plugin-flags.ts'
import { Failure, isFailure } from '../errors.ts'
import type { OpenedCluster } from './open-cluster.ts'
import { openCluster } from './open-cluster.ts'

/** What the plugin needs of its process. */
export type PluginIo = {
  readonly print: (text: string) => void
  /** A line for the person alone, whatever becomes of what is printed. */
  readonly say: (line: string) => void
  readonly isColoured: boolean
  readonly version: string
  readonly clock: Clock
}

const PROGRAM = 'kubectl-rai'

/**
 * Does what `argv` says and returns the exit status: 0 done, 1 not, 2 not understood. Every failure is one line to `say`.
 */
export async function runPlugin(argv: readonly string[], io: PluginIo, stop: AbortSignal): Promise<0 | 1 | 2> {
  try {
    const asked = readPluginFlags(argv)
    if (asked.command === 'help') io.print(asked.text)
    else if (asked.command === 'version') io.print(`${io.version}\n`)
    else await carryOut(asked, io, stop)
    return 0
  } catch (error) {
    if (stop.aborted) return 1
    if (!(error instanceof Failure)) throw error
    io.say(`error: ${error.message}`)
    return error.code === 'WrongUsage' ? 2 : 1
  }
}

type Asked = Exclude<PluginCommand, { readonly command: 'help' | 'version' }>

async function carryOut(asked: Asked, io: PluginIo, stop: AbortSignal): Promise<void> {
  const cluster = open(asked, io.version)
  try {
    const namespace = asked.namespace ?? cluster.namespace ?? 'default'
    await answer(cluster, asked, namespace, io, stop)
  } finally {
    cluster.close()
  }
}

function open({ kubeconfig: path, context }: Asked, version: string): OpenedCluster {
  try {
    return openCluster({ path, context, asKubectl: true }, PROGRAM, version)
  } catch (error) {
    if (!isFailure(error, 'KubeconfigUnusable')) throw error
    const { code, disposition, message } = error
    throw new Failure(code, disposition, `${message}: see KUBECONFIG, --kubeconfig and --context`)
  }
}

async function answer(
  { objects }: OpenedCluster,
  asked: Asked,
  namespace: string,
  io: PluginIo,
  stop: AbortSignal,
): Promise<void> {
  const { clock, version, isColoured } = io
  switch (asked.command) {
    case 'status': {
      const within = asked.allNamespaces ? undefined : namespace
      const overview = await readOverview(objects, { namespace: within, only: asked.tenant }, stop)
      if (asked.output !== 'text') return io.print(structured(overview, asked.output))
      const style = { hasNamespaces: asked.allNamespaces, isColoured, now: clock.now() }
      const text = overviewText(overview, style)
      if (text !== '') return io.print(text)
      return io.say(`No tenants and no applications found${within === undefined ? '' : ` in namespace ${within}`}.`)
    }
    case 'report': {
      const scope = {
        namespace: asked.allNamespaces ? undefined : namespace,
        operatorNamespace: asked.operatorNamespace,
      }
      const now = timestamp(clock.now())
      const report = await explained(objects, stop, () =>
        takeReport(objects, scope, { version, now, isSetting: isSettingName }, stop),
      )
      const text = structured(report, 'yaml')
      if (asked.file === '-') io.print(text)
      else await save(asked.file ?? `rai-report-${now.replaceAll(/[-:]/g, '')}.yaml`, text, io)
      for (const line of report.unreadable) io.say(`not in the report: ${line}`)
      return
    }
    case 'rotate':
    case 'reconcile':
    case 'pause':
    case 'resume': {
      const unique = new Date(clock.now()).toISOString()
      io.print(
        `${await makeRequest(objects, { request: asked.command, word: asked.target, namespace, unique }, stop)}\n`,
      )
    }
  }
}

/** Replaces nothing that is there. */
async function save(path: string, text: string, io: PluginIo): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unwritable'
    const remedy = code === 'EEXIST' ? 'name another file' : 'name another file, or - for standard output'
    throw new Failure('Unwritable', 'stall', `${path} cannot be written (${code}): ${remedy}`)
  }
  io.print(`${path}\n`)
}
