// What stands outside in the end, compared with what was made and what the resources say.
import type { ControlPlane } from '../../stack/control-plane.ts'
import { obtainToken } from '../../stack/workload.ts'
import { SPARE, TENANTS } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import { astray } from './judged.ts'
import type { Balance } from './judged.ts'
import type { Figures } from './told.ts'

/** Counts what stands outside, and tries every credential. Looked at while nothing changes. */
export async function lookOutside(
  plane: ControlPlane,
  fleet: Fleet,
): Promise<Pick<Figures, 'outside' | 'tokens' | 'resources' | 'failures'>> {
  const [state, applications, secrets] = await Promise.all([plane.state(), fleet.applications(), fleet.secrets()])
  const carriedOut = async (op: string) => (await plane.calls(op)).reduce((sum, { runs }) => sum + runs, 0)
  const balance = async (kind: string, live: number): Promise<Balance> => ({
    creates: await carriedOut(`create${kind}`),
    deletes: await carriedOut(`delete${kind}`),
    live,
  })
  const outside = {
    tenants: await balance('Tenant', state.tenants.length),
    applications: await balance('TenantApplication', state.applications.length),
  }
  const failures = astray(applications, state, [...TENANTS, SPARE], outside)
  let tokens = 0
  for (const { metadata } of applications) {
    await obtainToken(secrets.get(metadata.name) ?? {}).then(
      () => tokens++,
      (error: unknown) => failures.push(`${metadata.name}: ${(error as Error).message}`),
    )
  }
  return { outside, tokens, resources: applications.length + state.tenants.length, failures }
}
