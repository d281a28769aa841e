// Attacks by which the operator would overwrite, take, or delete somebody else's Secret.
import * as assert from 'uvu/assert'
import { plainValues } from '../../stack/api-server.ts'
import { obtainToken } from '../../stack/workload.ts'
import type { Lab } from '../reasons/lab.ts'
import { forge, plant, shared, wants, wantsPaused, wantsReady } from './attack.ts'
import type { Attack } from './attack.ts'
import { CLOSED, controller, DONOR, GUEST, MINE, NEIGHBOUR, SECRETS, SHARED, UNKNOWN_VERSION } from './scene.ts'

const WHOSE: Readonly<Record<(typeof SECRETS)[number], string>> = {
  controlled: 'that another kind controls',
  nobodys: 'that has no owner',
  tls: 'of another type',
  robot: 'with the token of a service account',
  immutable: 'that is immutable',
  namesake: 'of a resource with the same name and another UID',
  annotated: 'with our labels and annotations and no owner',
}

const refused = 'SecretConflict'
const adopt = (applicationId: string) => ({ auth: { type: 'ClientSecret' }, adopt: { applicationId } })

async function idOf(lab: Lab, name: string): Promise<string> {
  return (await lab.readyAgain({ name })).status.applicationId!
}

async function works(lab: Lab, secret: string): Promise<void> {
  const { data } = await lab.secret(secret)
  assert.ok((await obtainToken(plainValues(data))).accessToken)
}

const wanted: readonly Attack[] = SECRETS.map((name) => ({
  title: `a Secret ${WHOSE[name]} is not overwritten`,
  name,
  attack: (lab) => wants(lab),
  refused,
}))

const named: readonly Attack[] = [
  {
    title: 'the Secret of another application is not overwritten',
    name: 'coveting',
    attack: (lab) => wants(lab, { secret: { name: NEIGHBOUR } }),
    refused,
  },
  {
    title: 'a credential does not move over a Secret that is somebody else’s, and works on where it is',
    name: 'moving',
    before: (lab) => wantsReady(lab),
    async attack(lab) {
      await lab.spec('application', { secret: { name: 'nobodys' } })
      await lab.says('application', refused)
      await works(lab, 'moving')
    },
    refused,
    changesOwn: true,
  },
  {
    title: 'a credential does not move over the Secret of another application',
    name: 'creeping',
    before: (lab) => wantsReady(lab),
    attack: (lab) => lab.spec('application', { secret: { name: NEIGHBOUR } }),
    refused,
    changesOwn: true,
  },
  {
    title: 'a Secret that has a controller is not taken over',
    name: 'adopting-neighbour',
    attack: async (lab, { applications }) =>
      wants(lab, { secret: { name: NEIGHBOUR }, adopt: { applicationId: applications[NEIGHBOUR] } }),
    refused,
  },
  {
    title: 'a Secret that nobody owns is not taken over for the credential of another client',
    name: 'adopting-nobodys',
    attack: async (lab) => wants(lab, { ...adopt(await idOf(lab, DONOR)), secret: { name: 'nobodys' } }),
    refused,
  },
  {
    title: 'a Secret whose status says that it was this resource’s is not removed by that alone',
    name: 'forgetting',
    before: (lab) => wantsReady(lab),
    async attack(lab, scene) {
      const { secret } = (await lab.applicationNow()).status
      const status = { secret: { ...secret, otherNames: ['tls', NEIGHBOUR] } }
      await forge(lab, scene, status)
      await lab.ask('application', 'reconcile', 'now')
      await lab.until('application', 'has looked', ({ status }) => status.lastHandledReconcile === 'now')
    },
    refused: 'Ready',
    changesOwn: true,
  },
]

const ofOperator = (name: string, title: string, index: number): readonly Attack[] => [
  {
    title: `${title} is not overwritten by a resource beside it`,
    name: `beside-${name}`,
    attack: (lab, { records }) =>
      lab.application(
        { tenantRef: { name: MINE, namespace: lab.namespace }, secret: { name: records[index] } },
        { namespace: lab.stack.operatorNamespace },
      ),
    refused,
    isAmongRecords: true,
  },
  {
    title: `${title} is not taken over by a resource beside it`,
    name: `taking-${name}`,
    attack: async (lab, { records }) =>
      lab.application(
        {
          tenantRef: { name: MINE, namespace: lab.namespace },
          ...adopt(await idOf(lab, DONOR)),
          secret: { name: records[index] },
        },
        { namespace: lab.stack.operatorNamespace },
      ),
    refused,
    isAmongRecords: true,
  },
]

const planted: readonly Attack[] = [
  {
    title: 'a credential beside the id of an application that no resource holds does not bind that',
    name: 'claiming-stranger',
    before: (lab, { tenants, stranger }) => plant(lab, GUEST, { tenantId: tenants[SHARED]!, id: stranger.id }),
    attack: (lab, scene) => lab.application(shared(scene)),
    refused,
  },
  {
    title: 'a credential beside the id of an application that another namespace’s resource holds does not bind that',
    name: 'claiming-shared',
    before: (lab, { tenants, applications }) =>
      plant(lab, GUEST, { tenantId: tenants[SHARED]!, id: applications[SHARED]! }),
    attack: (lab, scene) => lab.application(shared(scene)),
    refused,
  },
  {
    title: 'a credential beside the id of an application in another tenant does not bind that',
    name: 'claiming-closed',
    before: (lab, { tenants, applications }) =>
      plant(lab, DONOR, { tenantId: tenants[CLOSED]!, id: applications[CLOSED]! }),
    attack: (lab) => wants(lab),
    refused,
  },
  {
    title: 'an owner written into a Secret by hand does not make the id in it this resource’s',
    name: 'owning-stranger',
    async before(lab, scene) {
      const owner = await wantsPaused(lab, shared(scene))
      await plant(lab, GUEST, { tenantId: scene.tenants[SHARED]!, id: scene.stranger.id, owner })
    },
    attack: (lab) => lab.ask('application', 'paused', null),
    refused,
  },
  {
    title: 'a path in place of an id in a Secret leads nowhere',
    name: 'traversing',
    before: (lab, { tenants }) => plant(lab, DONOR, { tenantId: `../tenants/${tenants[CLOSED]}`, id: '..\u001b[2J' }),
    attack: (lab) => wants(lab),
    refused,
  },
  {
    title: 'a credential of another’s application, even one that works, does not take that over',
    name: 'impersonating',
    async before(lab) {
      const { data } = await lab.secret(NEIGHBOUR)
      await lab.putSecret({ metadata: { name: lab.name }, data: data! })
    },
    attack: (lab, { applications }) => wants(lab, { adopt: { applicationId: applications[NEIGHBOUR] } }),
    refused: 'AlreadyClaimed',
  },
]

const owners: readonly Attack[] = [
  {
    title: 'a Secret that was given another owner is not written any more',
    name: 'giving',
    before: (lab) => wantsReady(lab),
    async attack(lab, { applications }) {
      const ownerReferences = [controller(NEIGHBOUR, applications[NEIGHBOUR]!, UNKNOWN_VERSION)]
      await lab.patchSecret({ metadata: { ownerReferences } })
      await lab.ask('application', 'reconcile', 'now')
    },
    refused,
    changesOwn: true,
  },
  {
    title: 'a resource that names somebody else’s as its owner touches that neither living nor dying',
    name: 'adopted-child',
    before: (lab) => wantsReady(lab),
    async attack(lab, { others }) {
      const theirs = await lab.get('application', { name: SHARED, namespace: others.name })
      const foreign = { ...controller(SHARED, theirs.metadata.uid, UNKNOWN_VERSION), controller: false }
      const { metadata } = await lab.patch('application', { metadata: { ownerReferences: [foreign] } })
      await lab.patchSecret({ metadata: { ownerReferences: [controller(lab.name, metadata.uid), foreign] } })
      await lab.ask('application', 'reconcile', 'now')
      await lab.until('application', 'has looked', ({ status }) => status.lastHandledReconcile === 'now')
    },
    refused: 'Ready',
    changesOwn: true,
  },
]

export const SECRET_ATTACKS: readonly Attack[] = [
  ...wanted,
  ...named,
  ...[
    ['key', 'the operator’s sealing key'],
    ['credential', 'the organization’s credential'],
    ['record', 'the record of another’s tenant'],
  ].flatMap(([name, title], index) => ofOperator(name!, title!, index)),
  ...planted,
  ...owners,
]
