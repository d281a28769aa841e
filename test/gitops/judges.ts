// What the tools that wait for resources make of ours: Argo CD by its interpreter and our scripts, Flux and Helm by kstatus.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { SCRIPTS } from '../../.ci/generate-argocd.ts'
import { ensureTool } from '../tools/tools.ts'
import type { Tool } from '../tools/tools.ts'

export type Health = {
  readonly status: 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended'
  readonly message: string
}

export type Kstatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current'

/** Argo CD's verdict on each. Fails where the script does: on what it does not expect. */
export async function healthOf(resources: readonly object[]): Promise<readonly Health[]> {
  return (await runScript('_/health.lua', resources)) as Health[]
}

/** What a script of deploy/argocd returns for each resource. */
export function runScript(path: string, resources: readonly object[]): Promise<readonly unknown[]> {
  return judge('lua', [join(SCRIPTS, path)], resources)
}

/** kstatus' verdict on each. */
export async function kstatusOf(resources: readonly object[]): Promise<readonly Kstatus[]> {
  const verdicts = (await judge('kstatus', [], resources)) as { readonly status: Kstatus }[]
  return verdicts.map(({ status }) => status)
}

async function judge(tool: Tool, args: readonly string[], resources: readonly object[]): Promise<readonly unknown[]> {
  const program = await ensureTool(tool, (line) => process.stderr.write(`${line}\n`))
  const running = promisify(execFile)(program, args, { maxBuffer: 256 << 20 })
  // One that fails early closes its input: its own words say more than EPIPE.
  running.child.stdin?.on('error', () => undefined).end(JSON.stringify(resources))
  return JSON.parse((await running).stdout) as unknown[]
}

/** For each of Argo CD's verdicts on a resource that is to stay those of kstatus that say the same. */
const SAME: Readonly<Record<Health['status'], readonly Kstatus[]>> = {
  Healthy: ['Current'],
  Progressing: ['InProgress'],
  Degraded: ['Failed'],
  // To kstatus, which knows no pause, it is as it was before.
  Suspended: ['Current', 'InProgress'],
}

/** Where the two verdicts on a resource contradict each other. */
export function contradiction(resource: object, health: Health, kstatus: Kstatus): string | undefined {
  const { metadata } = resource as { readonly metadata: { readonly deletionTimestamp?: string } }
  const fits =
    metadata.deletionTimestamp === undefined
      ? SAME[health.status].includes(kstatus)
      : kstatus === 'Terminating' && health.status !== 'Healthy'
  return fits ? undefined : `Argo CD says ${health.status} (${health.message}), and kstatus ${kstatus}`
}
