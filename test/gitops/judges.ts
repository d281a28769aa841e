// What the tools that wait for resources make of ours: Argo CD by its interpreter and our scripts, Flux and Helm by kstatus.
import { join } from 'node:path'
import { SCRIPTS } from '../../.ci/generate-argocd.ts'
import { askTool } from '../tools/tools.ts'

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
  return askTool('lua', [join(SCRIPTS, path)], resources)
}

/** kstatus' verdict on each. */
export async function kstatusOf(resources: readonly object[]): Promise<readonly Kstatus[]> {
  const verdicts = (await askTool('kstatus', [], resources)) as { readonly status: Kstatus }[]
  return verdicts.map(({ status }) => status)
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
