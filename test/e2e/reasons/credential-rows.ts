// Rows of an application's credential: how it is made, proven, handed over, replaced and lost.
import { REQUEST_ANNOTATIONS, SECRET_ANNOTATIONS } from '../../../src/api/names.ts'
import { age, issuedLongAgo, retiredLongAgo, rotate } from './credentials.ts'
import { refuseSecret } from './policy.ts'
import type { Row } from './row.ts'

const STALLED = { then: 'Ready=False Synced=False Stalled', kstatus: 'Failed' } as const
const WAITING = { then: 'Ready=False Synced=False Reconciling', kstatus: 'InProgress' } as const
const WORKS_ON = { then: 'Ready=True Synced=False', kstatus: 'Current' } as const
const AT_WORK = { then: 'Ready=Unknown Synced=False Reconciling', kstatus: 'InProgress' } as const

const REFUSED = { op: 'applicationToken', kind: 'status', status: 401 }
export const CREDENTIAL_ROWS: readonly Row[] = [
  {
    kind: 'application',
    reason: 'AmbiguousCreate',
    situation: 'the answer is lost, nothing can be proven, and a person is to decide',
    name: 'suspecting',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.disturb({ op: 'createTenantApplication', kind: 'close', when: 'after', count: 1 })
      await lab.application({ auth: { type: 'ClientSecret' }, onAmbiguousCreate: 'Hold' })
      return async () => {
        const { status } = await lab.applicationNow()
        await lab.ask('application', 'discardSuspect', status.suspects![0]!.applicationId)
      }
    },
    ...STALLED,
    says: 'see in the tenant whether somebody uses it',
    by: WAITING.then,
  },
  {
    kind: 'application',
    reason: 'AmbiguousCreate',
    situation: 'the answer is lost, and what was made is found by its key',
    name: 'lost',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.disturb({ op: 'createTenantApplication', kind: 'close', when: 'after', count: 1 })
      const allow = await lab.disturb(REFUSED)
      await lab.application()
      return allow
    },
    ...WAITING,
    says: 'is looked for',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'AmbiguousCreate',
    situation: 'a journal cannot be read',
    name: 'unreadableapp',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.application({}, { annotations: { [REQUEST_ANNOTATIONS.paused]: 'true' } })
      const remove = await lab.unreadableJournal('application')
      await lab.ask('application', 'paused', null)
      return remove
    },
    ...STALLED,
    says: 'then delete it',
  },
  {
    kind: 'application',
    reason: 'Provisioning',
    situation: 'its token endpoint does not know the credential yet',
    name: 'fresh',
    async provoke(lab) {
      await lab.readyTenant()
      const allow = await lab.disturb(REFUSED)
      await lab.application()
      return allow
    },
    ...AT_WORK,
    says: 'waits until the token endpoint accepts',
    by: 'Ready=Unknown Synced=Unknown Reconciling',
  },
  {
    kind: 'application',
    reason: 'Provisioning',
    situation: 'it is replaced since its spec has changed',
    name: 'replaced',
    async provoke(lab) {
      await lab.readyApplication()
      const allow = await lab.disturb(REFUSED)
      await lab.spec('application', { cell: 'us-1' })
      return allow
    },
    ...AT_WORK,
    says: 'waits until the token endpoint accepts',
  },
  {
    kind: 'application',
    reason: 'Provisioning',
    situation: 'it is rotated, and the new credential has not been shown to work',
    name: 'renewed',
    async provoke(lab) {
      await lab.readyApplication()
      const allow = await lab.disturb(REFUSED)
      await lab.ask('application', 'rotate', 'now')
      return allow
    },
    ...AT_WORK,
    says: 'waits until the token endpoint accepts',
  },
  {
    kind: 'application',
    reason: 'CredentialRejected',
    situation: 'a credential that worked is refused',
    name: 'revoked',
    async provoke(lab) {
      const { status } = await lab.readyApplication()
      await age(lab, issuedLongAgo)
      await lab.disturb({ ...REFUSED, client: status.clientId })
      await lab.ask('application', 'paused', 'true')
      await lab.says('application', 'Paused')
      await lab.ask('application', 'paused', null)
      return () => lab.makeAnew()
    },
    ...STALLED,
    says: 'delete the resource and create it again',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'CredentialRejected',
    situation: 'the credential in a Secret that it left behind is refused',
    name: 'staleclaim',
    async provoke(lab) {
      const { status } = await lab.readyApplication({ deletionPolicy: 'Retain' })
      await lab.remove('application')
      await lab.gone('application')
      await lab.disturb({ ...REFUSED, client: status.clientId })
      await lab.application()
      return async () => {
        await lab.remove('application')
        await lab.gone('application')
        await lab.removeSecret()
        await lab.application()
      }
    },
    ...STALLED,
    says: 'delete the resource and create it again',
  },
  {
    kind: 'application',
    reason: 'AlreadyClaimed',
    situation: 'its Secret names what another one has',
    name: 'copied',
    async provoke(lab) {
      const original = { name: 'original' }
      await lab.readyApplication({}, original)
      const { metadata, data } = await lab.secret(original.name)
      const claim = `${lab.namespace}/${lab.name}`
      const annotations = { ...metadata.annotations, [SECRET_ANNOTATIONS.claim]: claim }
      await lab.putSecret({ metadata: { name: lab.name, annotations }, ...(data && { data }) })
      await lab.application()
      return () => lab.removeSecret()
    },
    ...STALLED,
    says: '/original: remove the Secret',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'ExternalNotFound',
    situation: 'it is to take over what is not there',
    name: 'unfounded',
    async provoke(lab) {
      await lab.readyTenant()
      const credential = { client_id: btoa('somebody'), client_secret: btoa('something') }
      await lab.putSecret({ metadata: { name: lab.name }, data: credential })
      await lab.application({ auth: { type: 'ClientSecret' }, adopt: { applicationId: 'nothing' } })
      return async () => {
        await lab.removeSecret()
        await lab.spec('application', { adopt: null })
      }
    },
    ...STALLED,
    says: 'has no application nothing',
  },
  {
    kind: 'application',
    reason: 'SecretConflict',
    situation: 'a Secret of that name is somebody else’s',
    name: 'foreign',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.putSecret({ metadata: { name: lab.name } })
      await lab.application()
      return async () => void (await lab.spec('application', { secret: { name: 'elsewhere' } }))
    },
    ...STALLED,
    says: 'is not this application',
  },
  {
    kind: 'application',
    reason: 'SecretConflict',
    situation: 'somebody has put another Secret in the place of its own',
    name: 'ousted',
    async provoke(lab) {
      await lab.readyApplication()
      await age(lab, issuedLongAgo)
      await lab.removeSecret()
      await lab.putSecret({ metadata: { name: lab.name } })
      await lab.ask('application', 'rotate', 'now')
      return () => lab.removeSecret()
    },
    ...STALLED,
    says: 'is not this application',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'SecretMissing',
    situation: 'its Secret is gone shortly after it was made',
    name: 'robbed',
    async provoke(lab) {
      await lab.readyApplication()
      const { metadata, data } = await lab.secret()
      const { annotations = {} } = metadata
      const copy = { metadata: { name: lab.name, annotations }, ...(data && { data }) }
      await lab.removeSecret()
      await lab.ask('application', 'rotate', 'now')
      return () => lab.putSecret(copy)
    },
    ...WAITING,
    says: 'see who removes or alters it',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'SecretMissing',
    situation: 'its Secret is gone while three applications of it live',
    name: 'robbedthrice',
    async provoke(lab) {
      await lab.readyApplication()
      for (const value of ['one', 'two']) await rotate(lab, value)
      await age(lab, issuedLongAgo)
      await lab.removeSecret()
      await lab.ask('application', 'rotate', 'now')
      return () => age(lab, retiredLongAgo)
    },
    ...WAITING,
    says: 'as soon as a replaced one has retired',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'Rotating',
    situation: 'three applications of it live, and it works on',
    name: 'spinning',
    async provoke(lab) {
      await lab.readyApplication()
      for (const value of ['one', 'two']) await rotate(lab, value)
      await lab.ask('application', 'rotate', 'three')
      return () => age(lab, retiredLongAgo)
    },
    ...WORKS_ON,
    says: 'waits until a replaced credential has retired',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'Rotating',
    situation: 'three applications of it live, and its spec has changed',
    name: 'spinningon',
    async provoke(lab) {
      await lab.readyApplication()
      for (const value of ['one', 'two']) await rotate(lab, value)
      await lab.spec('application', { cell: 'us-1' })
      return () => age(lab, retiredLongAgo)
    },
    ...AT_WORK,
    says: 'waits until a replaced credential has retired',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'SecretWriteRefused',
    situation: 'an admission policy keeps its Secret out',
    name: 'unwritable',
    async provoke(lab) {
      await lab.readyTenant()
      const allow = await refuseSecret(lab)
      await lab.application()
      return allow
    },
    ...WAITING,
    says: 'ValidatingAdmissionPolicy',
    isUntold: true,
  },
]
