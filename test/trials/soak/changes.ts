// What is done to a fleet again and again: created, deleted, rotated, replaced, harmed, paused, retained.
import type { RaiTenantApplication } from '../../../src/api/types.ts'
import { isSettled, SPARE } from './fleet.ts'
import type { Fleet } from './fleet.ts'

/** Something that an administrator does, until all is well again: then `act` resolves. */
export type Change = {
  readonly name: string
  /** Needs an application that has one credential only, since it makes a second one or would leave another behind. */
  readonly single?: boolean
  /** Takes the credential away. */
  readonly harms?: boolean
  readonly act: (fleet: Fleet, resource: RaiTenantApplication) => Promise<void>
}

export const nameOf = ({ metadata }: RaiTenantApplication): string => metadata.name
const otherScopes = ({ spec }: RaiTenantApplication): readonly string[] =>
  ['documents.submissions.read', 'documents.submissions.write'].slice(0, spec.scopes.length === 2 ? 1 : 2)
const isNew = (before: RaiTenantApplication) => (now: RaiTenantApplication) =>
  now.status.applicationId !== before.status.applicationId

/** All changes that are made to one application, in turn. */
export const CHANGES: readonly Change[] = [
  {
    name: 'deleted and created',
    async act(fleet, resource) {
      await fleet.removeApplication(nameOf(resource))
      await fleet.recreate(resource)
      await fleet.ready(nameOf(resource))
    },
  },
  {
    name: 'rotated',
    single: true,
    async act(fleet, resource) {
      await fleet.ask(nameOf(resource), { rotate: crypto.randomUUID() })
      await fleet.ready(nameOf(resource), isNew(resource))
    },
  },
  {
    name: 'scopes changed',
    single: true,
    async act(fleet, resource) {
      await fleet.patch(nameOf(resource), { spec: { scopes: otherScopes(resource) } })
      await fleet.ready(nameOf(resource), isNew(resource))
    },
  },
  {
    name: 'authentication changed',
    single: true,
    async act(fleet, resource) {
      const type = resource.spec.auth.type === 'EC' ? 'ClientSecret' : 'EC'
      await fleet.patch(nameOf(resource), { spec: { auth: { type } } })
      await fleet.ready(nameOf(resource), isNew(resource))
    },
  },
  {
    name: 'Secret deleted',
    single: true,
    harms: true,
    async act(fleet, resource) {
      await fleet.removeSecret(nameOf(resource))
      await fleet.ready(nameOf(resource), isNew(resource))
    },
  },
  {
    name: 'Secret altered',
    async act(fleet, resource) {
      await fleet.alterSecret(nameOf(resource), { client_id: 'somebody' })
      await fleet.until(`the Secret of ${nameOf(resource)} is mended`, async () => {
        const secret = await fleet.secret(nameOf(resource))
        return secret?.data['client_id'] === (await fleet.application(nameOf(resource)))?.status.clientId
      })
    },
  },
  {
    name: 'credential altered',
    single: true,
    harms: true,
    async act(fleet, resource) {
      const key = resource.spec.auth.type === 'EC' ? 'private_key.pem' : 'client_secret'
      await fleet.alterSecret(nameOf(resource), { [key]: 'nonsense' })
      await fleet.ready(nameOf(resource), isNew(resource))
    },
  },
  {
    name: 'paused, changed and resumed',
    single: true,
    async act(fleet, resource) {
      const isPaused = ({ status: { conditions = [] } }: RaiTenantApplication) =>
        conditions.some(({ reason }) => reason === 'Paused')
      await fleet.ask(nameOf(resource), { paused: 'true' })
      await fleet.patch(nameOf(resource), { spec: { scopes: otherScopes(resource) } })
      await fleet.until(`${nameOf(resource)} is paused`, async () =>
        isPaused((await fleet.application(nameOf(resource)))!),
      )
      await fleet.ask(nameOf(resource), { paused: null })
      await fleet.ready(nameOf(resource), isNew(resource))
    },
  },
  {
    name: 'retained and applied again',
    single: true,
    async act(fleet, resource) {
      await fleet.patch(nameOf(resource), { spec: { deletionPolicy: 'Retain' } })
      await fleet.removeApplication(nameOf(resource))
      await fleet.recreate(resource)
      await fleet.ready(nameOf(resource))
      const { applicationId = '', provenance } = (await fleet.application(nameOf(resource)))!.status
      if (applicationId !== resource.status.applicationId || provenance !== 'Relinked') {
        throw new Error(`${nameOf(resource)} was not found again after Retain: ${provenance} ${applicationId}`)
      }
      await fleet.ask(nameOf(resource), { confirm: applicationId })
      await fleet.ready(nameOf(resource), ({ status }) => status.provenance === 'Created')
    },
  },
]

/** Has what a lost answer may have left deleted, one of them. */
export async function discard(fleet: Fleet, { metadata: { name }, status }: RaiTenantApplication): Promise<void> {
  const id = status.suspects?.[0]?.applicationId
  if (id === undefined) return
  await fleet.ask(name, { discardSuspect: id })
  await fleet.until(`${id} of ${name} is discarded`, async () => {
    const now = await fleet.application(name)
    return (
      now?.status.lastHandledDiscard === id && !now.status.suspects?.some(({ applicationId }) => applicationId === id)
    )
  })
  await fleet.ask(name, { discardSuspect: null })
}

/** Deletes the tenant that has no applications, and makes it again. */
export async function renewTenant(fleet: Fleet): Promise<void> {
  await fleet.removeTenant(SPARE)
  await fleet.createTenant(SPARE)
  await fleet.until(`${SPARE} is Ready`, async () => {
    const tenant = await fleet.tenant(SPARE)
    return tenant !== undefined && isSettled(tenant)
  })
}
