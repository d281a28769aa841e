// Rows of what concerns the whole organization: its credential, its quota, its limits, and which one it is. One after the
// other, since each keeps all others from their work.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '../../stack/stack.ts'
import { PATIENCE_MS } from './lab.ts'
import type { Lab } from './lab.ts'
import type { Row } from './row.ts'

/** The organization of the stack's operators, and how many tenants it may have. */
export const ORGANIZATION = { name: 'acme', quota: 3 }

const STALLED = { then: 'Ready=False Synced=False Stalled', kstatus: 'Failed' } as const
const WAITING = { then: 'Ready=False Synced=False Reconciling', kstatus: 'InProgress' } as const
const WORKS_ON = { then: 'Ready=True Synced=False', kstatus: 'Current' } as const

const LIMITED = { kind: 'status', status: 429, headers: { 'Retry-After': '2' }, count: -1 }
const DOWN = { kind: 'status', status: 503, count: -1 }

/**
 * Puts another client id into the organization's credential, or none, and waits until the operator has read it: it looks once
 * in a second, and its probe tells.
 */
async function putClientId({ stack, ground }: Lab, clientId: string | undefined): Promise<void> {
  const file = join(String(stack.settings['credentials-dir']), 'client_id')
  const isMissed = async () =>
    (await (await fetch(`${ground.operator().healthUrl}/readyz`)).text()).includes('credential is missing')
  await rm(file, { force: true })
  await eventually('the credential is missed', isMissed, PATIENCE_MS)
  if (clientId === undefined) return
  await writeFile(file, clientId)
  await eventually('the credential is read', async () => !(await isMissed()), PATIENCE_MS)
}

/** … until what it returns is called. */
async function spoilCredential(lab: Lab, clientId?: string): Promise<() => Promise<void>> {
  const file = join(String(lab.stack.settings['credentials-dir']), 'client_id')
  const before = await readFile(file, 'utf8')
  await putClientId(lab, clientId)
  return () => putClientId(lab, before)
}

/**
 * Makes a tenant, one that is old enough to be missed, and has an operator start that does not see it, as with the credential of
 * another organization; until what it returns is called.
 */
async function hideTenants(lab: Lab): Promise<() => Promise<void>> {
  const since = Date.now()
  await lab.readyTenant()
  // What is not finished when the operator ends is done once more by the next one, time of creation included.
  await lab.reconciled('tenant', since)
  await lab.status('tenant', { createdAt: '2026-01-01T00:00:00Z' })
  const nothing = { op: 'getTenants', kind: 'status', status: 200, body: '{"items":[],"_links":{}}', count: -1 }
  const show = await lab.stack.controlPlane.disturb({ headers: { 'Content-Type': 'application/json' }, ...nothing })
  await lab.ground.restart({})
  return async () => {
    await show()
    await lab.ground.restart({})
  }
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
  },
  {
    kind: 'tenant',
    reason: 'AdoptionNotPermitted',
    situation: 'it is to be taken over, and the operator does not let it',
    name: 'coveted',
    async provoke(lab) {
      await lab.stack.controlPlane.makeTenant(lab.name)
      await lab.tenant({ adoptionPolicy: 'IfExists' })
      return () => lab.ground.restart({ 'allow-adoption': `${lab.namespace}=${lab.name}` })
    },
    ...STALLED,
    says: `=coveted added there`,
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
    situation: 'the control plane is down when the operator starts',
    name: 'outage',
    async provoke(lab) {
      const allow = await lab.stack.controlPlane.disturb({ op: 'getTenants', ...DOWN })
      // One that has run for a while knows from a minute ago that the name is free.
      await lab.ground.restart({})
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
      const restore = await spoilCredential(lab)
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
      const restore = await spoilCredential(lab, 'nobody')
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
      const restore = await spoilCredential(lab, 'nobody')
      await lab.ask('application', 'rotate', 'now')
      return restore
    },
    ...WORKS_ON,
    says: 'refuses the organization',
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'ExternalViewSuspect',
    situation: 'all that is known is missing from a list, and it works on',
    name: 'blinded',
    async provoke(lab) {
      const restore = await hideTenants(lab)
      await lab.tenant({}, { name: 'blindednew' })
      return restore
    },
    ...WORKS_ON,
    says: 'so nothing is written',
  },
  {
    kind: 'application',
    reason: 'ExternalViewSuspect',
    situation: 'all that is known is missing from a list before it was ever ready',
    name: 'blindedapp',
    async provoke(lab) {
      const restore = await hideTenants(lab)
      await lab.application()
      return restore
    },
    ...STALLED,
    says: 'so nothing is written',
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
