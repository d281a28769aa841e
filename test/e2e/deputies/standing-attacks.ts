// Attacks on whose something is: others' tenants and applications taken over, referred to, or written into a status.
import * as assert from 'uvu/assert'
import type { Resource } from '../reasons/history.ts'
import type { Lab } from '../reasons/lab.ts'
import { shared, wants, wantsReady } from './attack.ts'
import type { Attack } from './attack.ts'
import { tenant } from '../../stack/stack.ts'
import { apply, CHOSEN, CLOSED, CUSTOMERS, DONOR, GUEST, LENT, NEIGHBOUR, OPENED, RETAINED, SHARED } from './scene.ts'

/** Tries to have a tenant of that name. */
const takes = (name: string, adoptionPolicy: string) => (lab: Lab) => lab.tenant({ name, adoptionPolicy })

const tenants: readonly Omit<Attack, 'kind'>[] = [
  {
    title: 'a tenant of the organization is not taken over where the operator does not let this namespace',
    name: 'must',
    attack: takes(CUSTOMERS[0], 'MustExist'),
    refused: 'AdoptionNotPermitted',
  },
  {
    title: 'a tenant of the organization is not taken over with IfExists either',
    name: 'if',
    attack: takes(CUSTOMERS[1], 'IfExists'),
    refused: 'AdoptionNotPermitted',
  },
  {
    title: 'a tenant of the organization is not had by its name alone',
    name: 'never',
    attack: takes(CUSTOMERS[2], 'Never'),
    refused: 'TenantExists',
  },
  {
    title: 'a tenant is not taken over whose name only begins like what the operator lets this namespace have',
    name: 'opened',
    attack: takes(OPENED, 'MustExist'),
    refused: 'AdoptionNotPermitted',
  },
  {
    title: 'a tenant that another namespace’s resource has is not taken over',
    name: 'taking-closed',
    attack: takes(CLOSED, 'IfExists'),
    refused: 'AlreadyClaimed',
  },
  {
    title:
      'a tenant that another namespace’s resource has is not taken over where the operator would let this namespace have one of that name',
    name: 'taking-shared',
    attack: takes(SHARED, 'MustExist'),
    refused: 'AlreadyClaimed',
  },
  {
    title: 'a tenant whose resource has gone is not given to a resource of the same name in another namespace',
    name: RETAINED,
    attack: (lab: Lab) => lab.tenant(),
    refused: 'TenantExists',
  },
]

/** A copy of a credential of that application, as somebody may have put it there. */
async function copy(lab: Lab, from: string): Promise<void> {
  const { data } = await lab.secret(from)
  await lab.putSecret({ metadata: { name: lab.name }, data: data! })
}

const applications: readonly Attack[] = [
  {
    title: 'an application of another tenant is not taken over, not even by an id that exists',
    name: 'elsewhere',
    before: (lab) => copy(lab, DONOR),
    attack: (lab, { applications }) => wants(lab, { adopt: { applicationId: applications[CLOSED] } }),
    refused: 'ExternalNotFound',
  },
  {
    title: 'an application that another namespace’s resource holds is not taken over with another credential',
    name: 'held',
    before: (lab) => copy(lab, GUEST),
    attack: (lab, scene) => lab.application({ ...shared(scene), adopt: { applicationId: scene.applications[SHARED] } }),
    refused: 'SecretConflict',
  },
  {
    title: 'an application that nobody holds is not taken over with another credential',
    name: 'unheld',
    before: (lab) => copy(lab, GUEST),
    attack: (lab, scene) => lab.application({ ...shared(scene), adopt: { applicationId: scene.stranger.id } }),
    refused: 'SecretConflict',
  },
  {
    title: 'an application in a tenant that does not admit this namespace is not taken over',
    name: 'ungranted',
    before: (lab) => copy(lab, DONOR),
    attack: (lab, { others, applications }) =>
      lab.application({
        tenantRef: { name: CLOSED, namespace: others.name },
        adopt: { applicationId: applications[CLOSED] },
      }),
    refused: 'ReferenceNotPermitted',
  },
  {
    title: 'what an application stands for cannot be exchanged later',
    name: 'exchanging',
    attack: (lab, { applications }) =>
      lab.spec('application', { adopt: { applicationId: applications[NEIGHBOUR] } }, { name: DONOR }),
    refused: /can be set only when the object is created/,
  },
]

const references: readonly Attack[] = [
  {
    title: 'a tenant of another namespace is not used without its grant',
    name: 'referring',
    attack: (lab, { others }) => lab.application({ tenantRef: { name: CLOSED, namespace: others.name } }),
    refused: 'ReferenceNotPermitted',
  },
  {
    title: 'a tenant of one’s own with the name of another’s leads to that no more than to itself',
    name: 'closed-too',
    async before(lab) {
      await lab.tenant({ name: CLOSED })
      await lab.says('tenant', 'AlreadyClaimed')
    },
    attack: (lab) => lab.application(),
    refused: 'TenantNotReady',
  },
  {
    title: 'a tenant where the operator does not look is not found',
    name: 'astray',
    attack: (lab) => lab.application({ tenantRef: { name: CLOSED, namespace: 'kube-system' } }),
    refused: 'TenantNotFound',
  },
  {
    title: 'an application does not move to another tenant',
    name: 'removing',
    attack: (lab, { others }) =>
      lab.spec('application', { tenantRef: { name: SHARED, namespace: others.name } }, { name: DONOR }),
    refused: /cannot move to another tenant/,
  },
  {
    title: 'labels of a namespace, by which a tenant admits, are not the user’s to write',
    name: 'labelling',
    attack: (lab) =>
      lab.request('PATCH', `/api/v1/namespaces/${lab.namespace}`, {
        body: { metadata: { labels: { trusted: 'yes' } } },
        contentType: 'application/merge-patch+json',
      }),
    refused: /cannot patch resource "namespaces"/,
  },
  {
    title: 'labels on the resource are none of its namespace',
    name: 'labelled',
    attack: async (lab, { others }) => {
      await lab.application({ tenantRef: { name: CHOSEN, namespace: others.name } })
      await lab.patch('application', { metadata: { labels: { trusted: 'yes' } } })
    },
    refused: 'ReferenceNotPermitted',
  },
  {
    title: 'a grant that was withdrawn gives no further credential, however that is asked for',
    name: 'withdrawn',
    async before(lab, { stack }) {
      const namespace = stack.operatorNamespace
      await lab.application({ tenantRef: { name: LENT, namespace } })
      await lab.readyAgain()
      await apply(stack, namespace, tenant(LENT))
      await lab.says('application', 'ReferenceNotPermitted')
    },
    async attack(lab, { stack }) {
      const { tenantId } = (await lab.applicationNow()).status
      const creates = async () =>
        (await stack.controlPlane.calls('createTenantApplication')).filter(({ path }) => path.includes(tenantId!))
          .length
      const before = await creates()
      await lab.ask('application', 'rotate', 'now')
      await lab.spec('application', { cell: 'us-1' })
      await lab.removeSecret()
      const { metadata } = await lab.ask('application', 'reconcile', 'now')
      const isSeen = ({ status }: Resource) => status.observedGeneration === metadata.generation
      await lab.until('application', 'has been looked at', isSeen)
      assert.is(await creates(), before)
    },
    changesOwn: true,
    refused: 'ReferenceNotPermitted',
  },
]

const reborn: readonly Attack[] = [
  {
    title: 'a finalizer that was taken off by hand gives the next resource of that name nothing of anybody’s',
    name: 'reborn',
    before: (lab) => wantsReady(lab),
    async attack(lab) {
      const { metadata } = await lab.patch('application', { metadata: { finalizers: null } })
      await lab.remove('application')
      await lab.gone('application')
      await lab.secretGone()
      await wants(lab)
      await lab.until('application', 'is another one', (seen) => seen.metadata.uid !== metadata.uid)
    },
    refused: 'Ready',
    changesOwn: true,
  },
  {
    title: 'a tenant’s finalizer that was taken off by hand does not free the name of another’s',
    name: 'reborntenant',
    kind: 'tenant',
    before: (lab) => lab.readyTenant(),
    async attack(lab) {
      await lab.patch('tenant', { metadata: { finalizers: null } })
      await lab.remove('tenant')
      await lab.gone('tenant')
      await lab.tenant({ name: CLOSED, adoptionPolicy: 'IfExists' })
    },
    refused: 'AlreadyClaimed',
    changesOwn: true,
  },
]

export const STANDING_ATTACKS: readonly Attack[] = [
  ...tenants.map((row) => Object.assign(row, { kind: 'tenant' as const })),
  ...applications,
  ...references,
  ...reborn,
]
