// Rows of what concerns the whole organization: its credential, its quota, its limits, and which one it is. One after the
// other, since each keeps all others from their work.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lab } from './lab.ts'
import type { Row } from './row.ts'

/** The organization of the stack's operators, and how many tenants it may have. */
export const ORGANIZATION = { name: 'acme', quota: 3 }

const STALLED = { then: 'Ready=False Synced=False Stalled', kstatus: 'Failed' } as const
const WAITING = { then: 'Ready=False Synced=False Reconciling', kstatus: 'InProgress' } as const
const WORKS_ON = { then: 'Ready=True Synced=False', kstatus: 'Current' } as const

const LIMITED = { kind: 'status', status: 429, headers: { 'Retry-After': '2' }, count: -1 }
const DOWN = { kind: 'status', status: 503, count: -1 }

/** Changes the organization's credential, until what it returns is called. */
async function spoilCredential({ stack }: Lab, change: (file: string) => Promise<void>): Promise<() => Promise<void>> {
  const file = join(String(stack.settings['credentials-dir']), 'client_id')
  const content = await readFile(file)
  await change(file)
  return () => writeFile(file, content)
}

export const ORGANIZATION_ROWS: readonly Row[] = [
  {
    kind: 'tenant',
    reason: 'QuotaExceeded',
    situation: 'the organization is full',
    name: 'overfull',
    async provoke(lab) {
      for (let made = 1; made <= ORGANIZATION.quota; made++) await lab.readyTenant({}, { name: `full${made}` })
      await lab.tenant()
      return () => lab.remove('tenant', { name: 'full1' })
    },
    ...WAITING,
    says: `its ${ORGANIZATION.quota} tenants`,
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'RateLimited',
    situation: 'the control plane asks for fewer requests',
    name: 'limited',
    async provoke(lab) {
      const allow = await lab.stack.controlPlane.disturb({ op: 'createTenant', ...LIMITED })
      await lab.tenant()
      return allow
    },
    ...WAITING,
    says: 'asks for fewer requests',
  },
  {
    kind: 'application',
    reason: 'RateLimited',
    situation: 'the token endpoint asks for fewer requests before it was ever ready',
    name: 'limitedtoken',
    async provoke(lab) {
      await lab.readyTenant()
      const allow = await lab.stack.controlPlane.disturb({ op: 'applicationToken', ...LIMITED })
      await lab.application()
      return allow
    },
    ...WAITING,
    says: 'asks for fewer requests',
  },
  {
    kind: 'application',
    reason: 'RateLimited',
    situation: 'the control plane asks for fewer requests, and it works on',
    name: 'limitedapp',
    async provoke(lab) {
      await lab.readyApplication()
      const allow = await lab.stack.controlPlane.disturb({ op: 'createTenantApplication', ...LIMITED })
      await lab.ask('application', 'rotate', 'now')
      return allow
    },
    ...WORKS_ON,
    says: 'asks for fewer requests',
  },
  {
    kind: 'tenant',
    reason: 'ControlPlaneUnavailable',
    situation: 'the control plane is down before it was ever ready',
    name: 'outage',
    async provoke(lab) {
      const allow = await lab.stack.controlPlane.disturb({ op: 'getTenants', ...DOWN })
      await lab.tenant()
      return allow
    },
    ...WAITING,
    says: 'with 503',
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'Unauthorized',
    situation: 'the organization’s credential is missing',
    name: 'keyless',
    async provoke(lab) {
      const restore = await spoilCredential(lab, (file) => rm(file))
      await lab.tenant()
      return restore
    },
    ...WAITING,
    says: 'client_id',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'Unauthorized',
    situation: 'the organization’s credential is refused before it was ever ready',
    name: 'refused',
    async provoke(lab) {
      await lab.readyTenant()
      const restore = await spoilCredential(lab, (file) => writeFile(file, 'nobody'))
      await lab.application()
      return restore
    },
    ...WAITING,
    says: 'refuses the organization',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'Unauthorized',
    situation: 'the organization’s credential has expired, and it works on',
    name: 'expired',
    async provoke(lab) {
      await lab.readyApplication()
      const restore = await spoilCredential(lab, (file) => writeFile(file, 'nobody'))
      await lab.ask('application', 'rotate', 'now')
      return restore
    },
    ...WORKS_ON,
    says: 'refuses the organization',
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'WrongOrganization',
    situation: 'the operator works for another one, and it works on',
    name: 'estranged',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.ground.restart({ organization: 'umbrella' })
      return () => lab.ground.restart({})
    },
    ...WORKS_ON,
    says: `belongs to organization ${ORGANIZATION.name}`,
  },
  {
    kind: 'application',
    reason: 'WrongOrganization',
    situation: 'the operator works for another one, and its spec has changed',
    name: 'estrangedapp',
    async provoke(lab) {
      await lab.readyApplication()
      await lab.ground.restart({ organization: 'umbrella' })
      await lab.spec('application', { secret: { labels: { team: 'billing' } } })
      return () => lab.ground.restart({})
    },
    ...STALLED,
    says: `belongs to organization ${ORGANIZATION.name}`,
  },
  // The last one: after it the operator works for another organization.
  {
    kind: 'tenant',
    reason: 'WrongOrganization',
    situation: 'a record says that it belongs to another one',
    name: 'recorded',
    async provoke(lab) {
      await lab.bindingRecord({ organization: 'umbrella' })
      await lab.tenant()
      return () => lab.ground.restart({ organization: 'umbrella' })
    },
    ...STALLED,
    says: 'belongs to organization umbrella, as its binding record',
  },
]
