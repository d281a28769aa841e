// Rows of an application's life with its tenant, its spec and the requests about it.
import { REQUEST_ANNOTATIONS } from '../../../src/api/names.ts'
import type { Row } from './row.ts'

const PAUSED = { annotations: { [REQUEST_ANNOTATIONS.paused]: 'true' } }
/** A person must act; the generation was never ready. */
const STALLED = { then: 'Ready=False Synced=False Stalled', kstatus: 'Failed' } as const
/** It goes on by itself; the generation was never ready. */
const WAITING = { then: 'Ready=False Synced=False Reconciling', kstatus: 'InProgress' } as const
/** This generation was ready, and what was asked for works on. */
const WORKS_ON = { then: 'Ready=True Synced=False', kstatus: 'Current' } as const

export const APPLICATION_ROWS: readonly Row[] = [
  {
    kind: 'application',
    reason: 'Ready',
    situation: 'its credential works',
    name: 'working',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.application()
      return async () => {}
    },
    then: 'Ready=True Synced=True',
    kstatus: 'Current',
    says: 'obtains tokens',
  },
  {
    kind: 'application',
    reason: 'TenantNotFound',
    situation: 'its tenant comes later',
    name: 'early',
    async provoke(lab) {
      await lab.application()
      return () => lab.tenant()
    },
    ...WAITING,
    says: '/early: create it',
  },
  {
    kind: 'application',
    reason: 'TenantNotReady',
    situation: 'its tenant is paused',
    name: 'waiting',
    async provoke(lab) {
      await lab.tenant({}, PAUSED)
      await lab.application()
      return async () => void (await lab.ask('tenant', 'paused', null))
    },
    ...WAITING,
    says: '/waiting is not Ready',
  },
  {
    kind: 'application',
    reason: 'TenantNotReady',
    situation: 'its tenant is being deleted',
    name: 'parting',
    async provoke(lab) {
      await lab.readyTenant({ deletionProtection: true })
      await lab.remove('tenant')
      await lab.says('tenant', 'DeletionProtected')
      await lab.application()
      return async () => {
        await lab.spec('tenant', { deletionProtection: false })
        await lab.gone('tenant')
        await lab.tenant()
      }
    },
    ...WAITING,
    says: 'is being deleted',
  },
  {
    kind: 'application',
    reason: 'ReferenceNotPermitted',
    situation: 'its tenant is in another namespace that does not admit it',
    name: 'visitor',
    isGuest: true,
    async provoke(lab) {
      await lab.readyTenant()
      const tenantRef = { name: lab.name, namespace: lab.namespace }
      await lab.application({ tenantRef }, { namespace: lab.guest })
      return async () => void (await lab.spec('tenant', { allowedNamespaces: { from: 'All' } }))
    },
    ...STALLED,
    says: 'does not admit',
  },
  {
    kind: 'application',
    reason: 'ReferenceNotPermitted',
    situation: 'the grant was withdrawn, and it works on',
    name: 'unwelcome',
    isGuest: true,
    async provoke(lab) {
      await lab.readyTenant({ allowedNamespaces: { from: 'All' } })
      const tenantRef = { name: lab.name, namespace: lab.namespace }
      await lab.application({ tenantRef }, { namespace: lab.guest })
      await lab.ready('application', { namespace: lab.guest })
      await lab.spec('tenant', { allowedNamespaces: { from: 'Same' } })
      return async () => void (await lab.spec('tenant', { allowedNamespaces: { from: 'All' } }))
    },
    ...WORKS_ON,
    says: 'does not admit',
  },
  {
    kind: 'application',
    reason: 'TenantChanged',
    situation: 'its reference means another tenant by now, and it works on',
    name: 'movedapp',
    async provoke(lab) {
      await lab.readyTenant({ name: 'movedappfrom', deletionPolicy: 'Retain' })
      await lab.readyApplication()
      await lab.remove('tenant')
      await lab.gone('tenant')
      await lab.says('application', 'TenantNotFound')
      await lab.tenant({ name: 'movedappto' })
      return () => lab.makeAnew()
    },
    ...WORKS_ON,
    says: 'delete this and create it again',
  },
  {
    kind: 'application',
    reason: 'TenantChanged',
    situation: 'its reference means another tenant by now, and its spec has changed',
    name: 'movedon',
    async provoke(lab) {
      await lab.readyTenant({ name: 'movedonfrom', deletionPolicy: 'Retain' })
      await lab.readyApplication()
      await lab.remove('tenant')
      await lab.gone('tenant')
      await lab.readyTenant({ name: 'movedonto' })
      await lab.spec('application', { cell: 'us-1' })
      return async () => {
        await lab.remove('tenant')
        await lab.gone('tenant')
        await lab.tenant({ name: 'movedonfrom' })
      }
    },
    ...STALLED,
    says: 'delete this and create it again',
  },
  {
    kind: 'application',
    reason: 'ExternalGone',
    situation: 'its tenant was deleted outside',
    name: 'vanishedapp',
    async provoke(lab) {
      const { tenantId } = (await lab.readyApplication()).status
      await lab.stack.controlPlane.deleteTenant(tenantId!)
      await lab.ask('tenant', 'reconcile', 'now')
      return async () => {
        await lab.ask('tenant', 'recreate', tenantId!)
        await lab.makeAnew()
      }
    },
    ...STALLED,
    says: 'is gone with all its applications',
  },
  {
    kind: 'application',
    reason: 'InvalidSpec',
    situation: 'it would rotate before the overlap is over',
    name: 'hasty',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.application({ rotation: { every: '24h' } })
      return async () => void (await lab.spec('application', { overlap: '1h' }))
    },
    ...STALLED,
    says: 'less than twice the overlap',
  },
  {
    kind: 'application',
    reason: 'InvalidSpec',
    situation: 'a request names what is no suspect, and it works on',
    name: 'misdiscarded',
    async provoke(lab) {
      await lab.readyApplication()
      await lab.ask('application', 'discardSuspect', 'nothing')
      return async () => void (await lab.ask('application', 'discardSuspect', null))
    },
    ...WORKS_ON,
    says: 'names nothing',
  },
  {
    kind: 'application',
    reason: 'Rejected',
    situation: 'the control plane knows no such cell',
    name: 'nowhere',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.application({ cell: 'zz-9' })
      return async () => void (await lab.spec('application', { cell: 'eu-1' }))
    },
    ...STALLED,
    says: 'answers createTenantApplication with 400',
  },
  {
    kind: 'application',
    reason: 'Forbidden',
    situation: 'the organization may not make applications',
    name: 'forbiddenapp',
    async provoke(lab) {
      await lab.readyTenant()
      const allow = await lab.disturb({ op: 'createTenantApplication', kind: 'status', status: 403 })
      await lab.application()
      return allow
    },
    ...WAITING,
    says: 'tenants.applications.write',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'Forbidden',
    situation: 'no other credential may be made, and the one before works on',
    name: 'stuck',
    async provoke(lab) {
      await lab.readyApplication()
      const allow = await lab.disturb({ op: 'createTenantApplication', kind: 'status', status: 403 })
      await lab.ask('application', 'rotate', 'now')
      return allow
    },
    ...WORKS_ON,
    says: 'tenants.applications.write',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'ControlPlaneUnavailable',
    situation: 'the token endpoint is down before it was ever ready',
    name: 'tokenless',
    async provoke(lab) {
      await lab.readyTenant()
      const allow = await lab.disturb({ op: 'applicationToken', kind: 'status', status: 503 })
      await lab.application()
      return allow
    },
    ...WAITING,
    says: 'gives client',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'ControlPlaneUnavailable',
    situation: 'the token endpoint is down when it is proven again, and it works on',
    name: 'unproven',
    async provoke(lab) {
      await lab.readyApplication()
      const allow = await lab.disturb({ op: 'applicationToken', kind: 'status', status: 503 })
      await lab.ask('application', 'paused', 'true')
      await lab.says('application', 'Paused')
      await lab.ask('application', 'paused', null)
      return allow
    },
    ...WORKS_ON,
    says: 'gives client',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'StatusForged',
    situation: 'somebody wrote another id over the one that was bound, and it works on',
    name: 'forgedapp',
    async provoke(lab) {
      await lab.readyApplication()
      await lab.status('application', { applicationId: 'another' })
      const ids = { tenantId: null, applicationId: null, credentials: null, suspects: null, provenance: null }
      return async () => void (await lab.status('application', ids))
    },
    ...WORKS_ON,
    says: 'were not written by this operator',
  },
  {
    kind: 'application',
    reason: 'StatusForged',
    situation: 'somebody wrote an id before the operator looked',
    name: 'plantedapp',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.application({}, PAUSED)
      await lab.says('application', 'Paused')
      await lab.status('application', { applicationId: 'another' })
      await lab.ask('application', 'paused', null)
      return async () => void (await lab.status('application', { applicationId: null }))
    },
    ...STALLED,
    says: 'were not written by this operator',
  },
  {
    kind: 'application',
    reason: 'Paused',
    situation: 'it was applied like that',
    name: 'pausedapp',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.application({}, PAUSED)
      return async () => void (await lab.ask('application', 'paused', null))
    },
    then: 'Ready=Unknown Synced=False',
    kstatus: 'InProgress',
    says: 'nothing is done',
  },
  {
    kind: 'application',
    reason: 'Paused',
    situation: 'it was Ready, and its spec has changed since',
    name: 'changedpaused',
    async provoke(lab) {
      await lab.readyApplication()
      await lab.ask('application', 'paused', 'true')
      await lab.says('application', 'Paused')
      await lab.spec('application', { secret: { labels: { team: 'billing' } } })
      return async () => void (await lab.ask('application', 'paused', null))
    },
    then: 'Ready=True Synced=False',
    kstatus: 'InProgress',
    says: 'nothing is done',
  },
]
