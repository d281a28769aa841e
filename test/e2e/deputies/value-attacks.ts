// Attacks by what is written into fields and annotations: metadata on which other software acts, paths, escapes, and more than fits.
import { REQUEST_ANNOTATIONS } from '../../../src/api/names.ts'
import { wants, wantsReady } from './attack.ts'
import type { Attack } from './attack.ts'
import { CLOSED, NEIGHBOUR } from './scene.ts'

const ACTED_UPON = /may not (?:be a type|have keys) of kubernetes\.io/
const MALFORMED = /should match|should be at most|may not be more than|Unsupported value|each key must be/

const ASKED: readonly (readonly [what: string, secret: object])[] = [
  ['the token of a service account', { type: 'kubernetes.io/service-account-token' }],
  ['a bootstrap token', { type: 'bootstrap.kubernetes.io/token' }],
  ['a Helm release', { type: 'helm.sh/release.v1' }],
  ['a cluster of Argo CD', { labels: { 'argocd.argoproj.io/secret-type': 'cluster' } }],
  ['a record of the operator', { labels: { 'tenants.resistant.ai/record': 'tenant' } }],
  ['somebody’s service account', { annotations: { 'kubernetes.io/service-account.name': 'default' } }],
  ['what kubectl applied', { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }],
  ['part of a Helm release', { annotations: { 'meta.helm.sh/release-name': 'theirs' } }],
  ['what Flux reconciles', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'theirs' } }],
  ['another resource’s', { annotations: { 'tenants.resistant.ai/claim': 'others/web' } }],
  ['another application’s', { annotations: { 'Tenants.Resistant.AI/application-id': 'theirs' } }],
]

const asked: readonly Attack[] = ASKED.map(([what, secret], index) => ({
  title: `a Secret is not marked as ${what}`,
  name: `marked-${index}`,
  attack: (lab) => wants(lab, { secret }),
  refused: ACTED_UPON,
}))

const PATH = '../../kube-system/secrets/x'
const SPECS: readonly (readonly [what: string, spec: object])[] = [
  ['a Secret’s name with a path', { secret: { name: PATH } }],
  ['a Secret’s name with an escape sequence', { secret: { name: 'x\u001b[2J' } }],
  ['a Secret’s key with a path', { secret: { keys: { client_id: '../x' } } }],
  ['a Secret’s key that is a parent folder', { secret: { keys: { client_id: '..' } } }],
  ['a tenant’s name with a path', { tenantRef: { name: '../x' } }],
  ['a tenant’s namespace with a path', { tenantRef: { name: 'x', namespace: '../x' } }],
  ['a cell with a path', { cell: '../a' }],
  ['a scope with another beside it', { scopes: ['documents.submissions.read tenants.write'] }],
  ...['..', '../x', 'x/../y', 'x?force=true', 'x#y', '%2e%2e%2fx', 'x\r\ny', '\u202ex'].map(
    (applicationId) => [`the id ${JSON.stringify(applicationId)}`, { adopt: { applicationId } }] as const,
  ),
]

const specs: readonly Attack[] = SPECS.map(([what, spec], index) => ({
  title: `${what} is refused`,
  name: `spec-${index}`,
  attack: (lab) => wants(lab, spec),
  refused: MALFORMED,
}))

const TENANT_NAMES = ['../x', 'x/applications', 'x?force=true', 'x\u0000y', 'x\u001b[2J', 'ｘ', 'X', 'x'.repeat(62)]

const tenantNames: readonly Attack[] = TENANT_NAMES.map((name, index) => ({
  title: `a tenant named ${JSON.stringify(name.slice(0, 20))} is refused`,
  name: `named${index}`,
  attack: (lab) => lab.tenant({ name }),
  refused: MALFORMED,
}))

const annotations: readonly Attack[] = [
  {
    title: 'discard-suspect deletes nothing that another resource holds',
    name: 'discarding',
    before: (lab) => wantsReady(lab),
    attack: (lab, { applications }) => lab.ask('application', 'discardSuspect', applications[NEIGHBOUR]!),
    refused: 'InvalidSpec',
    changesOwn: true,
  },
  {
    title: 'discard-suspect deletes nothing in another tenant',
    name: 'discarding-closed',
    before: (lab) => wantsReady(lab),
    attack: (lab, { tenants, applications }) =>
      lab.ask('application', 'discardSuspect', `../../${tenants[CLOSED]}/applications/${applications[CLOSED]}`),
    refused: 'InvalidSpec',
    changesOwn: true,
  },
  {
    title: 'a request that commands a terminal and is longer than a status is refused in a few plain words',
    name: 'shouting',
    before: (lab) => wantsReady(lab),
    async attack(lab) {
      await lab.ask('application', 'discardSuspect', `\u001b[2J\r\n${'x'.repeat(100_000)}`)
      await lab.until('application', 'names it plainly', ({ status }) =>
        (status.conditions ?? []).some(({ message }) => /names \?\[2J\?\?x+, but/.test(message)),
      )
    },
    refused: 'InvalidSpec',
    changesOwn: true,
  },
  {
    title: 'abandon takes no id: nothing is let go for it',
    name: 'abandoning',
    before: (lab) => wantsReady(lab),
    attack: (lab, { applications }) => lab.ask('application', 'abandon', applications[CLOSED]!),
    refused: 'InvalidSpec',
    changesOwn: true,
    stays: true,
  },
  {
    title: 'confirm of another’s application gives no right to delete it',
    name: 'confirming',
    async before(lab) {
      await wantsReady(lab, { deletionPolicy: 'Retain' })
      await lab.remove('application')
      await lab.gone('application')
      await wantsReady(lab)
    },
    attack: (lab, { applications }) => lab.ask('application', 'confirm', applications[CLOSED]!),
    refused: 'InvalidSpec',
    changesOwn: true,
    stays: true,
  },
  {
    title: 'recreate of another’s tenant does nothing',
    name: 'recreating',
    kind: 'tenant',
    before: (lab) => lab.readyTenant(),
    async attack(lab, { tenants }) {
      await lab.ask('tenant', 'recreate', tenants[CLOSED]!)
      await lab.ask('tenant', 'reconcile', 'now')
      await lab.until('tenant', 'has looked', ({ status }) => status.lastHandledReconcile === 'now')
    },
    refused: 'Ready',
    changesOwn: true,
  },
  {
    title: 'an annotation called as a setting of the operator sets nothing',
    name: 'setting',
    async attack(lab) {
      const annotations = {
        'tenants.resistant.ai/accept-external-view': 'x',
        'tenants.resistant.ai/claim': 'others/web',
      }
      await wants(lab, {}, { ...annotations, [REQUEST_ANNOTATIONS.rotate]: '\u001b[2J' })
    },
    refused: 'Ready',
    changesOwn: true,
  },
  {
    title: 'a key called as what every object has is missed like any other',
    name: 'prototype',
    async attack(lab, { applications }) {
      await lab.putSecret({ metadata: { name: lab.name } })
      const secret = { keys: { client_id: 'constructor', kid: '__proto__' } }
      await wants(lab, { secret, adopt: { applicationId: applications[NEIGHBOUR] } })
    },
    refused: 'SecretMissing',
  },
]

export const VALUE_ATTACKS: readonly Attack[] = [...asked, ...specs, ...tenantNames, ...annotations]
